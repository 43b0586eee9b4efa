// Determinants, inverses and decompositions of matrices [..., M, N], with gradients, given in the dtype of the input.
#include "ops/decompositions.h"

#include <algorithm>
#include <limits>

#include "core/warn_once.h"
#include "ops/composed.h"
#include "ops/dims.h"
#include "ops/factors.h"
#include "ops/methods.h"

namespace relume {

void check_square_matrices(const char* name, const Tensor& self) {
  check(impl_of(self, name).dim() >= 2, "{}: The input tensor A must have at least 2 dimensions.", name);
  check(self.size(-1) == self.size(-2), "{}: A must be batches of square matrices, but they are {} by {} matrices",
        name, self.size(-2), self.size(-1));
}

void check_matrices(const char* name, const Tensor& self, bool square) {
  check(impl_of(self, name).dim() >= 2, "{}: The input tensor A must have at least 2 dimensions.", name);
  if (square) check_square_matrices(name, self);
  check(is_floating_point(self.scalar_type()), "{}: Expected a floating point or complex tensor as input. Got {}", name,
        to_string(self.scalar_type()));
}

std::string failure_of(const char* name, const char* failure, const Tensor& info) {
  const Tensor numbers = info.reshape({-1}), failed = nonzero(numbers).reshape({-1});
  if (failed.size(0) == 0) return "";
  const int64_t first = failed[0].item().toLong();
  const std::string place = info.dim() > 0 ? fmt::format("(Batch element {}): ", first) : "";
  return fmt::format("{}: {}{}", name, place, fmt::format(fmt::runtime(failure), numbers[first].item().toLong()));
}

namespace {

Tensor triangle(const Tensor& matrix, bool upper, bool unit) {
  return upper ? triu(matrix, unit ? 1 : 0) : tril(matrix, unit ? -1 : 0);
}

Tensor identity_like(const Tensor& matrices) {
  return eye(matrices.size(-1), matrices.scalar_type()).expand(matrices.sizes());
}

// A^-1 B by elimination, and where A is singular; see zero_pivots.
Solved eliminated(const Tensor& a, const Tensor& b) {
  const NoGradGuard unrecorded;
  const LuFactors factors = lu_factors(a.detach());
  return {lu_solution(factors, b.to(factors.packed.scalar_type())).to(a.scalar_type()), zero_pivots(factors)};
}

constexpr const char* kNoInverse =
    "The diagonal element {} is zero, the inversion could not be completed because the input matrix is singular.";

Solved inverse_of(const Tensor& self) {
  const auto [result, info] = eliminated(self, identity_like(self));
  record("LinalgInvExBackward0", result, {self}, {output(result)}, [](Backward& run) {
    const Tensor turned = run.saved(0).mT();
    run.set(0, -matmul(turned, matmul(run.grad(), turned)));
  });
  return {result, info};
}

// One number for each matrix, as a matrix that broadcasts to it.
Tensor as_matrices(const Tensor& numbers) { return numbers.unsqueeze(-1).unsqueeze(-1); }

}  // namespace

Tensor with_batch_of(const Tensor& matrices, const Tensor& others) {
  DimVector sizes = broadcast_sizes(batch_sizes(matrices), batch_sizes(others));
  sizes.push_back(matrices.size(-2));
  sizes.push_back(matrices.size(-1));
  return matrices.expand(sizes);
}

Solved solution(const Tensor& a, const Tensor& b) {
  const auto [x, info] = eliminated(a, b);
  record("LinalgSolveExBackward0", x, {a, b}, {a, output(x)}, [](Backward& run) {
    const Tensor own = solution(run.saved(0).mT(), run.grad()).result;
    if (run.needs(0)) run.set(0, -matmul(own, run.saved(1).mT()));
    if (run.needs(1)) run.set(1, own);
  });
  return {x, info};
}

Tensor triangular_solution_of(const Tensor& a, const Tensor& b, bool upper, bool unit) {
  const Tensor x = triangular_solution(a.detach(), b.detach(), upper, unit).to(b.scalar_type());
  return record("LinalgSolveTriangularBackward0", x, {a, b}, {a, output(x)}, [upper, unit](Backward& run) {
    const Tensor own = triangular_solution_of(run.saved(0).mT(), run.grad(), !upper, unit);
    if (run.needs(0)) run.set(0, triangle(-matmul(own, run.saved(1).mT()), upper, unit));
    if (run.needs(1)) run.set(1, own);
  });
}

// The inverses of square matrices [..., N, N]. Throws LinAlgError for a singular one.
Tensor inverse(const Tensor& self) {
  check_matrices("linalg.inv", self, true);
  const auto [result, info] = inverse_of(self);
  check_info("linalg.inv", kNoInverse, info);
  return result;
}

// (inverse, info): info, int32, is 0, or where a matrix is singular the place of its first zero pivot, from 1; that
// matrix's inverse is then of infinities and NaN. With check_errors, throws LinAlgError instead.
std::tuple<Tensor, Tensor> linalg_inv_ex(const Tensor& A, bool check_errors) {
  check_matrices("linalg.inv", A, true);
  const auto [result, info] = inverse_of(A);
  if (check_errors) check_info("linalg.inv_ex", kNoInverse, info);
  return {result, info};
}

namespace {

// The transposed inverses of matrices times a number each. What a singular one gives has no meaning, unless its zero
// pivots are moved away from zero.
Tensor solved_transposed(const Tensor& self, const Tensor& numbers, bool moved) {
  auto [LU, pivots, info] = linalg_lu_factor_ex(self);
  const double eps = self.scalar_type() == kDouble ? 0x1p-52 : 0x1p-23;
  if (moved) LU = LU + diag_embed(where(LU.diagonal(0, -2, -1) == 0, eps, zeros({}, self.scalar_type())));
  const Tensor right = as_matrices(numbers) * identity_like(self);
  return linalg_lu_solve(LU, pivots, right, true, true);
}

}  // namespace

// The determinants of square matrices [..., N, N].
Tensor det(const Tensor& self) {
  check_matrices("linalg.det", self, true);
  const Tensor result = [&] {
    const NoGradGuard unrecorded;
    const LuFactors factors = lu_factors(self.detach());
    return (factors.pivots().prod(-1) * factors.sign).to(self.scalar_type());
  }();
  return record("LinalgDetBackward0", result, {self}, {self, output(result)}, [](Backward& run) {
    const Tensor scale = run.grad() * run.saved(1);
    if (!GradMode::is_enabled()) return run.set(0, solved_transposed(run.saved(0), scale, true));
    const auto [inverted, info] = inverse_of(run.saved(0));
    check_info("det", "the second gradient at a singular matrix (pivot {} is zero) is not supported", info);
    run.set(0, as_matrices(scale) * inverted.mT());
  });
}

// The sign of the determinants of square matrices [..., N, N], and the logarithm of their absolute value.
std::tuple<Tensor, Tensor> slogdet(const Tensor& self) {
  check_matrices("linalg.slogdet", self, true);
  Tensor sign, logarithm;
  {
    const NoGradGuard unrecorded;
    const LuFactors factors = lu_factors(self.detach());
    const Tensor pivots = factors.pivots();
    sign = (factors.sign * relume::sign(pivots).prod(-1)).to(self.scalar_type());
    logarithm = log(abs(pivots)).sum({-1}).to(self.scalar_type());
  }
  record_results("LinalgSlogdetBackward0", {sign, logarithm}, {self}, {self}, [](Backward& run) {
    if (!run.has_grad(1)) return;  // the sign is constant
    if (!GradMode::is_enabled()) return run.set(0, solved_transposed(run.saved(0), run.grad(1), false));
    const auto [inverted, info] = inverse_of(run.saved(0));
    check_info("slogdet", "the second gradient at a singular matrix (pivot {} is zero) is not supported", info);
    run.set(0, as_matrices(run.grad(1)) * inverted.mT());
  });
  return {sign, logarithm};
}

// The logarithm of the determinants of square matrices [..., N, N]; NaN where one is negative.
Tensor logdet(const Tensor& self) {
  check_matrices("logdet", self, true);
  const auto [sign, logarithm] = slogdet(self);
  return where(sign < 0, std::numeric_limits<double>::quiet_NaN(), logarithm);
}

namespace {

constexpr const char* kNotPositive =
    "The factorization could not be completed because the input is not positive-definite (the leading minor of order "
    "{} is not positive-definite).";

Solved cholesky_of(const Tensor& self, bool upper) {
  check_matrices("linalg.cholesky", self, true);
  const auto [factor, info] = cholesky_factors(self.detach());
  const Tensor lower = factor.to(self.scalar_type());
  record("LinalgCholeskyExBackward0", lower, {self}, {output(lower)}, [](Backward& run) {
    const Tensor turned = run.saved(0).mT(), inner = tril(matmul(turned, run.grad()));
    const Tensor symmetric = (inner + tril(inner, -1).mT()) / 2;
    const Tensor half = triangular_solution_of(turned, symmetric, true, false);
    run.set(0, triangular_solution_of(turned, half.mT(), true, false).mT());
  });
  return {upper ? lower.mT() : lower, info};
}

}  // namespace

// L with L L^T = self, for symmetric positive-definite matrices [..., N, N] of which the lower half is read; L^T with
// upper. Throws LinAlgError where a matrix is not positive-definite.
Tensor linalg_cholesky(const Tensor& self, bool upper) {
  const auto [factor, info] = cholesky_of(self, upper);
  check_info("linalg.cholesky", kNotPositive, info);
  return factor;
}
// The same as linalg_cholesky: the older name, which warns.
Tensor cholesky(const Tensor& self, bool upper) {
  static std::atomic<bool> warned = false;
  warn_once(&warned,
            "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a future PyTorch "
            "release.\nL = torch.cholesky(A)\nshould be replaced with\nL = torch.linalg.cholesky(A)\nand\n"
            "U = torch.cholesky(A, upper=True)\nshould be replaced with\nU = torch.linalg.cholesky(A).mH\n"
            "This transform will produce equivalent results for all valid (symmetric positive definite) inputs.");
  return linalg_cholesky(self, upper);
}

// (L, info): info, int32, is 0, or the order of the first minor that is not positive, where L is without meaning. With
// check_errors, throws LinAlgError instead.
std::tuple<Tensor, Tensor> linalg_cholesky_ex(const Tensor& self, bool upper, bool check_errors) {
  const auto [factor, info] = cholesky_of(self, upper);
  if (check_errors) check_info("linalg.cholesky_ex", kNotPositive, info);
  return {factor, info};
}

// X with A X = self, for A = L L^T, or L^T L with upper: L is input2.
Tensor cholesky_solve(const Tensor& self, const Tensor& input2, bool upper) {
  check_matrices("cholesky_solve", self, false);
  check_matrices("cholesky_solve", input2, true);
  check(self.size(-2) == input2.size(-1),
        "cholesky_solve: Incompatible shapes of self and L: each matrix has {} rows, and L is {}x{}", self.size(-2),
        input2.size(-2), input2.size(-1));
  const Tensor right = with_batch_of(self, input2), factor = with_batch_of(input2, self);
  const Tensor lower = upper ? factor.mT() : factor;
  return named("CholeskySolveBackward0",
               triangular_solution_of(lower.mT(), triangular_solution_of(lower, right, false, false), true, false));
}

// The inverse of L L^T, or with upper of L^T L.
Tensor cholesky_inverse(const Tensor& self, bool upper) {
  check_matrices("cholesky_inverse", self, true);
  return named("CholeskyInverseBackward0", cholesky_solve(identity_like(self), self, upper));
}

namespace {

// For R upper triangular and square: the gradient of A = Q R from those of Q and R, of which either may be undefined
// (Walter and Lehmann, 2010).
Tensor square_qr_gradient(const Tensor& q, const Tensor& r, const Tensor& grad_q, const Tensor& grad_r) {
  Tensor inner;
  if (grad_r.defined()) inner = matmul(grad_r, r.mT());
  if (grad_q.defined()) inner = inner.defined() ? inner - matmul(q.mT(), grad_q) : -matmul(q.mT(), grad_q);
  const Tensor symmetric = triu(inner) + triu(inner, 1).mT();
  const Tensor sum = grad_q.defined() ? grad_q + matmul(q, symmetric) : matmul(q, symmetric);
  return triangular_solution_of(r, sum.mT(), true, false).mT();
}

// Where A = (X Y) is wide, X = Q U and Y = Q V for R = (U V): V = Q^T Y.
void qr_backward(Backward& run) {
  const Tensor q = run.saved(0), r = run.saved(1);
  const int64_t rows = q.size(-2), columns = r.size(-1);
  check(q.size(-1) == std::min(rows, columns),
        "The QR decomposition is not differentiable when mode='complete' and nrows > ncols.");
  Tensor grad_q = run.has_grad(0) ? run.grad(0) : Tensor(), grad_r = run.has_grad(1) ? run.grad(1) : Tensor();
  if (columns <= rows) return run.set(0, square_qr_gradient(q, r, grad_q, grad_r));
  Tensor rest;
  if (grad_r.defined()) {
    const Tensor grad_v = grad_r.narrow(-1, rows, columns - rows), y = matmul(q, r.narrow(-1, rows, columns - rows));
    rest = matmul(q, grad_v);
    const Tensor own = matmul(y, grad_v.mT());
    grad_q = grad_q.defined() ? grad_q + own : own;
    grad_r = grad_r.narrow(-1, 0, rows);
  } else {
    rest = zeros_like(r.narrow(-1, rows, columns - rows));
  }
  run.set(0, cat({square_qr_gradient(q, r.narrow(-1, 0, rows), grad_q, grad_r), rest}, -1));
}

void no_qr_backward(Backward&) {
  fail(
      "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, "
      "mode='reduced') if you are going to differentiate through linalg.qr.");
}

}  // namespace

// Q with orthonormal columns and R upper triangular with Q R = A [..., M, N], by Householder's reflections: Q is
// [..., M, min(M, N)], or [..., M, M] with mode "complete", where there is no gradient if M > N; with mode "r" it is
// empty, and there is no gradient at all.
std::tuple<Tensor, Tensor> linalg_qr(const Tensor& A, std::string_view mode) {
  check(mode == "reduced" || mode == "complete" || mode == "r",
        "qr received unrecognized mode '{}' but expected one of 'reduced' (default), 'r', or 'complete'", mode);
  check_matrices("linalg.qr", A, false);
  const int64_t rows = A.size(-2);
  const auto [orthogonal, triangle] = qr_factors(A.detach(), mode == "complete" ? rows : std::min(rows, A.size(-1)));
  const Tensor q = mode == "r" ? empty({0}, A.options()) : orthogonal.to(A.scalar_type());
  const Tensor r = triangle.to(A.scalar_type()).variable_data();
  record_results("LinalgQrBackward0", {q, r}, {A}, {output(q, 0), output(r, 1)},
                 mode == "r" ? no_qr_backward : qr_backward);
  return {q, r};
}

// The older form of linalg_qr, which warns: Q is square where `some` is not set.
std::tuple<Tensor, Tensor> qr(const Tensor& self, bool some) {
  static std::atomic<bool> warned = false;
  warn_once(&warned,
            "torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a future PyTorch release.\n"
            "The boolean parameter 'some' has been replaced with a string parameter 'mode'.\nQ, R = torch.qr(A, some)\n"
            "should be replaced with\nQ, R = torch.linalg.qr(A, 'reduced' if some else 'complete')");
  return linalg_qr(self, some ? "reduced" : "complete");
}

// ---- Singular values ---------------------------------------------------------------------------------------------

namespace {

// numerator[i, j] / (values[j] - values[i]), and 0 on the diagonal.
Tensor over_differences(const Tensor& numerator, const Tensor& values) {
  const Tensor differences = values.unsqueeze(-2) - values.unsqueeze(-1);
  const Tensor diagonal = eye(values.size(-1), kBool);
  return where(diagonal, 0.0, numerator / where(diagonal, 1.0, differences));
}

void svd_backward(Backward& run) {
  const Tensor u = run.saved(0), s = run.saved(1), vh = run.saved(2), square = s * s;
  Tensor inner = diag_embed(run.grad(1)), outside;
  if (run.has_grad(0)) {
    const Tensor product = matmul(u.mT(), run.grad(0));
    inner = inner + over_differences(product - product.mT(), square) * s.unsqueeze(-2);
    if (u.size(-2) > u.size(-1)) outside = matmul((run.grad(0) - matmul(u, product)) / s.unsqueeze(-2), vh);
  }
  if (run.has_grad(2)) {
    const Tensor grad = run.grad(2), product = matmul(vh, grad.mT());
    inner = inner + s.unsqueeze(-1) * over_differences(product - product.mT(), square);
    if (vh.size(-1) > vh.size(-2)) {
      const Tensor rest = matmul(u, (grad - matmul(matmul(grad, vh.mT()), vh)) / s.unsqueeze(-1));
      outside = outside.defined() ? outside + rest : rest;
    }
  }
  const Tensor within = matmul(matmul(u, inner), vh);
  run.set(0, outside.defined() ? within + outside : within);
}

using Factors = std::tuple<Tensor, Tensor, Tensor>;

// (U, S, V^T), U [..., M, K] and V^T [..., K, N] with K = min(M, N), of the factors of a, which may be square.
Factors thin_svd(const Tensor& a, const Factors& factors) {
  const auto& [left, values, right] = factors;
  const int64_t width = values.size(-1);
  const auto own = [&](const Tensor& part) { return part.detach().to(a.scalar_type(), false, /*copy=*/true); };
  const Tensor u = own(left.narrow(-1, 0, width)), s = own(values), vh = own(right.narrow(-2, 0, width));
  record_results("LinalgSvdBackward0", {u, s, vh}, {a}, {output(u, 0), output(s, 1), output(vh, 2)}, svd_backward);
  return {u, s, vh};
}

}  // namespace

Tensor singular_values_of(const Tensor& a) {
  check_matrices("linalg.svd", a, false);
  const bool alone = !recording({a});
  const Factors factors = svd_factors(a.detach(), alone ? Vectors::kNone : Vectors::kThin);
  return alone ? std::get<1>(factors).to(a.scalar_type()) : std::get<1>(thin_svd(a, factors));
}

// (U, S, V) with U diag(S) V^T = self [..., M, N], the singular values S from the largest, U and V with min(M, N)
// orthonormal columns, or square, the further columns without a gradient, where `some` is not set. Without compute_uv U
// and V are zeros.
std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& self, bool some, bool compute_uv) {
  check_matrices("linalg.svd", self, false);
  const auto zeros_of = [&](int64_t size) {
    DimVector sizes(self.sizes());
    sizes[sizes.size() - 2] = sizes[sizes.size() - 1] = size;
    return zeros(sizes, self.scalar_type());
  };
  if (!compute_uv) return {zeros_of(self.size(-2)), singular_values_of(self), zeros_of(self.size(-1))};
  const Factors factors = svd_factors(self.detach(), some ? Vectors::kThin : Vectors::kSquare);
  const auto [u, s, vh] = thin_svd(self, factors);
  const auto widened = [](const Tensor& thin, const Tensor& factor) {
    const int64_t width = thin.size(-1), rest = factor.size(-1) - width;
    return rest == 0 ? thin : cat({thin, factor.narrow(-1, width, rest).to(thin.scalar_type())}, -1);
  };
  return {widened(u, std::get<0>(factors)), s, widened(vh.mT(), std::get<2>(factors).mT())};
}

