"""Networks: modules, parameters, functions of layers, initial values."""

from .._missing import attribute_finder
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
from .modules import *  # noqa: F403
from . import functional, init, modules

_FACTORY = {"device", "dtype", "memory_format"}


def factory_kwargs(kwargs):
    """Of the keywords of a module what empty() and its like take: device, dtype, memory_format, also inside a dict
    factory_kwargs. Raises TypeError for others, and for one that is there twice."""
    kwargs = dict(kwargs or {})
    if not kwargs.keys() <= _FACTORY | {"factory_kwargs"}:
        raise TypeError(f"unexpected kwargs {kwargs.keys() - _FACTORY - {'factory_kwargs'}}")
    made = dict(kwargs.pop("factory_kwargs", {}))
    for name, value in kwargs.items():
        if name in made:
            raise TypeError(f"{name} specified twice, in **kwargs and in factory_kwargs")
        made[name] = value
    return made


_missing_here = attribute_finder("torch.nn")


def __getattr__(name):
    if name in ("attention", "grad", "parallel", "utils"):  # on first use
        import importlib

        return importlib.import_module("relume.nn." + name)
    if name == "LinearCrossEntropyOptions":  # dataclasses take long to import
        from .modules.linear_cross_entropy_options import LinearCrossEntropyOptions

        return LinearCrossEntropyOptions
    if name == "DataParallel":
        from .parallel import DataParallel

        return DataParallel
    return _missing_here(name)
