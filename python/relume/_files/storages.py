"""Storages in files, and tensors made of them."""

from .. import _C
from .._C import Tensor, ops
from .._tensor import _TYPE_NAMES

# The name of the class that stands in files for a storage of a dtype. Newer dtypes have none, and lie in bytes.
CLASS_NAMES = {getattr(_C, dtype): f"{name}Storage" for dtype, name in _TYPE_NAMES.items() if dtype != "uint16"}
UNTYPED = "UntypedStorage"


class StorageKind:
    """Stands for a class of storages while a file is read."""

    def __init__(self, name, dtype):
        self.name, self.dtype = name, dtype


KINDS = {name: StorageKind(name, dtype) for dtype, name in CLASS_NAMES.items()}
KINDS[UNTYPED] = StorageKind(UNTYPED, _C.uint8)


class Storage:
    """The elements of a storage as a 1-D tensor; what map_location functions are given."""

    def __init__(self, tensor):
        self.tensor = tensor

    @property
    def dtype(self):
        """The dtype of the elements."""
        return self.tensor.dtype

    @property
    def device(self):
        """Always the CPU."""
        return self.tensor.device

    def nbytes(self):
        """The size in bytes."""
        return self.tensor.numel() * self.tensor.element_size()

    def __len__(self):
        return self.tensor.numel()

    def cpu(self):
        """The storage itself."""
        return self


def new_storage(kind, numel):
    """A storage with undefined contents."""
    if not isinstance(kind, StorageKind) or not isinstance(numel, int) or numel < 0:
        raise ValueError(f"a storage that cannot be: {kind}, {numel} elements")
    return Storage(ops.empty(numel, dtype=kind.dtype))


def memory_of(storage):
    """The bytes of a storage, to be written."""
    tensor = storage.tensor
    return memoryview(tensor.view(_C.uint8)) if tensor.numel() else memoryview(bytearray())


def _check_geometry(storage, offset, sizes, strides):
    numbers = (offset, *sizes, *strides)
    if len(sizes) != len(strides) or not all(type(n) is int and n >= 0 for n in numbers):
        raise ValueError(f"a tensor that cannot be: sizes {sizes}, strides {strides}, offset {offset}")
    if 0 not in sizes and offset + sum((n - 1) * s for n, s in zip(sizes, strides)) >= len(storage):
        raise ValueError(
            f"sizes {sizes} and strides {strides} reach past the end of a storage of {len(storage)} elements"
        )


def rebuild_tensor(storage, storage_offset, size, stride, requires_grad, backward_hooks=None, metadata=None):
    """A tensor on a storage."""
    if not isinstance(storage, Storage):
        raise ValueError(f"expected a storage, got {type(storage).__name__}")
    sizes, strides = tuple(size), tuple(stride)
    _check_geometry(storage, storage_offset, sizes, strides)
    made = storage.tensor.as_strided(sizes, strides, storage_offset).data
    return made.requires_grad_() if requires_grad is True else made


def rebuild_tensor_v3(
    storage, storage_offset, size, stride, requires_grad, backward_hooks, dtype, metadata=None
):  # fmt: skip
    """A tensor of a dtype on a storage of bytes."""
    typed = Storage(storage.tensor.view(dtype) if len(storage) else ops.empty(0, dtype=dtype))
    return rebuild_tensor(typed, storage_offset, size, stride, requires_grad)


def rebuild_parameter(data, requires_grad, backward_hooks=None):
    """A Parameter with the elements of a tensor."""
    from ..nn.parameter import Parameter

    if not isinstance(data, Tensor):
        raise ValueError(f"expected a tensor, got {type(data).__name__}")
    return Parameter(data, requires_grad is True)


def rebuild_parameter_with_state(data, requires_grad, backward_hooks, state):
    """A Parameter with attributes."""
    return _with_state(rebuild_parameter(data, requires_grad), state)


def rebuild_from_type(function, kind, arguments, state):
    """A tensor of a subclass, or with attributes."""
    made = function(*arguments)
    if kind is not Tensor and type(made) is not kind:
        made = made.as_subclass(kind)
    return _with_state(made, state)


def _with_state(made, state):
    attributes = state[0] if isinstance(state, tuple) else state
    if not isinstance(attributes, dict):
        raise ValueError(f"expected a dict of attributes, got {type(attributes).__name__}")
    made.__dict__.update(attributes)
    return made
