"""Modules on several devices: on one, the CPU, what there is of them."""

from ..._missing import attribute_finder
from .data_parallel import DataParallel
from .distributed import DistributedDataParallel

__all__ = ["DataParallel", "DistributedDataParallel"]
__getattr__ = attribute_finder("torch.nn.parallel")
