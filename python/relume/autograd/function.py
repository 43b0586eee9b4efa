"""autograd.Function: differentiable functions of one's own, with a forward and a backward written in Python."""

import functools

from .. import _C, _levels
from .._modes import no_grad

FunctionCtx = _C.FunctionCtx


def _save_for_forward(self, *tensors):
    """Keeps tensors for jvp, which finds them in ctx.saved_tensors."""
    if _levels.duals:
        self._kept_for_jvp = tensors


FunctionCtx.save_for_forward = _save_for_forward


class _HasSetupContext:
    """Whether a class separates forward(*args) from setup_context(ctx, inputs, output)."""

    def __get__(self, instance, owner):
        return owner.setup_context is not Function.setup_context


class _MapsItself:
    """Whether vmap may call a class."""

    def __get__(self, instance, owner):
        return owner.generate_vmap_rule or owner.vmap is not Function.vmap


class _GradientFunction:
    """The function of a class that computes gradients: backward, or vjp, as it may be called."""

    def __get__(self, instance, owner):
        if owner.vjp is Function.vjp:
            return owner.backward
        if owner.backward is Function.backward:
            return owner.vjp
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement one of them."
        )


class Function:
    """Base of functions of one's own. Subclasses define static methods:

        forward(ctx, *args), which may call ctx.save_for_backward(tensors); or forward(*args) together with
        setup_context(ctx, inputs, output);
        backward(ctx, *grad_outputs), which returns a gradient or None for each argument of forward;
        jvp(ctx, *tangents), for derivatives in a direction: a tangent for each output.

    They are called by apply(*args)."""

    _has_setup_context = _HasSetupContext()
    _maps_itself = _MapsItself()
    _gradient_function = _GradientFunction()
    generate_vmap_rule = False

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

    vjp = backward

    @staticmethod
    def jvp(ctx, *grad_inputs):
        raise NotImplementedError("You must implement the jvp function for custom autograd.Function to use it with forward mode AD.")

    @staticmethod
    def vmap(info, in_dims, *args):
        raise NotImplementedError("vmap is not implemented: it is made of what the function does with one example")

    def __init__(self, *args, **kwargs):
        import warnings

        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should invoke them on "
            "the class itself. Instantiating an autograd function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args, **kwargs):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
            "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Calls forward, and records backward where an argument requires grad. With a setup_context forward's arguments may
        have defaults, and be given by name."""
        if _levels.depth or _levels.maps:
            _levels.check_function(cls, args)
        if kwargs or cls._has_setup_context:
            args = _bound(cls.forward, args, kwargs)
        if _levels.duals:
            from .forward_functions import forward_class

            cls = forward_class(cls, args)
        return _C._apply_function(cls, *args)


@functools.lru_cache(maxsize=None)
def _signature(forward):
    """(the signature of a forward, how many arguments it takes: None where that is not one number)."""
    import inspect

    signature = inspect.signature(forward)
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    plain = all(kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds)
    return signature, len(kinds) if plain else None


def _bound(forward, args, kwargs):
    """The arguments of a call in forward's order, with defaults."""
    signature, count = _signature(forward)
    if not kwargs and len(args) == count:
        return args
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args


class _Last(Function):
    """Hands gradients on, and refuses to be differentiated."""

    @staticmethod
    def forward(ctx, *tensors):
        return tensors

    @staticmethod
    def backward(ctx, *grads):
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


class InplaceFunction(Function):
    """A Function that notes whether it is to write to its argument."""

    def __init__(self, inplace=False):
        self.inplace = inplace


def once_differentiable(function):
    """For a backward that cannot be differentiated itself: to differentiate its results is an error."""

    @functools.wraps(function)
    def once(ctx, *grads):
        with no_grad():
            results = function(ctx, *grads)
        if not _C.ops.is_grad_enabled() or not any(isinstance(g, _C.Tensor) and g.requires_grad for g in grads):
            return results
        results = results if isinstance(results, tuple) else (results,)
        found = [result for result in results if isinstance(result, _C.Tensor)]
        last = iter(_Last.apply(*(result.detach().requires_grad_() for result in found)))
        return tuple(next(last) if isinstance(result, _C.Tensor) else result for result in results)

    return once
