"""Modules on several devices: on one, the CPU, what there is of them."""

from ..._missing import attribute_finder
from .data_parallel import DataParallel

__all__ = ["DataParallel"]
__getattr__ = attribute_finder("torch.nn.parallel")
