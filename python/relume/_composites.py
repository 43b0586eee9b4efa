"""Functions that are made of a few ops, as functions of the top level and, where METHODS has them, as methods of Tensor."""

import functools
import itertools
import math

from . import _C
from ._C import Tensor, ops
from ._modes import in_float32

METHODS = """
    addbmm adjoint as_strided_scatter corrcoef cov cross deg2rad diagflat diagonal_scatter diff dist dsplit gcd heaviside histc
    hsplit inner isin isneginf isposinf kron lcm ldexp logaddexp logaddexp2 logcumsumexp matrix_exp matrix_power msort mvlgamma
    nanmean nonzero_static quantile rad2deg renorm select_scatter signbit sinc slice_scatter sum_to_size tensor_split trapezoid unique_consecutive vsplit
""".split()
IN_PLACE = "addbmm deg2rad gcd heaviside lcm ldexp rad2deg renorm sinc".split()
METHODS_ONLY = ["sum_to_size"]
_HELD = set(globals())


def chain_matmul(*matrices):
    """The product of several matrices, from the left."""
    return functools.reduce(ops.mm, _listed(matrices))


def mvlgamma(input, p):
    """The logarithm of the multivariate gamma function of dimension p: p (p - 1) / 4 log(pi) + sum_j lgamma(input - j / 2),
    j from 0 to p - 1."""
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    terms = [ops.lgamma(input - j / 2) for j in range(p)]
    return ops._named(sum(terms) + p * (p - 1) / 4 * math.log(math.pi), "MvlgammaBackward0")


def vander(x, N=None, increasing=False):
    """The powers of each element of a vector, from the highest, N - 1, to the 0th, or the other way round; [len(x), N]."""
    if x.dim() != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = x.numel() if N is None else N
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    exponents = ops.arange(count) if increasing else ops.arange(count).flip(0)
    return x.unsqueeze(-1) ** exponents


def _dim(tensor, dim):
    """dim counted from the front; IndexError where there is no such dimension."""
    count = max(tensor.dim(), 1)
    if not -count <= dim < count:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {dim})")
    return dim % count


def _listed(tensors):
    return tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors


def adjoint(input):
    """The last two dimensions swapped: of real numbers, the conjugate transpose."""
    return input.transpose(-2, -1)


