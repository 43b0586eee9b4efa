"""Help for training: data sets and loaders (utils.data), recomputation instead of memory (utils.checkpoint), handles of hooks,
times of statements (utils.benchmark), nested containers (utils._pytree)."""

from .._missing import attribute_finder
from . import checkpoint, data, dlpack, hooks

_missing_here = attribute_finder("torch.utils")


def __getattr__(name):
    if name in ("_pytree", "benchmark", "collect_env"):  # on first use
        import importlib

        return importlib.import_module("relume.utils." + name)
    return _missing_here(name)
