"""A module that would be copied to each GPU."""

from ..modules.module import Module


class DataParallel(Module):
    """DataParallel(module): without a GPU, it calls the module; names of parameters begin with "module."."""

    def __init__(self, module, device_ids=None, output_device=None, dim=0):
        super().__init__()
        self.module, self.device_ids, self.dim = module, [], dim

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)
