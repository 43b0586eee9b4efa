"""Decompositions of matrices [..., M, N], with gradients: computed in float64 by _C, given in the dtype of the input."""

from . import _C
from ._C import Tensor, ops
from ._return_types import named
from .autograd.function import Function

__all__ = """
    cholesky cholesky_inverse cholesky_solve det inverse logdet lu pinverse qr slogdet svd
""".split()


class LinAlgError(RuntimeError):
    """A matrix that a decomposition cannot be computed of."""


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"
LinAlgError.__module__ = "torch._C"

_Qr = named("qr", "Q", "R")
_Svd = named("svd", "U", "S", "V")
_SlogDet = named("slogdet", "sign", "logabsdet")
_SINGULAR = (
    "linalg.inv: The diagonal element {} is zero, the inversion could not be completed because the input matrix is "
    "singular."
)


def check_matrix(name, matrix, square=False):
    """Raises RuntimeError for what is no batch of matrices of floating point, or where square is set of square ones."""
    if matrix.dim() < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    rows, columns = matrix.shape[-2:]
    if square and rows != columns:
        raise RuntimeError(f"{name}: A must be batches of square matrices, but they are {rows} by {columns} matrices")
    if not matrix.is_floating_point():
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {_kind(matrix)}")


def _kind(matrix):
    return matrix.type().split(".")[1][: -len("Tensor")]


def _triangle(matrix, upper, unitriangular):
    return matrix.triu(1 if unitriangular else 0) if upper else matrix.tril(-1 if unitriangular else 0)


class _Eliminated:
    """P, L and U of square matrices: A = P L U."""

    def __init__(self, matrix):
        self.packed, _, self.order, self.sign = ops._lu(matrix.detach().double())
        self.pivots = self.packed.diagonal(dim1=-2, dim2=-1)

    def solve(self, right):
        """A^-1 right."""
        rows = right.double().gather(-2, self.order.unsqueeze(-1).expand(right.shape))
        return ops._triangular(self.packed, ops._triangular(self.packed, rows, False, True), True, False)

    def zero_pivot(self):
        """The first place, counted from 1, of a zero among the pivots; None where there is none."""
        zeros = ops.nonzero(self.pivots == 0)
        return int(zeros[:, -1].min().item()) + 1 if len(zeros) else None


class _Solve(Function):
    @staticmethod
    def forward(ctx, matrix, right, failure):
        eliminated = _Eliminated(matrix)
        zero = eliminated.zero_pivot()
        if zero is not None:
            raise LinAlgError(failure.format(zero))
        result = eliminated.solve(right).to(matrix.dtype)
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
        eliminated = _Eliminated(matrix)
        result = (eliminated.pivots.prod(-1) * eliminated.sign).to(matrix.dtype)
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
        eliminated = _Eliminated(matrix)
        ctx.save_for_backward(matrix)
        sign = (eliminated.sign * ops.sign(eliminated.pivots).prod(-1)).to(matrix.dtype)
        ctx.mark_non_differentiable(sign)
        return sign, eliminated.pivots.abs().log().sum(-1).to(matrix.dtype)

    @staticmethod
    def backward(ctx, _, grad):
        (matrix,) = ctx.saved_tensors
        failure = "slogdet: the gradient at a singular matrix (pivot {} is zero) is not supported"
        return grad.unsqueeze(-1).unsqueeze(-1) * _inverse(matrix, failure).mT


def _inverse(matrix, failure):
    identity = ops.eye(matrix.shape[-1], dtype=matrix.dtype).expand(matrix.shape)
    return _Solve.apply(matrix, identity, failure)


def inverse(input):
    """The inverses of square matrices [..., N, N]. Raises LinAlgError, a RuntimeError, for a singular one."""
    check_matrix("linalg.inv", input, square=True)
    return ops._named(_inverse(input, _SINGULAR), "LinalgInvExBackward0")


