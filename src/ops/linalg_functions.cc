// The functions of linear algebra that libtorch calls linalg_...: solutions, decompositions, norms of matrices.
#include <cmath>

#include "ops/composed.h"
#include "ops/decompositions.h"
#include "ops/methods.h"

namespace relume {
namespace {

// A and B with the batch to which theirs broadcast.
std::pair<Tensor, Tensor> with_one_batch(const char* name, const Tensor& a, const Tensor& b) {
  check(b.dim() >= 2 && b.size(-2) == a.size(-1),
        "{}: Incompatible shapes of A and B for the equation AX = B ({}x{} and {}x{})", name, a.size(-2), a.size(-1),
        b.dim() >= 2 ? b.size(-2) : b.numel(), b.dim() >= 2 ? b.size(-1) : 1);
  return {with_batch_of(a, b), with_batch_of(b, a)};
}

}  // namespace

// X with A X = B, or where `left` is not set X A = B: A [..., N, N], B [..., N, K] or a vector [N].
Tensor linalg_solve(const Tensor& A, const Tensor& B, bool left) {
  check_matrices("linalg.solve", A, true);
  if (!left) return linalg_solve(A.mT(), B.mT(), true).mT();
  const IntArrayRef batch(A.sizes().data(), A.sizes().size() - 1);
  const bool vector = impl_of(B, "linalg.solve").dim() == 1 || B.sizes() == batch;
  const auto [a, b] = with_one_batch("linalg.solve", A, vector ? B.unsqueeze(-1) : B);
  const Tensor x = solution(a, b);
  return vector ? x.squeeze(-1) : x;
}

// The same for triangular matrices A, of which only the upper or the lower half is read (with unitriangular without the
// diagonal, which is taken for 1).
Tensor linalg_solve_triangular(const Tensor& A, const Tensor& B, bool upper, bool left, bool unitriangular) {
  check_matrices("linalg.solve_triangular", A, true);
  impl_of(B, "linalg.solve_triangular");
  if (!left) return linalg_solve_triangular(A.mT(), B.mT(), !upper, true, unitriangular).mT();
  const auto [a, b] = with_one_batch("linalg.solve_triangular", A, B);
  return triangular_solution_of(a, b, upper, unitriangular);
}

// Q with orthonormal columns and R upper triangular with Q R = A [..., M, N]; mode "complete" has a square Q.
std::tuple<Tensor, Tensor> linalg_qr(const Tensor& A, std::string_view mode) {
  check<NotImplementedError>(mode == "reduced" || mode == "complete",
                             "linalg.qr: mode '{}' is not supported, 'reduced' and 'complete' are", mode);
  return qr(A, mode == "reduced");
}

// (U, S, V^T) with U diag(S) V^T = A [..., M, N], the singular values S from the largest; U and V are square, and have
// no gradient, or have min(M, N) columns with full_matrices=false.
std::tuple<Tensor, Tensor, Tensor> linalg_svd(const Tensor& A, bool full_matrices) {
  const bool square = impl_of(A, "linalg.svd").dim() >= 2 && A.size(-1) == A.size(-2);
  const auto [u, s, v] = svd(A, !full_matrices || square);
  return {u, s, v.mT()};
}

// The singular values of matrices, from the largest.
Tensor linalg_svdvals(const Tensor& A) { return std::get<1>(svd(A)); }

// (eigenvalues, eigenvectors) of symmetric matrices [..., N, N], of which the lower (or upper, "U") half is read.
std::tuple<Tensor, Tensor> linalg_eigh(const Tensor& A, std::string_view UPLO) {
  check_matrices("linalg.eigh", A, true);
  const bool upper = UPLO == "U" || UPLO == "u";
  check(upper || UPLO == "L" || UPLO == "l", "Expected UPLO argument to be 'L' or 'U', but got {}", UPLO);
  const Tensor lower = upper ? A.mT() : A;
  return symmetric_eigen(tril(lower) + tril(lower, -1).mT());
}

// The eigenvalues of symmetric matrices, from the smallest.
Tensor linalg_eigvalsh(const Tensor& A, std::string_view UPLO) { return std::get<0>(linalg_eigh(A, UPLO)); }

// The pseudoinverse (Moore and Penrose), where singular values up to rcond times the largest count as 0.
Tensor linalg_pinv(const Tensor& A, double rcond) { return pinverse(A, rcond); }

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
  return result;
}

// sum(|x|^ord)^(1/ord) over dim, all elements by default; the largest for ord=inf, how many are not 0 for ord=0.
Tensor linalg_vector_norm(const Tensor& self, const Scalar& ord, std::optional<IntArrayRef> dim, bool keepdim,
                          std::optional<ScalarType> dtype) {
  const Tensor x = dtype ? self.to(*dtype) : self;
  if (dim) return norm(x, ord, *dim, keepdim);
  const Tensor whole = norm(x.reshape({-1}), ord, {0});
  return keepdim ? whole.reshape(DimVector(static_cast<size_t>(x.dim()), 1)) : whole;
}

