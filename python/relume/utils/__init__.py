"""Help for training: data sets and loaders (utils.data), recomputation instead of memory (utils.checkpoint), handles of hooks."""

from .._missing import attribute_finder
from . import checkpoint, data, dlpack, hooks

__getattr__ = attribute_finder("torch.utils")
