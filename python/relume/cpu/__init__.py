"""The CPU as a device, under the names that devices have."""

import contextlib

from .._missing import attribute_finder
from . import amp

__all__ = ["amp", "current_device", "device_count", "is_available", "is_initialized", "set_device", "stream", "synchronize"]
__getattr__ = attribute_finder("torch.cpu")


def is_available():
    """Always True."""
    return True


def is_initialized():
    """Always True."""
    return True


def device_count():
    """Always 1."""
    return 1


def current_device():
    """Always "cpu"."""
    return "cpu"


def set_device(device):
    """Does nothing: there is one CPU."""


def synchronize(device=None):
    """Does nothing: an op has ended when its function returns."""


@contextlib.contextmanager
def stream(stream):
    """Does nothing: ops run one after the other."""
    yield
