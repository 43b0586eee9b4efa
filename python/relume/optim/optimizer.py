"""Optimizer, the base of all optimizers: groups of parameters with their options, and a state for each parameter."""

import copy
import functools
import itertools
import warnings
from collections import OrderedDict, defaultdict

from .._C import Tensor, ops
from .._functions import typename
from .._tensor import RemovableHandle


class _Required:
    """The default of an option that every group must name itself."""

    def __repr__(self):
        return "<required parameter>"


required = _Required()
ParamsT, StateDict = object, dict  # for annotations

_global_step_hooks = {"pre": [], "post": []}


def _added(hooks, hook, prepend=False):
    hooks.insert(0 if prepend else len(hooks), hook)
    return RemovableHandle(lambda: hook in hooks and hooks.remove(hook))


def register_optimizer_step_pre_hook(hook):
    """Calls hook(optimizer, args, kwargs) before every step of every optimizer."""
    return _added(_global_step_hooks["pre"], hook)


def register_optimizer_step_post_hook(hook):
    """Calls hook(optimizer, args, kwargs) after every step of every optimizer."""
    return _added(_global_step_hooks["post"], hook)


def _with_hooks(step):
    """A class's step with the hooks around it; only the outermost of several steps that call each other runs them."""

    @functools.wraps(step)
    def hooked(self, *args, **kwargs):
        if type(self).step is not hooked:
            return step(self, *args, **kwargs)
        args = self, *args
        for hook in (*_global_step_hooks["pre"], *self._hooks["step_pre"]):
            replaced = hook(self, args, kwargs)
            if replaced is None:
                continue
            if not isinstance(replaced, tuple) or len(replaced) != 2:
                raise RuntimeError(
                    f"{type(self).__name__}.step must return None or a tuple of (new_args, new_kwargs), but got {replaced}."
                )
            args, kwargs = replaced
        result = step(*args, **kwargs)
        self._opt_called = True
        for hook in (*self._hooks["step_post"], *_global_step_hooks["post"]):
            hook(self, args, kwargs)
        return result

    return hooked


def one_number(value, name="lr"):
    """An option as a number; a tensor of one element is allowed in its place."""
    if isinstance(value, Tensor) and value.numel() != 1:
        raise ValueError(f"Tensor {name} must be 1-element")
    return value


def check_not_negative(options):
    """Refuses negative options; the keys are their names in messages."""
    for name, value in options.items():
        if not 0.0 <= one_number(value):
            raise ValueError(f"Invalid {name}: {value}")


def check_betas(betas):
    """Refuses coefficients outside [0, 1)."""
    for i, beta in enumerate(betas):
        if not 0.0 <= one_number(beta, f"betas[{i}]") < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")


