"""Help for training: data sets and loaders (utils.data), recomputation instead of memory (utils.checkpoint)."""

from . import checkpoint, data
