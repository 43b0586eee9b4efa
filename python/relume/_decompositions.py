"""Decompositions of matrices [..., N, N], step by step in vector operations: for the small matrices of networks."""

from . import _C
from ._C import Tensor, ops
from ._return_types import named
from .autograd.function import Function

__all__ = ["cholesky", "det", "inverse", "logdet", "qr", "slogdet"]


_Qr = named("qr", "Q", "R")
_SlogDet = named("slogdet", "sign", "logabsdet")
_SINGULAR = (
    "linalg.inv: The diagonal element {} is zero, the inversion could not be completed because the input matrix is "
    "singular."
)


def _check_square(name, matrix):
    if matrix.dim() < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if matrix.shape[-1] != matrix.shape[-2]:
        rows, columns = matrix.shape[-2:]
        raise RuntimeError(f"{name}: A must be batches of square matrices, but they are {rows} by {columns} matrices")
    if not matrix.is_floating_point():
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {matrix.dtype}")


def _eliminate(matrix, right):
    """Gauss and Jordan with partial pivoting: (A^-1 right, the pivots [..., N], the sign of the swaps)."""
    size = matrix.shape[-1]
    rows = ops.cat([matrix, right], -1)
    sign = ops.ones(matrix.shape[:-2], dtype=matrix.dtype)
    places = ops.arange(size).expand(tuple(matrix.shape[:-1]))
    pivots = []
    for k in range(size):
        best = rows[..., k:, k].abs().argmax(-1) + k
        order = ops.where(places == best.unsqueeze(-1), k, places)
        order = ops.where(places == k, best.unsqueeze(-1), order)
        rows = rows.gather(-2, order.unsqueeze(-1).expand(rows.shape))
        sign = ops.where(best == k, sign, -sign)
        pivot = rows[..., k, k]
        pivots.append(pivot)
        divisor = ops.where(pivot == 0, 1.0, pivot).unsqueeze(-1).unsqueeze(-1)
        scaled = rows[..., k : k + 1, :] / divisor
        others = rows - rows[..., k : k + 1] * scaled
        rows = ops.where((places == k).unsqueeze(-1), scaled, others)
    pivots = ops.stack(pivots, -1) if pivots else matrix.new_zeros(tuple(matrix.shape[:-1]))
    return rows[..., size:], pivots, sign


def _zero_pivot(pivots):
    """The first place, counted from 1, of a zero among the pivots; None where there is none."""
    zeros = ops.nonzero(pivots == 0)
    return int(zeros[:, -1].min().item()) + 1 if len(zeros) else None


class _Solve(Function):
    @staticmethod
    def forward(ctx, matrix, right, failure):
        result, pivots, _ = _eliminate(matrix, right)
        zero = _zero_pivot(pivots)
        if zero is not None:
            raise RuntimeError(failure.format(zero))
        ctx.save_for_backward(matrix, result)
        ctx.failure = failure
        return result

    @staticmethod
    def backward(ctx, grad):
        matrix, result = ctx.saved_tensors
        own = _Solve.apply(matrix.mT, grad, ctx.failure)
        return -own @ result.mT, own, None


class _Determinant(Function):
    @staticmethod
    def forward(ctx, matrix):
        _, pivots, sign = _eliminate(matrix, matrix[..., :0])
        result = pivots.prod(-1) * sign
        ctx.save_for_backward(matrix, result)
        return result

    @staticmethod
    def backward(ctx, grad):
        matrix, result = ctx.saved_tensors
        failure = "det: the gradient at a singular matrix (pivot {} is zero) is not supported"
        return (grad * result).unsqueeze(-1).unsqueeze(-1) * _inverse(matrix, failure).mT


class _LogDeterminant(Function):
    @staticmethod
    def forward(ctx, matrix):
        _, pivots, sign = _eliminate(matrix, matrix[..., :0])
        ctx.save_for_backward(matrix)
        sign = sign * ops.sign(pivots).prod(-1)
        ctx.mark_non_differentiable(sign)
        return sign, pivots.abs().log().sum(-1)

    @staticmethod
    def backward(ctx, _, grad):
        (matrix,) = ctx.saved_tensors
        failure = "slogdet: the gradient at a singular matrix (pivot {} is zero) is not supported"
        return grad.unsqueeze(-1).unsqueeze(-1) * _inverse(matrix, failure).mT


def _inverse(matrix, failure):
    identity = ops.eye(matrix.shape[-1], dtype=matrix.dtype).expand(matrix.shape)
    return _Solve.apply(matrix, identity, failure)


def inverse(input):
    """The inverses of square matrices [..., N, N]. Raises RuntimeError for a singular one."""
    _check_square("linalg.inv", input)
    return _inverse(input, _SINGULAR)


