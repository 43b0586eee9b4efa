"""Hooks of modules: forward, pre-forward and full backward, on one module or on all."""

from ... import _C
from ..._C import Tensor
from ..._tensor import HookHandle
from ...autograd.function import Function



class _Hook:
    """A hook with what its registration said about it."""

    def __init__(self, kind, function, with_kwargs=False, always_call=False):
        self.kind, self.function, self.with_kwargs, self.always_call = kind, function, with_kwargs, always_call


class HookTables:
    """The part of Module that registers hooks. A module's hooks are a list in its __dict__; `_hooked` tells the base in
    C++ that calls go by way of call_with_hooks."""

    def _add_hook(self, hook, prepend):
        hooks = self.__dict__.setdefault("_hooks", [])
        self.__dict__["_hooked"] = True
        hooks.insert(0 if prepend else len(hooks), hook)
        return HookHandle(lambda: hook in hooks and hooks.remove(hook))

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Calls hook(module, args) before forward; what it returns replaces the arguments."""
        return self._add_hook(_Hook("forward_pre", hook, with_kwargs), prepend)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Calls hook(module, args, output) after forward; what it returns replaces the output."""
        return self._add_hook(_Hook("forward", hook, with_kwargs, always_call), prepend)

    def register_full_backward_hook(self, hook, prepend=False):
        """Calls hook(module, grad_input, grad_output) when the gradients of the inputs are known; what it returns
        replaces them."""
        return self._add_hook(_Hook("backward", hook), prepend)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Calls hook(module, grad_output) before the module's backward; what it returns replaces the gradients."""
        return self._add_hook(_Hook("backward_pre", hook), prepend)

    register_backward_hook = register_full_backward_hook


def register_global_hook(kind, function, always_call=False):
    """A hook on the calls of all modules."""
    hook = _Hook(kind, function, always_call=always_call)
    _C._global_hooks.append(hook)
    return HookHandle(lambda: hook in _C._global_hooks and _C._global_hooks.remove(hook))


def _tupled(value):
    return value if isinstance(value, tuple) else (value,)


def call_with_hooks(self, *args, **kwargs):
    """forward with the hooks around it."""
    hooks = _C._global_hooks + self.__dict__.get("_hooks", [])
    result, after = None, [hook for hook in hooks if hook.kind == "forward"]
    called = set()
    try:
        for hook in hooks:
            if hook.kind == "forward_pre":
                args, kwargs = _run_forward_pre(hook, self, args, kwargs)
        backward = _BackwardCall.of(self, hooks)
        if backward is not None:
            args = backward.enter(args)
        result = self.forward(*args, **kwargs)
        for hook in after:
            called.add(hook)
            result = _run_forward(hook, self, args, kwargs, result)
        return result if backward is None else backward.leave(result)
    except Exception:
        for hook in after:
            if hook.always_call and hook not in called:
                _run_forward(hook, self, args, kwargs, result)
        raise


def _run_forward_pre(hook, module, args, kwargs):
    if not hook.with_kwargs:
        replaced = hook.function(module, args)
        return (args if replaced is None else _tupled(replaced)), kwargs
    replaced = hook.function(module, args, kwargs)
    if replaced is None:
        return args, kwargs
    if not isinstance(replaced, tuple) or len(replaced) != 2:
        raise RuntimeError(
            f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replaced}."
        )
    return replaced


def _run_forward(hook, module, args, kwargs, result):
    given = (module, args, kwargs, result) if hook.with_kwargs else (module, args, result)
    replaced = hook.function(*given)
    return result if replaced is None else replaced


class _BackwardCall:
    """The backward hooks of one call of a module: identity functions at its inputs and outputs see the gradients."""

    @staticmethod
    def of(module, hooks):
        """For a module that has backward hooks; None otherwise."""
        own = [hook for hook in hooks if hook.kind in ("backward", "backward_pre")]
        return _BackwardCall(module, own) if own else None

    def __init__(self, module, hooks):
        self.module, self.hooks = module, hooks
        self.grad_output = None
        self.inputs = 0
        self.tracks_inputs = False

    def _through(self, function, values):
        places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
        if not any(values[i].requires_grad for i in places):
            return values
        passed = function.apply(self, *(values[i] for i in places))
        passed = list(_tupled(passed))
        return tuple(passed[places.index(i)] if i in places else value for i, value in enumerate(values))

    def enter(self, args):
        self.inputs = len(args)
        self.tracks_inputs = any(isinstance(value, Tensor) and value.requires_grad for value in args)
        return self._through(_AtInputs, args)

    def leave(self, result):
        values = self._through(_AtOutputs, _tupled(result))
        return values if isinstance(result, tuple) else values[0]

    def on_outputs(self, grads):
        for hook in self.hooks:
            if hook.kind == "backward_pre":
                replaced = hook.function(self.module, grads)
                grads = grads if replaced is None else _tupled(replaced)
        self.grad_output = grads
        if not self.tracks_inputs:
            self.on_inputs((None,) * self.inputs)
        return grads

    def on_inputs(self, grads):
        for hook in self.hooks:
            if hook.kind == "backward":
                replaced = hook.function(self.module, grads, self.grad_output)
                grads = grads if replaced is None else _tupled(replaced)
        return grads


class _AtInputs(Function):
    @staticmethod
    def forward(ctx, call, *values):
        ctx.call = call
        ctx.set_materialize_grads(False)
        return tuple(value.view_as(value) for value in values)

    @staticmethod
    def backward(ctx, *grads):
        return (None,) + ctx.call.on_inputs(grads)


class _AtOutputs(Function):
    @staticmethod
    def forward(ctx, call, *values):
        ctx.call = call
        ctx.set_materialize_grads(False)
        return tuple(value.view_as(value) for value in values)

    @staticmethod
    def backward(ctx, *grads):
        return (None,) + ctx.call.on_outputs(grads)