def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta input + alpha sum_b batch1[b] @ batch2[b]: batch1 [B, N, K], batch2 [B, K, M], input broadcast to [N, M]."""
    products = alpha * ops.bmm(batch1, batch2).sum(0)
    return ops._named(products if beta == 0 else beta * input + products, "AddbmmBackward0")


def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False):
    """obj (a tensor, an array, a number, a nested list) as a tensor: on the same memory where that is possible, unless
    copy is True; copy=False makes it an error where it is not."""
    made = ops.as_tensor(obj, dtype=dtype, device=device)
    shared = made is obj or not isinstance(obj, (int, float, bool, list, tuple)) and (dtype is None or made is obj)
    if copy is False and not shared:
        raise ValueError("can't alias arbitrary sequence into a tensor.")
    made = made.clone() if copy and shared else made
    return made.requires_grad_() if requires_grad else made


def _at_least(tensors, shaped):
    given = _listed(tensors)
    results = tuple(shaped(tensor) for tensor in given)
    return results[0] if len(tensors) == 1 and given is tensors else results


def atleast_1d(*tensors):
    """Each tensor with at least one dimension."""
    return _at_least(tensors, lambda x: x.reshape(1) if x.dim() == 0 else x)


def atleast_2d(*tensors):
    """Each tensor with at least two dimensions: a vector [N] becomes [1, N]."""
    return _at_least(tensors, lambda x: x.reshape(1, -1) if x.dim() < 2 else x)


def atleast_3d(*tensors):
    """Each tensor with at least three dimensions: [N] becomes [1, N, 1], [N, M] becomes [N, M, 1]."""
    return _at_least(tensors, lambda x: x.reshape(1, -1, 1) if x.dim() < 2 else x.unsqueeze(-1) if x.dim() == 2 else x)


def block_diag(*tensors):
    """A matrix with the tensors (of at most two dimensions) along its diagonal and 0 elsewhere."""
    blocks = [atleast_2d(tensor) for tensor in tensors] or [ops.empty((1, 0))]
    width, before, rows = sum(block.shape[1] for block in blocks), 0, []
    for block in blocks:
        if block.dim() > 2:
            raise RuntimeError(f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Got {block.dim()}D")
        height, own = block.shape
        rows.append(ops.cat([block.new_zeros((height, before)), block, block.new_zeros((height, width - before - own))], 1))
        before += own
    return ops.cat(rows)


def cartesian_prod(*tensors):
    """Every combination of one element of each 1-D tensor, one row each."""
    if len(tensors) == 1:
        return tensors[0]
    return ops.stack([grid.reshape(-1) for grid in ops.meshgrid(tensors, "ij")], 1)


@in_float32
def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """The p-norm distance of each row of x1 [..., N, D] from each row of x2 [..., M, D], as [..., N, M]."""
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    return ops._named((x1.unsqueeze(-2) - x2.unsqueeze(-3)).norm(p, -1), "CdistBackward0")


def column_stack(tensors):
    """The tensors side by side; vectors are columns."""
    return ops.hstack([tensor.reshape(-1, 1) if tensor.dim() < 2 else tensor for tensor in tensors])


def combinations(input, r=2, with_replacement=False):
    """Every combination of r elements of a 1-D tensor, in order, one row each."""
    chosen = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = [list(places) for places in chosen(range(len(input)), r)]
    return input[ops.tensor(places)] if places else input.new_empty((0, r))


def corrcoef(input):
    """The correlation of each pair of rows [variables, observations], between -1 and 1."""
    covariance = cov(input)
    if covariance.dim() == 0:
        return covariance / covariance
    deviation = covariance.diagonal().sqrt()
    return (covariance / deviation.unsqueeze(1) / deviation).clamp(-1, 1)


def cov(input, *, correction=1, fweights=None, aweights=None):
    """The covariance of each pair of rows [variables, observations], weighted by how often an observation counts
    (fweights) and how much it is trusted (aweights)."""
    if input.dim() > 2:
        raise RuntimeError(f"cov(): expected input to have two or fewer dimensions but got an input with {input.dim()} dimensions")
    rows = input if input.dim() == 2 else input.reshape(1, -1)
    rows = rows if rows.is_floating_point() else rows.to(ops.get_default_dtype())
    weights = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    weights = ops.ones(rows.shape[1], dtype=rows.dtype) if weights is None else weights.to(rows.dtype)
    total = weights.sum()
    lost = (weights * aweights).sum() / total if aweights is not None else 1
    centred = rows - (rows * weights).sum(1, True) / total
    return ((centred * weights) @ centred.t() / (total - correction * lost).clamp(min=0)).squeeze()


def cross(input, other, dim=None):
    """The vector product over dim, which has 3 elements; by default the first such dimension."""
    input, other = ops.broadcast_tensors([input, other])
    if dim is None:
        dim = next((i for i, size in enumerate(input.shape) if size == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    if input.shape[_dim(input, dim)] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[dim]} and {other.shape[dim]}"
        )
    product = input.roll(-1, dim) * other.roll(-2, dim) - input.roll(-2, dim) * other.roll(-1, dim)
    return ops._named(product, "LinalgCrossBackward0")


def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """The sums so far of trapezoid()'s areas."""
    return ops.cumsum(_trapezoids(y, x, dx, dim), dim)


def deg2rad(input):
    """Degrees as radians."""
    return input * (math.pi / 180)


def diagflat(input, offset=0):
    """A matrix with the elements on a diagonal."""
    return ops.diag(input.reshape(-1), offset)


def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """A copy of input with src on a diagonal."""
    copy = input.clone()
    _write(copy.diagonal(offset, dim1, dim2), src)
    return copy


def _write(place, src):
    if place.shape != src.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(src.shape)}, "
            f"slice size = {list(place.shape)}"
        )
    place.copy_(src)


def diff(input, n=1, dim=-1, prepend=None, append=None):
    """The n-th differences of neighbours along dim; of bools, whether they differ."""
    parts = [part for part in (prepend, input, append) if part is not None]
    values = ops.cat(parts, dim) if len(parts) > 1 else input
    if values.dim() == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    for _ in range(n):
        length = values.shape[dim]
        after, before = values.narrow(dim, min(1, length), max(length - 1, 0)), values.narrow(dim, 0, max(length - 1, 0))
        values = after != before if values.dtype is _C.bool else after - before
    return values


