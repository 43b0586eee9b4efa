"""Decompositions of matrices: what they are made of, their gradients, and what they refuse."""

import math

import pytest
import relume as torch
from relume.autograd import gradcheck, gradgradcheck

L = torch.linalg
DTYPES = [torch.float32, torch.float64]


def matrices(*shape, dtype=torch.float64):
    generator = torch.Generator().manual_seed(3)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def close(a, b):
    return torch.allclose(a, b, atol=1e-5 if a.dtype == torch.float32 else 1e-10)


def orthonormal(q):
    return close(q.mT @ q, torch.eye(q.shape[-1], dtype=q.dtype).expand(q.shape[:-2] + q.shape[-1:] * 2))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 6), (2, 5, 3), (1, 1), (2, 2, 3, 4)])
class TestSingularValues:
    def test_the_parts_make_the_matrix(self, shape, dtype):
        a = matrices(*shape, dtype=dtype)
        u, s, vh = L.svd(a, full_matrices=False)
        assert close(u @ torch.diag_embed(s) @ vh, a) and orthonormal(u) and orthonormal(vh.mT)
        assert u.dtype == s.dtype == dtype and (s >= 0).all() and (s.diff() <= 0).all()

    def test_full_matrices_are_square(self, shape, dtype):
        a = matrices(*shape, dtype=dtype)
        u, s, vh = L.svd(a)
        k = min(shape[-2:])
        assert u.shape[-1] == shape[-2] and vh.shape[-2] == shape[-1] and orthonormal(u) and orthonormal(vh.mT)
        assert close(u[..., :k] @ torch.diag_embed(s) @ vh[..., :k, :], a)

    def test_the_pseudoinverse_is_one(self, shape, dtype):
        a = matrices(*shape, dtype=dtype)
        p = L.pinv(a)
        assert close(a @ p @ a, a) and close(p @ a @ p, p) and close((a @ p).mT, a @ p)
        assert close(torch.pinverse(a), p)


def test_views_and_transposes_are_read_right():
    a = matrices(5, 3)
    assert close(L.svdvals(a.mT), L.svdvals(a)) and close(L.svdvals(matrices(10, 6)[::2, ::2]), L.svdvals(matrices(10, 6)[::2, ::2].clone()))


def test_deficient_matrices():
    a = torch.ones(3, 3, dtype=torch.float64)
    u, s, vh = L.svd(a)
    assert close(s, torch.tensor([3.0, 0, 0], dtype=torch.float64)) and orthonormal(u) and orthonormal(vh.mT)
    assert L.matrix_rank(a).item() == 1 and L.matrix_rank(torch.zeros(2, 3)).item() == 0
    assert L.matrix_rank(matrices(2, 4, 3)).tolist() == [3, 3] and close(L.pinv(a), a / 9)
    assert orthonormal(L.svd(torch.zeros(4, 2))[0])


def test_empty_matrices():
    assert L.svdvals(torch.ones(0, 3)).shape == (0,) and L.pinv(torch.ones(2, 0)).shape == (0, 2)
    assert torch.equal(L.svd(torch.ones(0, 2))[2], torch.eye(2)) and L.eigvalsh(torch.ones(0, 0)).shape == (0,)
    assert L.inv(torch.ones(3, 0, 0)).shape == (3, 0, 0) and L.det(torch.ones(0, 2, 2)).shape == (0,)


@pytest.mark.parametrize("dtype", DTYPES)
def test_symmetric_eigenvalues(dtype):
    a = matrices(2, 6, 6, dtype=dtype)
    symmetric = a + a.mT
    values, vectors = L.eigh(symmetric)
    assert close(vectors @ torch.diag_embed(values) @ vectors.mT, symmetric) and orthonormal(vectors)
    assert (values.diff() >= 0).all() and close(L.eigvalsh(a.tril() + a.tril(-1).mT), L.eigvalsh(a))
    assert close(L.eigvalsh(a.mT, "U"), L.eigvalsh(a))


def test_least_squares():
    a, b = matrices(6, 3), matrices(6, 2)
    found = L.lstsq(a, b)
    assert close(a.mT @ (a @ found.solution - b), torch.zeros(3, 2, dtype=torch.float64)) and found.rank.item() == 3
    assert found.residuals.numel() == 0
    assert close(L.lstsq(a, b, driver="gelsd").residuals, (a @ found.solution - b).pow(2).sum(0))
    wide = L.lstsq(a.mT, matrices(3, 1)).solution
    assert close(a.mT @ wide, matrices(3, 1)) and close(wide, L.pinv(a.mT) @ matrices(3, 1))


