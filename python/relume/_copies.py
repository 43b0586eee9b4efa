"""torch.view_copy and its like: what a function gives as a view, as a tensor of its own."""

from . import _C
from ._missing import attribute_finder

_LISTS = ("split", "unbind", "split_with_sizes")
_METHODS = ("detach", "expand", "permute", "view", "unfold", "select", "narrow", "as_strided", "diagonal", "squeeze") + (
    "t", "transpose", "unsqueeze",
) + _LISTS  # fmt: skip


def alias_copy(input):
    """A copy."""
    return input.clone()


def slice_copy(input, dim=0, start=None, end=None, step=1):
    """A copy of the elements from start to end along dim, every step-th."""
    return input[(slice(None),) * (dim % input.dim()) + (slice(start, end, step),)].clone()


def unsafe_chunk(input, chunks, dim=0):
    """chunk, as copies: writes to one do not show in the others."""
    return tuple(each.clone() for each in input.chunk(chunks, dim))


def unsafe_split(tensor, split_size, dim=0):
    """split, as copies: writes to one do not show in the others."""
    return tuple(each.clone() for each in tensor.split(split_size, dim))


unsafe_split_with_sizes = unsafe_split


def _copying(name):
    def copy(input, *args, **kwargs):
        result = getattr(input, name)(*args, **kwargs)
        copied = tuple(each.clone(memory_format=_C.contiguous_format) for each in ([result], result)[name in _LISTS])
        return copied if name in _LISTS else copied[0]

    copy.__name__ = copy.__qualname__ = f"{name}_copy"
    copy.__doc__ = f"Tensor.{name}, as a copy."
    return copy


def __getattr__(name):
    if name.removesuffix("_copy") in _METHODS and name.endswith("_copy"):
        return _copying(name.removesuffix("_copy"))
    return attribute_finder("torch")(name)