def dist(input, other, p=2):
    """The p-norm of input - other."""
    return ops._named((input - other).norm(p), "DistBackward0")


def _split(name, input, parts, dim, least):
    if input.dim() < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension{'s' * (least > 1)}, "
            f"but got a tensor with {input.dim()} dimensions!"
        )
    if isinstance(parts, int) and input.shape[dim] % parts:
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {input.shape[dim]} "
            f"is not divisible by the split_size {parts}!"
        )
    return tensor_split(input, parts, dim)


def tensor_split(input, indices_or_sections, dim=0):
    """Views along dim: so many of about the same size, or what lies before, between and after indices."""
    parts = indices_or_sections.tolist() if isinstance(indices_or_sections, Tensor) else indices_or_sections
    if isinstance(parts, int):
        return ops.tensor_split(input, parts, dim)
    index = (slice(None),) * _dim(input, dim)
    return tuple(input[index + (slice(a, b),)] for a, b in zip([0, *parts], [*parts, None]))


def hsplit(input, indices_or_sections):
    """Parts side by side: equal ones, or split at indices; of vectors along the first dimension."""
    return _split("hsplit", input, indices_or_sections, min(input.dim() - 1, 1), 1)


def vsplit(input, indices_or_sections):
    """Parts one above the other."""
    return _split("vsplit", input, indices_or_sections, 0, 2)


def dsplit(input, indices_or_sections):
    """Parts along the third dimension."""
    return _split("dsplit", input, indices_or_sections, 2, 3)


def dstack(tensors):
    """The tensors along the third dimension."""
    return ops.cat([atleast_3d(tensor) for tensor in tensors], 2)


def gcd(input, other):
    """The greatest common divisor of integers, by Euclid."""
    if input.is_floating_point() or other.is_floating_point():
        raise NotImplementedError("gcd is implemented for integers only")
    a, b = ops.broadcast_tensors([input.abs(), other.abs()])
    while bool((b != 0).any()):
        a, b = ops.where(b != 0, b, a), ops.where(b != 0, ops.remainder(a, b.masked_fill(b == 0, 1)), b)
    return a


def heaviside(input, values):
    """0 below 0, values at 0, 1 above."""
    return ops.where(input == 0, values, (input > 0).to(input.dtype))


def histc(input, bins=100, min=0, max=0):
    """How many elements fall into each of `bins` equal parts of [min, max]; of the elements' own range by default."""
    flat = input.detach().reshape(-1)
    if min == max and flat.numel():
        min, max = flat.min().item(), flat.max().item()
    if min == max:
        min, max = min - 1, max + 1
    if not (math.isfinite(min) and math.isfinite(max)):
        raise RuntimeError(f"range of [{min:g}, {max:g}] is not finite")
    if min > max:
        raise RuntimeError("max must be larger than min")
    flat = flat[(flat >= min) & (flat <= max)]
    place = ((flat - min) / (max - min) * bins).long().clamp(max=bins - 1)
    return ops.bincount(place, minlength=bins).to(input.dtype)


def inner(input, other):
    """Sums of products over the last dimensions: [..., K] and [*, K] give [..., *]; with a number, products."""
    if input.dim() == 0 or other.dim() == 0:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    product = input.reshape(-1, input.shape[-1]) @ other.reshape(-1, other.shape[-1]).t()
    return product.reshape(tuple(input.shape[:-1]) + tuple(other.shape[:-1]))