namespace {

// A matrix whose upper half is the one that is read.
Tensor upper_half(const Tensor& a, bool upper) { return upper ? a.detach() : a.detach().mT(); }

}  // namespace

Tensor symmetric_eigenvalues(const Tensor& a, bool upper) {
  if (recording({a})) return std::get<0>(symmetric_eigen(a, upper));
  return std::get<0>(eigh_factors(upper_half(a, upper), false)).to(a.scalar_type());
}

std::tuple<Tensor, Tensor> symmetric_eigen(const Tensor& a, bool upper) {
  const auto [diagonal, columns] = eigh_factors(upper_half(a, upper));
  const Tensor values = diagonal.to(a.scalar_type()), vectors = columns.to(a.scalar_type());
  record_results("LinalgEighBackward0", {values, vectors}, {a}, {output(values, 0), output(vectors, 1)},
                 [](Backward& run) {
                   const Tensor l = run.saved(0), v = run.saved(1);
                   Tensor inner = diag_embed(run.grad(0));
                   if (run.has_grad(1)) {
                     const Tensor product = matmul(v.mT(), run.grad(1));
                     inner = inner + over_differences((product - product.mT()) / 2, l);
                   }
                   run.set(0, matmul(matmul(v, inner), v.mT()));
                 });
  return {values, vectors};
}

