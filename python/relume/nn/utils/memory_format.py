"""Weights of convolutions in the memory format of their inputs."""

from ..modules.conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d


def _convert(module, memory_format, kinds):
    for each in module.modules():
        if isinstance(each, kinds):
            each.weight.data = each.weight.detach().clone(memory_format=memory_format)
    return module


def convert_conv2d_weight_memory_format(module, memory_format):
    """Gives the weights of each Conv2d and ConvTranspose2d in the module that memory format; returns the module."""
    return _convert(module, memory_format, (Conv2d, ConvTranspose2d))


def convert_conv3d_weight_memory_format(module, memory_format):
    """Gives the weights of each Conv3d and ConvTranspose3d in the module that memory format; returns the module."""
    return _convert(module, memory_format, (Conv3d, ConvTranspose3d))
