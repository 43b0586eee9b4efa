"""What vmap calls its function with first: tensors that tell when the function would do something else for other examples."""

from . import _levels
from ._C import Tensor, bool as bool_type, ops
from .overrides import DisableTorchFunctionSubclass

ops._watch_subclasses()

_REWRITE = (
    "We don't support vmap over calling .item() on a Tensor, please try to rewrite what you're doing with other operations. "
    "If error is occurring somewhere inside PyTorch internals, please file a bug report."
)
_ISSUE = "please file an issue at https://github.com/pytorch/pytorch/issues ."
_INSIDE_GRADIENTS = (
    "vmap: It looks like you're either (1) calling .item() on a Tensor or (2) attempting to use a Tensor in some "
    "data-dependent control flow or (3) encountering this error in PyTorch internals. For (1): we don't support vmap over "
    "calling .item() on a Tensor, please try to rewrite what you're doing with other operations. For (2): we don't support "
    f"data-dependent control flow in vmap yet, {_ISSUE} For (3): please file an issue."
)
_DYNAMIC = (
    "vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap over aten::{}. Please file "
    "an issue at https://github.com/pytorch/pytorch/issues if you need this feature."
)
_REFUSED = {
    "nonzero": _DYNAMIC.format("nonzero"),
    "_unique": _DYNAMIC.format("_unique2"),
    "_unique_consecutive": _DYNAMIC.format("unique_consecutive"),
    "masked_select": "vmap: Attempted to vmap over `mask` in torch.masked_select(self, mask) We cannot support this because for "
    "each batch this would return a differently shaped Tensor. Please file an issue at "
    "https://github.com/pytorch/pytorch/issues if you need this feature.",
}
_IN_PLACE = (
    "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args that has "
    "more elements than `self`. This happened due to `other` being vmapped over but `self` not being vmapped over in a vmap. "
    "Please try to use out-of-place operators instead of inplace arithmetic. If said operator is being called inside the "
    "PyTorch framework, please file a bug report instead."
)


def _refusing(name, text):
    def method(self, *args, **kwargs):
        if _levels.maps:
            raise RuntimeError(_INSIDE_GRADIENTS if _levels.depth and text is not _NO_DATA else text)
        return getattr(Tensor, name)(self, *args, **kwargs)

    return method


_ITEM = f"vmap: It looks like you're calling .item() on a Tensor. {_REWRITE}"
_NO_DATA = "Cannot access data pointer of Tensor that doesn't have storage"
_CONTROL = (
    "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We don't support that yet, "
    + _ISSUE
)


class Example(Tensor):
    """The first of the examples, and what is computed from it, inside a vmap; a plain tensor after it."""

    __bool__ = _refusing("__bool__", _CONTROL)
    item, __float__, __int__, __index__ = (
        _refusing(name, _ITEM) for name in ("item", "__float__", "__int__", "__index__")
    )
    tolist, numpy, __array__ = (_refusing(name, _NO_DATA) for name in ("tolist", "numpy", "__array__"))

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if _levels.maps:
            _check(getattr(func, "__name__", ""), args)
        return super().__torch_function__(func, types, args, kwargs)

    def __repr__(self, *, tensor_contents=None):
        return repr(plain(self))


def plain(leaf):
    """An example as the tensor that it is; other objects as they are."""
    if type(leaf) is not Example:
        return leaf
    with DisableTorchFunctionSubclass():
        return leaf.as_subclass(Tensor)


def _check(name, args):
    if name in _REFUSED:
        raise RuntimeError(_REFUSED[name])
    if name == "__getitem__" and isinstance(args[1], Example) and args[1].dtype is bool_type:
        raise RuntimeError(
            "vmap: We do not support batching operators that can support dynamic shape. Attempting to batch over indexing with "
            "a boolean mask."
        )
    writes = name == "__setitem__" and isinstance(args[2], Example) or name.endswith("_") and not name.endswith("__")
    if writes and isinstance(args[0], Tensor) and not isinstance(args[0], Example):
        raise RuntimeError(_IN_PLACE)

