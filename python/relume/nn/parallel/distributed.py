"""DistributedDataParallel, which scripts import before they know that they run alone."""

from ...distributed import get_rank
from ..modules.module import Module


class DistributedDataParallel(Module):
    """A module that several processes train. Raises ValueError: there is no group of processes."""

    def __init__(self, module, *args, **kwargs):
        super().__init__()
        get_rank()
