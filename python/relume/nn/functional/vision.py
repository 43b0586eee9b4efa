"""Rearrangement of pixels and channels, and patches of images as columns."""

from ..._C import ops
from .convolution import listed

__all__ = ["channel_shuffle", "fold", "native_channel_shuffle", "pixel_shuffle", "pixel_unshuffle", "unfold"]


channel_shuffle, pixel_shuffle, pixel_unshuffle = ops.channel_shuffle, ops.pixel_shuffle, ops.pixel_unshuffle
native_channel_shuffle = channel_shuffle


def _columns(size, kernel, dilation, padding, stride):
    """How many windows fit each dimension."""
    return [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in zip(size, kernel, dilation, padding, stride)]


def _pairs(**options):
    """Each option for both dimensions."""
    pairs = {name: listed(value, 2) for name, value in options.items()}
    for name, pair in pairs.items():
        if len(pair) != 2:
            raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(pair)}")
    return pairs.values()


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """The windows of [N, C, H, W] as columns [N, C * kernel elements, windows]; also without N."""
    kernel, dilation, padding, stride = _pairs(
        kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    if input.dim() not in (3, 4):
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but "
            f"got: {list(input.shape)}"
        )
    if min(_columns(input.shape[-2:], kernel, dilation, padding, stride)) < 1:
        raise RuntimeError(
            f"Given input with spatial size ({input.size(-2)}, {input.size(-1)}), kernel_size={kernel}, dilation={dilation}, "
            f"padding={padding}, calculated shape of the array of sliding blocks as "
            f"({', '.join(str(n) for n in _columns(input.shape[-2:], kernel, dilation, padding, stride))}), but its components "
            "must be at least one."
        )
    return ops._im2col(input, kernel, dilation, padding, stride)


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Adds up columns [N, C * kernel elements, windows] to [N, C, H, W], where the windows were; also without N."""
    size, kernel, dilation, padding, stride = _pairs(
        output_size=output_size, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    if input.dim() not in (2, 3):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, "
            f"but got: {list(input.shape)}"
        )
    elements = kernel[0] * kernel[1]
    if input.size(-2) % elements:
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={input.size(-2)} and kernel_size={kernel}."
        )
    rows, columns = _columns(size, kernel, dilation, padding, stride)
    if input.size(-1) != rows * columns:
        raise RuntimeError(
            f"Given output_size={size}, kernel_size={kernel}, dilation={dilation}, padding={padding}, stride={stride}, "
            f"expected size of input's dimension 2 to match the calculated number of sliding blocks {rows} * {columns} = "
            f"{rows * columns}, but got input.size(2)={input.size(-1)}."
        )
    return ops._col2im(input, size, kernel, dilation, padding, stride)
