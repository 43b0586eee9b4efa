"""Norms, products and decompositions of matrices under the names of torch.linalg."""

import math

from ._C import int32 as _int32
from ._C import ops
from ._decompositions import (
    LinAlgError, check_matrix, lu as _lu, pinv_of, rank_of,
)  # fmt: skip
from ._missing import attribute_finder
from ._return_types import named as _named

det, inv, matrix_exp, matrix_power = ops.det, ops.inverse, ops.matrix_exp, ops.matrix_power
solve, solve_triangular = ops.linalg_solve, ops.linalg_solve_triangular
householder_product, multi_dot, vecdot = ops.linalg_householder_product, ops.linalg_multi_dot, ops.linalg_vecdot

_Qr = _named("linalg_qr", "Q", "R")
_SlogDet = _named("linalg_slogdet", "sign", "logabsdet")
_Svd = _named("linalg_svd", "U", "S", "Vh")
_Eigh = _named("linalg_eigh", "eigenvalues", "eigenvectors")
_Lstsq = _named("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
_LuFactor = _named("linalg_lu_factor", "LU", "pivots")
_Lu = _named("linalg_lu", "P", "L", "U")
_InvEx = _named("linalg_inv_ex", "inverse", "info")
_CholeskyEx = _named("linalg_cholesky_ex", "L", "info")

__getattr__ = attribute_finder("torch.linalg")


def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """sum(|x|^ord)^(1/ord) over dim, all elements by default; the largest for ord=inf, how many are not 0 for ord=0."""
    x = x if dtype is None else x.to(dtype)
    if dim is None:
        flat = x.reshape(-1).norm(ord, 0)
        return flat.reshape([1] * x.dim()) if keepdim else flat
    return x.norm(ord, dim, keepdim)


def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    """Of matrices: the root of the sum of squares ("fro"), the largest (inf, 1) or smallest (-inf, -1) sum of absolute
    values of a row or of a column, the largest (2), the smallest (-2) or the sum ("nuc") of the singular values."""
    A = A if dtype is None else A.to(dtype)
    row, column = (d % A.dim() for d in dim)
    if ord == "fro":
        return A.norm(2, (row, column), keepdim)
    if ord in ("nuc", 2, -2):
        values = svdvals(A.movedim((row, column), (-2, -1)))
        result = values.sum(-1) if ord == "nuc" else values.amax(-1) if ord == 2 else values.amin(-1)
        for d in sorted((row, column)) if keepdim else ():
            result = result.unsqueeze(d)
        return result
    if ord not in (1, -1, math.inf, -math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    summed, kept = (row, column) if abs(ord) == 1 else (column, row)
    sums = A.abs().sum(summed, True)
    result = sums.amax(kept, True) if ord > 0 else sums.amin(kept, True)
    return result if keepdim else result.squeeze((row, column))


def _named_norm(input, name, dim, keepdim, dtype):
    """relume.norm() by the name of a norm of matrices, over all dims unless two are named."""
    dim = range(input.dim()) if dim is None else [dim] if isinstance(dim, int) else dim
    if name != "nuc":
        raise RuntimeError(f"linalg.matrix_norm: Order {name} not supported.")
    if len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    return matrix_norm(input, name, dim, keepdim, dtype=dtype)


def norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):
    """vector_norm for one dim or none, matrix_norm for two dims or for a name of a norm."""
    pair = isinstance(dim, (tuple, list)) and len(dim) == 2
    if ord is not None and (pair or dim is None and (A.dim() == 2 or isinstance(ord, str))):
        return matrix_norm(A, ord, dim if pair else (-2, -1), keepdim, dtype=dtype)
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


def cross(input, other, *, dim=-1):
    """The vector product over dim, which has 3 elements."""
    return ops.cross(input, other, dim)


def cholesky(A, *, upper=False):
    """L with L L^T = A for symmetric positive-definite matrices [..., N, N]; L^T with upper."""
    return ops.cholesky(A, upper)


def qr(A, mode="reduced"):
    """Q with orthonormal columns and R upper triangular with Q R = A [..., M, N]; mode "complete" has a square Q."""
    if mode not in ("reduced", "complete"):
        raise NotImplementedError(f"linalg.qr: mode '{mode}' is not supported, 'reduced' and 'complete' are")
    return _Qr(*ops.qr(A, mode == "reduced"))


def svd(A, full_matrices=True, *, driver=None):
    """(U, S, Vh) with U diag(S) Vh = A [..., M, N], the singular values S from the largest; U and Vh are square, or have
    min(M, N) columns and rows with full_matrices=False."""
    return _Svd(*ops.linalg_svd(A, full_matrices))


def svdvals(A, *, driver=None):
    """The singular values of matrices, from the largest."""
    return ops.linalg_svdvals(A)


def eigh(A, UPLO="L"):
    """(eigenvalues, eigenvectors) of symmetric matrices [..., N, N], of which the lower (or upper, "U") half is read:
    A = V diag(L) V^T, the values from the smallest."""
    return _Eigh(*ops.linalg_eigh(A, UPLO))


def eigvalsh(A, UPLO="L"):
    """The eigenvalues of symmetric matrices, from the smallest."""
    return ops.linalg_eigvalsh(A, UPLO)


def pinv(A, *, atol=None, rtol=None, hermitian=False):
    """The pseudoinverse (Moore and Penrose), where singular values up to max(atol, rtol times the largest) count as 0;
    rtol is max(M, N) times the dtype's epsilon where neither is given."""
    return pinv_of(A, atol, rtol)


def matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None):
    """How many singular values are above max(atol, rtol times the largest); see pinv."""
    return rank_of(A, tol if atol is None else atol, rtol)


