"""Functions of the top level that are made of a few ops, or take their arguments in ways that rows of ops do not."""

import math

from . import _C
from ._C import Tensor, ops
from ._modes import no_grad
from ._once import warn_once

METHODS = "geqrf lu orgqr triangular_solve unique_consecutive".split()
_HELD = set(globals())


def lu(input, pivot=True, get_infos=False):
    """(LU, pivots): L below the diagonal, where it is 1, and U on and above it, of matrices [..., M, N]; pivots says, from
    1, which row was swapped with each, int32 [..., min(M, N)]. With get_infos also which pivot is the first that is zero,
    from 1, or 0."""
    warn_once(
        "lu",
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will be removed in a "
        "future PyTorch release.\nLU, pivots = torch.lu(A, compute_pivots)\nshould be replaced with\n"
        "LU, pivots = torch.linalg.lu_factor(A, compute_pivots)\nand\n"
        "LU, pivots, info = torch.lu(A, compute_pivots, get_infos=True)\nshould be replaced with\n"
        "LU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)",
    )
    results = ops.linalg_lu_factor_ex(input, pivot=pivot)
    return tuple(results) if get_infos else tuple(results[:2])


def geqrf(input):
    """(a, tau): the QR decomposition of matrices [..., M, N] as reflections I - tau v v^T, of which v stands below the
    diagonal of a, where it is 1, and R on and above it; linalg.householder_product makes Q of them."""
    from ._return_types import named

    if input.dim() < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    if not input.is_floating_point():
        raise NotImplementedError(f"\"geqrf_cpu\" not implemented for '{input.type()[6:-6]}'")
    with no_grad():
        a, taus = input.detach().clone(), []
        for k in range(min(a.shape[-2:])):
            column = a[..., k:, k]
            head, below = column[..., 0], column[..., 1:].square().sum(-1)
            plain = below == 0
            pivot = ops.where(plain, head, -ops.copysign(ops.sqrt(head.square() + below), head))
            taus.append(ops.where(plain, 0.0, (pivot - head) / pivot))
            v = column / ops.where(plain, 1.0, head - pivot)[..., None]
            v[..., 0] = 1
            rest = a[..., k:, k + 1 :]
            rest -= taus[-1][..., None, None] * v[..., None] * (v[..., None, :] @ rest)
            a[..., k + 1 :, k] = v[..., 1:]
            a[..., k, k] = pivot
        tau = ops.stack(taus, -1) if taus else a.new_zeros((*a.shape[:-2], 0))
    return named("geqrf", "a", "tau")(a, tau)


def orgqr(input, tau):
    """Q of the reflections that geqrf of LAPACK gives: linalg.householder_product."""
    return ops.linalg_householder_product(input, tau)


def triangular_solve(b, A, upper=True, transpose=False, unitriangular=False):
    """(X, copy of A) with A X = b, or with transpose A^T X = b, for triangular matrices A [..., N, N] and b [..., N, K]; the
    copy has the batch of X."""
    from ._return_types import named

    warn_once(
        "triangular_solve",
        "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangularand will be removed in a future "
        "PyTorch release.\ntorch.linalg.solve_triangular has its arguments reversed and does not return a copy of one of the "
        "inputs.\nX = torch.triangular_solve(B, A).solution\nshould be replaced with\n"
        "X = torch.linalg.solve_triangular(A, B).",
    )
    left = A.mT if transpose else A
    solution = ops.linalg_solve_triangular(left, b, upper=upper != transpose, unitriangular=unitriangular)
    coefficient = A.expand(solution.shape[:-2] + A.shape[-2:]).clone()
    return named("triangular_solve", "solution", "cloned_coefficient")(solution, coefficient)


def vander(x, N=None, increasing=False):
    """The powers of each element of a vector, from the highest, N - 1, to the 0th, or the other way round; [len(x), N]."""
    if x.dim() != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = x.numel() if N is None else N
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    exponents = ops.arange(count) if increasing else ops.arange(count).flip(0)
    return x.unsqueeze(-1) ** exponents


