"""torch.FloatTensor and its like: the older classes of tensors, one a dtype."""

from ._C import Tensor, ops
from ._tensor import _DTYPES


class _LegacyClass(type):
    """The class of torch.FloatTensor and its like, which make tensors and have those of their dtype as instances."""

    def __call__(cls, *data, device=None):
        if len(data) == 1 and isinstance(data[0], Tensor):
            return data[0].detach().to(cls.dtype)
        if len(data) == 1 and not isinstance(data[0], int):
            return ops.tensor(data[0], dtype=cls.dtype)
        return ops.empty(data or (0,), dtype=cls.dtype)

    def __instancecheck__(cls, instance):
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype


def _legacy_class(name, dtype):
    documentation = f"A tensor of dtype {dtype}, from values or of the given sizes."
    return _LegacyClass(name, (), {"dtype": dtype, "__doc__": documentation, "__module__": "torch"})


LEGACY = {name.split(".")[1]: _legacy_class(name.split(".")[1], dtype) for name, dtype in _DTYPES.items()}
