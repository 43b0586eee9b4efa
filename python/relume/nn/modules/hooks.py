"""Hooks of modules: forward, pre-forward and full backward, on one module or on all."""

import functools
import warnings
import weakref
from collections import OrderedDict

from ... import _C
from ..._C import Tensor
from ..._tensor import RemovableHandle
from ...autograd.function import Function


_MIXED = "Cannot use both regular backward hooks and full backward hooks {}. Please use only one of them."


class _Table:
    """A dict of hooks that comes into being when it is first asked for: most modules never have one. From then on
    `_hooked` tells the base in C++ that calls go by way of call_with_hooks."""

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, module, owner=None):
        if module is None:
            return self
        module.__dict__["_hooked"] = True
        return module.__dict__.setdefault(self.name, OrderedDict())


class _Number:
    """Keys of hooks, in the order of their registration."""

    last = -1

    @classmethod
    def next(cls):
        cls.last += 1
        return cls.last


def add_hook(table, hook, prepend=False, marks=()):
    """Puts a hook into a table, and a mark with the same key into others; the handle takes all out."""
    key = _Number.next()
    for marked in marks:
        marked[key] = True
    table[key] = hook
    if prepend:
        table.move_to_end(key, last=False)

    def remove():
        for each in (table, *marks):
            each.pop(key, None)

    handle = RemovableHandle(remove)
    handle.id = key
    return handle


class HookTables:
    """The part of Module that registers hooks."""

    _forward_pre_hooks = _Table()
    _forward_pre_hooks_with_kwargs = _Table()
    _forward_hooks = _Table()
    _forward_hooks_with_kwargs = _Table()
    _forward_hooks_always_called = _Table()
    _backward_hooks = _Table()
    _backward_pre_hooks = _Table()

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Calls hook(module, args) before forward; what it returns replaces the arguments."""
        marks = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
        return add_hook(self._forward_pre_hooks, hook, prepend, marks)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Calls hook(module, args, output) after forward; what it returns replaces the output."""
        marks = [self._forward_hooks_with_kwargs] if with_kwargs else []
        marks += [self._forward_hooks_always_called] if always_call else []
        return add_hook(self._forward_hooks, hook, prepend, marks)

    _is_full_backward_hook = None

    def _add_backward_hook(self, hook, full, prepend=False):
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(_MIXED.format("on a single Module"))
        self._is_full_backward_hook = full
        return add_hook(self._backward_hooks, hook, prepend)

    def register_full_backward_hook(self, hook, prepend=False):
        """Calls hook(module, grad_input, grad_output) when the gradients of the inputs are known; what it returns
        replaces them."""
        return self._add_backward_hook(hook, True, prepend)

    def register_backward_hook(self, hook):
        """The older form of register_full_backward_hook: calls hook(module, grad_input, grad_output) with the gradients of
        the inputs and outputs of the last op of the module."""
        return self._add_backward_hook(hook, False)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Calls hook(module, grad_output) before the module's backward; what it returns replaces the gradients."""
        return add_hook(self._backward_pre_hooks, hook, prepend)


class _GlobalTables:
    """Hooks on the calls of all modules. The base in C++ looks at _C._global_hooks, which counts them."""

    def __init__(self):
        self.forward_pre, self.forward, self.always = OrderedDict(), OrderedDict(), OrderedDict()
        self.with_kwargs, self.backward, self.backward_pre = OrderedDict(), OrderedDict(), OrderedDict()
        self.is_full = None  # whether those of backward are full ones

    def add(self, table, hook, marks=()):
        handle = add_hook(table, hook, marks=marks)
        _C._global_hooks.append(handle)
        remove_hook = handle._remove

        def remove():
            remove_hook()
            _C._global_hooks.remove(handle)

        handle._remove = remove
        return handle


_everywhere = _GlobalTables()


def register_module_forward_pre_hook(hook):
    """Calls hook(module, args) before the forward of every module."""
    return _everywhere.add(_everywhere.forward_pre, hook)


def register_module_forward_hook(hook, *, with_kwargs=False, always_call=False):
    """Calls hook(module, args, output) after the forward of every module."""
    marks = [_everywhere.with_kwargs] if with_kwargs else []
    return _everywhere.add(_everywhere.forward, hook, marks + ([_everywhere.always] if always_call else []))


def _add_global_backward_hook(hook, full):
    if _everywhere.is_full is (not full):
        raise RuntimeError(_MIXED.format("as a global Module hook"))
    _everywhere.is_full = full
    return _everywhere.add(_everywhere.backward, hook)


def register_module_full_backward_hook(hook):
    """Calls hook(module, grad_input, grad_output) in the backward of every module."""
    return _add_global_backward_hook(hook, True)


def register_module_backward_hook(hook):
    """The older form: calls hook(module, grad_input, grad_output) with the gradients of the inputs and outputs of the last op
    of every module."""
    return _add_global_backward_hook(hook, False)


