"""Norms, products and the first decompositions of matrices under the names of torch.linalg."""

import math

from ._C import ops
from ._composites import cross as _cross
from ._composites import matrix_exp, matrix_power
from ._decompositions import cholesky as _cholesky
from ._decompositions import det, householder_product, solve
from ._decompositions import inverse as inv
from ._decompositions import qr as _qr
from ._decompositions import slogdet as _slogdet
from ._missing import attribute_finder
from ._return_types import named as _named

_Qr = _named("linalg_qr", "Q", "R")
_SlogDet = _named("linalg_slogdet", "sign", "logabsdet")

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
    values of a row or of a column."""
    A = A if dtype is None else A.to(dtype)
    row, column = (d % A.dim() for d in dim)
    if ord == "fro":
        return A.norm(2, (row, column), keepdim)
    if ord not in (1, -1, math.inf, -math.inf):
        raise NotImplementedError(f"linalg.matrix_norm: ord={ord} needs singular values, which Relume lacks")
    summed, kept = (row, column) if abs(ord) == 1 else (column, row)
    sums = A.abs().sum(summed, True)
    result = sums.amax(kept, True) if ord > 0 else sums.amin(kept, True)
    return result if keepdim else result.squeeze((row, column))


def norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):
    """vector_norm for one dim or none, matrix_norm for two dims or for a name of a norm."""
    pair = isinstance(dim, (tuple, list)) and len(dim) == 2
    if ord is not None and (pair or dim is None and (A.dim() == 2 or isinstance(ord, str))):
        return matrix_norm(A, ord, dim if pair else (-2, -1), keepdim, dtype=dtype)
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


def cross(input, other, *, dim=-1):
    """The vector product over dim, which has 3 elements."""
    return _cross(input, other, dim)


def cholesky(A, *, upper=False):
    """L with L L^T = A for symmetric positive-definite matrices [..., N, N]; L^T with upper."""
    return _cholesky(A, upper)


def qr(A, mode="reduced"):
    """Q with orthonormal columns and R upper triangular with Q R = A [..., M, N]; mode "complete" has a square Q."""
    if mode not in ("reduced", "complete"):
        raise NotImplementedError(f"linalg.qr: mode '{mode}' is not supported, 'reduced' and 'complete' are")
    return _Qr(*_qr(A, mode == "reduced"))


def slogdet(A):
    """The sign of the determinants of square matrices [..., N, N], and the logarithm of their absolute value."""
    return _SlogDet(*_slogdet(A))


def vecdot(x, y, *, dim=-1):
    """Sums of products over dim."""
    return (x * y).sum(dim)


def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """A view of the diagonal over dim1 and dim2, as the last dimension."""
    return ops.diagonal(A, offset, dim1, dim2)


def multi_dot(tensors):
    """The product of matrices (vectors at the ends), from left to right or from right to left, whichever is cheaper."""
    tensors = list(tensors)
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    narrow_end = tensors[-1].shape[-1] if tensors[-1].dim() > 1 else 1
    narrow_start = tensors[0].shape[0] if tensors[0].dim() > 1 else 1
    if narrow_start <= narrow_end:
        result = tensors[0]
        for tensor in tensors[1:]:
            result = result @ tensor
        return result
    result = tensors[-1]
    for tensor in reversed(tensors[:-1]):
        result = tensor @ result
    return result


def matmul(input, other):
    """The matrix product."""
    return ops.matmul(input, other)
