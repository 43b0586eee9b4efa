"""Pooling over windows: largest, mean and norm; adaptive windows; and the way back from the largest."""

import math

from ..._C import int64, ops
from .convolution import listed

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "lp_pool1d", "lp_pool2d", "lp_pool3d", "max_pool1d",
    "max_pool2d", "max_pool3d", "max_unpool1d", "max_unpool2d", "max_unpool3d", "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d_with_indices", "adaptive_max_pool3d_with_indices", "max_pool1d_with_indices",
    "max_pool2d_with_indices", "max_pool3d_with_indices",
]  # fmt: skip


def _max_pool(rank):
    plain, paired = getattr(ops, f"max_pool{rank}d"), getattr(ops, f"max_pool{rank}d_with_indices")
    shape = "[N, C, " + ", ".join("DHW"[3 - rank :] if rank > 1 else "L") + "]"

    def max_pool(
        input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
    ):  # fmt: skip
        pool = paired if return_indices else plain
        return pool(input, kernel_size, () if stride is None else stride, padding, dilation, ceil_mode)

    def with_indices(
        input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
    ):  # fmt: skip
        return paired(input, kernel_size, () if stride is None else stride, padding, dilation, ceil_mode)

    max_pool.__doc__ = f"Largest value of each window of {shape}; with return_indices also its place in the flat window plane."
    with_indices.__doc__ = f"max_pool{rank}d with return_indices."
    return _named(max_pool, f"max_pool{rank}d"), _named(with_indices, f"max_pool{rank}d_with_indices")


def _named(function, name):
    function.__name__ = function.__qualname__ = name
    return function


max_pool1d, max_pool1d_with_indices = _max_pool(1)
max_pool2d, max_pool2d_with_indices = _max_pool(2)
max_pool3d, max_pool3d_with_indices = _max_pool(3)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """Mean of each window of [N, C, L] or [C, L]."""
    return ops.avg_pool1d(input, kernel_size, () if stride is None else stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):  # fmt: skip
    """Mean of each window of [N, C, H, W] or [C, H, W]."""
    stride = () if stride is None else stride
    return ops.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):  # fmt: skip
    """Mean of each window of [N, C, D, H, W] or [C, D, H, W]."""
    stride = () if stride is None else stride
    return ops.avg_pool3d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def _sizes(output_size, input, rank):
    """A size for each dimension; None keeps the input's."""
    if not isinstance(output_size, (tuple, list)):
        return (output_size,) * rank
    if input.dim() <= len(output_size):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    return tuple(own if size is None else size for size, own in zip(output_size, input.shape[-len(output_size) :]))


adaptive_avg_pool1d = ops.adaptive_avg_pool1d


def adaptive_avg_pool2d(input, output_size):
    """Means of windows that divide [N, C, H, W] into output_size; None keeps a size."""
    return ops.adaptive_avg_pool2d(input, _sizes(output_size, input, 2))


def adaptive_avg_pool3d(input, output_size):
    """Means of windows that divide [N, C, D, H, W] into output_size; None keeps a size."""
    return ops.adaptive_avg_pool3d(input, _sizes(output_size, input, 3))


def adaptive_max_pool1d(input, output_size, return_indices=False):
    """Maxima of windows that divide [N, C, L] into output_size."""
    pair = ops.adaptive_max_pool1d(input, output_size)
    return pair if return_indices else pair[0]


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """Maxima of windows that divide [N, C, H, W] into output_size; None keeps a size."""
    pair = ops.adaptive_max_pool2d(input, _sizes(output_size, input, 2))
    return pair if return_indices else pair[0]


def adaptive_max_pool3d(input, output_size, return_indices=False):
    """Maxima of windows that divide [N, C, D, H, W] into output_size; None keeps a size."""
    sizes = _sizes(output_size, input, 3)
    if input.dim() not in (4, 5):
        raise RuntimeError(
            "adaptive_max_pool3d(): Expected 4D or 5D tensor, but got: " + str(list(input.shape))
        )
    if len(sizes) != 3:
        raise RuntimeError("adaptive_max_pool3d: output_size must be 3")
    pair = ops._adaptive_max_pool3d(input, sizes)
    return pair if return_indices else pair[0]