def test_lu_makes_the_matrix():
    for a in (matrices(4, 4), matrices(2, 3, 5), matrices(5, 3)):
        p, lower, upper = L.lu(a)
        assert close(p @ lower @ upper, a) and close(lower.tril(), lower) and close(upper.triu(), upper)
        assert (lower.abs() <= 1).all() and L.lu_factor(a).pivots.dtype == torch.int32
        assert torch.autograd.gradcheck(lambda x: L.lu(x)[1:], (a.requires_grad_(),))


def test_triangular_solutions():
    a, b = matrices(2, 4, 4), matrices(4, 3)
    assert close(a.triu() @ L.solve_triangular(a, b, upper=True), b.expand(2, 4, 3))
    assert close(L.solve_triangular(a[0], b.mT, upper=False, left=False) @ a[0].tril(), b.mT)
    unit = a[0].tril(-1) + torch.eye(4, dtype=torch.float64)
    assert close(unit @ L.solve_triangular(a[0], b, upper=False, unitriangular=True), b)
    positive = a @ a.mT
    factor = L.cholesky(positive)
    assert close(positive @ torch.cholesky_solve(b, factor), b.expand(2, 4, 3))
    assert close(torch.cholesky_inverse(factor.mT, upper=True), L.inv(positive))


def test_norms_and_conditions():
    a = matrices(2, 3, 5)
    s = L.svdvals(a)
    assert close(L.matrix_norm(a, 2), s[:, 0]) and close(L.matrix_norm(a, -2), s[:, -1])
    assert close(L.norm(a[0], "nuc"), s[0].sum()) and L.matrix_norm(a, "nuc", keepdim=True).shape == (2, 1, 1)
    assert close(L.matrix_norm(a.permute(1, 0, 2), 2, dim=(0, 2)), s[:, 0]) and close(L.cond(a), s[:, 0] / s[:, -1])


