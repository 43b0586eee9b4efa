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


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def is_initialized():
    """Always False."""
    return False


def is_bf16_supported(including_emulation=True):
    """Always False."""
    return False


def get_arch_list():
    """Always empty."""
    return []


get_rng_state_all = get_arch_list


def reset_peak_memory_stats(device=None):
    """Does nothing, as there is no GPU."""


def _refuse(*arguments):
    """Raises AssertionError: there is no GPU."""
    raise AssertionError("Torch not compiled with CUDA enabled")


current_device = get_device_name = get_device_properties = set_device = synchronize = _refuse
get_device_capability = mem_get_info = current_stream = default_stream = init = ipc_collect = _refuse

__getattr__ = attribute_finder("torch.cuda")
