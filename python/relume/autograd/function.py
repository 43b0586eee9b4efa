"""autograd.Function: differentiable functions of one's own, with a forward and a backward written in Python."""

import functools

from .. import _C
from .._modes import no_grad

FunctionCtx = _C.FunctionCtx


class _HasSetupContext:
    """Whether a class separates forward(*args) from setup_context(ctx, inputs, output)."""

    def __get__(self, instance, owner):
        return owner.setup_context is not Function.setup_context


class Function:
    """Base of functions of one's own. Subclasses define static methods:

        forward(ctx, *args), which may call ctx.save_for_backward(tensors); or forward(*args) together with
        setup_context(ctx, inputs, output);
        backward(ctx, *grad_outputs), which returns a gradient or None for each argument of forward.

    They are called by apply(*args)."""

    _has_setup_context = _HasSetupContext()

    @staticmethod
    def forward(*args, **kwargs):
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx, inputs, output):
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    def __call__(self, *args, **kwargs):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
            "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @classmethod
    def apply(cls, *args):
        """Calls forward, and records backward where an argument requires grad."""
        return _C._apply_function(cls, *args)


class InplaceFunction(Function):
    """A Function that notes whether it is to write to its argument."""

    def __init__(self, inplace=False):
        self.inplace = inplace


def once_differentiable(function):
    """For a backward that cannot be differentiated itself: its results do not require grad."""

    @functools.wraps(function)
    def once(ctx, *grads):
        with no_grad():
            return function(ctx, *grads)

    return once