@pytest.mark.parametrize(
    "function, shape",
    [
        (L.svdvals, (4, 3)),
        (lambda a: L.svd(a, full_matrices=False)[0].abs(), (4, 3)),
        (lambda a: L.svd(a, full_matrices=False)[2].abs().contiguous(), (3, 4)),
        (lambda a: L.eigvalsh(a + a.mT), (2, 3, 3)),
        (lambda a: L.eigh(a + a.mT)[1].abs(), (3, 3)),
        (L.pinv, (4, 3)),
        (L.pinv, (3, 4)),
        (lambda a: L.lstsq(a, torch.ones(4, 2, dtype=torch.float64))[0], (4, 3)),
        (lambda a: L.cholesky(a @ a.mT), (2, 3, 3)),
        (lambda a: L.solve_triangular(a, a[..., :2], upper=True), (3, 3)),
        (lambda a: torch.cholesky_inverse(L.cholesky(a @ a.mT)), (3, 3)),
        (L.cond, (3, 3)),
        (L.inv, (2, 3, 3)),
        (L.det, (3, 3)),
        (lambda a: L.qr(a)[1], (4, 3)),
    ],
)
def test_gradients_of_both_orders(function, shape):
    a = matrices(*shape).requires_grad_()
    assert gradcheck(function, (a,)) and gradgradcheck(function, (a,))


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: L.inv(torch.zeros(2, 2)), L.LinAlgError, "linalg.inv: The diagonal element 1 is zero"),
        (lambda: L.cholesky(-torch.eye(2)), L.LinAlgError, "the leading minor of order 1 is not positive-definite"),
        (lambda: L.solve(torch.zeros(2, 2), torch.ones(2)), L.LinAlgError, "The solver failed because the input matrix is"),
        (lambda: L.svd(torch.ones(2)), RuntimeError, "must have at least 2 dimensions"),
        (lambda: L.svd(torch.ones(2, 2, dtype=torch.int)), RuntimeError, "Expected a floating point .* Got Int"),
        (lambda: L.eigh(torch.ones(2, 3)), RuntimeError, "linalg.eigh: A must be batches of square matrices"),
        (lambda: L.eigh(torch.eye(2), "X"), RuntimeError, "Expected UPLO argument to be 'L' or 'U', but got X"),
        (lambda: L.lstsq(torch.ones(2, 3), torch.ones(3, 1)), RuntimeError, "input.size.-2. should match other.size.-2."),
        (lambda: L.matrix_norm(torch.eye(2), 3), RuntimeError, "linalg.matrix_norm: Order 3 not supported"),
        (lambda: L.solve_triangular(torch.eye(2), torch.ones(3, 1), upper=True), RuntimeError, "Incompatible shapes"),
    ],
)
def test_refuses_what_does_not_fit(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_failures_as_numbers():
    assert L.inv_ex(torch.zeros(2, 2)).info.item() == 1 and L.cholesky_ex(-torch.eye(2)).info.item() == 1
    assert L.inv_ex(torch.eye(2)).info.item() == 0 and torch.equal(L.cholesky_ex(torch.eye(2)).L, torch.eye(2))


@pytest.mark.parametrize("order, shape", [(1, (3, 0)), (math.inf, (0, 3)), (2, (0, 3)), (2, (3, 0))])
def test_norms_of_empty_matrices_are_zero(order, shape):
    assert L.matrix_norm(torch.zeros(2, *shape), order).tolist() == [0, 0]
    assert L.norm(torch.zeros(shape), order, keepdim=True).tolist() == [[0]]
    with pytest.raises(IndexError, match="Expected reduction dim"):
        L.matrix_norm(torch.zeros(shape), -order)


def test_powers_of_one_number():
    assert L.vander(torch.tensor(2.0), N=3).tolist() == [[1, 2, 4]]


def test_exponentials_keep_their_digits():
    x = torch.randn(5, 5, generator=torch.Generator().manual_seed(0)) * 4
    exact = L.matrix_exp(x.double())
    assert ((L.matrix_exp(x) - exact).norm() / exact.norm()).item() < 1.5e-6


def test_gradients_keep_symmetry_and_the_graph():
    """As PyTorch gives them: those of eigenvectors are symmetric, and what is constant is in the graph all the same."""
    a = torch.tensor([[2.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 5.0]], dtype=torch.float64, requires_grad=True)
    weights = torch.arange(9.0, dtype=torch.float64).reshape(3, 3)
    vectors = torch.linalg.eigh(a).eigenvectors
    (grad,) = torch.autograd.grad((vectors.abs() * weights).sum(), a)
    torch.testing.assert_close(
        grad,
        torch.tensor(
            [[0.144168, 0.068699, -0.172373], [0.068699, 0.939963, -1.173703], [-0.172373, -1.173703, -1.084131]],
            dtype=torch.float64,
        ),
        rtol=0,
        atol=1e-6,
    )
    inverses = [torch.linalg.pinv(a, hermitian=hermitian) for hermitian in (True, False)]
    grads = [torch.autograd.grad((inverse * weights).sum(), a)[0] for inverse in inverses]
    torch.testing.assert_close(*grads)
    sign, logarithm = torch.linalg.slogdet(a)
    assert sign.requires_grad and torch.autograd.grad(sign, a, allow_unused=True, retain_graph=True) == (None,)
    torch.testing.assert_close(torch.autograd.grad(logarithm, a)[0], torch.linalg.inv(a).mT)
    (grad,) = torch.autograd.grad(torch.linalg.matrix_power(a, 0).sum(), a)
    assert torch.equal(grad, torch.zeros(3, 3, dtype=torch.float64))
    least = torch.linalg.lstsq(a, torch.ones(3, 1, dtype=torch.float64))
    assert least.residuals.requires_grad and least.residuals.shape == (0,)
    assert least.solution.grad_fn.name() == "LinalgLstsqBackward0"


def test_gradients_of_norms_at_zero():
    x = torch.tensor([0.0, 3.0], requires_grad=True)
    assert torch.autograd.grad(torch.linalg.vector_norm(x, 0), x, allow_unused=True) == (None,)
    (grad,) = torch.autograd.grad(torch.linalg.vector_norm(x, 1.5), x, create_graph=True)
    assert torch.autograd.grad(grad.sum(), x)[0].isfinite().all()
    zeros = torch.zeros(3, requires_grad=True)
    (grad,) = torch.autograd.grad(torch.linalg.vector_norm(zeros, 3.5), zeros, create_graph=True)
    assert torch.autograd.grad(grad.sum(), zeros)[0].tolist() == [0, 0, 0]


def test_eigenvectors_of_two_by_two_have_lapacks_signs():
    for matrix, vectors in (
        ([[4.0, 2.0], [2.0, 4.0]], [[-0.5**0.5, 0.5**0.5], [0.5**0.5, 0.5**0.5]]),
        ([[0.0, 2.0], [2.0, 3.0]], [[-2 / 5**0.5, 1 / 5**0.5], [1 / 5**0.5, 2 / 5**0.5]]),
        ([[-3.0, 2.0], [2.0, 0.0]], [[-2 / 5**0.5, -1 / 5**0.5], [1 / 5**0.5, -2 / 5**0.5]]),
        ([[3.0, -2.0], [-2.0, 0.0]], [[-1 / 5**0.5, -2 / 5**0.5], [-2 / 5**0.5, 1 / 5**0.5]]),
    ):
        torch.testing.assert_close(torch.linalg.eigh(torch.tensor(matrix)).eigenvectors, torch.tensor(vectors))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_singular_vectors_have_lapacks_signs(dtype):
    """For matrices of up to 25 rows or columns."""
    for matrix, row in (
        ([[1, 2], [3, 4]], [-0.40455365, -0.91451436]),
        ([[0, 1], [1, 0]], [0, -1]),
        ([[1, 0], [0, 1]], [1, 0]),
        ([[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]], [0, 0, 1, 0]),
        ([[2, 0, 1], [-1, 3, 0.5], [0, 1, -4]], [-0.29823470, -0.11674249, -0.94732618]),
        ([[1, 2], [3, -4], [5, 6], [7, 9]], [-0.15684108, 0.07698653]),
        ([[-2], [1]], [-0.89442719]),
        ([[-2, 1, 3]], [1.00000000]),
        ([[1, -3, 2], [4, 1, 0]], [0.28978415, -0.95709203]),
        ([[1, -3, 2, 1, 1, 2], [4, 1, 0, 1, -1, 0]], [0.85065081, -0.52573111]),
        ([[1, 0, 0, 2], [0, 3, 1, 0], [-1, 0, 2, 1], [4, 1, 0, -1]], [-0.10187244, -0.05448028, -0.86440074, -0.48935211]),
    ):
        left = torch.linalg.svd(torch.tensor(matrix, dtype=dtype), full_matrices=False).U
        torch.testing.assert_close(left[0], torch.tensor(row, dtype=dtype), rtol=0, atol=1e-6)


def test_triangle_alone():
    a = torch.tensor([[3.0, 1.0], [4.0, 2.0], [0.0, 5.0]], requires_grad=True)
    q, r = torch.linalg.qr(a, mode="r")
    assert q.shape == (0,) and torch.equal(r, torch.linalg.qr(a).R)
    with pytest.raises(RuntimeError, match="depends on Q, which is not computed when mode='r'"):
        r.sum().backward()
    with pytest.raises(RuntimeError, match="qr received unrecognized mode 'full' but expected one of"):
        torch.linalg.qr(a, mode="full")


def test_systems_of_tensors():
    torch.manual_seed(0)
    a, b = torch.randn(2, 3, 4, 6, 4, dtype=torch.float64), torch.randn(2, 3, 4, dtype=torch.float64)
    x = torch.linalg.tensorsolve(a, b)
    torch.testing.assert_close(torch.tensordot(a, x, 2), b)
    torch.testing.assert_close(torch.linalg.tensorsolve(a.permute(3, 0, 1, 4, 2), b, dims=(0, 3)), x)
    inverse = torch.linalg.tensorinv(a, ind=3)
    assert inverse.shape == (6, 4, 2, 3, 4)
    torch.testing.assert_close(torch.tensordot(inverse, b, 3), x)
    with pytest.raises(RuntimeError, match="Expected a strictly positive integer for 'ind', but got 0"):
        torch.linalg.tensorinv(a, ind=0)
    with pytest.raises(RuntimeError, match=r"prod\(self.shape\[ind:\]\) == prod\(self.shape\[:ind\]\), but got 96 != 6"):
        torch.linalg.tensorinv(a)


def test_matrices_of_different_dtypes_are_refused():
    with pytest.raises(RuntimeError, match="found A of type Float and B of type Double instead"):
        torch.linalg.solve(torch.eye(2), torch.ones(2, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="expected scalar type Float but found Double"):
        torch.cdist(torch.eye(2), torch.eye(2, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="cdist only supports floating-point dtypes, X1 got: Int"):
        torch.cdist(torch.eye(2).int(), torch.eye(2).int())
