"""Padding of tensors at their borders."""

from ..._C import ops

__all__ = ["pad"]


def pad(input, pad, mode="constant", value=None):
    """Adds elements before and after, the last dimension first: pad = (left, right, top, bottom, ...). mode is
    "constant", "reflect", "replicate" or "circular"; negative numbers take elements away."""
    return ops.pad(input, pad, mode, value)
