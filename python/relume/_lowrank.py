"""Decompositions of matrices of low rank, by products with a few random vectors."""

from . import _C
from ._C import ops


def _basis(A, q, niter, M):
    """Orthonormal columns [..., m, q] whose span is near that of A - M (Halko et al., 2009, algorithm 4.4)."""

    def product(matrix, minus, other):
        result = ops.matmul(matrix, other)
        return result if minus is None else result - ops.matmul(minus, other)

    transposed = None if M is None else M.mT
    vectors = ops.randn(A.shape[-1], q, dtype=A.dtype)
    columns = ops.linalg_qr(product(A, M, vectors))[0]
    for _ in range(niter):
        columns = ops.linalg_qr(product(A.mT, transposed, columns))[0]
        columns = ops.linalg_qr(product(A, M, columns))[0]
    return columns


def svd_lowrank(A, q=6, niter=2, M=None):
    """(U, S, V) with A - M near U diag(S) V^T for matrices [..., m, n] of a rank of about q: U [..., m, q], S [..., q] and V
    [..., n, q]; niter iterations improve it. The random vectors are PyTorch's for the same seed."""
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    M = None if M is None else M.broadcast_to(A.size())
    wide = A.shape[-2] < A.shape[-1]
    if wide:
        A, M = A.mT, None if M is None else M.mT
    columns = _basis(A, q, niter, M)
    small = ops.matmul(columns.mT, A)
    if M is not None:
        small = small - ops.matmul(columns.mT, M)
    U, S, Vh = ops.linalg_svd(small, full_matrices=False)
    U, V = columns.matmul(U), Vh.mT
    return (V, S, U) if wide else (U, S, V)


def pca_lowrank(A, q=None, center=True, niter=2):
    """(U, S, V) of svd_lowrank for the rows of A, minus their mean unless center is False: the columns of V are the principal
    directions, and S^2 / (m - 1) the variances along them. Raises ValueError for a q that is above min(m, n)."""
    m, n = A.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    if not A.is_floating_point():
        A = A.to(_C.float32)
    return svd_lowrank(A - A.mean(-2, True) if center else A, q, niter)
