// The functions of linear algebra that libtorch calls linalg_...: solutions, decompositions, norms of matrices.
#include <fmt/ranges.h>

#include <cmath>

#include "ops/composed.h"
#include "ops/decompositions.h"
#include "ops/dims.h"
#include "ops/factors.h"
#include "ops/methods.h"

namespace relume {
namespace {

// A and B with the batch to which theirs broadcast, for A X = B, or X A = B where `left` is not set.
std::pair<Tensor, Tensor> with_one_batch(const char* name, const Tensor& a, const Tensor& b, bool left) {
  const bool matrices = b.dim() >= 2;
  check(matrices && b.size(left ? -2 : -1) == a.size(-1),
        "{}: Incompatible shapes of A and B for the equation {} = B ({}x{} and {}x{})", name, left ? "AX" : "XA",
        a.size(-2), a.size(-1), matrices ? b.size(-2) : b.numel(), matrices ? b.size(-1) : 1);
  return {with_batch_of(a, b), with_batch_of(b, a)};
}

Solved solved(const Tensor& A, const Tensor& B, bool left) {
  check_matrices("linalg.solve", A, true);
  const bool vector = impl_of(B, "linalg.solve").dim() == 1 ||
                      (B.dim() + 1 == A.dim() && B.sizes() == IntArrayRef(A.sizes().data(), A.sizes().size() - 1));
  check(A.scalar_type() == B.scalar_type(),
        "linalg.solve: Expected A and B to have the same dtype, but found A of type {} and B of type {} instead",
        to_string(A.scalar_type()), to_string(B.scalar_type()));
  const auto [a, b] = with_one_batch("linalg.solve", A, vector ? B.unsqueeze(-1) : B, left);
  if (!left) {
    const auto [x, info] = solution(a.mT(), b.mT());
    return {vector ? x.mT().squeeze(-1) : x.mT(), info};
  }
  const auto [x, info] = solution(a, b);
  return {vector ? x.squeeze(-1) : x, info};
}

constexpr const char* kSingular = "The solver failed because the input matrix is singular.";

}  // namespace

// X with A X = B, or where `left` is not set X A = B: A [..., N, N], B [..., N, K] or a vector [N]. Throws LinAlgError
// where A is singular.
Tensor linalg_solve(const Tensor& A, const Tensor& B, bool left) {
  const auto [x, info] = solved(A, B, left);
  check_info("torch.linalg.solve", kSingular, info);
  return named("LinalgSolveExBackward0", x);
}

// (X, info): info, int32, is 0, or where a matrix is singular the place of its first zero pivot, from 1. With
// check_errors, throws LinAlgError instead.
std::tuple<Tensor, Tensor> linalg_solve_ex(const Tensor& A, const Tensor& B, bool left, bool check_errors) {
  const auto [x, info] = solved(A, B, left);
  if (check_errors) check_info("torch.linalg.solve_ex", kSingular, info);
  return {x, info};
}

// X with A X = B, or where `left` is not set X A = B, for triangular matrices A, of which only the upper or the lower
// half is read (with unitriangular without the diagonal, which is taken for 1).
Tensor linalg_solve_triangular(const Tensor& A, const Tensor& B, bool upper, bool left, bool unitriangular) {
  check_matrices("linalg.solve_triangular", A, true);
  impl_of(B, "linalg.solve_triangular");
  const auto [a, b] = with_one_batch("linalg.solve_triangular", A, B, left);
  if (!left) return triangular_solution_of(a.mT(), b.mT(), !upper, unitriangular).mT();
  return triangular_solution_of(a, b, upper, unitriangular);
}

// (U, S, V^T) with U diag(S) V^T = A [..., M, N], the singular values S from the largest; U and V are square, the
// columns beyond min(M, N) without a gradient, or have so many columns with full_matrices=false. `driver` is for a
// GPU's libraries.
std::tuple<Tensor, Tensor, Tensor> linalg_svd(const Tensor& A, bool full_matrices,
                                              std::optional<std::string_view> /*driver*/) {
  const bool square = impl_of(A, "linalg.svd").dim() >= 2 && A.size(-1) == A.size(-2);
  const auto [u, s, v] = svd(A, !full_matrices || square);
  return {u, s, v.mT()};
}

// The singular values of matrices, from the largest.
Tensor linalg_svdvals(const Tensor& A, std::optional<std::string_view> /*driver*/) { return singular_values_of(A); }

namespace {

// The symmetric matrices of which the lower half is given. The gradient is that of the whole matrices.
Tensor symmetric(const Tensor& given) {
  const Tensor half = given.detach();
  return record("SymmetricBackward0", tril(half) + tril(half, -1).mT(), {given}, {},
                [](Backward& run) { run.set(0, run.grad()); });
}

// From which size on singular values of A count.
struct Limits {
  Tensor absolute, relative;  // the larger of absolute, and relative times the largest singular value
};

// The distance from 1 to the next number.
double epsilon(ScalarType dtype) {
  return dtype == kDouble ? 0x1p-52 : dtype == kHalf ? 0x1p-10 : dtype == kBFloat16 ? 0x1p-7 : 0x1p-23;
}

// max(M, N) times the dtype's epsilon times the largest where nothing is given.
Limits limits_of(const Tensor& A, const Tensor& atol, const Tensor& rtol) {
  Limits limits{atol.defined() ? atol : scalar_tensor(0, kDouble), rtol};
  if (rtol.defined()) return limits;
  const double factor = atol.defined() ? 0 : epsilon(A.scalar_type());
  limits.relative = scalar_tensor(factor * static_cast<double>(std::max(A.size(-1), A.size(-2))), kDouble);
  return limits;
}
Tensor as_limit(std::optional<double> limit) { return limit ? scalar_tensor(*limit, kDouble) : Tensor(); }

}  // namespace

namespace {

// Whether the upper half is read.
bool reads_upper(const Tensor& A, std::string_view half) {
  check_matrices("linalg.eigh", A, true);
  const bool upper = half == "U" || half == "u";
  check(upper || half == "L" || half == "l", "Expected UPLO argument to be 'L' or 'U', but got {}", half);
  return upper;
}

}  // namespace

// (eigenvalues, eigenvectors) of symmetric matrices [..., N, N], of which the lower (or upper, "U") half is read: A = V
// diag(L) V^T, the values from the smallest.
std::tuple<Tensor, Tensor> linalg_eigh(const Tensor& A, std::string_view UPLO) {
  return symmetric_eigen(A, reads_upper(A, UPLO));
}

// The eigenvalues of symmetric matrices, from the smallest.
Tensor linalg_eigvalsh(const Tensor& A, std::string_view UPLO) {
  return symmetric_eigenvalues(A, reads_upper(A, UPLO));
}

// The pseudoinverse (Moore and Penrose) of matrices [..., M, N], where singular values up to max(atol, rtol times the
// largest) count as 0; rtol is max(M, N) times the dtype's epsilon where neither is given. Of hermitian (symmetric)
// ones the lower half is read.
Tensor linalg_pinv(const Tensor& A, const Tensor& atol, const Tensor& rtol, bool hermitian) {
  check_matrices("linalg.pinv", A, hermitian);
  const Limits limits = limits_of(A, atol, rtol);
  return pseudoinverse(hermitian ? symmetric(A) : A, limits.absolute, limits.relative).result;
}
Tensor linalg_pinv(const Tensor& A, std::optional<double> atol, std::optional<double> rtol, bool hermitian) {
  return linalg_pinv(A, as_limit(atol), as_limit(rtol), hermitian);
}
Tensor linalg_pinv(const Tensor& A, double rcond, bool hermitian) {
  return linalg_pinv(A, Tensor(), as_limit(rcond), hermitian);
}

// How many singular values are above max(atol, rtol times the largest), int64; see linalg_pinv.
Tensor linalg_matrix_rank(const Tensor& self, const Tensor& atol, const Tensor& rtol, bool hermitian) {
  check_matrices("torch.linalg.matrix_rank", self, hermitian);
  const Limits limits = limits_of(self, atol, rtol);
  const Tensor matrices = hermitian ? symmetric(self.detach()) : self.detach();
  const Tensor values = std::get<1>(svd_factors(matrices, Vectors::kNone));
  return counting(values, limits.absolute, limits.relative).sum({-1});
}
Tensor linalg_matrix_rank(const Tensor& self, std::optional<double> atol, std::optional<double> rtol, bool hermitian) {
  return linalg_matrix_rank(self, as_limit(atol), as_limit(rtol), hermitian);
}
Tensor linalg_matrix_rank(const Tensor& self, double tol, bool hermitian) {
  return linalg_matrix_rank(self, as_limit(tol), as_limit(0), hermitian);
}
Tensor linalg_matrix_rank(const Tensor& self, const Tensor& tol, bool hermitian) {
  return linalg_matrix_rank(self, tol, as_limit(0), hermitian);
}

namespace {

// Whether triangular matrices are so far from losing rank that no singular value need be known: the least is at least
// 1 / |R^-1|, the largest at most |R|.
bool have_full_rank(const Tensor& r, const Limits& limits) {
  const auto size = [](const Tensor& x) { return norm(x.to(kDouble), 2, {-2, -1}); };
  const Tensor identity = eye(r.size(-1), r.scalar_type()).expand(r.sizes());
  const Tensor least = 1 / size(triangular_solution(r, identity, true, false));
  return (least > maximum(size(r) * limits.relative, limits.absolute)).all().item().toBool();
}

// The X of linalg_lstsq where the rank of every matrix is beyond doubt; undefined otherwise.
Tensor full_rank_solution(const Tensor& self, const Tensor& b, const Limits& limits) {
  const NoGradGuard unrecorded;
  const Tensor a = with_batch_of(self.detach(), b), right = with_batch_of(b.detach(), self);
  if (a.size(-2) >= a.size(-1)) {
    const auto [r, reduced] = qr_reduced(a, right);
    return have_full_rank(r, limits) ? triangular_solution(r, reduced, true, false).to(a.scalar_type()) : Tensor();
  }
  const auto [q, r] = qr_factors(a.mT(), a.size(-2));
  if (!have_full_rank(r, limits)) return {};
  return matmul(q, triangular_solution(r.mT(), right.to(q.scalar_type()), false, false)).to(a.scalar_type());
}

}  // namespace

// (solution, residuals, rank, singular_values) of the X for which |self X - b| is smallest, and of those the X that is
// smallest itself: self [..., M, N], b [..., M, K] or vectors [..., M]. As in LAPACK, the driver decides what else
// there is: "gelsy" (the default) gives the rank; "gelsd" and "gelss" the singular values too; they and "gels", where M
// > N and the rank is N, residuals, the sums of squares of self X - b. What there is not is empty.
std::tuple<Tensor, Tensor, Tensor, Tensor> linalg_lstsq(const Tensor& self, const Tensor& b,
                                                        std::optional<double> rcond,
                                                        std::optional<std::string_view> driver) {
  const std::string_view way = driver.value_or("gelsy");
  check(way == "gels" || way == "gelsy" || way == "gelsd" || way == "gelss",
        "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)");
  check_matrices("torch.linalg.lstsq", self, false);
  const bool vector = impl_of(b, "torch.linalg.lstsq").dim() + 1 == self.dim();
  const Tensor right = vector ? b.unsqueeze(-1) : b;
  check(right.dim() >= 2 && right.size(-2) == self.size(-2),
        "torch.linalg.lstsq: input.size(-2) should match other.size(-2)");
  const Limits limits = limits_of(self, {}, as_limit(rcond));
  const bool valued = way == "gelsd" || way == "gelss";
  Tensor solution = valued || recording({self, b}) ? Tensor() : full_rank_solution(self, right, limits), values, rank;
  if (solution.defined()) {
    rank = full(batch_sizes(self), std::min(self.size(-2), self.size(-1)), kLong);
  } else {
    const Pseudoinverse inverse = pseudoinverse(self, limits.absolute, limits.relative);
    solution = matmul(inverse.result, right), values = inverse.values, rank = inverse.rank;
  }
  const bool residual =
      way != "gelsy" && self.size(-2) > self.size(-1) && (rank == self.size(-1)).all().item().toBool();
  const Tensor residuals =
      residual ? (matmul(self, solution) - right).pow(2).sum({-2}) : solution.reshape({-1}).narrow(0, 0, 0);
  return {named("LinalgLstsqBackward0", vector ? solution.squeeze(-1) : solution), residuals,
          way == "gels" ? empty({0}, kLong) : rank,
          valued ? values.to(self.scalar_type()) : empty({0}, self.options())};
}

// The product of matrices (vectors at the ends), from left to right or from right to left, whichever is cheaper.
Tensor linalg_multi_dot(TensorList tensors) {
  check(tensors.size() >= 2, "multi_dot(): expected at least 2 tensors but got {}", tensors.size());
  const Tensor &first = tensors[0], &last = tensors[tensors.size() - 1];
  const int64_t start = impl_of(first, "multi_dot").dim() > 1 ? first.size(0) : 1;
  const int64_t end = impl_of(last, "multi_dot").dim() > 1 ? last.size(-1) : 1;
  Tensor product = start <= end ? first : last;
  for (size_t i = 1; i < tensors.size(); ++i)
    product = start <= end ? matmul(product, tensors[i]) : matmul(tensors[tensors.size() - 1 - i], product);
  return product;
}

// The first N columns of the product of the reflections I - tau v v^T, whose v are below the diagonal of input
// [..., M, N] with a 1 on it.
Tensor linalg_householder_product(const Tensor& input, const Tensor& tau) {
  check(impl_of(input, "linalg.householder_product").dim() >= 2,
        "torch.linalg.householder_product: input must have at least 2 dimensions.");
  const Tensor places = arange(input.size(-2), kLong);
  Tensor result = eye(input.size(-2), input.size(-1), input.scalar_type()).expand(input.sizes());
  for (int64_t k = impl_of(tau, "linalg.householder_product").sizes.empty() ? 0 : tau.size(-1); k-- > 0;) {
    const Tensor column = where(places > k, input.select(-1, k), (places == k).to(input.scalar_type()));
    const Tensor v = column.unsqueeze(-1), factor = tau.narrow(-1, k, 1).unsqueeze(-1);
    result = result - factor * v * matmul(v.mT(), result);
  }
  return named("LinalgHouseholderProductBackward0", result);
}

// sum(|x|^ord)^(1/ord) over dim, all elements by default; the largest for ord=inf, how many are not 0 for ord=0.
Tensor linalg_vector_norm(const Tensor& self, const Scalar& ord, OptionalIntArrayRef dim, bool keepdim,
                          std::optional<ScalarType> dtype) {
  const Tensor x = dtype ? self.to(*dtype) : self;
  if (dim) return norm(x, ord, *dim, keepdim);
  const Tensor whole = norm(x.reshape({-1}), ord, {0});
  return keepdim ? whole.reshape(DimVector(static_cast<size_t>(x.dim()), 1)) : whole;
}

namespace {

Tensor singular_norm(const Tensor& self, int64_t row, int64_t column, bool keepdim, Tensor (*over)(const Tensor&)) {
  Tensor result = over(linalg_svdvals(self.movedim({row, column}, {-2, -1}), {}));
  if (keepdim) result = result.unsqueeze(std::min(row, column)).unsqueeze(std::max(row, column));
  return result;
}

// The largest of numbers that are not negative; 0 where there are none, which is the norm of an empty matrix.
Tensor largest(const Tensor& self, int64_t dim, bool keepdim = false) {
  return self.size(dim) == 0 ? self.sum({dim}, keepdim) : self.amax({dim}, keepdim);
}

// The product of the norms of matrices and of their inverses; infinite for a singular one.
template <class Norm>
Tensor over_inverse(const Tensor& self, const Norm& norm) {
  const auto [inverted, info] = linalg_inv_ex(self, false);
  return where(info == 0, norm(self) * norm(inverted), std::numeric_limits<double>::infinity());
}

// The dimensions of matrices, from the front.
std::pair<int64_t, int64_t> matrix_dims(const Tensor& self, IntArrayRef dim) {
  constexpr const char* kName = "linalg.matrix_norm";
  check(dim.size() == 2, "{}: dim must be a 2-tuple. Got {}", kName, fmt::join(dim, " "));
  check(impl_of(self, kName).dim() >= 2, "{}: The input tensor A must have at least 2 dimensions.", kName);
  check(is_floating_point(self.scalar_type()), "{}: Expected a floating point or complex tensor as input. Got {}",
        kName, to_string(self.scalar_type()));
  const int64_t row = wrap_dim(dim[0], self.dim()), column = wrap_dim(dim[1], self.dim());
  check(row != column, "{}: dims must be different. Got ({}, {})", kName, dim[0], dim[1]);
  return {row, column};
}

// self in a dtype that holds at least as much.
Tensor in_wider(const char* name, const Tensor& self, std::optional<ScalarType> dtype) {
  if (!dtype) return self;
  check(promote_types(self.scalar_type(), *dtype) == *dtype,
        "{}: the dtype of the input ({}) should be convertible without narrowing to the specified dtype ({})", name,
        to_string(self.scalar_type()), to_string(*dtype));
  return self.to(*dtype);
}

}  // namespace

// Of matrices over two dimensions: the root of the sum of squares ("fro") or the sum of the singular values ("nuc").
Tensor linalg_matrix_norm(const Tensor& self, std::string_view ord, IntArrayRef dim, bool keepdim,
                          std::optional<ScalarType> dtype) {
  check(ord == "fro" || ord == "nuc", "linalg.matrix_norm: Order {} not supported.", ord);
  const auto [row, column] = matrix_dims(self, dim);
  const Tensor x = in_wider("linalg.matrix_norm", self, dtype);
  if (ord == "fro") return norm(x, 2, dim, keepdim);
  return singular_norm(x, row, column, keepdim, [](const Tensor& values) { return values.sum({-1}); });
}

// The same by number: the largest (inf, 1) or smallest (-inf, -1) sum of absolute values of a row or of a column, the
// largest (2) or the smallest (-2) singular value.
Tensor linalg_matrix_norm(const Tensor& self, const Scalar& ord, IntArrayRef dim, bool keepdim,
                          std::optional<ScalarType> dtype) {
  const auto [row, column] = matrix_dims(self, dim);
  const double p = ord.toDouble(), size = std::abs(p);
  check(size == 1 || size == 2 || std::isinf(p), "linalg.matrix_norm: Order {} not supported.", p);
  const Tensor x = in_wider("linalg.matrix_norm", self, dtype);
  if (p == 2) return singular_norm(x, row, column, keepdim, [](const Tensor& values) { return largest(values, -1); });
  if (p == -2) return singular_norm(x, row, column, keepdim, [](const Tensor& values) { return values.amin({-1}); });
  const int64_t summed = size == 1 ? row : column, kept = size == 1 ? column : row;
  const Tensor sums = abs(x).sum({summed}, true);
  const Tensor result = p > 0 ? largest(sums, kept, true) : sums.amin({kept}, true);
  return keepdim ? result : result.squeeze({row, column});
}

// vector_norm for one dimension or where there is no order, matrix_norm for two.
Tensor linalg_norm(const Tensor& self, const std::optional<Scalar>& ord, OptionalIntArrayRef dim, bool keepdim,
                   std::optional<ScalarType> dtype) {
  const int64_t rank = impl_of(self, "linalg.norm").dim();
  check(!ord || dim || rank == 1 || rank == 2,
        "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {}D.", rank);
  const bool pair = dim ? dim->size() == 2 : rank == 2;
  if (ord && pair) return linalg_matrix_norm(self, *ord, dim.value_or(IntArrayRef({-2, -1})), keepdim, dtype);
  return linalg_vector_norm(self, ord.value_or(Scalar(2)), dim, keepdim, dtype);
}

// The norm of matrices that has this name.
Tensor linalg_norm(const Tensor& self, std::string_view ord, OptionalIntArrayRef dim, bool keepdim,
                   std::optional<ScalarType> dtype) {
  const int64_t rank = impl_of(self, "linalg.norm").dim();
  check(dim || rank == 1 || rank == 2,
        "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {}D.", rank);
  return linalg_matrix_norm(self, ord, dim.value_or(IntArrayRef({-2, -1})), keepdim, dtype);
}

// The norm of matrices times that of their inverses: by default the largest singular value over the smallest. Infinite
// for a singular one.
Tensor linalg_cond(const Tensor& self, const std::optional<Scalar>& p) {
  check(impl_of(self, "linalg.cond").dim() >= 2, "linalg.cond: The input tensor must have at least 2 dimensions.");
  const double order = p ? p->toDouble() : 2;
  if (self.numel() == 0) return zeros(batch_sizes(self), self.scalar_type());
  if (std::abs(order) == 2) {
    const Tensor values = linalg_svdvals(self, {}), largest = values.select(-1, 0), smallest = values.select(-1, -1);
    return order < 0 ? smallest / largest : largest / smallest;
  }
  check(std::abs(order) == 1 || std::isinf(order), "linalg.cond got an invalid norm type: {}", order);
  check_square_matrices(fmt::format("linalg.cond(ord={})", order).c_str(), self);
  return over_inverse(self, [&](const Tensor& x) { return linalg_matrix_norm(x, *p, {-2, -1}, false, {}); });
}
Tensor linalg_cond(const Tensor& self, std::string_view p) {
  check(p == "fro" || p == "nuc", "linalg.cond got an invalid norm type: {}", p);
  check_square_matrices(fmt::format("linalg.cond(ord={})", p).c_str(), self);
  if (self.numel() == 0) return zeros(batch_sizes(self), self.scalar_type());
  return over_inverse(self, [&](const Tensor& x) { return linalg_matrix_norm(x, p, {-2, -1}, false, {}); });
}

// The vector product over dim, which has 3 elements.
Tensor linalg_cross(const Tensor& self, const Tensor& other, int64_t dim) { return cross(self, other, dim); }

// A view of the diagonal over dim1 and dim2, as the last dimension.
Tensor linalg_diagonal(const Tensor& A, int64_t offset, int64_t dim1, int64_t dim2) {
  return diagonal(A, offset, dim1, dim2);
}

// The powers 0 to N - 1 of each element, [..., N]; N is the last size where it is left out (Vandermonde's matrices).
Tensor linalg_vander(const Tensor& x, std::optional<int64_t> N) {
  check(impl_of(x, "linalg.vander").dtype != kBool,
        "linalg.vander supports floating point, complex, and integer tensors, but got Bool");
  const Tensor bases = x.dim() == 0 ? x.unsqueeze(0) : x;
  const int64_t count = N ? *N : bases.size(-1);
  check(count > 1, "N must be greater than 1.");
  DimVector sizes(bases.sizes());
  sizes.push_back(count - 1);
  const Tensor powers = cumprod(bases.unsqueeze(-1).expand(sizes), -1);
  return cat({ones_like(powers.narrow(-1, 0, 1)), powers}, -1);
}

// Sums of products over dim.
Tensor linalg_vecdot(const Tensor& x, const Tensor& y, int64_t dim) { return (x * y).sum({dim}); }

}  // namespace relume
