"""Which kernel computes scaled_dot_product_attention: a choice that PyTorch offers, and that changes nothing here."""

import contextlib
import enum

from .._missing import attribute_finder

__all__ = ["SDPBackend", "sdpa_kernel"]
__getattr__ = attribute_finder("torch.nn.attention")


class SDPBackend(enum.IntEnum):
    """The kernels that PyTorch chooses among."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextlib.contextmanager
def sdpa_kernel(backends, set_priority=False):
    """A context for attention by one of the given kernels. It changes nothing: there is one kernel."""
    for backend in [backends] if isinstance(backends, SDPBackend) else backends:
        if not isinstance(backend, SDPBackend):
            raise AssertionError("Backend must be an instance of SDPBackend or a list of SDPBackend instances")
    yield {}
