"""Networks: modules, parameters, functions of layers, initial values."""

from .._missing import attribute_finder
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
from .modules import *  # noqa: F403
from . import functional, init, modules

_missing_here = attribute_finder("torch.nn")


def __getattr__(name):
    if name in ("attention", "parallel", "utils"):  # on first use
        import importlib

        return importlib.import_module("relume.nn." + name)
    if name == "DataParallel":
        from .parallel import DataParallel

        return DataParallel
    return _missing_here(name)