def _warn_of_older_norm(name, instead):
    warn_once(
        name,
        f"at::{name} is deprecated and it is just left for JIT compatibility. It will be removed in a future PyTorch release. "
        f"Please use `{instead}` instead",
        stacklevel=4,
    )


def nuclear_norm(input, dim=None, keepdim=False):
    """The sum of the singular values of a matrix, or of those that two dimensions make."""
    _warn_of_older_norm("nuclear_norm", "linalg.matrix_norm(A, 'nuc', dim, keepdim)")
    return ops.linalg_matrix_norm(input, "nuc", tuple(dim) if dim is not None else (-2, -1), keepdim)


def frobenius_norm(input, dim, keepdim=False):
    """The root of the sum of squares over dimensions."""
    _warn_of_older_norm("frobenius_norm", "linalg.vector_norm(A, 2., dim, keepdim)")
    return ops.linalg_vector_norm(input, 2, dim, keepdim)


def norm_except_dim(v, pow=2, dim=0):
    """The norm over all dimensions but one, which the others follow as 1: what weight_norm divides by."""
    if dim == -1:
        return ops.linalg_vector_norm(v, pow)
    return ops.linalg_vector_norm(v, pow, [d for d in range(v.dim()) if d != dim % v.dim()], True)


_SEGMENTS = {"sum": (Tensor.sum, 0.0), "mean": (Tensor.mean, math.nan), "max": (Tensor.amax, -math.inf),
             "min": (Tensor.amin, math.inf), "prod": (Tensor.prod, 1.0)}  # fmt: skip


def segment_reduce(data, reduce, *, lengths=None, indices=None, offsets=None, axis=0, unsafe=False, initial=None):
    """The sum, mean, max, min or prod of each segment of the first dimension; their lengths are given, or where they begin and
    the last ends. `initial` is the result of an empty segment, and takes part in the others."""
    if (lengths is None) == (offsets is None):
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    if axis != 0 or (offsets if lengths is None else lengths).dim() != 1:
        raise NotImplementedError("segment_reduce(): segments of other dimensions than the first are not supported")
    if reduce not in _SEGMENTS:
        raise RuntimeError("unsupported reduction given! " + reduce)
    sizes = (offsets.diff() if lengths is None else lengths).tolist()
    if not unsafe and (min(sizes, default=0) < 0 or lengths is not None and sum(sizes) != len(data)):
        raise RuntimeError(
            "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when !unsafe."
        )
    function, empty = _SEGMENTS[reduce]
    start, results = 0 if offsets is None else int(offsets[0]), []
    for size in sizes:
        part = data[start : start + size]
        start += size
        if not size:
            results.append(ops.full(data.shape[1:], empty if initial is None else initial, dtype=data.dtype))
        elif initial is None:
            results.append(function(part, 0))
        elif reduce == "mean":  # the initial value counts as nothing but a summand
            results.append((part.sum(0) + initial) / size)
        else:
            results.append(function(ops.cat((ops.full_like(data[:1], initial), part)), 0))
    return ops.stack(results) if results else data[:0]


def _listed(tensors):
    return tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors


def _at_least(op, tensors):
    single = len(tensors) == 1 and isinstance(tensors[0], Tensor)
    return op(tensors[0]) if single else tuple(op(list(_listed(tensors))))


def atleast_1d(*tensors):
    """Each tensor with at least one dimension."""
    return _at_least(ops.atleast_1d, tensors)


def atleast_2d(*tensors):
    """Each tensor with at least two dimensions: a vector [N] becomes [1, N]."""
    return _at_least(ops.atleast_2d, tensors)


def atleast_3d(*tensors):
    """Each tensor with at least three dimensions: [N] becomes [1, N, 1], [N, M] becomes [N, M, 1]."""
    return _at_least(ops.atleast_3d, tensors)


