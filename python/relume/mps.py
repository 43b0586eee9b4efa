"""torch.mps: Apple's GPUs, of which there is none to use."""

from ._missing import attribute_finder

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "seed", "synchronize"]
__getattr__ = attribute_finder("torch.mps")


def is_available():
    """Always False."""
    return False


def device_count():
    """Always 0."""
    return 0


def manual_seed(seed):
    """Does nothing: there is no generator to seed."""


def _refused(what):
    raise RuntimeError(f"Cannot execute {what}() without MPS backend.")


def synchronize():
    """Raises RuntimeError: there is nothing to wait for."""
    _refused("deviceSynchronize")


def empty_cache():
    """Raises RuntimeError: there is no cache."""
    _refused("emptyCache")


def seed():
    """Raises RuntimeError: there is no generator to seed."""
    _refused("getDefaultGenerator")