def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Whether each element is among test_elements; with invert, whether it is not."""
    if not isinstance(elements, Tensor):
        elements = ops.tensor(elements)
    among = ops.tensor(test_elements) if not isinstance(test_elements, Tensor) else test_elements
    found = (elements.unsqueeze(-1) == among.reshape(-1)).any(-1)
    return ~found if invert else found


def isneginf(input):
    """Whether each element is minus infinity."""
    return input == -math.inf


def isposinf(input):
    """Whether each element is plus infinity."""
    return input == math.inf


def kron(input, other):
    """The Kronecker product: every element of input times the whole of other, side by side."""
    count = max(input.dim(), other.dim())
    a = [1] * (count - input.dim()) + list(input.shape)
    b = [1] * (count - other.dim()) + list(other.shape)
    left = input.reshape([size for n in a for size in (n, 1)])
    right = other.reshape([size for n in b for size in (1, n)])
    return (left * right).reshape([n * m for n, m in zip(a, b)])


def lcm(input, other):
    """The least common multiple of integers."""
    divisor = gcd(input, other)
    return (input * ops.floor_divide(other, divisor.masked_fill(divisor == 0, 1))).abs()


def ldexp(input, other):
    """input times 2 to the power of other."""
    return input * ops.pow(2.0, other)


def logaddexp(input, other):
    """log(exp(input) + exp(other)), without overflow."""
    highest = ops.maximum(input, other)
    distance = -(input - other).abs()
    result = ops.where(input == other, input + math.log(2), highest + ops.log1p(ops.exp(distance)))
    return ops._named(result, "LogaddexpBackward0")


def logaddexp2(input, other):
    """log2(2^input + 2^other), without overflow."""
    scale = math.log(2)
    return ops._named(logaddexp(input * scale, other * scale) / scale, "Logaddexp2Backward0")


def logcumsumexp(input, dim):
    """The logarithms of the sums so far of exp(input) along dim."""
    highest = input.detach().amax(dim, True).clamp(min=-3e38)
    return ops._named(ops.log(ops.cumsum(ops.exp(input - highest), dim)) + highest, "LogcumsumexpBackward0")


def matrix_exp(input):
    """e to the power of square matrices [..., N, N], by scaling, a Taylor series and squaring."""
    if input.dim() < 2 or input.shape[-1] != input.shape[-2]:
        raise RuntimeError(
            "linalg.matrix_exp: A must be batches of square matrices, but they are "
            f"{input.shape[-2] if input.dim() > 1 else 1} by {input.shape[-1] if input.dim() else 1} matrices"
        )
    norm = input.detach().abs().sum(-2).max().item() if input.numel() else 0.0
    squarings = max(0, math.ceil(math.log2(norm)) + 1) if 0 < norm < math.inf else 0
    scaled = input / 2**squarings
    identity = ops.eye(input.shape[-1], dtype=input.dtype)
    result = identity.expand(input.shape)
    for power in range(18, 0, -1):  # Horner: 0.5^19 / 19! is below the rounding of float64
        result = identity + scaled @ result / power
    for _ in range(squarings):
        result = result @ result
    return result


def matrix_power(input, n):
    """Square matrices multiplied with themselves n times, n not negative."""
    if n < 0:
        raise NotImplementedError("matrix_power: negative powers need an inverse, which Relume lacks")
    result, base = None, input
    while n:
        if n & 1:
            result = base if result is None else result @ base
        n >>= 1
        base = base @ base if n else base
    return ops.eye(input.shape[-1], dtype=input.dtype).expand(input.shape).clone() if result is None else result


def msort(input):
    """The elements sorted along the first dimension."""
    return ops.sort(input, 0)[0]


def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of what is not NaN."""
    values = input if dtype is None else input.to(dtype)
    there = (~ops.isnan(values)).to(values.dtype)
    if dim is None:
        return ops.nansum(values) / there.sum()
    return ops.nansum(values, dim, keepdim) / there.sum(dim, keepdim)


def pdist(input, p=2.0):
    """The p-norm distances between the rows [N, D], each pair once, as [N (N - 1) / 2]."""
    rows, columns = ops.triu_indices(len(input), len(input), 1)
    return (input[rows] - input[columns]).norm(p, 1)


