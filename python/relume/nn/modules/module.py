"""Module: a part of a network with parameters, buffers and further modules as children."""

from ... import _C
from ..._C import Tensor, ops
from ..parameter import Buffer, Parameter
from .hooks import (
    HookTables,
    after_registration_hooks,
    call_with_hooks,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from .state import State, _IncompatibleKeys  # noqa: F401: programs compare with it

_TABLES = ("_parameters", "_buffers", "_modules")


def indented(text, spaces):
    """All lines but the first moved to the right."""
    return text.replace("\n", "\n" + spaces * " ")


class Module(_C.ModuleBase, HookTables, State):
    """Base of all modules. A module of one's own calls super().__init__() in its constructor, assigns parameters and
    modules to attributes, and defines forward():

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 2)

            def forward(self, x):
                return self.fc(x).relu()

    The base in C++ finds self.fc and calls forward; what is here is PyTorch's Module, name by name."""

    training: bool
    call_super_init = False
    dump_patches = False

    def __init__(self, *args, **kwargs):
        if not self.call_super_init and (args or kwargs):
            name = type(self).__name__
            if kwargs:
                raise TypeError(f"{name}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'")
            raise TypeError(f"{name}.__init__() takes 1 positional argument but {1 + len(args)} were given")
        self.__dict__.update(
            training=True,
            _parameters={},
            _buffers={},
            _non_persistent_buffers_set=set(),
            _modules={},
        )
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *input, **keywords):
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    _call_with_hooks = call_with_hooks

    # Attributes.

    def __setattr__(self, name, value):
        attributes = self.__dict__
        if isinstance(value, Parameter):
            self._check_ready("parameters")
            self._forget(name, but="_parameters")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self._check_ready("module")
            self._forget(name, but="_modules")
            attributes["_modules"][name] = after_registration_hooks("module", self, name, value)
        elif isinstance(value, Buffer):
            self._check_ready("buffer")
            self._forget(name, but="_buffers")
            self.register_buffer(name, value, value.persistent)
        elif not self._assign_registered(name, value):
            _C.ModuleBase.__setattr__(self, name, value)

    def _check_ready(self, what):
        if "_modules" not in self.__dict__:
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")

    def _forget(self, name, but=None):
        """Takes a name out of wherever it is, so that it can be registered anew."""
        self.__dict__.pop(name, None)
        for table in _TABLES:
            if table != but:
                self.__dict__[table].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def _assign_registered(self, name, value):
        """Assigns to a name that is registered already; False where it is not."""
        attributes = self.__dict__
        if name in attributes.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_text(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, None)
        elif name in attributes.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_text(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            attributes["_modules"][name] = after_registration_hooks("module", self, name, None)
        elif name in attributes.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{_type_text(value)}' as buffer '{name}' "
                    "(torch.nn.Buffer, torch.Tensor or None expected)"
                )
            attributes["_buffers"][name] = after_registration_hooks("buffer", self, name, value)
        else:
            return False
        return True

    def __delattr__(self, name):
        for table in _TABLES:
            if name in self.__dict__.get(table, ()):
                del self.__dict__[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        _C.ModuleBase.__delattr__(self, name)

    def __dir__(self):
        names = set(dir(type(self))) | set(self.__dict__)
        for table in _TABLES:
            names.update(self.__dict__.get(table, ()))
        return sorted(name for name in names if not name[:1].isdigit())

    def _check_name(self, name, kind):
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f"{kind} name can't contain \".\"" + (f", got: {name}" if kind == "module" else ""))
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')

    def register_parameter(self, name, param):
        """Adds a parameter, or None to reserve the name."""
        self._check_ready("parameter")
        self._check_name(name, "parameter")
        if name not in self._parameters and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_type_text(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To "
                f"express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = None if param is None else after_registration_hooks("parameter", self, name, param)

    def register_buffer(self, name, tensor, persistent=True):
        """Adds a tensor that is no parameter; one that is not persistent stays out of state_dict()."""
        self._check_ready("buffer")
        self._check_name(name, "buffer")
        if name not in self._buffers and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_type_text(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = after_registration_hooks("buffer", self, name, tensor)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name, module):
        """Adds a child, or None."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{_type_text(module)} is not a Module subclass")
        self._check_name(name, "module")
        if name not in self._modules and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")
        self._modules[name] = after_registration_hooks("module", self, name, module)

    register_module = add_module

    def get_submodule(self, target):
        """The module at a dotted path; "" is this one."""
        module = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def get_parameter(self, target):
        """The parameter at a dotted path."""
        return self._get_member(target, "_parameters", "an nn.Parameter")

    def get_buffer(self, target):
        """The buffer at a dotted path."""
        return self._get_member(target, "_buffers", "a buffer")

    def _get_member(self, target, table, kind):
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        if name not in module.__dict__[table]:
            raise AttributeError(f"`{name}` is not {kind}")
        return module.__dict__[table][name]

    def set_submodule(self, target, module, strict=False):
        """Puts a module at a dotted path; with strict only where there is one."""
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    # What the module is made of.

    def _named_below(self, prefix, remove_duplicate):
        return self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)

    def _named_members(self, table, prefix, recurse, remove_duplicate):
        seen = set()
        for path, module in self._named_below(prefix, remove_duplicate) if recurse else [(prefix, self)]:
            before = path + "." if path else ""
            for name, value in module.__dict__[table].items():
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield before + name, value

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """(dotted name, parameter) of this module and, with recurse, of all below it."""
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse=True):
        """The parameters of this module and, with recurse, of all below it."""
        return (value for _, value in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        """(dotted name, buffer) of this module and, with recurse, of all below it."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse=True):
        """The buffers of this module and, with recurse, of all below it."""
        return (value for _, value in self.named_buffers(recurse=recurse))

    def named_children(self):
        """(name, module) of the children."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self):
        """The children."""
        return (module for _, module in self.named_children())

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """(dotted name, module) of this module and all below it."""
        memo = set() if memo is None else memo
        if id(self) in memo:
            return
        if remove_duplicate:
            memo.add(id(self))
        yield prefix, self
        for name, module in self._modules.items():
            if module is None:
                continue
            path = f"{prefix}.{name}" if prefix else name
            if module._modules or type(module).named_modules is not Module.named_modules:
                yield from module.named_modules(memo, path, remove_duplicate)
            elif id(module) not in memo:  # without a generator of its own, which takes most of the time
                if remove_duplicate:
                    memo.add(id(module))
                yield path, module

    def modules(self, remove_duplicate=True):
        """This module and all below it."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    # What is done to all of it.

    def apply(self, fn):
        """Calls fn(module) on all modules below, then on this one; returns it."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode=True):
        """Sets training mode, or the mode for evaluation, here and below; returns the module."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """train(False)."""
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        """Says whether autograd is to track the parameters; returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Drops the gradients of all parameters, or fills them with zeros."""
        for parameter in self.parameters():
            if parameter.grad is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                parameter.grad.detach_().zero_()

    def _apply(self, fn, recurse=True):
        """Replaces the elements of each parameter, gradient and buffer by fn of them."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is None:
                continue
            parameter.data = fn(parameter.data)
            if parameter.grad is not None:
                gradient = fn(parameter.grad.data)
                parameter.grad = None
                parameter.grad = gradient
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args, **kwargs):
        """Converts floating-point parameters and buffers: to(dtype), to(device), to(tensor), memory_format=."""
        probe = ops.empty(0).to(*args, **{k: v for k, v in kwargs.items() if k != "memory_format"})
        given = list(args) + list(kwargs.values())
        changes = any(isinstance(value, (_C.dtype, Tensor)) for value in given)
        if changes and not probe.is_floating_point():
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={probe.dtype}")
        layout = kwargs.get("memory_format")

        def convert(tensor):
            if changes and tensor.is_floating_point():
                tensor = tensor.to(probe.dtype)
            return tensor.contiguous(memory_format=layout) if layout is not None and tensor.dim() == 4 else tensor

        return self._apply(convert)

    def _converted(self, dtype):
        return self._apply(lambda tensor: tensor.to(dtype) if tensor.is_floating_point() else tensor)

    def float(self):
        """Converts floating-point parameters and buffers to float32."""
        return self._converted(_C.float32)

    def double(self):
        """Converts floating-point parameters and buffers to float64."""
        return self._converted(_C.float64)

    def half(self):
        """Converts floating-point parameters and buffers to float16."""
        return self._converted(_C.float16)

    def bfloat16(self):
        """Converts floating-point parameters and buffers to bfloat16."""
        return self._converted(_C.bfloat16)

    def type(self, dst_type):
        """Converts all parameters and buffers."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def to_empty(self, *, device, recurse=True):
        """Replaces parameters and buffers by some of the same sizes with undefined contents."""
        return self._apply(lambda tensor: ops.empty_like(tensor), recurse=recurse)

    def cpu(self):
        """The module itself."""
        return self

    def compile(self, *args, **kwargs):
        """Does nothing: ops are compiled already."""

    def cuda(self, device=None):
        """Raises: there is no GPU."""
        raise AssertionError("Torch not compiled with CUDA enabled")

    def share_memory(self):
        """The module itself."""
        return self

    # Printing, copies.

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self):
        """What is printed between the brackets beside the children."""
        return ""

    def __repr__(self):
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {indented(repr(module), 2)}" for name, module in self._modules.items()]
        if len(lines) == 1 and not children:
            return f"{self._get_name()}({lines[0]})"
        body = "\n  ".join(lines + children)
        return f"{self._get_name()}(\n  {body}\n)" if body else f"{self._get_name()}()"

    def _repr_html_(self):
        from ..html_tree import tree

        return tree(self)

    def __getstate__(self):
        return self.__dict__.copy()

    def __setstate__(self, state):
        self.__dict__.update(state)


def _type_text(value):
    """The type of a value as messages name it."""
    if isinstance(value, Tensor):
        return value.type()
    return type(value).__name__
