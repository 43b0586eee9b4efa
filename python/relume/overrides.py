"""__torch_function__: how classes have a say in what functions do with their objects.

A subclass of Tensor gets objects of its own class from ops. One that defines __torch_function__(cls, func, types, args,
kwargs) as a class method is asked in place of each op; super().__torch_function__(...) carries the op out.
"""

import functools
import threading

from . import _C
from ._C import Tensor, ops

__all__ = [
    "TorchFunctionMode",
    "handle_torch_function",
    "has_torch_function",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "resolve_name",
    "wrap_torch_function",
]

_modes = threading.local()  # those of each thread that were entered, the innermost last


class TorchFunctionMode:
    """A context in which __torch_function__(func, types, args, kwargs) of the mode is asked in place of each op, whatever its
    arguments. What it calls itself goes to the mode outside of it."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        raise NotImplementedError

    def __enter__(self):
        stack = _modes.__dict__.setdefault("stack", [])
        stack.append(self)
        ops._set_mode(self)
        return self

    def __exit__(self, *error):
        _modes.stack.pop()
        ops._set_mode(_modes.stack[-1] if _modes.stack else None)

    def _asked(self, func, types, args, kwargs):
        """__torch_function__ with the mode switched off."""
        self.__exit__()
        try:
            return self.__torch_function__(func, types, args, kwargs)
        finally:
            self.__enter__()


class DisableTorchFunctionSubclass:
    """A context in which ops take objects of subclasses for tensors: what a __torch_function__ does inside does not come
    back to it."""

    def __enter__(self):
        ops._disable_overrides(1)

    def __exit__(self, *error):
        ops._disable_overrides(-1)


_C.DisableTorchFunctionSubclass = DisableTorchFunctionSubclass  # as programs know it


def _convert(result, cls):
    """The tensors of a result as objects of cls."""
    if isinstance(result, Tensor) and not isinstance(result, cls):
        return result.as_subclass(cls)
    if isinstance(result, (tuple, list)):
        items = [_convert(item, cls) for item in result]
        return type(result)(items) if not hasattr(result, "_fields") else type(result)(*items)
    return result


def _torch_function(cls, func, types, args=(), kwargs=None):
    """Calls func, and makes the tensors of its result objects of cls; NotImplemented where a class among types is none
    that cls derives from."""
    if not all(issubclass(cls, each) for each in types):
        return NotImplemented
    with DisableTorchFunctionSubclass():
        return _convert(func(*args, **(kwargs or {})), cls)


def _init_subclass(cls, **keywords):
    super(Tensor, cls).__init_subclass__(**keywords)
    if cls.__module__.split(".")[0] != "relume":
        ops._watch_subclasses()


Tensor.__torch_function__ = classmethod(_torch_function)
Tensor.__init_subclass__ = classmethod(_init_subclass)


def _functions(arguments):
    """The classes among arguments that have a __torch_function__, those that derive from others first."""
    classes = []
    for argument in arguments:
        cls = type(argument)
        if cls is Tensor or cls in classes or getattr(cls, "__torch_function__", None) is None:
            continue
        before = next((i for i, other in enumerate(classes) if issubclass(cls, other)), len(classes))
        classes.insert(before, cls)
    return classes


def has_torch_function(relevant_args):
    """Whether a class among the arguments (other than Tensor itself) has a __torch_function__."""
    return bool(_functions(relevant_args))


def has_torch_function_unary(argument):
    """has_torch_function((argument,))."""
    return bool(_functions((argument,)))


def has_torch_function_variadic(*arguments):
    """has_torch_function(arguments)."""
    return bool(_functions(arguments))


def handle_torch_function(public_api, relevant_args, *args, **kwargs):
    """What the classes of relevant_args make of public_api(*args, **kwargs): the first that does not return
    NotImplemented. Raises TypeError where there is none."""
    classes = _functions(relevant_args)
    for cls in classes:
        result = cls.__torch_function__(public_api, tuple(classes), args, kwargs)
        if result is not NotImplemented:
            return result
    name = f"{public_api.__module__}.{public_api.__name__}"
    raise TypeError(
        f"no implementation found for '{name}' on types that implement __torch_function__: {classes}"
    )


def is_tensor_like(inp):
    """Whether an object is a tensor, or has a __torch_function__."""
    return type(inp) is Tensor or hasattr(type(inp), "__torch_function__")


def wrap_torch_function(dispatcher):
    """Makes a function ask the classes of its arguments, of those that dispatcher(*args, **kwargs) lists."""

    def wrapper(function):
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return wrapped

    return wrapper


def is_tensor_method_or_property(func):
    """Whether a function is a method of Tensor, or reads or writes a property of one."""
    return func in (getattr(Tensor, func.__name__, None),) or func.__name__ in ("__get__", "__set__")


def resolve_name(f):
    """The name by which programs call a function: torch.Tensor.add, torch.add; None where there is none."""
    from .nn import functional

    import relume

    for owner, name in ((Tensor, "torch.Tensor"), (relume, "torch"), (functional, "torch.nn.functional")):
        if getattr(owner, f.__name__, None) is f:
            return f"{name}.{f.__name__}"
    return None
