"""Functions of complex numbers, as they are for real ones: there are no others here."""

import math

from . import _C
from ._C import Tensor, ops

__all__ = ["angle", "conj", "conj_physical", "imag", "is_conj", "is_neg", "isreal", "real", "resolve_conj", "resolve_neg"]


def angle(input):
    """The angle of each number in the complex plane: 0, and pi for a negative number."""
    values = input if input.is_floating_point() else input.to(ops.get_default_dtype())
    return ops.where(ops.isnan(values), values, ops.where(values < 0, math.pi, ops.zeros_like(values)))


def conj(input):
    """The tensor itself, as its numbers are real."""
    return input


def conj_physical(input):
    """A copy of the tensor, as its numbers are real."""
    return input.clone()


def resolve_conj(input):
    """The tensor itself, as its numbers are real."""
    return input


def resolve_neg(input):
    """The tensor itself, which is no negative view."""
    return input


def isreal(input):
    """True for each element."""
    return ops.ones_like(input, dtype=_C.bool)


def is_conj(input):
    """Always False."""
    return False


def is_neg(input):
    """Always False."""
    return False


def real(input):
    """The tensor itself, as its numbers are real."""
    return input


def imag(input):
    """Raises RuntimeError: only complex numbers have an imaginary part."""
    raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")


for _name in __all__:
    if _name not in ("imag", "real"):  # which are attributes of tensors
        setattr(Tensor, _name, globals()[_name])
del _name