def register_module_full_backward_pre_hook(hook):
    """Calls hook(module, grad_output) before the backward of every module."""
    return _everywhere.add(_everywhere.backward_pre, hook)


# The hooks that see what modules are made of, by the kind of what is registered.
_registered = {"buffer": OrderedDict(), "module": OrderedDict(), "parameter": OrderedDict()}


def register_module_buffer_registration_hook(hook):
    """Calls hook(module, name, buffer) whenever a buffer is registered; what it returns, unless None, takes its place."""
    return add_hook(_registered["buffer"], hook)


def register_module_module_registration_hook(hook):
    """Calls hook(module, name, child) whenever a child is registered; what it returns, unless None, takes its place."""
    return add_hook(_registered["module"], hook)


def register_module_parameter_registration_hook(hook):
    """Calls hook(module, name, parameter) whenever a parameter is registered; what it returns, unless None, takes its
    place."""
    return add_hook(_registered["parameter"], hook)


def after_registration_hooks(kind, module, name, value):
    """What is registered in the end."""
    for hook in list(_registered[kind].values()):
        replaced = hook(module, name, value)
        value = value if replaced is None else replaced
    return value


def _tupled(value):
    return value if isinstance(value, tuple) else (value,)


def call_with_hooks(self, *args, **kwargs):
    """forward with the hooks around it."""
    result, called = None, set()
    try:
        args, kwargs = _before_forward(self, args, kwargs)
        backward = _BackwardCall.of(self)
        if backward is not None:
            args = backward.enter(args)
        result = self.forward(*args, **kwargs)
        for key, hook, with_kwargs in _forward_hooks(self):
            called.add(key)
            replaced = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
            result = result if replaced is None else replaced
        result = result if backward is None else backward.leave(result)
        older = _backward_hooks(self, False)
        if older:
            _watch_last_node(self, older, args, result)
        return result
    except Exception:
        _after_an_error(self, args, kwargs, result, called)
        raise


def _before_forward(module, args, kwargs):
    for hook in list(_everywhere.forward_pre.values()):
        replaced = hook(module, args)
        args = args if replaced is None else _tupled(replaced)
    for key, hook in list(module._forward_pre_hooks.items()):
        if key not in module._forward_pre_hooks_with_kwargs:
            replaced = hook(module, args)
            args = args if replaced is None else _tupled(replaced)
            continue
        replaced = hook(module, args, kwargs)
        if replaced is None:
            continue
        if not isinstance(replaced, tuple) or len(replaced) != 2:
            raise RuntimeError(
                f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replaced}."
            )
        args, kwargs = replaced
    return args, kwargs


def _forward_hooks(module):
    """(key, hook, whether it takes keyword arguments), those on all modules first."""
    found = [(key, hook, key in _everywhere.with_kwargs) for key, hook in _everywhere.forward.items()]
    own = module._forward_hooks_with_kwargs
    return found + [(key, hook, key in own) for key, hook in module._forward_hooks.items()]


def _after_an_error(module, args, kwargs, result, called):
    """Calls the hooks that are always to be called and weren't yet; a second error only warns."""
    for key, hook, with_kwargs in _forward_hooks(module):
        if key in called or not (key in _everywhere.always or key in module._forward_hooks_always_called):
            continue
        try:
            hook(module, args, kwargs, result) if with_kwargs else hook(module, args, result)
        except Exception as error:
            kind = "global module" if key in _everywhere.forward else "module"
            warnings.warn(
                f"{kind} forward hook with ``always_call=True`` raised an exception that was silenced as another error was "
                f"raised in forward: {error}",
                stacklevel=3,
            )


def _backward_hooks(module, full):
    """The backward hooks, those on all modules first, of one of the two forms."""
    everywhere = list(_everywhere.backward.values()) if _everywhere.is_full is full else []
    return everywhere + (list(module._backward_hooks.values()) if module._is_full_backward_hook is full else [])


def _call_for(hook, module, *grads):
    """A hook of the older form, which does not keep its module."""
    module = module()
    if module is None:
        raise RuntimeError("You are trying to call the hook of a dead Module!")
    return hook(module, *grads)


def _watch_last_node(module, hooks, args, result):
    """Hooks of the older form on the node that made the first tensor of the result."""
    first = result
    while not isinstance(first, Tensor):
        first = next(v for v in first.values() if isinstance(v, Tensor)) if isinstance(first, dict) else first[0]
    node = first.grad_fn
    if node is not None:
        for hook in hooks:
            node.register_hook(functools.partial(_call_for, hook, weakref.ref(module)))
        _warn_of_what_is_missed(args, result, node)


