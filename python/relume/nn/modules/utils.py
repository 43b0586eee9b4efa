"""Options of layers: one number for all dimensions, or a number for each."""

from collections.abc import Iterable


def repeated(value, count):
    """An option for each dimension, from one number or from a tuple."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * count


def _single(value):
    return repeated(value, 1)


def _pair(value):
    return repeated(value, 2)


def _triple(value):
    return repeated(value, 3)


def _quadruple(value):
    return repeated(value, 4)
