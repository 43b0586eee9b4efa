"""Modules without initial values."""

from ...random import fork_rng
from ..modules.module import Module


def skip_init(module_cls, *args, **kwargs):
    """The module with undefined parameters; it takes the arguments of its class."""
    import inspect

    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    with fork_rng():
        return module_cls(*args, **kwargs)