def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The value below which the part q (a number from 0 to 1, or several) of the elements along dim lies; between two
    elements it is interpolated, or the "lower", "higher", "nearest" or their "midpoint"."""
    if isinstance(q, Tensor) and q.dim() > 0:
        return ops.stack([quantile(input, part, dim, keepdim, interpolation=interpolation) for part in q.tolist()])
    q = q.item() if isinstance(q, Tensor) else q
    if interpolation == "linear":
        return ops.quantile(input, q, dim, keepdim)
    pick = {"lower": ops.floor, "higher": ops.ceil, "nearest": ops.round}
    if interpolation != "midpoint" and interpolation not in pick:
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, "
            f"but got {interpolation}"
        )
    values, along = (input.reshape(-1), 0) if dim is None else (input, _dim(input, dim))
    place = ops.tensor(float(q), dtype=_C.float64) * (values.shape[along] - 1)
    ordered = ops.sort(values, along)[0]
    rounded = [pick[interpolation](place)] if interpolation in pick else [ops.floor(place), ops.ceil(place)]
    found = [ordered.narrow(along, int(each.item()), 1) for each in rounded]
    result = found[0] if len(found) == 1 else (found[0] + found[1]) / 2
    result = ops.where(ops.isnan(values).any(along, True), math.nan, result)
    if dim is None:
        return result.reshape([1] * input.dim() if keepdim else ())
    return result if keepdim else result.squeeze(along)


def rad2deg(input):
    """Radians as degrees."""
    return input * (180 / math.pi)


def renorm(input, p, dim, maxnorm):
    """The input with each part along dim scaled down so that its p-norm is at most maxnorm."""
    others = [i for i in range(input.dim()) if i != _dim(input, dim)]
    norm = input.norm(p, others, True)
    factors = ops.where(norm > maxnorm, maxnorm / (norm + 1e-7), ops.ones_like(norm))
    return ops._named(input * factors, "RenormBackward0")


def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    """Where each value of input would have to stand in sorted_sequence [..., N] to keep it sorted: before equal
    elements, or after them with right (side="right"). The leading sizes agree, or the sequence is 1-D."""
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    values = input if isinstance(input, Tensor) else ops.tensor(input)
    sequence = sorted_sequence if sorter is None else sorted_sequence.gather(-1, sorter)
    if sequence.dim() != 1 and sequence.shape[:-1] != values.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            f"tensor and input value tensor must match, but we got boundaries tensor {list(sequence.shape)} and "
            f"input value tensor {list(values.shape)}"
        )
    right = right or side == "right"
    length = sequence.shape[-1]
    low = ops.zeros(values.shape, dtype=_C.int64)
    high = low + length
    for _ in range(length.bit_length()):
        middle = ops.floor_divide(low + high, 2)
        safe = middle.clamp(max=length - 1)
        element = sequence[safe] if sequence.dim() == 1 else sequence.gather(-1, safe)
        before = ((element <= values) if right else (element < values)) & (low < high)
        low, high = ops.where(before, middle + 1, low), ops.where(before, high, middle)
    return low.to(_C.int32) if out_int32 else low


def bucketize(input, boundaries, *, out_int32=False, right=False):
    """Into which of the intervals between the sorted boundaries each value falls; see searchsorted."""
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def select_scatter(input, src, dim, index):
    """A copy of input with src at one index of dim."""
    copy = input.clone()
    _write(copy.select(dim, index), src)
    return copy


def as_strided_scatter(input, src, size, stride, storage_offset=None):
    """A copy of input with src where as_strided() looks."""
    copy = input.clone()
    _write(copy.as_strided(size, stride, storage_offset), src)
    return copy


def nonzero_static(input, *, size, fill_value=-1):
    """nonzero() cut to, or filled with fill_value up to, a number of rows."""
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    found = ops.nonzero(input)[:size]
    missing = ops.full((size - found.size(0), found.size(1)), fill_value, dtype=found.dtype)
    return ops.cat((found, missing))


def empty_permuted(size, physical_layout, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """An undefined tensor without gaps whose dims lie in memory in the order of physical_layout."""
    order = tuple(physical_layout)
    if len(order) != len(size):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = "
            f"{len(size)} is not equal to len(physical_layout) = {len(order)}"
        )
    for i, d in enumerate(order):
        if not 0 <= d < len(size):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(size) - 1}, but got {d} at index {i}).  NB: "
                "negative dims not currently supported; file an issue if you want it."
            )
        if d in order[:i]:
            raise RuntimeError("Duplicate dim not allowed")
    made = ops.empty([size[d] for d in order], dtype=dtype, device=device, requires_grad=requires_grad)
    return made.permute([order.index(d) for d in range(len(order))])


def signbit(input):
    """Whether each element has a minus sign, as -0.0 does."""
    return ops.copysign(ops.ones_like(input), input) < 0 if input.is_floating_point() else input < 0


def sinc(input):
    """sin(pi x) / (pi x), and 1 at 0."""
    angle = input * math.pi
    at_zero = input == 0
    ratio = ops.sin(angle) / ops.where(at_zero, 1.0, angle)
    return ops._named(ops.where(at_zero, 1.0 - angle * angle / 6, ratio), "SincBackward0")


def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """A copy of input with src at the indices start, start + step, ... before end of dim."""
    copy = input.clone()
    _write(copy[(slice(None),) * _dim(input, dim) + (slice(start, end, step),)], src)
    return copy


def sum_to_size(input, *size):
    """The sum over what a tensor of the given size would be repeated along, to broadcast to this one."""
    target = tuple(_listed(size))
    lead = input.dim() - len(target)
    fits = lead >= 0 and all(wanted in (1, own) for wanted, own in zip(target, input.shape[lead:]))
    if not fits:
        raise RuntimeError(f"size {{{list(target)}}} is not expandable to size {{{list(input.shape)}}}.")
    dims = list(range(lead)) + [lead + i for i, wanted in enumerate(target) if wanted != input.shape[lead + i]]
    return (input.sum(dims, True) if dims else input).reshape(target)


def _trapezoids(y, x, dx, dim):
    """The area between each pair of neighbours."""
    if x is not None and dx is not None:
        raise RuntimeError("trapezoid: x and dx exclude each other")
    length = y.shape[_dim(y, dim)]
    heights = y.narrow(dim, min(1, length), max(length - 1, 0)) + y.narrow(dim, 0, max(length - 1, 0))
    if x is None:
        return heights * ((1 if dx is None else dx) / 2)
    steps = diff(x) if x.dim() == 1 else diff(x, dim=dim)
    if x.dim() == 1:
        steps = steps.reshape([-1] + [1] * (y.dim() - 1 - _dim(y, dim)))
    return heights * steps / 2


def trapezoid(y, x=None, *, dx=None, dim=-1):
    """The integral of y along dim by the trapezoidal rule, at the places x or at a distance of dx (1)."""
    return _trapezoids(y, x, dx, dim).sum(dim)


trapz = trapezoid


def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """The values without repetitions of the one before, and on request which of them each element is, and how often in
    a row each occurs."""
    if dim is not None:
        raise NotImplementedError("unique_consecutive: dim is not supported")
    flat = input.reshape(-1)
    changes = ops.cat([ops.ones(min(1, len(flat)), dtype=_C.bool), flat[1:] != flat[:-1]])
    results = [flat[changes]]
    if return_inverse:
        results.append((ops.cumsum(changes.long(), 0) - 1).reshape(input.shape))
    if return_counts:
        starts = ops.cat([ops.nonzero(changes).reshape(-1), ops.tensor([len(flat)])])
        results.append(diff(starts))
    return tuple(results) if len(results) > 1 else results[0]


def unravel_index(indices, shape):
    """The coordinates in a tensor of the given shape of indices into its flattened elements, a tensor a dimension."""
    sizes = [shape] if isinstance(shape, int) else list(shape)
    if indices.numel() and (indices.min().item() < -math.prod(sizes) or indices.max().item() >= math.prod(sizes)):
        raise ValueError("indices cannot be larger than the number of elements of the shape")
    rest, coordinates = ops.remainder(indices, max(math.prod(sizes), 1)), []
    for size in reversed(sizes):
        coordinates.append(ops.remainder(rest, size))
        rest = ops.floor_divide(rest, size)
    return tuple(reversed(coordinates))


def index_put(input, indices, values, accumulate=False):
    """A copy in which the elements that index tensors name are set or increased."""
    return input.index_put(indices, values, accumulate)


def index_put_(input, indices, values, accumulate=False):
    """Sets, or with accumulate increases, the elements that index tensors name."""
    return input.index_put_(indices, values, accumulate)


def resize_as_(input, the_template):
    """Gives the tensor the size of another; new elements are undefined."""
    return input.resize_as_(the_template)


def _in_place(function):
    """The method that writes what the function returns into its first argument."""

    def method(self, *arguments, **keywords):
        return self.copy_(function(self, *arguments, **keywords))

    method.__name__ = method.__qualname__ = function.__name__ + "_"
    method.__doc__ = f"{function.__doc__} Written into the tensor itself."
    return method


FUNCTIONS = {
    name: value
    for name, value in globals().items()
    if name not in _HELD and name[0] != "_" and callable(value) and name not in METHODS_ONLY
}
for _name in METHODS:
    setattr(Tensor, _name, globals()[_name])
for _name in IN_PLACE:
    FUNCTIONS[_name + "_"] = _in_place(globals()[_name])
    setattr(Tensor, _name + "_", FUNCTIONS[_name + "_"])
del _name
__all__ = sorted(FUNCTIONS)
globals().update(FUNCTIONS)
