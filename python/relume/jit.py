"""torch.jit's names, as they are with PYTORCH_JIT=0: functions and modules run as they are, and are not compiled."""

import builtins

from ._missing import attribute_finder

__getattr__ = attribute_finder("torch.jit")


def script(obj, optimize=None, _frames_up=0, _rcb=None, example_inputs=None):
    """The function, class or module itself. It runs as Python; it has no save()."""
    return obj


def trace(func, example_inputs=None, *args, **kwargs):
    """The function or module itself: what depends on its inputs still does. It has no save()."""
    return func


def script_method(fn):
    """The method itself."""
    return fn


export = script_if_tracing = script_method


def ignore(drop=False, **keywords):
    """The function itself, as a decorator with or without arguments."""
    return drop if callable(drop) else lambda function: function


unused = ignore


def is_scripting():
    """Always False."""
    return False


def is_tracing():
    """Always False."""
    return False


def annotate(the_type, the_value):
    """The value."""
    return the_value


def isinstance(obj, target_type):
    """Whether obj is of a type, or of one of several."""
    return builtins.isinstance(obj, target_type)
