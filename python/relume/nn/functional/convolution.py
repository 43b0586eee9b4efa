"""Convolutions and linear maps; padding may be "valid" or "same"."""

from ..._C import ops

__all__ = [
    "bilinear", "conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "linear",
]  # fmt: skip

linear, bilinear = ops.linear, ops.bilinear
conv_transpose1d, conv_transpose2d, conv_transpose3d = ops.conv_transpose1d, ops.conv_transpose2d, ops.conv_transpose3d


def listed(value, rank):
    """An option for each of `rank` dimensions, from one number or a list."""
    if not isinstance(value, (tuple, list)):
        return (value,) * rank
    return tuple(value) * rank if len(value) == 1 else tuple(value)


def _same_padding(input, weight, stride, padding, dilation):
    """The input, padded where the sides differ, and the padding in numbers, for a padding given by name."""
    rank = weight.dim() - 2
    if padding == "valid":
        return input, (0,) * rank
    if padding != "same":
        raise RuntimeError("Invalid padding string: '" + padding + "'")
    if any(step != 1 for step in listed(stride, rank)):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (size - 1) for d, size in zip(listed(dilation, rank), weight.shape[2:])]
    if all(total % 2 == 0 for total in totals):
        return input, tuple(total // 2 for total in totals)
    sides = []
    for total in reversed(totals):
        sides += [0, total % 2]
    return ops.constant_pad_nd(input, sides), tuple(total // 2 for total in totals)


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution over [N, C, L] or [C, L]; padding is a number, "valid" or "same"."""
    if isinstance(padding, str):
        input, padding = _same_padding(input, weight, stride, padding, dilation)
    return ops.conv1d(input, weight, bias, stride, padding, dilation, groups)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution over [N, C, H, W] or [C, H, W]; padding is a number, a pair, "valid" or "same"."""
    if isinstance(padding, str):
        input, padding = _same_padding(input, weight, stride, padding, dilation)
    return ops.conv2d(input, weight, bias, stride, padding, dilation, groups)


def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution over [N, C, D, H, W] or [C, D, H, W]; padding is a number, a triple, "valid" or "same"."""
    if isinstance(padding, str):
        input, padding = _same_padding(input, weight, stride, padding, dilation)
    return ops.conv3d(input, weight, bias, stride, padding, dilation, groups)


def conv_tbc(input, weight, bias, pad=0):
    """conv1d with other places of dimensions: input [L, N, C_in], weight [kernel, C_in, C_out] and bias [C_out] to
    [L + 2 pad - kernel + 1, N, C_out]."""
    if input.dim() != 3:
        raise RuntimeError("Input must have 3 dims: time, batch, in_channel")
    if weight.dim() != 3:
        raise RuntimeError("Weight tensor must have 3 dims: kernel_width, in_channels, out_channels.")
    if bias.dim() != 1:
        raise RuntimeError("Bias must be 1-D")
    if input.size(2) != weight.size(1):
        raise RuntimeError("Input dim 2 (input channels) is not == dim 1 in the weight tensor")
    if weight.size(2) != bias.size(0):
        raise RuntimeError("Bias size must equal dim 2 in the weight tensor (output channels).")
    result = ops.conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, 1, pad)
    return ops._named(result.permute(2, 0, 1), "ConvTbcBackward0")
