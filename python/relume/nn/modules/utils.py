"""Options of layers: one number for all dimensions, or a number for each."""

from collections.abc import Iterable


def repeated(value, count):
    """An option for each dimension, from one number or from a tuple."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * count


def _ntuple(n, name="parse"):
    """A function that makes options for n dimensions, by PyTorch's name for it."""

    def parse(value):
        return repeated(value, n)

    parse.__name__ = parse.__qualname__ = name
    return parse


_single, _pair, _triple, _quadruple = (
    _ntuple(n, name) for n, name in enumerate(("_single", "_pair", "_triple", "_quadruple"), 1)
)


def _reverse_repeat_tuple(t, n):
    """The items of a tuple from the last to the first, each n times: padding as pad() takes it."""
    return tuple(item for item in reversed(t) for _ in range(n))


def consume_prefix_in_state_dict_if_present(state_dict, prefix):
    """Takes a prefix ("module." of DataParallel, say) off the names of a state dict and of its metadata, in place."""
    for key in [key for key in state_dict if key.startswith(prefix)]:
        state_dict[key[len(prefix) :]] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", None)
    for key in list(metadata or ()):
        if key and (key.startswith(prefix) or key == prefix.rstrip(".")):
            metadata[key[len(prefix) :]] = metadata.pop(key)
