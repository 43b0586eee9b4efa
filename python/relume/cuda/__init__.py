"""What scripts ask about GPUs before they fall back to the CPU: there are none."""

from .._C import OutOfMemoryError  # noqa: F401: its older name is torch.cuda.OutOfMemoryError
from .._missing import attribute_finder
from . import amp


def is_available():
    """Always False: Relume computes on the CPU."""
    return False


def device_count():
    """Always 0."""
    return 0


def manual_seed(seed):
    """Does nothing, as there is no GPU."""


def manual_seed_all(seed):
    """Does nothing, as there is no GPU."""


def empty_cache():
    """Does nothing, as there is no GPU."""


def memory_allocated(device=None):
    """Always 0."""
    return 0


def max_memory_allocated(device=None):
    """Always 0."""
    return 0


def _refuse(*arguments):
    """Raises AssertionError: there is no GPU."""
    raise AssertionError("Torch not compiled with CUDA enabled")


current_device = get_device_name = get_device_properties = set_device = synchronize = _refuse

__getattr__ = attribute_finder("torch.cuda")
