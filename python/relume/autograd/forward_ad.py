"""Forward derivatives: tensors with a direction, and the derivatives of what is computed from them in it.

They are found from the graph: the derivative J v of y in the direction v is the gradient of (J^T u) v with respect to u.
"""

from collections import namedtuple

from .._C import Tensor, ops
from .._levels import duals
from .._modes import _Guard, enable_grad
from .._transforms import check_direction, without_graph

_levels = []  # of each level that was entered: the dual tensors, each with its tangent


class UnpackedDualTensor(namedtuple("UnpackedDualTensor", "primal tangent")):
    """What unpack_dual() gives: the values, and the derivatives or None."""


def enter_dual_level():
    """Has make_dual() work from now on; returns the number of the level, 0."""
    if _levels:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    _levels.append([])
    return 0


def exit_dual_level(*, level=None):
    """Ends the level: its tensors have no tangents any more."""
    if not _levels:
        raise RuntimeError("Dual level must be a positive number.")
    if level not in (None, len(_levels) - 1):
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
        )
    duals.clear()
    for dual, _ in _levels.pop():
        if dual.is_leaf:
            dual.requires_grad_(False)


def make_dual(tensor, tangent, *, level=None):
    """The tensor, from which derivatives in the direction `tangent` are computed. Raises RuntimeError outside of a level,
    ValueError for tensors of whole numbers."""
    if not _levels:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for what, each in (("primal", tensor), ("tangent", tangent)):
        if not each.is_floating_point():
            raise ValueError(f"Expected {what} to be floating point or complex, but got: {each.dtype}")
    check_direction(tensor, tangent)
    with enable_grad():
        dual = tensor.view_as(tensor) if tensor.requires_grad else tensor.detach().requires_grad_()
    _levels[-1].append((dual, tangent))
    duals.append(dual)
    return dual


def unpack_dual(tensor, *, level=None):
    """(primal, tangent): the values, and their derivatives, None where they do not depend on a dual tensor of the level."""
    if not _levels or not tensor.requires_grad or not _levels[-1]:
        return UnpackedDualTensor(tensor, None)
    duals, tangents = zip(*_levels[-1])
    with enable_grad():
        weight = ops.zeros_like(tensor, requires_grad=True)
        rows = ops._grad([tensor], list(duals), [weight], True, True, True)
        parts = [(row * tangent).sum() for row, tangent in zip(rows, tangents) if isinstance(row, Tensor)]
        if not parts:
            return UnpackedDualTensor(tensor, None)
        total = sum(parts)
        found = ops._grad([total], [weight], [], True, True, True)[0] if total.requires_grad else None
    if found is None:
        found = ops.zeros_like(tensor, requires_grad=False)
    made = [each for each in (*duals, weight) if each.is_leaf]
    return UnpackedDualTensor(*without_graph((tensor, found), made, ops.is_grad_enabled()))


class dual_level(_Guard):
    """enter_dual_level() and exit_dual_level() as a context."""

    def __enter__(self):
        return enter_dual_level()

    def __exit__(self, *error):
        exit_dual_level()
