"""Functions of many elements that are made of a few ops: histograms, reductions to chosen places, slopes."""

import math

from . import _C
from ._C import Tensor, ops
from ._functions import iinfo
from ._return_types import named
from .autograd.function import Function

METHODS = "histogram index_reduce scatter_reduce".split()

_Histogram = named("histogram", "hist", "bin_edges")



def _edges(input, bins, range):
    if isinstance(bins, Tensor):
        if bins.dtype is not input.dtype:
            raise RuntimeError(
                f"torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
                f"{str(input.dtype)[6:]} and bins for dimension 0 with dtype {str(bins.dtype)[6:]}"
            )
        return bins
    if bins <= 0:
        raise RuntimeError(f"torch.histogramdd(): bins must be > 0, but got {bins} for dimension 0")
    if range is not None:
        low, high = range
    else:
        low, high = (input.min().item(), input.max().item()) if input.numel() else (0.0, 1.0)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histogramdd: dimension 0's range [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"torch.histogramdd: min should not exceed max, but got min {low} max {high} for dimension 0")
    if low == high:
        low, high = low - 0.5, high + 0.5
    return ops.linspace(low, high, bins + 1, dtype=input.dtype)


def histogram(input, bins, *, range=None, weight=None, density=False):
    """(hist, bin_edges): how many elements, or how much of weight, are in each bin. bins is their number, over range or from
    the least to the greatest element, or a tensor of their edges; the last bin has its upper edge. With density the
    integral is 1."""
    values = input.detach().reshape(-1)
    edges = _edges(values, bins, range)
    count = edges.numel() - 1
    place = ops.bucketize(values, edges, right=True) - 1
    place = ops.where(values == edges[-1], count - 1, place)
    inside = (place >= 0) & (place < count) & ~ops.isnan(values)
    weights = ops.ones_like(values) if weight is None else weight.detach().reshape(-1)
    hist = ops.zeros(count, dtype=values.dtype).scatter_add_(0, place[inside], weights[inside].to(values.dtype))
    if density:
        hist = hist / hist.sum() / edges.diff()
    return _Histogram(hist, edges)


class _Extreme(Function):
    """The greatest of what comes to each place, or the least: the gradient is shared by those that are equal to it."""

    @staticmethod
    def forward(ctx, target, start, dim, index, source, descending):
        order = ops.sort(source, dim=dim, stable=True, descending=descending)[1]
        best = start.scatter(dim, index.gather(dim, order), source.gather(dim, order))
        result = (ops.minimum if descending else ops.maximum)(start, best)
        ctx.save_for_backward(target, source, index, result)
        ctx.dim, ctx.counts = dim, target is start
        return result

    @staticmethod
    def backward(ctx, grad):
        target, source, index, result = ctx.saved_tensors
        own = (target == result).to(grad.dtype)
        given = (source == result.gather(ctx.dim, index)).to(grad.dtype)
        share = grad / own.scatter_add(ctx.dim, index, given)
        left_out = 0 if ctx.counts else ops.zeros_like(own).scatter(ctx.dim, index, 1.0)
        return own * (1 - left_out) * share, None, None, None, given * share.gather(ctx.dim, index), None


def _neutral(input, reduce):
    """What a reduction starts from where the elements themselves are left out."""
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    if input.is_floating_point():
        return math.inf if reduce == "amin" else -math.inf
    if input.dtype is _C.bool:
        return reduce == "amin"
    limits = iinfo(input.dtype)
    return limits.max if reduce == "amin" else limits.min


def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """input with src[i] reduced into place index[i] along dim: reduce is "sum", "prod", "mean", "amax" or "amin". Without
    include_self the elements of input that something comes to do not count."""
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}.")
    if src.dtype is not input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    source = src if src.shape == index.shape else src[tuple(slice(size) for size in index.shape)]
    ones = ops.ones_like(source, requires_grad=False)
    counts = ops.zeros_like(input, requires_grad=False).scatter_add(dim, index, ones)
    start = input if include_self else ops.where(counts > 0, _neutral(input, reduce), input).to(input.dtype)
    if reduce == "sum":
        return start.scatter_add(dim, index, source)
    if reduce == "mean":
        counts = counts + 1 if include_self else counts.clamp_min(1)
        total = start.scatter_add(dim, index, source)
        return total / counts if input.is_floating_point() else total // counts
    if reduce != "prod":
        result = _Extreme.apply(input, start, dim, index, source, reduce == "amin")
        return ops._named(result, "ScatterReduceBackward0")
    for place, factor in zip(index.split(1, dim), source.split(1, dim)):
        start = start.scatter(dim, place, start.gather(dim, place) * factor)
    return start


def _check_index_reduce(input, dim, index, source, reduce):
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    if index.dim() > 1:
        raise IndexError(
            f"index_reduce_(): Index is supposed to be a vector, but got dim: {index.dim()} with type: "
            f"{index.type().split('.')[1].removesuffix('Tensor')} and size: {list(index.shape)}"
        )
    if index.dtype not in (_C.int32, _C.int64):
        raise RuntimeError(f"index_reduce_(): Expected dtype int32/int64 for index but got: {index.dtype}")
    if source.dim() and index.numel() != source.size(dim):
        raise RuntimeError(
            f"index_reduce_(): Number of indices ({index.numel()}) should be equal to source.size(dim): "
            f"({source.size(dim)}), for dim: {dim}"
        )
    if input.movedim(dim, 0).shape[1:] != source.movedim(dim, 0).shape[1:]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(input.shape)} source.shape = {list(source.shape)}"
        )
    if bool(((index < 0) | (index >= input.size(dim))).any()):
        raise IndexError("index out of range in self")


def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """input with slice i along dim of source reduced into slice index[i]: reduce is "prod", "mean", "amax" or "amin".
    Without include_self the slices of input that something comes to do not count."""
    if not input.dim():
        return index_reduce(input.view(1), 0, index, source.view(-1), reduce, include_self=include_self).view(())
    _check_index_reduce(input, dim, index, source, reduce)
    shape = [-1 if i == dim % input.dim() else 1 for i in range(input.dim())]
    places = index.long().view(shape).expand(source.shape)
    result = scatter_reduce(input, dim, places, source, reduce, include_self=include_self)
    return ops._named(result, "IndexReduceBackward0")


def _index_reduce_(self, dim, index, source, reduce, *, include_self=True):
    """index_reduce() written into the tensor itself."""
    return self.copy_(index_reduce(self, dim, index, source, reduce, include_self=include_self))


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
        if isinstance(distance, Tensor) and distance.dim() == 1:
            places = distance.to(values.dtype)
            if places.numel() != size:
                raise RuntimeError(
                    f"torch.gradient expected spacing to have {size} coordinates along dim {d}, but got {places.numel()}"
                )
        else:
            places = ops.arange(size, dtype=values.dtype) * distance
        results.append(_slopes(values.movedim(d, 0), places, edge_order).movedim(0, d))
    return tuple(results)


def _scatter_reduce_(self, dim, index, src, reduce, *, include_self=True):
    """scatter_reduce() written into the tensor itself."""
    return self.copy_(scatter_reduce(self, dim, index, src, reduce, include_self=include_self))


for _name in METHODS:
    setattr(Tensor, _name, globals()[_name])
Tensor.index_reduce_ = _index_reduce_
Tensor.scatter_reduce_ = _scatter_reduce_
del _name