Tensor counting(const Tensor& values, const Tensor& atol, const Tensor& rtol) {
  if (values.size(-1) == 0) return values > 0;
  return values > maximum(values.select(-1, 0) * rtol, atol).unsqueeze(-1);
}

Pseudoinverse pseudoinverse(const Tensor& a, const Tensor& atol, const Tensor& rtol) {
  Tensor result, values, counts;
  {
    const NoGradGuard unrecorded;
    const auto [u, s, vh] = svd_factors(a.detach(), Vectors::kThin);
    values = s;
    counts = counting(s, atol, rtol);
    const Tensor inverted = where(counts, 1 / where(counts, s, 1.0), 0.0);
    result = matmul(vh.mT() * inverted.unsqueeze(-2), u.mT()).to(a.scalar_type());
  }
  record("LinalgPinvBackward0", result, {a}, {a, output(result)}, [](Backward& run) {
    // Golub and Pereyra, 1973.
    const Tensor matrix = run.saved(0), inverted = run.saved(1), turned = inverted.mT(), grad = run.grad().mT();
    const Tensor left = matmul(matmul(grad, inverted), turned), right = matmul(matmul(turned, inverted), grad);
    run.set(0, left + right - matmul(matmul(turned, run.grad()), turned) - matmul(matrix, matmul(inverted, left)) -
                   matmul(matmul(right, inverted), matrix));
  });
  return {result, values, counts.sum({-1})};
}

// The pseudoinverse (Moore and Penrose) of matrices [..., M, N], where singular values up to rcond times the largest
// count as 0.
Tensor pinverse(const Tensor& self, double rcond) { return linalg_pinv(self, rcond, false); }

}  // namespace relume
