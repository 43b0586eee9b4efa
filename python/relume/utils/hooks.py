"""Handles of hooks, under PyTorch's name."""

from .._tensor import HookHandle as RemovableHandle

__all__ = ["RemovableHandle"]