namespace {

Tensor singular_norm(const Tensor& self, int64_t row, int64_t column, bool keepdim, Tensor (*over)(const Tensor&)) {
  Tensor result = over(linalg_svdvals(self.movedim({row, column}, {-2, -1})));
  if (keepdim) result = result.unsqueeze(std::min(row, column)).unsqueeze(std::max(row, column));
  return result;
}

}  // namespace

// Of matrices over two dimensions: the root of the sum of squares ("fro") or the sum of the singular values ("nuc").
Tensor linalg_matrix_norm(const Tensor& self, std::string_view ord, IntArrayRef dim, bool keepdim) {
  check(dim.size() == 2, "linalg.matrix_norm: dim must be a 2-tuple. Got {}", dim);
  check(ord == "fro" || ord == "nuc", "linalg.matrix_norm: Order {} not supported.", ord);
  if (ord == "fro") return norm(self, 2, dim, keepdim);
  const int64_t rank = impl_of(self, "linalg.matrix_norm").dim();
  return singular_norm(self, wrap_dim(dim[0], rank), wrap_dim(dim[1], rank), keepdim,
                       [](const Tensor& values) { return values.sum({-1}); });
}

// The same by number: the largest (inf, 1) or smallest (-inf, -1) sum of absolute values of a row or of a column, the
// largest (2) or the smallest (-2) singular value.
Tensor linalg_matrix_norm(const Tensor& self, const Scalar& ord, IntArrayRef dim, bool keepdim) {
  check(dim.size() == 2, "linalg.matrix_norm: dim must be a 2-tuple. Got {}", dim);
  const int64_t rank = impl_of(self, "linalg.matrix_norm").dim();
  const int64_t row = wrap_dim(dim[0], rank), column = wrap_dim(dim[1], rank);
  const double p = ord.toDouble();
  if (std::abs(p) == 2)
    return singular_norm(
        self, row, column, keepdim,
        p > 0 ? +[](const Tensor& values) { return values.amax({-1}); }
              : +[](const Tensor& values) { return values.amin({-1}); });
  check(std::abs(p) == 1 || std::isinf(p), "linalg.matrix_norm: Order {} not supported.", p);
  const int64_t summed = std::abs(p) == 1 ? row : column, kept = std::abs(p) == 1 ? column : row;
  const Tensor sums = abs(self).sum({summed}, true);
  const Tensor result = p > 0 ? sums.amax({kept}, true) : sums.amin({kept}, true);
  return keepdim ? result : result.squeeze({row, column});
}

// vector_norm for one dimension or all of them, matrix_norm for two.
Tensor linalg_norm(const Tensor& self, const std::optional<Scalar>& ord, std::optional<IntArrayRef> dim, bool keepdim) {
  const bool pair = dim ? dim->size() == 2 : impl_of(self, "linalg.norm").dim() == 2;
  if (ord && pair) return linalg_matrix_norm(self, *ord, dim.value_or(IntArrayRef({-2, -1})), keepdim);
  return linalg_vector_norm(self, ord.value_or(Scalar(2)), dim, keepdim);
}

// The norm of matrices that has this name.
Tensor linalg_norm(const Tensor& self, std::string_view ord, std::optional<IntArrayRef> dim, bool keepdim) {
  return linalg_matrix_norm(self, ord, dim.value_or(IntArrayRef({-2, -1})), keepdim);
}

// How many singular values are above tol; by default above max(M, N) times the dtype's epsilon times the largest.
Tensor linalg_matrix_rank(const Tensor& self, std::optional<double> tol) {
  const Tensor values = linalg_svdvals(self.detach());
  if (tol) return (values > *tol).sum({-1});
  if (values.size(-1) == 0) return values.sum({-1}).to(kLong);
  const double eps = self.scalar_type() == kDouble ? 0x1p-52 : 0x1p-23;
  const double factor = eps * static_cast<double>(std::max(self.size(-1), self.size(-2)));
  return (values > values.narrow(-1, 0, 1) * factor).sum({-1});
}

// The norm of matrices times that of their inverses: by default the largest singular value over the smallest.
Tensor linalg_cond(const Tensor& self, const std::optional<Scalar>& p) {
  if (!p || std::abs(p->toDouble()) == 2) {
    const Tensor values = linalg_svdvals(self), largest = values.select(-1, 0), smallest = values.select(-1, -1);
    return p && p->toDouble() < 0 ? smallest / largest : largest / smallest;
  }
  return linalg_matrix_norm(self, *p, {-2, -1}) * linalg_matrix_norm(inverse(self), *p, {-2, -1});
}

// The vector product over dim, which has 3 elements.
Tensor linalg_cross(const Tensor& self, const Tensor& other, int64_t dim) { return cross(self, other, dim); }

// Sums of products over dim.
Tensor linalg_vecdot(const Tensor& x, const Tensor& y, int64_t dim) { return (x * y).sum({dim}); }

}  // namespace relume
