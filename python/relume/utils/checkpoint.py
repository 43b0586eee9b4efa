"""checkpoint(): a part of a model that keeps no results for backward, and computes them again instead."""

import contextlib
import warnings

from .. import autograd
from .._C import Tensor, default_generator, ops
from .._modes import enable_grad, no_grad

_USE_REENTRANT = (
    "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling "
    "checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but if you need to "
    "preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
    "differences between the two variants."
)
_USE_REENTRANT_OF_SEQUENCE = (
    "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. In version 2.9 "
    "we will raise an exception if use_reentrant is not passed. use_reentrant=False is recommended, but if you need to "
    "preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
    "differences between the two variants."
)


@contextlib.contextmanager
def _drawing_from(state):
    """What is drawn inside comes from a state of the default generator, which does not move. None: as it is."""
    if state is None:
        yield
        return
    now = default_generator.get_state()
    default_generator.set_state(state)
    try:
        yield
    finally:
        default_generator.set_state(now)


class CheckpointFunction(autograd.Function):
    """Runs a function without recording it; backward runs it again, records it, and goes back through it."""

    @staticmethod
    def forward(ctx, function, preserve_rng_state, _, *args):
        ctx.function, ctx.args = function, list(args)
        ctx.places = [i for i, value in enumerate(args) if isinstance(value, Tensor)]
        ctx.save_for_backward(*(args[i] for i in ctx.places))
        for i in ctx.places:
            ctx.args[i] = None
        ctx.state = default_generator.get_state() if preserve_rng_state else None
        with no_grad():
            return function(*args)

    @staticmethod
    def backward(ctx, *grads):
        args = list(ctx.args)
        for i, saved in zip(ctx.places, ctx.saved_tensors):
            args[i] = saved.detach().requires_grad_(saved.requires_grad)
        with enable_grad(), _drawing_from(ctx.state):
            results = ctx.function(*args)
        results = results if isinstance(results, tuple) else (results,)
        pairs = [
            (result, grad) for result, grad in zip(results, grads)
            if isinstance(result, Tensor) and result.requires_grad and grad is not None
        ]  # fmt: skip
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        autograd.backward([result for result, _ in pairs], [grad for _, grad in pairs])
        return (None, None, None, *(value.grad if isinstance(value, Tensor) else None for value in args))


def checkpoint(function, *args, use_reentrant=None, preserve_rng_state=True, context_fn=None,
               determinism_check="default", debug=False, early_stop=True, **kwargs):  # fmt: skip
    """function(*args, **kwargs), whose inner results are not kept for backward but computed again then: less memory for
    a second forward. With preserve_rng_state dropout and the like draw the same numbers again. Gradients come from
    backward() alone, not from autograd.grad(); use_reentrant=True gives none where no argument requires grad.
    Chen et al., 2016."""
    if use_reentrant is None:
        warnings.warn(_USE_REENTRANT, stacklevel=2)
        use_reentrant = True
    if use_reentrant and kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    tracked = any(isinstance(value, Tensor) and value.requires_grad for value in (*args, *kwargs.values()))
    if use_reentrant and not tracked:
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)
    # Parameters of the function's are unknown here: something that requires grad makes the result require it.
    switch = None if use_reentrant else ops.empty(0).requires_grad_(ops.is_grad_enabled())
    names, count = list(kwargs), len(args)

    def call(*values):
        return function(*values[:count], **dict(zip(names, values[count:])))

    return CheckpointFunction.apply(call, preserve_rng_state, switch, *args, *kwargs.values())


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    """A sequence of modules in so many segments, each but the last by checkpoint()."""
    if use_reentrant is None:
        warnings.warn(_USE_REENTRANT_OF_SEQUENCE, stacklevel=2)
        use_reentrant = True
    functions = list(functions.children()) if hasattr(functions, "children") else list(functions)

    def run(first, last):
        def segment(value):
            for function in functions[first:last]:
                value = function(value)
            return value

        return segment

    size = len(functions) // segments
    for i in range(segments - 1):
        input = checkpoint(run(i * size, (i + 1) * size), input, use_reentrant=use_reentrant, **kwargs)
    return run((segments - 1) * size, len(functions))(input)
