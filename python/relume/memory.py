"""The memory of tensors: how much is in use, was at most, and is kept for reuse; and a limit on it.

All counts are of bytes, as the allocator hands them out: sizes of large blocks are rounded up, by an eighth at most.
"""

from ._C import ops

__all__ = ["cached", "current", "empty_cache", "limit", "peak", "reset_peak", "set_limit"]


def current():
    """Bytes in use at the moment, by all threads."""
    return ops._memory_current()


def peak():
    """The most that was in use at any time since the start or the last reset_peak()."""
    return ops._memory_peak()


def reset_peak():
    """Has peak() start again from what is in use now."""
    ops._memory_reset_peak()


def cached():
    """Bytes of free blocks that are kept for later tensors instead of given back to the system."""
    return ops._memory_cached()


def empty_cache():
    """Gives back what is cached, but for small blocks that other threads keep."""
    ops._memory_empty_cache()


def limit():
    """What current() and cached() together may come to; None where there is no limit."""
    return ops._memory_limit()


def set_limit(bytes=None):
    """Sets the limit; None lifts it. An op that would exceed it raises OutOfMemoryError, a RuntimeError which says what
    was asked for and what is in use, and everything goes on working. Raises ValueError for a negative number."""
    ops._memory_set_limit(bytes)
