"""Functions with a jvp of their own, where derivatives in a direction are asked for.

These are found from the graph, whose backward then is the transpose of jvp: J^T u is the gradient of u jvp(v) with respect
to v.
"""

import functools

from .. import _levels
from .._C import Tensor, ops
from .._modes import enable_grad
from .function import Function

_NOT_ONE_EACH = "Function's jvp returned an invalid number of forward gradients (expected {} but got {})"


def _note_sizes(ctx, inputs, outputs):
    """Keeps what _transposed needs; what was kept for jvp takes the place of what was kept for backward."""
    ctx._inputs = [
        ops.empty_like(each, requires_grad=False).detach() if isinstance(each, Tensor) and each.is_floating_point() else None
        for each in inputs
    ]
    ctx._sizes = [each.shape for each in (outputs if isinstance(outputs, tuple) else (outputs,)) if isinstance(each, Tensor)]
    if hasattr(ctx, "_kept_for_jvp"):
        ctx.save_for_backward(*ctx._kept_for_jvp)


def _transposed(cls, ctx, *weights):
    with enable_grad():
        tangents = [
            None if each is None or not needed else ops.zeros_like(each).requires_grad_()
            for each, needed in zip(ctx._inputs, ctx.needs_input_grad)
        ]
        results = cls.jvp(ctx, *tangents)
        results = results if isinstance(results, tuple) else (results,)
        if len(results) != len(ctx._sizes):
            raise RuntimeError(_NOT_ONE_EACH.format(len(ctx._sizes), len(results)))
        for size, result in zip(ctx._sizes, results):
            if isinstance(result, Tensor) and result.shape != size:
                raise RuntimeError(
                    "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
                    f"supported. Tensor is of size {list(size)} while the given forward gradient is of size "
                    f"{list(result.shape)}."
                )
        pairs = [
            (result, weight)
            for result, weight in zip(results, weights)
            if isinstance(result, Tensor) and result.requires_grad and weight is not None
        ]
        asked = [tangent for tangent in tangents if tangent is not None]
        found = [None] * len(asked)
        if pairs and asked:
            found = ops._grad([result for result, _ in pairs], asked, [weight for _, weight in pairs], True, True, True)
    iterator = iter(found)
    return tuple(None if tangent is None else next(iterator) for tangent in tangents)


@functools.lru_cache(maxsize=None)
def _made_of(cls):
    """The class whose backward is the transpose of the jvp of cls."""

    def setup_context(ctx, inputs, output):
        cls.setup_context(ctx, inputs, output)
        _note_sizes(ctx, inputs, output)

    def forward(ctx, *args):
        output = cls.forward(ctx, *args)
        _note_sizes(ctx, args, output)
        return output

    methods = {"setup_context": setup_context} if cls._has_setup_context else {"forward": forward}
    methods["backward"] = functools.partial(_transposed, cls)
    methods["vjp"] = Function.vjp
    return type(cls.__name__, (cls,), {name: staticmethod(method) for name, method in methods.items()})


def _depends(tensor):
    """Whether the graph of a tensor leads to one that has a tangent."""
    if not isinstance(tensor, Tensor) or not tensor.requires_grad:
        return False
    leaves = {id(dual) for dual in _levels.duals}
    nodes = {dual.grad_fn for dual in _levels.duals if dual.grad_fn is not None}
    if id(tensor) in leaves:
        return True
    seen, waiting = set(), [tensor.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        if node in nodes or id(getattr(node, "variable", None)) in leaves:
            return True
        seen.add(node)
        waiting += [following for following, _ in node.next_functions]
    return False


def forward_class(cls, arguments):
    """The class to apply in place of cls, where an argument has a tangent."""
    if not any(map(_depends, arguments)):
        return cls
    if cls.jvp is Function.jvp:
        raise NotImplementedError("You must implement the jvp function for custom autograd.Function to use it with forward mode AD.")
    return _made_of(cls)
