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
