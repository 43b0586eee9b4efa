"""Norms, products and decompositions of matrices under the names of torch.linalg: the ops called linalg_..."""

from math import prod as _prod

from ._C import Tensor, _LinAlgError as LinAlgError, float64 as _float64, ops as _ops  # noqa: F401: an error has a name here
from ._missing import attribute_finder

cholesky = _ops.linalg_cholesky
cholesky_ex = _ops.linalg_cholesky_ex
cond = _ops.linalg_cond
cross = _ops.linalg_cross
det = _ops.linalg_det
diagonal = _ops.linalg_diagonal
eigh = _ops.linalg_eigh
eigvalsh = _ops.linalg_eigvalsh
householder_product = _ops.linalg_householder_product
inv = _ops.linalg_inv
inv_ex = _ops.linalg_inv_ex
lstsq = _ops.linalg_lstsq
lu = _ops.linalg_lu
lu_factor = _ops.linalg_lu_factor
lu_factor_ex = _ops.linalg_lu_factor_ex
lu_solve = _ops.linalg_lu_solve
matmul = _ops.linalg_matmul
matrix_exp = _ops.linalg_matrix_exp
matrix_norm = _ops.linalg_matrix_norm
matrix_power = _ops.linalg_matrix_power
multi_dot = _ops.linalg_multi_dot
norm = _ops.linalg_norm
qr = _ops.linalg_qr
slogdet = _ops.linalg_slogdet
solve = _ops.linalg_solve
solve_ex = _ops.linalg_solve_ex
solve_triangular = _ops.linalg_solve_triangular
svd = _ops.linalg_svd
svdvals = _ops.linalg_svdvals
vander = _ops.linalg_vander
vecdot = _ops.linalg_vecdot
vector_norm = _ops.linalg_vector_norm


def _square(A, split, name):
    """A [*left, *right], where left has `split` dims, as a square matrix."""
    rows, columns = _prod(A.shape[:split]), _prod(A.shape[split:])
    if rows != columns:
        raise RuntimeError(
            f"Expected self to satisfy the requirement prod(self.shape[{name}:]) == prod(self.shape[:{name}]), but got "
            f"{columns} != {rows}"
        )
    return A.reshape(rows, columns)


def tensorinv(A, ind=2):
    """X [*right, *left] of A [*left, *right], where left has ind dims and as many elements as right, so that
    tensordot(X, B, ind) solves tensordot(A, x, ...) = B: the inverse of A as a square matrix."""
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    return inv(_square(A, ind, "ind")).reshape(A.shape[ind:] + A.shape[:ind])


def tensorsolve(A, B, dims=None):
    """x with tensordot(A, x, x.ndim) = B, for A [*B.shape, *x.shape] whose two parts have as many elements. The dims of A
    that dims names are moved to its end first."""
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(A.ndim - len(dims), A.ndim)))
    return solve(_square(A, B.ndim, "other.ndim"), B.reshape(-1)).reshape(A.shape[B.ndim :])


__getattr__ = attribute_finder("torch.linalg")


def _limit(limit):
    return limit if limit is None or isinstance(limit, Tensor) else _ops.as_tensor(limit, dtype=_float64)


def pinv(A, rcond=None, hermitian=False, *, atol=None, rtol=None):
    """The pseudoinverse (Moore and Penrose) of matrices [..., M, N], where singular values up to max(atol, rtol times the
    largest) count as 0; rtol, which is called rcond too, is max(M, N) times the dtype's epsilon where neither is given. Of
    hermitian (symmetric) ones the lower half is read."""
    return _ops.linalg_pinv(A, atol=_limit(atol), rtol=_limit(rcond if rtol is None else rtol), hermitian=hermitian)


def matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None):
    """How many singular values are above max(atol, rtol times the largest), int64; see pinv. tol is the same as atol."""
    return _ops.linalg_matrix_rank(A, atol=_limit(tol if atol is None else atol), rtol=_limit(rtol), hermitian=hermitian)
