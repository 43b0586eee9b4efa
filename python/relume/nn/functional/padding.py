"""Padding of tensors at their borders."""

from ..._C import ops

__all__ = ["pad"]


def pad(input, pad, mode="constant", value=None):
    """Adds elements before and after, the last dimension first: pad = (left, right, top, bottom, ...). mode is
    "constant", "reflect", "replicate" or "circular"; negative numbers take elements away."""
    pad = tuple(pad)
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) // 2 > input.dim():
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension but got padding length {len(pad)} "
            f"and input of dimension {input.dim()}"
        )
    if mode == "constant":
        return ops.constant_pad_nd(input, pad, 0 if value is None else value)
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in _INDICES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    rank = len(pad) // 2
    if rank not in (1, 2, 3) or input.dim() not in (rank + 1, rank + 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {input.dim()}D input tensor.\n"
            "Supported combinations for non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )
    for i in range(rank):
        dim = input.dim() - 1 - i
        before, after = pad[2 * i], pad[2 * i + 1]
        if before or after:
            _check(mode, pad, dim, before, after, input)
            if mode == "circular" and min(before, after) < 0:  # what is left is repeated
                start, end = max(0, -before), input.size(dim) + min(0, after)
                input, before, after = input.narrow(dim, start, end - start), max(0, before), max(0, after)
            input = input.index_select(dim, _INDICES[mode](input.size(dim), before, after))
    return input


def _positions(size, before, after):
    return ops.arange(-before, size + after)


def _reflect(size, before, after):
    """..., 2, 1, 0, 1, 2, ..., size - 1, size - 2, ..."""
    position = _positions(size, before, after).abs()
    return (size - 1) - ((size - 1) - position).abs()


def _replicate(size, before, after):
    return _positions(size, before, after).clamp(0, size - 1)


def _circular(size, before, after):
    return _positions(size, before, after).remainder(size)


_INDICES = {"reflect": _reflect, "replicate": _replicate, "circular": _circular}


def _check(mode, pad, dim, before, after, input):
    size = input.size(dim)
    if mode == "reflect" and (before >= size or after >= size):
        raise RuntimeError(
            "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding "
            f"({before}, {after}) at dimension {dim} of input {list(input.shape)}"
        )
    if mode == "circular" and (before > size or after > size):
        raise RuntimeError("Padding value causes wrapping around more than once.")
    if size + before + after < 0 or (mode == "replicate" and size == 0):
        raise RuntimeError(
            f"pad: expected a non-negative size after padding, got {size} + {before} + {after} at dimension {dim}"
        )
