"""Handles of hooks, under PyTorch's name."""

from .._tensor import RemovableHandle

__all__ = ["RemovableHandle"]