def _pair(name, A, B):
    """A and B, as matrices with the same batch."""
    if B.shape[-2] != A.shape[-1]:
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation AX = B "
            f"({A.shape[-2]}x{A.shape[-1]} and {B.shape[-2]}x{B.shape[-1]})"
        )
    batch = ops.broadcast_tensors([A[..., :1, :1], B[..., :1, :1]])[0].shape[:-2]
    return [each.expand(tuple(batch) + tuple(each.shape[-2:])) for each in (A, B)]


def solve(A, B, *, left=True):
    """X with A X = B, or with left=False X A = B: A [..., N, N], B [..., N, K] or a vector [N]."""
    check_matrix("linalg.solve", A, square=True)
    if not left:
        return solve(A.mT, B.mT).mT
    vector = B.dim() == 1 or B.dim() == A.dim() - 1 and B.shape == A.shape[:-1]
    pair = _pair("linalg.solve", A, B.unsqueeze(-1) if vector else B)
    result = _Solve.apply(*pair, "torch.linalg.solve: The solver failed because the input matrix is singular.")
    ops._named(result, "LinalgSolveExBackward0")
    return result.squeeze(-1) if vector else result


class _SolveTriangular(Function):
    @staticmethod
    def forward(ctx, matrix, right, upper, unitriangular):
        result = ops._triangular(matrix.double(), right.double(), upper, unitriangular).to(right.dtype)
        ctx.save_for_backward(matrix, result)
        ctx.kind = upper, unitriangular
        return result

    @staticmethod
    def backward(ctx, grad):
        matrix, result = ctx.saved_tensors
        upper, unitriangular = ctx.kind
        own = _SolveTriangular.apply(matrix.mT, grad, not upper, unitriangular)
        return _triangle(-own @ result.mT, upper, unitriangular), own, None, None


def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """X with A X = B, or with left=False X A = B, for triangular matrices A [..., N, N], of which only the upper or lower
    half is read (with unitriangular, without the diagonal, which is taken for 1)."""
    check_matrix("linalg.solve_triangular", A, square=True)
    if not left:
        return solve_triangular(A.mT, B.mT, upper=not upper, unitriangular=unitriangular).mT
    result = _SolveTriangular.apply(*_pair("linalg.solve_triangular", A, B), upper, unitriangular)
    return ops._named(result, "LinalgSolveTriangularBackward0")


def det(input):
    """The determinants of square matrices [..., N, N]."""
    check_matrix("linalg.det", input, square=True)
    return ops._named(_Determinant.apply(input), "LinalgDetBackward0")


def slogdet(input):
    """The sign of the determinants of square matrices [..., N, N], and the logarithm of their absolute value."""
    check_matrix("linalg.slogdet", input, square=True)
    sign, logarithm = _LogDeterminant.apply(input)
    return _SlogDet(sign, ops._named(logarithm, "LinalgSlogdetBackward0"))


def logdet(input):
    """The logarithm of the determinants of square matrices [..., N, N]; NaN where one is negative."""
    check_matrix("logdet", input, square=True)
    sign, logarithm = slogdet(input)
    return ops.where(sign < 0, float("nan"), logarithm)


class _Cholesky(Function):
    @staticmethod
    def forward(ctx, matrix):
        lower, failed = ops._cholesky(matrix.double())
        if bool((failed > 0).any()):
            order = int(failed[failed > 0].reshape(-1)[0].item())
            raise LinAlgError(
                "linalg.cholesky: The factorization could not be completed because the input is not positive-definite "
                f"(the leading minor of order {order} is not positive-definite)."
            )
        lower = lower.to(matrix.dtype)
        ctx.save_for_backward(lower)
        return lower

    @staticmethod
    def backward(ctx, grad):
        (lower,) = ctx.saved_tensors
        inner = (lower.mT @ grad).tril()
        inner = (inner + inner.tril(-1).mT) / 2
        solved = solve_triangular(lower.mT, inner, upper=True)
        return solve_triangular(lower, solved, upper=False, left=False)


def cholesky(input, upper=False):
    """L with L L^T = input, for symmetric positive-definite matrices [..., N, N] of which the lower half is read; L^T
    with upper. Raises LinAlgError, a RuntimeError, where a matrix is not positive-definite."""
    check_matrix("linalg.cholesky", input, square=True)
    lower = ops._named(_Cholesky.apply(input), "LinalgCholeskyExBackward0")
    return lower.mT if upper else lower


