"""Solutions and decompositions of matrices [..., M, N] that are no rows of ops."""

from . import _C
from ._C import Tensor, ops
from ._return_types import named

__all__ = "lu svd".split()


class LinAlgError(RuntimeError):
    """A matrix that a decomposition cannot be computed of."""


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"
LinAlgError.__module__ = "torch._C"

_Svd = named("svd", "U", "S", "V")


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


def lu(input, pivot=True, get_infos=False):
    """(LU, pivots): L below the diagonal, where it is 1, and U on and above it, of matrices [..., M, N]; pivots says, from
    1, which row was swapped with each, int32 [..., min(M, N)]. Without a gradient."""
    check_matrix("linalg.lu_factor", input)
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    if input.requires_grad and ops.is_grad_enabled():
        raise NotImplementedError("linalg.lu_factor: the gradient is not supported; detach() the input")
    packed, swaps = ops._lu(input.double())
    result = packed.to(input.dtype), swaps + 1
    return (*result, ops.zeros(input.shape[:-2], dtype=_C.int32)) if get_infos else result


def svd(input, some=True, compute_uv=True):
    """(U, S, V) with U diag(S) V^T = input [..., M, N], the singular values S from the largest, U and V with min(M, N)
    orthonormal columns, or square, without a gradient, with some=False. Without compute_uv U and V are zeros."""
    return _Svd(*ops._svd(input, some, compute_uv))


def _tolerances(A, atol, rtol):
    """atol and rtol as tensors; the default of rtol is the dtype's epsilon times the longer side."""
    if rtol is None:
        eps = 2.0 ** {_C.float64: -52, _C.float16: -10, _C.bfloat16: -7}.get(A.dtype, -23)
        rtol = eps * max(A.shape[-2:]) if atol is None else 0.0
    return [ops.as_tensor(0.0 if limit is None else limit, dtype=_C.float64) for limit in (atol, rtol)]


def pinv_of(A, atol=None, rtol=None):
    """The pseudoinverse, where singular values up to max(atol, rtol times the largest) count as 0."""
    check_matrix("linalg.pinv", A)
    return ops._pseudoinverse(A, *_tolerances(A, atol, rtol))


def rank_of(A, atol=None, rtol=None, hermitian=False):
    """How many singular values are above max(atol, rtol times the largest), int64."""
    check_matrix("linalg.matrix_rank", A)
    values = ops._svd_factors(A.detach().double(), False)[1]
    largest = values[..., 0] if values.shape[-1] else values.new_zeros(values.shape[:-1])
    absolute, relative = _tolerances(A, atol, rtol)
    return (values > ops.maximum(largest * relative, absolute).unsqueeze(-1)).sum(-1)


for _name in __all__:
    setattr(Tensor, _name, globals()[_name])
del _name
