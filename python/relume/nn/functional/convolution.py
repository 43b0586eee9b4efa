"""Convolutions and linear maps; padding may be "valid" or "same"."""

from ..._C import ops

__all__ = [
    "bilinear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "linear",
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