def adaptive_max_pool1d_with_indices(input, output_size, return_indices=False):
    """adaptive_max_pool1d with return_indices."""
    return adaptive_max_pool1d(input, output_size, True)


def adaptive_max_pool2d_with_indices(input, output_size, return_indices=False):
    """adaptive_max_pool2d with return_indices."""
    return adaptive_max_pool2d(input, output_size, True)


def adaptive_max_pool3d_with_indices(input, output_size, return_indices=False):
    """adaptive_max_pool3d with return_indices."""
    return adaptive_max_pool3d(input, output_size, True)


def _root(means, count, norm_type):
    """The norms of windows from the means of powers."""
    return (means.sign() * ops.relu(means.abs())).mul(count).pow(1.0 / norm_type)


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(sum of x^p)^(1/p) over each window of [N, C, L]."""
    if norm_type == math.inf:
        return max_pool1d(input.abs(), kernel_size, stride, ceil_mode=ceil_mode)
    return _root(avg_pool1d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode), kernel_size, norm_type)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(sum of x^p)^(1/p) over each window of [N, C, H, W]."""
    if norm_type == math.inf:
        return max_pool2d(input.abs(), kernel_size, stride, ceil_mode=ceil_mode)
    height, width = listed(kernel_size, 2)
    return _root(avg_pool2d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode), height * width, norm_type)


def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(sum of x^p)^(1/p) over each window of [N, C, D, H, W]."""
    if norm_type == math.inf:
        return max_pool3d(input.abs(), kernel_size, stride, ceil_mode=ceil_mode)
    depth, height, width = listed(kernel_size, 3)
    return _root(avg_pool3d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode), depth * height * width, norm_type)


def _unpooled_size(input, rank, kernel, stride, padding, output_size):
    least = [(n - 1) * s + k - 2 * p for n, s, k, p in zip(input.shape[-rank:], stride, kernel, padding)]
    if output_size is None:
        return least
    wanted = list(output_size)
    if len(wanted) == rank + 2:
        wanted = wanted[2:]
    if len(wanted) != rank:
        raise ValueError(
            f"output_size should be a sequence containing {rank} or {rank + 2} elements, but it has a length of "
            f"'{len(output_size)}'"
        )
    for size, low, step in zip(wanted, least, stride):
        if not low - step < size < low + step:
            raise ValueError(
                f'invalid output_size "{output_size}" (dim {wanted.index(size)} must be between {low - step} and {low + step})'
            )
    return wanted


def _max_unpool(input, indices, kernel_size, stride, padding, output_size, rank):
    kernel, padding = listed(kernel_size, rank), listed(padding, rank)
    stride = kernel if stride is None else listed(stride, rank)
    sizes = _unpooled_size(input, rank, kernel, stride, padding, output_size)
    if indices.dtype is not int64:
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.type()[6:-6]}")
    if indices.shape != input.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(input.shape)}) but got indices tensor "
            f"with shape: {list(indices.shape)}"
        )
    total = 1
    for size in sizes:
        total *= size
    flat, places = input.flatten(-rank), indices.flatten(-rank)
    if places.numel() and not (0 <= places.min().item() and places.max().item() < total):
        raise RuntimeError(f"Found an invalid max index: {places.max().item()} (output volumes are of size {sizes})")
    unpooled = input.new_zeros(tuple(flat.shape[:-1]) + (total,)).scatter(-1, places, flat)
    return unpooled.unflatten(-1, sizes)


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Puts the maxima of max_pool1d back where its indices say; zeros elsewhere."""
    return _max_unpool(input, indices, kernel_size, stride, padding, output_size, 1)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Puts the maxima of max_pool2d back where its indices say; zeros elsewhere."""
    return _max_unpool(input, indices, kernel_size, stride, padding, output_size, 2)


def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Puts the maxima of max_pool3d back where its indices say; zeros elsewhere."""
    return _max_unpool(input, indices, kernel_size, stride, padding, output_size, 3)
