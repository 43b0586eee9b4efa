"""Functions of many elements that are made of a few ops: histograms, slopes."""

import math

from ._C import Tensor, ops
from ._return_types import named

METHODS = ["histogram"]

_Histogram = named("histogram", "hist", "bin_edges")
_HistogramDd = named("histogramdd", "hist", "bin_edges")


def _edges(input, bins, range, dim=0):
    if isinstance(bins, Tensor):
        if bins.dtype is not input.dtype:
            raise RuntimeError(
                f"torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
                f"{str(input.dtype)[6:]} and bins for dimension {dim} with dtype {str(bins.dtype)[6:]}"
            )
        return bins
    if bins <= 0:
        raise RuntimeError(f"torch.histogramdd(): bins must be > 0, but got {bins} for dimension {dim}")
    if range is not None:
        low, high = range
    else:
        low, high = (input.min().item(), input.max().item()) if input.numel() else (0.0, 1.0)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histogramdd: dimension {dim}'s range [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"torch.histogramdd: min should not exceed max, but got min {low} max {high} for dimension {dim}")
    if low == high:
        low, high = low - 0.5, high + 0.5
    return ops.linspace(low, high, bins + 1, dtype=input.dtype)


def histogram(input, bins, *, range=None, weight=None, density=False):
    """(hist, bin_edges): how many elements, or how much of weight, are in each bin. bins is their number, over range or from
    the least to the greatest element, or a tensor of their edges; the last bin has its upper edge. With density the
    integral is 1."""
    values = input.detach().reshape(-1)
    edges = _edges(values, bins, range)
    place, inside = _places(values, edges)
    hist = _weighed(values, place, inside, edges.numel() - 1, weight)
    if density:
        hist = hist / hist.sum() / edges.diff()
    return _Histogram(hist, edges)


def _places(values, edges):
    """The bin of each value, of which the last has its upper edge, and which values are in one."""
    place = ops.bucketize(values, edges, right=True) - 1
    place = ops.where(values == edges[-1], edges.numel() - 2, place)
    return place, (place >= 0) & (place < edges.numel() - 1) & ~ops.isnan(values)


def _weighed(values, place, inside, count, weight):
    weights = ops.ones(place.numel(), dtype=values.dtype) if weight is None else weight.detach().reshape(-1)
    return ops.zeros(count, dtype=values.dtype).scatter_add_(0, place[inside], weights[inside].to(values.dtype))


def histogramdd(input, bins, range=None, weight=None, density=False):
    """(hist, bin_edges): how many points of [..., N] are in each bin of a grid of N dimensions. bins is the number of bins
    of each dimension, one for all, or their edges, a tensor a dimension; the rest is as in histogram, with range a list of
    the least and the greatest edge of each dimension in turn."""
    if input.dim() < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    if not input.is_floating_point():
        raise NotImplementedError(f"\"histogramdd\" not implemented for '{input.type()[6:-6]}'")
    points = input.detach().reshape(-1, input.size(-1))
    dims = points.size(1)
    bins = [bins] * dims if isinstance(bins, int) else list(bins)
    if len(bins) != dims:
        raise RuntimeError("histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    ranges = [None] * dims if range is None else list(zip(range[::2], range[1::2]))
    edges = [_edges(points[:, d], each, ranges[d], d) for d, each in enumerate(bins)]
    shape, place, inside = [len(each) - 1 for each in edges], 0, True
    for d, count in enumerate(shape):
        own, within = _places(points[:, d].contiguous(), edges[d])
        place, inside = place * count + own, within & inside
    hist = _weighed(points, place, inside, math.prod(shape), weight).view(shape)
    if density:
        hist = hist / hist.sum()
        for d, each in enumerate(edges):
            hist = hist / each.diff().view(-1, *[1] * (dims - 1 - d))
    return _HistogramDd(hist, tuple(edges))


def _slopes(values, places, edge_order):
    """Derivatives along dim 0 by the parabola through three neighbours, and at the ends by it or by a line."""

    def weighted(rows, weights):
        return sum(w.view(-1, *[1] * (values.dim() - 1)) * row for w, row in zip(weights, rows))

    steps = places.diff()
    before, after = steps[:-1], steps[1:]
    both = before + after
    last = values.size(0) - 1
    inner = weighted(
        (values[:-2], values[1:-1], values[2:]),
        (-after / (before * both), (after - before) / (before * after), before / (after * both)),
    )
    if edge_order == 1:
        first = (values[1:2] - values[:1]) / steps[0]
        end = (values[last:] - values[last - 1 : last]) / steps[-1]
    else:
        a, b, c = before[:1], after[:1], both[:1]
        first = weighted((values[:1], values[1:2], values[2:3]), (-(a + c) / (a * c), c / (a * b), -a / (b * c)))
        a, b, c = before[-1:], after[-1:], both[-1:]
        rows = (values[last - 2 : last - 1], values[last - 1 : last], values[last:])
        end = weighted(rows, (b / (a * c), -c / (a * b), (b + c) / (b * c)))
    return ops.cat((first, inner, end))


def _even_slopes(values, distance, edge_order):
    """The same for places at equal distances."""
    inner = (values[2:] - values[:-2]) / distance / 2
    first, end = (values[1:2] - values[:1]) / distance, (values[-1:] - values[-2:-1]) / distance
    if edge_order == 2:
        first, end = 2 * first - inner[:1], 2 * end - inner[-1:]
    return ops.cat((first, inner, end))


def _spacings(input, spacing, dims, all_dims):
    if spacing is None:
        spacing = 1
    if not isinstance(spacing, (tuple, list)):
        return [spacing] * len(dims)
    if len(spacing) != len(dims):
        wanted = (
            f"'self.dim() = {input.dim()}', since dim argument was not given" if all_dims else f"{len(dims)}, that of dim"
        )
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to "
            f"{wanted}, but got a list of length {len(spacing)}"
        )
    return spacing


def gradient(input, *, spacing=None, dim=None, edge_order=1):
    """The derivative along each dim (or the given ones) by central differences, and at the ends by one-sided ones of order
    edge_order, 1 or 2: a tuple of tensors of input's shape. spacing is the distance of neighbours, a number for each dim, or
    the coordinates along each dim."""
    dims = list(range(input.dim())) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    for i, d in enumerate(dims):
        if not -input.dim() <= d < input.dim():
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-input.dim()}, {input.dim() - 1}], but got {d})"
            )
        if d % input.dim() in [other % input.dim() for other in dims[:i]]:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    spacings = _spacings(input, spacing, dims, dim is None)
    values = input if input.is_floating_point() else input.to(ops.get_default_dtype())
    results = []
    for d, distance in zip(dims, spacings):
        size = input.size(d)
        if size < edge_order + 1:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
        along = values.movedim(d, 0)
        if isinstance(distance, Tensor) and distance.dim() == 1:
            if distance.numel() != size:
                raise RuntimeError(
                    f"torch.gradient expected spacing to have {size} coordinates along dim {d}, but got {distance.numel()}"
                )
            slopes = _slopes(along, distance.to(values.dtype), edge_order)
        else:
            slopes = _even_slopes(along, distance, edge_order)
        results.append(slopes.movedim(0, d).contiguous())
    return tuple(results)


for _name in METHODS:
    setattr(Tensor, _name, globals()[_name])
del _name