def cholesky_solve(input, L, upper=False):
    """X with A X = input, for A = L L^T, or L^T L with upper."""
    lower = L.mT if upper else L
    solved = solve_triangular(lower, input, upper=False)
    return solve_triangular(lower.mT, solved, upper=True)


def cholesky_inverse(input, upper=False):
    """The inverse of L L^T, or with upper of L^T L."""
    return cholesky_solve(ops.eye(input.shape[-1], dtype=input.dtype).expand(input.shape), input, upper)


def lu(input, pivot=True, get_infos=False):
    """(LU, pivots): L below the diagonal, where it is 1, and U on and above it, of matrices [..., M, N]; pivots says, from
    1, which row was swapped with each, int32 [..., min(M, N)]. Without a gradient."""
    check_matrix("linalg.lu_factor", input)
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    if input.requires_grad and ops.is_grad_enabled():
        raise NotImplementedError("linalg.lu_factor: the gradient is not supported; detach() the input")
    packed, swaps, _, _ = ops._lu(input.double())
    result = packed.to(input.dtype), swaps + 1
    return (*result, ops.zeros(input.shape[:-2], dtype=_C.int32)) if get_infos else result


def qr(input, some=True):
    """Q with orthonormal columns and R upper triangular with Q R = input [..., M, N], by Householder's reflections: Q is
    [..., M, min(M, N)], or [..., M, M] with some=False."""
    check_matrix("linalg.qr", input)
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


def _over_differences(numerator, values):
    """numerator[i, j] / (values[j] - values[i]), and 0 on the diagonal."""
    differences = values.unsqueeze(-2) - values.unsqueeze(-1)
    diagonal = ops.eye(values.shape[-1], dtype=_C.bool)
    return ops.where(diagonal, 0.0, numerator / ops.where(diagonal, 1.0, differences))


class _Svd3(Function):
    @staticmethod
    def forward(ctx, matrix):
        result = tuple(part.to(matrix.dtype) for part in ops._svd(matrix.double(), False))
        ctx.save_for_backward(*result)
        ctx.set_materialize_grads(False)
        return result

    @staticmethod
    def backward(ctx, grad_u, grad_s, grad_vh):
        u, s, vh = ctx.saved_tensors
        inner = 0.0
        if grad_u is not None:
            product = u.mT @ grad_u
            inner = inner + _over_differences(product - product.mT, s * s) * s.unsqueeze(-2)
        if grad_vh is not None:
            product = vh @ grad_vh.mT
            inner = inner + s.unsqueeze(-1) * _over_differences(product - product.mT, s * s)
        if grad_s is not None:
            inner = inner + ops.diag_embed(grad_s)
        result = u @ inner @ vh if isinstance(inner, Tensor) else ops.zeros_like(u @ vh)
        if grad_u is not None and u.shape[-2] > u.shape[-1]:
            result = result + ((grad_u - u @ (u.mT @ grad_u)) / s.unsqueeze(-2)) @ vh
        if grad_vh is not None and vh.shape[-1] > vh.shape[-2]:
            result = result + u @ ((grad_vh - grad_vh @ vh.mT @ vh) / s.unsqueeze(-1))
        return result


def thin_svd(name, A):
    """(U, S, V^T) of matrices, U [..., M, K] and V^T [..., K, N] with K = min(M, N)."""
    check_matrix(name, A)
    parts = _Svd3.apply(A)
    ops._named(parts[1], "LinalgSvdBackward0")
    return parts


def full_svd(A):
    """(U, S, V^T) with square U and V^T, without a gradient."""
    check_matrix("linalg.svd", A)
    if A.requires_grad and ops.is_grad_enabled():
        raise NotImplementedError("linalg.svd: the gradient of full matrices is not supported; use full_matrices=False")
    return tuple(part.to(A.dtype) for part in ops._svd(A.double(), True))