def block_diag(*tensors):
    """A matrix with the tensors, of at most two dimensions, along its diagonal and 0 elsewhere."""
    return ops.block_diag(tensors)


def cartesian_prod(*tensors):
    """Every combination of one element of each 1-D tensor, one row each."""
    return ops.cartesian_prod(_listed(tensors))


def chain_matmul(*matrices):
    """The product of several matrices."""
    warn_once(
        "chain_matmul",
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot "
        "instead, which accepts a list of two or more tensors rather than multiple parameters.",
    )
    return ops.chain_matmul(_listed(matrices))


def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """The values, or with dim the slices along it, without repetitions of the one before, and on request which of them
    each is, and how often in a row each occurs."""
    values, inverse, counts = ops._unique_consecutive(input, return_inverse, return_counts, dim)
    results = (values,) + ((inverse,) if return_inverse else ()) + ((counts,) if return_counts else ())
    return results if len(results) > 1 else values


def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=None):
    """obj (a tensor, an array, a number, a nested list) as a tensor: on the same memory where that is possible, unless
    copy is True; copy=False makes it an error where it is not. With requires_grad False it is cut off
    from a graph."""
    made = ops.as_tensor(obj, dtype=dtype, device=device)
    shared = made is obj or not isinstance(obj, (int, float, bool, list, tuple)) and (dtype is None or made is obj)
    if copy is False and not shared:
        raise ValueError("can't alias arbitrary sequence into a tensor.")
    made = made.clone() if copy and shared else made
    if requires_grad is None or made.requires_grad == requires_grad:
        return made
    return made.requires_grad_() if requires_grad else made.detach()


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


def unravel_index(indices, shape):
    """The coordinates in a tensor of the given shape of indices into its flattened elements, a tensor a dimension."""
    if indices.is_floating_point() or indices.dtype is _C.bool:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    if not isinstance(shape, (int, tuple, list)):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape)}")
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    for size in sizes:
        if not isinstance(size, int):
            raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(size)}")
    if any(size < 0 for size in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    rest, coordinates = indices.long(), []
    for size in reversed(sizes):
        coordinates.append(ops.remainder(rest, size))
        rest = ops.floor_divide(rest, size)
    return tuple(reversed(coordinates))


def repeat_interleave(input=None, repeats=None, dim=None, *, output_size=None):
    """Each slice along dim, or each element, as often as `repeats` says, a number or a 1-D tensor of numbers. Given such a
    tensor alone: each place in it as often as it says."""
    if input is not None and repeats is not None:
        return ops.repeat_interleave(input, repeats, dim, output_size=output_size)
    counts = repeats if input is None else input
    if counts.dtype not in (_C.int32, _C.int64):
        kind = counts.type().split(".")[1][: -len("Tensor")]
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{kind}'")
    if (counts < 0).any():
        raise RuntimeError("repeats can not be negative")
    return ops.repeat_interleave(ops.arange(len(counts), dtype=counts.dtype), counts)


def index_put(input, indices, values, accumulate=False):
    """A copy in which the elements that index tensors name are set or increased."""
    return input.index_put(indices, values, accumulate)


def index_put_(input, indices, values, accumulate=False):
    """Sets, or with accumulate increases, the elements that index tensors name."""
    return input.index_put_(indices, values, accumulate)


def resize_as_(input, the_template):
    """Gives the tensor the size of another; new elements are undefined."""
    return input.resize_as_(the_template)


def as_strided_(input, size, stride, storage_offset=None):
    """Makes the tensor show the elements of its memory at other places: see as_strided."""
    return input.as_strided_(size, stride, storage_offset)


FUNCTIONS = {
    name: value for name, value in globals().items() if name not in _HELD and name[0] != "_" and callable(value)
}
for _name in METHODS:
    setattr(Tensor, _name, globals()[_name])
del _name
__all__ = sorted(FUNCTIONS)