def cond(A, p=None):
    """The norm of matrices times that of their inverses; by default the largest singular value over the smallest."""
    if p in (None, 2, -2):
        values = svdvals(A)
        largest, smallest = values[..., 0], values[..., -1]
        return smallest / largest if p == -2 else largest / smallest
    return matrix_norm(A, p) * matrix_norm(inv(A), p)


def lstsq(A, B, rcond=None, *, driver=None):
    """(solution, residuals, rank, singular_values) of the X for which |A X - B| is smallest, and of those the X that is
    smallest itself: A [..., M, N], B [..., M, K]. As in LAPACK, the driver decides what else there is: "gelsy" (the default)
    gives the rank; "gelsd" and "gelss" the singular values too; they and "gels", where M > N and A has rank N, residuals,
    the sums of squares of A X - B. What there is not is empty."""
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"
        )
    check_matrix("linalg.lstsq", A)
    vector = B.dim() == A.dim() - 1
    right = B.unsqueeze(-1) if vector else B
    if A.shape[-2] != right.shape[-2]:
        raise RuntimeError("torch.linalg.lstsq: input.size(-2) should match other.size(-2)")
    solution, rank = pinv_of(A, rtol=rcond) @ right, rank_of(A, rtol=rcond)
    residuals = values = A.new_empty(0)
    if driver in ("gels", "gelsd", "gelss") and A.shape[-2] > A.shape[-1] and bool((rank == A.shape[-1]).all()):
        residuals = (A @ solution - right).pow(2).sum(-2)
    if driver in ("gelsd", "gelss"):
        values = svdvals(A.detach())
    rank = ops.empty(0, dtype=rank.dtype) if driver == "gels" else rank
    return _Lstsq(solution.squeeze(-1) if vector else solution, residuals, rank, values)


def lu_factor(A, *, pivot=True):
    """(LU, pivots); see relume.lu."""
    return _LuFactor(*_lu(A, pivot))


def _permutation(pivots, rows):
    """The matrix P with A = P L U, for one matrix."""
    order = list(range(rows))
    for k, other in enumerate((pivots - 1).tolist()):
        order[k], order[other] = order[other], order[k]
    result = ops.zeros(rows, rows)
    for place, row in enumerate(order):
        result[row, place] = 1
    return result


def lu(A, *, pivot=True):
    """(P, L, U): a permutation, a lower triangular matrix with 1 on the diagonal and an upper one, whose product is A."""
    packed, pivots = _lu(A, pivot)
    rows, columns = A.shape[-2:]
    width = min(rows, columns)
    lower = packed[..., :width].tril(-1) + ops.eye(rows, width, dtype=A.dtype)
    flat = [_permutation(each, rows) for each in pivots.reshape(-1, width)]
    permutation = ops.stack(flat).reshape(tuple(A.shape[:-2]) + (rows, rows)).to(A.dtype)
    return _Lu(permutation, lower, packed[..., :width, :].triu())


def _refusal(function, A):
    """(result, info): what the function gives, or NaN and the order at which it fails."""
    info = ops.zeros(A.shape[:-2], dtype=_int32)
    try:
        return function(A), info
    except LinAlgError as error:
        order = next(int(word) for word in str(error).split() if word.isdigit())
        return ops.full_like(A, math.nan), info + order


def inv_ex(A, *, check_errors=False):
    """(inverse, info): info is 0, or where the matrices cannot be inverted the place of a zero pivot."""
    return _InvEx(*(_refusal(inv, A) if not check_errors else (inv(A), ops.zeros(A.shape[:-2], dtype=_int32))))


def cholesky_ex(A, *, upper=False, check_errors=False):
    """(L, info): info is 0, or the order of the minor that is not positive-definite."""
    return _CholeskyEx(*_refusal(lambda matrix: cholesky(matrix, upper=upper), A))


def slogdet(A):
    """The sign of the determinants of square matrices [..., N, N], and the logarithm of their absolute value."""
    return _SlogDet(*ops.slogdet(A))


def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """A view of the diagonal over dim1 and dim2, as the last dimension."""
    return ops.diagonal(A, offset, dim1, dim2)


def matmul(input, other):
    """The matrix product."""
    return ops.matmul(input, other)