def solve(A, B, *, left=True):
    """X with A X = B, or with left=False X A = B: A [..., N, N], B [..., N, K] or a vector [N]."""
    _check_square("linalg.solve", A)
    if not left:
        return solve(A.mT, B.mT).mT
    vector = B.dim() == 1 or B.dim() == A.dim() - 1 and B.shape == A.shape[:-1]
    right = B.unsqueeze(-1) if vector else B
    if right.shape[-2] != A.shape[-1]:
        raise RuntimeError(
            f"linalg.solve: Incompatible shapes of A and B for the equation AX = B "
            f"({A.shape[-2]}x{A.shape[-1]} and {right.shape[-2]}x{right.shape[-1]})"
        )
    batch = ops.broadcast_tensors([A[..., :1, :1], right[..., :1, :1]])[0].shape[:-2]
    expanded = [each.expand(tuple(batch) + tuple(each.shape[-2:])) for each in (A, right)]
    result = _Solve.apply(*expanded, "linalg.solve: The solver failed because the input matrix is singular.")
    return result.squeeze(-1) if vector else result


def det(input):
    """The determinants of square matrices [..., N, N]."""
    _check_square("linalg.det", input)
    return _Determinant.apply(input)


def slogdet(input):
    """The sign of the determinants of square matrices [..., N, N], and the logarithm of their absolute value."""
    _check_square("linalg.slogdet", input)
    return _SlogDet(*_LogDeterminant.apply(input))


def logdet(input):
    """The logarithm of the determinants of square matrices [..., N, N]; NaN where one is negative."""
    sign, logarithm = slogdet(input)
    return ops.where(sign < 0, float("nan"), logarithm)


def cholesky(input, upper=False):
    """L with L L^T = input, for symmetric positive-definite matrices [..., N, N] of which the lower half is read; L^T
    with upper. Raises RuntimeError where a matrix is not positive-definite."""
    _check_square("linalg.cholesky", input)
    size, columns = input.shape[-1], []
    places = ops.arange(size)
    for k in range(size):
        column = input[..., k]
        if columns:
            before = ops.stack(columns, -1)
            column = column - (before @ before[..., k, :].unsqueeze(-1)).squeeze(-1)
        pivot = column[..., k : k + 1]
        if not bool((pivot > 0).all()):
            raise RuntimeError(
                "linalg.cholesky: The factorization could not be completed because the input is not positive-definite "
                f"(the leading minor of order {k + 1} is not positive-definite)."
            )
        columns.append(ops.where(places >= k, column / pivot.sqrt(), 0.0))
    lower = ops.stack(columns, -1) if columns else input.clone()
    return lower.mT if upper else lower


def qr(input, some=True):
    """Q with orthonormal columns and R upper triangular with Q R = input [..., M, N], by Householder's reflections: Q is
    [..., M, min(M, N)], or [..., M, M] with some=False."""
    if input.dim() < 2:
        raise RuntimeError("linalg.qr: The input tensor A must have at least 2 dimensions.")
    rows, columns = input.shape[-2:]
    places = ops.arange(rows)
    triangle, reflections = input, []
    for k in range(min(rows - 1, columns)):
        column = ops.where(places >= k, triangle[..., k], 0.0)
        first = column[..., k : k + 1]
        length = ops.copysign(column.norm(2, -1, True), first)
        vector = column + ops.where(places == k, length, 0.0)
        square = (vector * vector).sum(-1, True)
        # A column that is zero below the diagonal already stays as it is.
        rest = ops.where(places > k, column, 0.0).abs().sum(-1, True)
        factor = ops.where(rest == 0, 0.0, 2 / ops.where(square == 0, 1.0, square))
        vector, factor = vector.unsqueeze(-1), factor.unsqueeze(-1)
        triangle = triangle - factor * vector * (vector.mT @ triangle)
        reflections.append((vector, factor))
    width = min(rows, columns) if some else rows
    orthogonal = ops.eye(rows, width, dtype=input.dtype).expand(tuple(input.shape[:-1]) + (width,))
    for vector, factor in reversed(reflections):
        orthogonal = orthogonal - factor * vector * (vector.mT @ orthogonal)
    return _Qr(orthogonal, triangle[..., :width, :].triu())


def householder_product(A, tau):
    """The first N columns of the product of the reflections I - tau v v^T, whose v are below the diagonal of A
    [..., M, N] with a 1 on it."""
    rows, columns = A.shape[-2:]
    places = ops.arange(rows)
    result = ops.eye(rows, columns, dtype=A.dtype).expand(A.shape)
    for k in reversed(range(tau.shape[-1])):
        vector = ops.where(places > k, A[..., k], (places == k).to(A.dtype)).unsqueeze(-1)
        result = result - tau[..., k : k + 1].unsqueeze(-1) * vector * (vector.mT @ result)
    return result


for _name in __all__:
    setattr(Tensor, _name, globals()[_name])
del _name