class Optimizer:
    """Base of all optimizers.

    params: tensors that require grad, (name, tensor) pairs, or dicts {"params": ..., option: value} for groups with
    options of their own. defaults: the options of groups that do not name them. A subclass defines step(), or
    _update(parameter, gradient, group) for a step that goes through the parameters one by one.
    """

    def __init_subclass__(cls, **keywords):
        super().__init_subclass__(**keywords)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.__dict__["step"])

    def __init__(self, params, defaults):
        self.defaults = defaults
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + typename(params)
            )
        self.state = defaultdict(dict)
        self.param_groups = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    @functools.cached_property
    def _hooks(self):
        """Made when first asked for, as classes that wrap an optimizer may leave __init__ out."""
        return defaultdict(list)

    def __getstate__(self):
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.__dict__.setdefault("defaults", {}).setdefault("differentiable", False)

    def __repr__(self):
        text = type(self).__name__ + " ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"

    # Groups.

    def add_param_group(self, param_group):
        """Adds a group {"params": tensors, option: value}; options that it lacks are the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                "will change between runs. Please use a list instead."
            )
        param_group["params"] = [params] if isinstance(params, Tensor) else list(params)
        self._split_names(param_group)
        for param in param_group["params"]:
            self._check_param(param)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        self._check_is_new(param_group["params"])
        self.param_groups.append(param_group)

    def _split_names(self, param_group):
        """Takes (name, tensor) pairs apart."""
        pairs = [isinstance(item, tuple) for item in param_group["params"]]
        if any(pairs):
            if not all(pairs):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            param_group["param_names"] = [name for name, _ in param_group["params"]]
            param_group["params"] = [param for _, param in param_group["params"]]
        if self.param_groups and ("param_names" in self.param_groups[0]) != ("param_names" in param_group):
            with_names = "with" if "param_names" in self.param_groups[0] else "without"
            raise ValueError(
                "all optimizer param groups should be with/without names. "
                f"cannot add param group {'without' if with_names == 'with' else 'with'} names to the optimizer"
            )

    def _check_param(self, param):
        if not isinstance(param, Tensor):
            raise TypeError("optimizer can only optimize Tensors, but one of the params is " + typename(param))
        if not self.defaults.get("differentiable", None) and not (param.is_leaf or param.retains_grad):
            raise ValueError("can't optimize a non-leaf Tensor")

    def _check_is_new(self, params):
        ids = {id(param) for param in params}
        if len(ids) != len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; "
                "in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        if any(id(param) in ids for group in self.param_groups for param in group["params"]):
            raise ValueError("some parameters appear in more than one parameter group")

    # Steps.

    def zero_grad(self, set_to_none=True):
        """Forgets the gradients of all parameters, or, with set_to_none=False, fills those that there are with zeros."""
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none:
                    param.grad = None
                elif param.grad is not None:
                    if param.grad.grad_fn is not None:
                        param.grad.detach_()
                    else:
                        param.grad.requires_grad_(False)
                    param.grad.zero_()

    def step(self, closure=None):
        """Changes each parameter that has a gradient. closure, if given, is called first, with grad mode on; it
        computes the loss anew, and what it returns is returned."""
        recorded = ops.is_grad_enabled()
        ops._set_grad_enabled(bool(self.defaults.get("differentiable")))
        try:
            loss = self._loss(closure)
            for group in self.param_groups:
                for param in group["params"]:
                    grad = param.grad
                    if grad is not None:
                        self._update(param, grad, group)
            return loss
        finally:
            ops._set_grad_enabled(recorded)

    @staticmethod
    def _loss(closure):
        """What the closure returns, run with grad mode on."""
        if closure is None:
            return None
        recorded = ops.is_grad_enabled()
        ops._set_grad_enabled(True)
        try:
            return closure()
        finally:
            ops._set_grad_enabled(recorded)

    def _update(self, param, grad, group):
        raise NotImplementedError(f"{type(self).__name__} defines neither step() nor _update()")

    # Hooks.

    def register_step_pre_hook(self, hook):
        """Calls hook(optimizer, args, kwargs) before each step, args beginning with the optimizer; a pair that it returns
        replaces args and kwargs."""
        return _added(self._hooks["step_pre"], hook)

    def register_step_post_hook(self, hook):
        """Calls hook(optimizer, args, kwargs) after each step."""
        return _added(self._hooks["step_post"], hook)

    def register_state_dict_pre_hook(self, hook, prepend=False):
        """Calls hook(optimizer) before state_dict() gathers the state."""
        return _added(self._hooks["state_dict_pre"], hook, prepend)

    def register_state_dict_post_hook(self, hook, prepend=False):
        """Calls hook(optimizer, state_dict) after state_dict(); a dict that it returns replaces the result."""
        return _added(self._hooks["state_dict_post"], hook, prepend)

    def register_load_state_dict_pre_hook(self, hook, prepend=False):
        """Calls hook(optimizer, state_dict) before load_state_dict(); a dict that it returns is loaded instead."""
        return _added(self._hooks["load_pre"], hook, prepend)

    def register_load_state_dict_post_hook(self, hook, prepend=False):
        """Calls hook(optimizer) after load_state_dict()."""
        return _added(self._hooks["load_post"], hook, prepend)

    # States as dicts.

    def state_dict(self):
        """{"state": {number of the parameter: its state}, "param_groups": [options, with "params": numbers]}. The tensors
        are those of the optimizer, not copies."""
        for hook in list(self._hooks["state_dict_pre"]):
            hook(self)
        numbers = {}
        for param in itertools.chain.from_iterable(group["params"] for group in self.param_groups):
            numbers.setdefault(id(param), len(numbers))
        groups = []
        for group in self.param_groups:
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [numbers[id(param)] for param in group["params"]]
            groups.append(packed)
        state = {numbers[id(key)] if isinstance(key, Tensor) else key: value for key, value in self.state.items()}
        result = {"state": state, "param_groups": groups}
        for hook in list(self._hooks["state_dict_post"]):
            replaced = hook(self, result)
            result = result if replaced is None else replaced
        return result

    def load_state_dict(self, state_dict):
        """Takes over what state_dict() gave, for groups of the same sizes. Tensors are copied, and take the dtype of
        their parameter where that is a floating-point one, but for counts of steps."""
        state_dict = state_dict.copy()
        for hook in list(self._hooks["load_pre"]):
            replaced = hook(self, state_dict)
            state_dict = state_dict if replaced is None else replaced
        saved = copy.deepcopy(state_dict["param_groups"])
        self._check_same_groups(saved)
        params = itertools.chain.from_iterable(group["params"] for group in self.param_groups)
        numbers = itertools.chain.from_iterable(group["params"] for group in saved)
        param_of = dict(zip(numbers, params))
        state = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in param_of:
                state[param_of[key]] = _taken_over(param_of[key], value)
            else:
                state[key] = copy.deepcopy(value)
        for own, group in zip(self.param_groups, saved):
            group["params"] = own["params"]
            if "param_names" in own:
                group["param_names"] = own["param_names"]
            else:
                group.pop("param_names", None)
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in list(self._hooks["load_post"]):
            hook(self)

    def _check_same_groups(self, saved):
        if len(self.param_groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        for own, other in zip(self.param_groups, saved):
            if len(own["params"]) != len(other["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
                )


def _taken_over(param, value, key=None):
    """A part of a loaded state, copied, in the dtype of the parameter."""
    if isinstance(value, Tensor):
        if key == "step" or not param.is_floating_point():
            return value.detach().clone()
        return value.detach().to(param.dtype, copy=True)
    if isinstance(value, dict):
        return {name: _taken_over(param, part, name) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_taken_over(param, part) for part in value)
    return copy.deepcopy(value)


Optimizer.step = _with_hooks(Optimizer.step)


def refuse_differentiable(differentiable):
    """For optimizers whose step is one fused pass."""
    if differentiable:
        raise NotImplementedError("differentiable=True is not supported: steps are not recorded by autograd")


def check_fused(foreach, fused, differentiable):
    """The ways of computing that exclude each other. All of them compute the same here."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def new_step():
    """A count of steps: a tensor without dimensions, as PyTorch keeps it."""
    return ops.zeros((), dtype=ops.tensor(0.0).dtype)


def new_buffer(param):
    """Zeros that look like a parameter."""
    return ops.zeros_like(param).detach()


def effective_gradient(param, grad, group):
    """The gradient that a step goes by: negated by maximize, with weight_decay times the parameter added."""
    if group["maximize"]:
        grad = -grad
    if group["weight_decay"] != 0:
        grad = grad.add(param, alpha=group["weight_decay"])
    return grad
