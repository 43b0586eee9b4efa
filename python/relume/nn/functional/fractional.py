"""Max pooling over windows whose places are drawn.  Graham, 2015."""

from ..._C import int64, ops
from .convolution import listed

__all__ = [
    "fractional_max_pool2d", "fractional_max_pool2d_with_indices", "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
]  # fmt: skip


def _starts(samples, size, out, kernel):
    """Where the windows of each plane begin along a dimension: [planes, out]."""
    last = ops.full((samples.size(0), 1), size - kernel, dtype=int64)
    if out == 1:
        return last
    step = (size - kernel) / (out - 1)
    samples = samples.double().unsqueeze(1)
    places = ((ops.arange(out - 1) + samples) * step).trunc() - (samples * step).trunc()
    return ops.cat((places.long(), last), 1)


def _pool(rank, input, kernel_size, output_size, output_ratio, return_indices, samples):
    name = f"fractional_max_pool{rank}d"
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    if input.dim() not in (rank + 1, rank + 2):
        raise RuntimeError(f"{name}(): Expected {rank + 1}D or {rank + 2}D tensor, but got: {list(input.shape)}")
    kernel, sizes = listed(kernel_size, rank), tuple(input.shape[-rank:])
    if output_size is None:
        output_size = [int(size * ratio) for size, ratio in zip(sizes, listed(output_ratio, rank))]
    wanted = listed(output_size, rank)
    for size, out, k in zip(sizes, wanted, kernel):
        if out + k - 1 > size:
            raise RuntimeError(f"{name}(): pool size {kernel} too large relative to input size {list(sizes)}")
    lead = tuple(input.shape[:-rank])
    if samples is None:
        batch = lead if len(lead) == 2 else (1,) + lead
        samples = ops.rand(*batch, rank, dtype=input.dtype)
    planes = input.flatten(0, -1 - rank)
    samples = samples.reshape(planes.size(0), rank)
    # In two dimensions the first sample is the width's.
    samples = [samples[:, rank - 1 - i if rank == 2 else i] for i in range(rank)]
    flat = None
    for i, (size, out, k) in enumerate(zip(sizes, wanted, kernel)):
        place = _starts(samples[i], size, out, k).unsqueeze(2) + ops.arange(k)
        shape = [place.size(0)] + [1] * (2 * rank)
        shape[1 + i], shape[1 + rank + i] = out, k
        place = place.view(shape)
        flat = place if flat is None else flat * size + place
    windows = flat.expand((planes.size(0),) + wanted + kernel).flatten(1 + rank)
    maxima, chosen = planes.flatten(1).gather(1, windows.flatten(1)).view_as(windows).max(-1)
    maxima = maxima.view(lead + wanted)
    if not return_indices:
        return maxima
    return maxima, windows.gather(-1, chosen.unsqueeze(-1)).view(lead + wanted)


def fractional_max_pool2d(
    input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None
):  # fmt: skip
    """Maxima of windows at drawn places of [N, C, H, W] or [C, H, W], so that output_size, or a share output_ratio, is left."""
    return _pool(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool3d(
    input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None
):  # fmt: skip
    """Maxima of windows at drawn places of [N, C, D, H, W] or [C, D, H, W], so that output_size, or a share output_ratio, is
    left."""
    return _pool(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool2d_with_indices(
    input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None
):  # fmt: skip
    """fractional_max_pool2d with return_indices."""
    return _pool(2, input, kernel_size, output_size, output_ratio, True, _random_samples)


def fractional_max_pool3d_with_indices(
    input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None
):  # fmt: skip
    """fractional_max_pool3d with return_indices."""
    return _pool(3, input, kernel_size, output_size, output_ratio, True, _random_samples)