def _warn_of_what_is_missed(args, result, node):
    """Says where hooks of the older form do not see all gradients of a module."""
    instead = "Please use register_full_backward_hook to get the documented behavior."
    gone = "is deprecated and will be removed in future versions. This hook will be missing some"

    def warn(text):
        warnings.warn(text, FutureWarning, stacklevel=5)

    results = _tupled(result)
    if not all(isinstance(each, Tensor) for each in results):
        text = "Using non-full backward hooks on a Module that does not return a single Tensor or a tuple of Tensors"
        return warn(f"{text} {gone} of the grad_output. {instead}")
    if not all(isinstance(each, Tensor) for each in args):
        text = "Using non-full backward hooks on a Module that does not take as input a single Tensor or a tuple of Tensors"
        return warn(f"{text} {gone} of the grad_input. {instead}")
    made_by = [each.grad_fn for each in results if each.grad_fn is not None]
    if any(each != made_by[0] for each in made_by):
        text = "Using a non-full backward hook when outputs are generated by different autograd Nodes"
        return warn(f"{text} {gone} grad_output. {instead}")
    given = [each.grad_fn for each in args if each.grad_fn is not None]
    following = [each for each, _ in node.next_functions]
    if not all(each in following for each in given) or not all(each in given for each in following):
        text = "Using a non-full backward hook when the forward contains multiple autograd Nodes"
        warn(f"{text} {gone} grad_input. {instead}")


class _BackwardCall:
    """The backward hooks of one call of a module: identity functions at its inputs and outputs see the gradients."""

    @staticmethod
    def of(module):
        """For a module that has backward hooks; None otherwise."""
        hooks = _backward_hooks(module, True)
        pre_hooks = list(_everywhere.backward_pre.values()) + list(module._backward_pre_hooks.values())
        return _BackwardCall(module, hooks, pre_hooks) if hooks or pre_hooks else None

    def __init__(self, module, hooks, pre_hooks):
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.grad_output = None
        self.input_count = self.output_count = 0
        self.input_places = self.output_places = None

    @staticmethod
    def _through(receive, materialize, values):
        """The values, tensors by way of an identity, and the places of these; None where no gradient will come."""
        places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
        if not (_C.ops.is_grad_enabled() and any(values[i].requires_grad for i in places)):
            return values, None
        passed = _tupled(BackwardHookFunction.apply(receive, materialize, *(values[i] for i in places)))
        values = list(values)
        for place, value in zip(places, passed):
            values[place] = value
        return tuple(values), places

    def enter(self, args):
        self.input_count = len(args)
        args, self.input_places = self._through(self.on_inputs, True, args)
        return args

    def leave(self, result):
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(result)}",
                stacklevel=3,
            )
            return result
        values = _tupled(result)
        self.output_count = len(values)
        values, self.output_places = self._through(self.on_outputs, False, values)
        return values if isinstance(result, tuple) else values[0]

    def on_outputs(self, grads):
        grads = _placed(grads, self.output_places, self.output_count)
        for hook in self.pre_hooks:
            replaced = hook(self.module, grads)
            if replaced is not None:
                grads = _checked(replaced, grads, "Backward pre hook returned an invalid number of grad_output")
        self.grad_output = grads
        if self.input_places is None and self.hooks:
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs "
                "require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
                "#torch.nn.Module.register_full_backward_hook for more details.",
                stacklevel=3,
            )
            none = (None,) * self.input_count
            for hook in self.hooks:
                replaced = hook(self.module, none, grads)
                if replaced is not None and not (isinstance(replaced, tuple) and all(r is None for r in replaced)):
                    raise RuntimeError(
                        "Backward hook for Modules where no input requires gradient should always return None or None for "
                        "all gradients."
                    )
        return tuple(grads[place] for place in self.output_places)

    def on_inputs(self, grads):
        if self.grad_output is None:  # the gradients came by another way than the outputs
            return grads
        grads = _placed(grads, self.input_places, self.input_count)
        grad_output, self.grad_output = self.grad_output, None
        for hook in self.hooks:
            replaced = hook(self.module, grads, grad_output)
            if replaced is not None:
                grads = _checked(replaced, grads, "Backward hook returned an invalid number of grad_input")
        return tuple(grads[place] for place in self.input_places)


def _placed(grads, places, count):
    """A gradient, or None, for each argument or result."""
    placed = [None] * count
    for place, grad in zip(places, grads):
        placed[place] = grad
    return tuple(placed)


def _checked(replaced, grads, text):
    replaced = _tupled(replaced)
    if len(replaced) != len(grads):
        raise RuntimeError(f"{text}, got {len(replaced)}, but expected {len(grads)}")
    return replaced


class BackwardHookFunction(Function):
    """The identity around a module with backward hooks, whose backward hands the gradients to a method of a _BackwardCall."""

    @staticmethod
    def forward(ctx, receive, materialize, *values):
        ctx.receive = receive
        ctx.set_materialize_grads(materialize)
        return tuple(value.view_as(value) for value in values)

    @staticmethod
    def backward(ctx, *grads):
        return (None, None) + ctx.receive(grads)