def svd(input, some=True, compute_uv=True):
    """(U, S, V) with U diag(S) V^T = input [..., M, N], the singular values S from the largest, U and V with min(M, N)
    orthonormal columns, or square with some=False. Without compute_uv U and V are zeros."""
    if not compute_uv:
        rows, columns = input.shape[-2:]
        batch = tuple(input.shape[:-2])
        values = thin_svd("linalg.svd", input)[1]
        zeros = [ops.zeros(batch + (size, size), dtype=input.dtype) for size in (rows, columns)]
        return _Svd(zeros[0], values, zeros[1])
    u, s, vh = thin_svd("linalg.svd", input) if some else full_svd(input)
    return _Svd(u, s, vh.mT)


class _Eigh(Function):
    @staticmethod
    def forward(ctx, matrix):
        values, vectors = (part.to(matrix.dtype) for part in ops._eigh(matrix.double()))
        ctx.save_for_backward(values, vectors)
        ctx.set_materialize_grads(False)
        return values, vectors

    @staticmethod
    def backward(ctx, grad_values, grad_vectors):
        values, vectors = ctx.saved_tensors
        inner = 0.0 if grad_values is None else ops.diag_embed(grad_values)
        if grad_vectors is not None:
            inner = inner + _over_differences(vectors.mT @ grad_vectors, values)
        return vectors @ inner @ vectors.mT if isinstance(inner, Tensor) else None


def eigh_of(name, A, UPLO="L"):
    """(values, vectors) of symmetric matrices, of which one half is read."""
    check_matrix(name, A, square=True)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    lower = A if UPLO.upper() == "L" else A.mT
    parts = _Eigh.apply(lower.tril() + lower.tril(-1).mT)
    ops._named(parts[0], "LinalgEighBackward0")
    return parts


class _Pinv(Function):
    @staticmethod
    def forward(ctx, matrix, smallest):
        u, s, vh = ops._svd(matrix.double(), False)
        limit = smallest(s).unsqueeze(-1)
        inverted = ops.where(s > limit, 1 / ops.where(s > limit, s, 1.0), 0.0)
        result = ((vh.mT * inverted.unsqueeze(-2)) @ u.mT).to(matrix.dtype)
        ctx.save_for_backward(matrix, result)
        return result

    @staticmethod
    def backward(ctx, grad):
        matrix, inverted = ctx.saved_tensors
        grad, transposed = grad.mT, inverted.mT  # Golub and Pereyra, 1973
        result = -transposed @ grad.mT @ transposed
        outside = grad @ inverted @ transposed
        result = result + outside - matrix @ (inverted @ outside)
        outside = transposed @ inverted @ grad
        return result + outside - (outside @ inverted) @ matrix, None


def pinv_of(A, atol=None, rtol=None):
    """The pseudoinverse, where singular values up to max(atol, rtol times the largest) count as 0."""
    check_matrix("linalg.pinv", A)
    if A.numel() == 0:
        return A.mT.clone()
    return ops._named(_Pinv.apply(A, lambda s: _limit(s, A, atol, rtol)), "LinalgPinvBackward0")


def _limit(values, A, atol, rtol):
    """What singular values are compared with."""
    if rtol is None:
        eps = 2.0 ** {_C.float64: -52, _C.float16: -10, _C.bfloat16: -7}.get(A.dtype, -23)
        rtol = eps * max(A.shape[-2:]) if atol is None else 0.0
    largest = values[..., :1].squeeze(-1) if values.shape[-1] else values.new_zeros(values.shape[:-1])
    return ops.maximum(largest * rtol, ops.as_tensor(0.0 if atol is None else atol, dtype=values.dtype))


def rank_of(A, atol=None, rtol=None, hermitian=False):
    """How many singular values are above max(atol, rtol times the largest), int64."""
    check_matrix("linalg.matrix_rank", A)
    values = ops._svd(A.detach().double(), False)[1]
    return (values > _limit(values, A, atol, rtol).unsqueeze(-1)).sum(-1)


def pinverse(input, rcond=1e-15):
    """The pseudoinverse (Moore and Penrose) of matrices [..., M, N], where singular values up to rcond times the largest
    count as 0."""
    return pinv_of(input, rtol=rcond)


for _name in __all__:
    setattr(Tensor, _name, globals()[_name])
del _name
