"""Images in other sizes without jagged edges: filters as wide as the pixels that they make."""

import math

from ..._C import float64, ops, uint8


def _triangle(x):
    return max(0.0, 1.0 - abs(x))


def _cubic(x):
    """Keys, 1981, with a = -0.5."""
    x = abs(x)
    if x < 1:
        return (1.5 * x - 2.5) * x * x + 1.0
    return ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0 if x < 2 else 0.0


_FILTERS = {"bilinear": (_triangle, 1.0), "bicubic": (_cubic, 2.0)}


def _weights(mode, size, out, step):
    """What each of `out` pixels takes of each of `size`: rows whose sum is 1."""
    function, reach = _FILTERS[mode]
    widened = max(step, 1.0)
    rows = []
    for i in range(out):
        center = step * (i + 0.5)
        first = max(int(center - reach * widened + 0.5), 0)
        last = min(int(center + reach * widened + 0.5), size)
        part = [function((j + first - center + 0.5) / widened) for j in range(last - first)]
        total = sum(part) or 1.0
        rows.append([0.0] * first + [weight / total for weight in part] + [0.0] * (size - max(first, last)))
    return rows


def _whole_weights(rows):
    """(weights times a power of two, as whole numbers of 16 bits; the power): in which bytes are computed."""
    largest = max(map(max, rows))
    power = 0
    while power < 22 and int(0.5 + largest * (1 << (power + 1))) < 1 << 15:
        power += 1
    return [[int(w * (1 << power) + math.copysign(0.5, w)) for w in row] for row in rows], power


def resized(input, dim, out, step, mode):
    """The input with `out` pixels along a dimension, each `step` pixels of the input wide."""
    rows = _weights(mode, input.size(dim), out, step)
    if input.dtype is uint8:
        rows, power = _whole_weights(rows)
        sums = _along(input.to(float64), dim, ops.tensor(rows, dtype=float64))
        return ((sums + (1 << (power - 1))) / (1 << power)).floor().clamp(0, 255).to(uint8)
    return _along(input, dim, ops.tensor(rows, dtype=input.dtype))


def _along(input, dim, weights):
    return ops.matmul(input.movedim(dim, -1), weights.T).movedim(-1, dim)
