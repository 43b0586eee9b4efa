"""What scripts ask of PyTorch's compiler: ops are compiled already, so that there is nothing to set or to reset."""

import types

from .._missing import attribute_finder

config = types.SimpleNamespace()  # takes every setting


def reset():
    """Does nothing: nothing was compiled."""


__getattr__ = attribute_finder("torch._dynamo")
