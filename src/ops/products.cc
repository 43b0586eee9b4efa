// Products of vectors and matrices that are made of other ops, and distances between vectors.
#include <algorithm>
#include <cmath>

#include "autograd/record.h"
#include "core/warn_once.h"
#include "kernels/distance.h"
#include "ops/autocast.h"
#include "ops/composed.h"
#include "ops/decompositions.h"
#include "ops/dims.h"
#include "ops/methods.h"
#include "relume/autograd.h"

namespace relume {
// beta input + alpha sum_b batch1[b] @ batch2[b]: batch1 [B, N, K], batch2 [B, K, M], input broadcast to [N, M].
Tensor addbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) {
  impl_of(self, "addbmm");
  check(impl_of(batch1, "addbmm").dim() == 3, "batch1 must be a 3D tensor");
  check(impl_of(batch2, "addbmm").dim() == 3, "batch2 must be a 3D tensor");
  check(batch1.size(0) == batch2.size(0), "batch1 and batch2 must have same number of batches, got {} and {}",
        batch1.size(0), batch2.size(0));
  check(batch1.size(2) == batch2.size(1), "Incompatible matrix sizes for bmm ({}x{} and {}x{})", batch1.size(1),
        batch1.size(2), batch2.size(1), batch2.size(2));
  const int64_t terms = batch1.size(0) * batch1.size(2);  // of the one product that the sum of products is
  const Tensor rows = batch1.transpose(0, 1).reshape({batch1.size(1), terms});
  return named("AddbmmBackward0", addmm(self, rows, batch2.reshape({terms, batch2.size(2)}), beta, alpha));
}
Tensor& addbmm_(Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) {
  return become_result("AddbmmBackward0", self, addbmm(self, batch1, batch2, beta, alpha));
}

// The product of several matrices.
Tensor chain_matmul(TensorList matrices) {
  check(!matrices.empty(), "chain_matmul(): Expected one or more matrices");
  Tensor product = matrices[0];
  for (size_t i = 1; i < matrices.size(); ++i) product = mm(product, matrices[i]);
  return product;
}

// Sums of products over the last dimensions: [..., K] and [*, K] give [..., *]; with a number, products.
Tensor inner(const Tensor& self, const Tensor& other) {
  if (impl_of(self, "inner").dim() == 0 || impl_of(other, "inner").dim() == 0) return self * other;
  check(self.size(-1) == other.size(-1),
        "inner() the last dimension must match on both input tensors but got shapes {} and {}", self.sizes(),
        other.sizes());
  return tensordot(self, other, {-1}, {-1});
}

// The Kronecker product: every element of self times the whole of other, side by side.
Tensor kron(const Tensor& self, const Tensor& other) {
  impl_of(self, "kron");
  impl_of(other, "kron");
  const int64_t rank = std::max(self.dim(), other.dim());
  DimVector left, right, sizes;
  for (int64_t d = -rank; d < 0; ++d) {
    const int64_t a = -d <= self.dim() ? self.size(d) : 1, b = -d <= other.dim() ? other.size(d) : 1;
    left.push_back(a), left.push_back(1);
    right.push_back(1), right.push_back(b);
    sizes.push_back(a * b);
  }
  return named("UnsafeViewBackward0", (self.reshape(left) * other.reshape(right)).reshape(sizes));
}

// The vector product over dim, which has 3 elements; by default the first such dimension.
Tensor cross(const Tensor& self, const Tensor& other, std::optional<int64_t> dim) {
  impl_of(self, "cross");
  impl_of(other, "cross");
  check(self.dim() == other.dim(), "linalg.cross: inputs must have the same number of dimensions.");
  const std::vector<Tensor> pair = broadcast_tensors({self, other});
  const Tensor &a = pair[0], &b = pair[1];
  const IntArrayRef sizes = a.sizes();
  if (!dim) {
    static std::atomic<bool> warned = false;
    warn_once(
        &warned,
        "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly or "
        "simply use torch.linalg.cross.\nThe default value of dim will change to agree with that of linalg.cross in "
        "a future release.");
    const auto* const found = std::find(sizes.begin(), sizes.end(), 3);
    check(found != sizes.end(), "no dimension of size 3 in input");
    dim = found - sizes.begin();
  }
  check(self.size(*dim) == 3 && other.size(*dim) == 3,
        "linalg.cross: inputs dimension {} must have length 3. Got {} and {}", *dim, self.size(*dim), other.size(*dim));
  const auto turned = [&](const Tensor& x, int64_t by) { return x.roll({by}, {*dim}); };
  return named("LinalgCrossBackward0", turned(a, -1) * turned(b, -2) - turned(a, -2) * turned(b, -1));
}

// Square matrices [..., N, N] multiplied with themselves n times; with a negative n their inverses.
Tensor matrix_power(const Tensor& self, int64_t n) {
  check_square_matrices("linalg.matrix_power", self);
  if (n < 0) return matrix_power(inverse(self), -n);
  if (n == 0) {
    Tensor identity = self.clone(MemoryFormat::Contiguous);  // which depends on self, with a gradient of zeros
    identity.zero_().diagonal(0, -2, -1).fill_(1);
    return identity;
  }
  Tensor result, base = self;
  for (; n; n >>= 1) {
    if (n & 1) result = result.defined() ? matmul(result, base) : base;
    if (n > 1) base = matmul(base, base);
  }
  return result.is_same(self) ? clone(result) : result;
}

// e to the power of square matrices [..., N, N], by scaling, Taylor's series and squaring.
Tensor matrix_exp(const Tensor& self) {
  check_square_matrices("linalg.matrix_exp", self);
  constexpr int kTerms = 18;  // 1 / 19! is below the rounding of float64
  const double norm = self.numel() ? abs(self.detach()).sum(-2).max().item().toDouble() : 0;
  const int squarings = norm > 0 && std::isfinite(norm) ? std::max(0, std::ilogb(norm) + 1) : 0;
  const Tensor scaled = self / std::ldexp(1.0, squarings), identity = eye(self.size(-1), self.scalar_type());
  Tensor result = identity.expand(self.sizes());
  for (int term = kTerms; term > 0; --term) result = identity + matmul(scaled, result) / term;  // Horner
  for (int i = 0; i < squarings; ++i) result = matmul(result, result);
  return named("LinalgMatrixExpBackward0", result);
}

// ---- Distances ---------------------------------------------------------------------------------------------------

// The p-norm of self - other.
Tensor dist(const Tensor& self, const Tensor& other, const Scalar& p) {
  impl_of(self, "dist");
  return named("DistBackward0", norm(self - other, p));
}

namespace {

constexpr int64_t kBlock = 1 << 20;  // elements of differences that are there at a time

// The p-norm over the last dimension of how rows differ: none of no columns, and with p = 0 NaN where one is NaN, and
// gradients of zeros.
Tensor norm_of(const Tensor& difference, double p) {
  if (difference.size(-1) == 0) return difference.sum({-1});
  if (p != 0) return norm(difference, p, {-1});
  return where(isnan(difference).any(-1), std::numeric_limits<double>::quiet_NaN(), abs(sgn(difference)).sum({-1}));
}

// PyTorch's maximum here passes over NaN.
Tensor distances(const Tensor& rows, const Tensor& others, double p) {
  const Tensor difference = rows.unsqueeze(-2) - others.unsqueeze(-3);
  return norm_of(std::isinf(p) ? where(isnan(difference), 0.0, difference) : difference, p);
}

// Euclidean distances by way of products: |a - b|^2 = |a|^2 + |b|^2 - 2 a b.
Tensor euclidean_distances(const Tensor& x1, const Tensor& x2) {
  const Tensor result = [&] {
    const NoGradGuard unrecorded;
    const Tensor squares = (x1 * x1).sum({-1}, true) + (x2 * x2).sum({-1}).unsqueeze(-2);
    return (squares - matmul(x1 * 2, x2.mT())).clamp_min(0).sqrt();
  }();
  return record("EuclideanDistBackward0", result, {x1, x2}, {x1, x2, output(result)}, [](Backward& run) {
    const Tensor a = run.saved(0), b = run.saved(1), distance = run.saved(2);
    const Tensor ratio = where(distance == 0, 0.0, run.grad() / distance);
    if (run.needs(0)) run.set(0, (a * ratio.sum({-1}, true) - matmul(ratio, b)).sum_to_size(a.sizes()));
    if (run.needs(1)) run.set(1, (b * ratio.sum({-2}).unsqueeze(-1) - matmul(ratio.mT(), a)).sum_to_size(b.sizes()));
  });
}

}  // namespace

// The p-norm distance of each row of x1 [..., N, D] from each row of x2 [..., M, D], as [..., N, M]. Euclidean
// distances of more than 25 rows are computed from products, which is quick, with an error of about sqrt(eps) of the
// larger norm; compute_mode 1 always does so, 2 never.
Tensor cdist(const Tensor& x1, const Tensor& x2, double p, std::optional<int64_t> compute_mode) {
  if (const Autocast cast(CastTo::Float); cast) return cdist(cast(x1), cast(x2), p, compute_mode);
  check(impl_of(x1, "cdist").dim() >= 2, "cdist only supports at least 2D tensors, X1 got: {}D", x1.dim());
  check(impl_of(x2, "cdist").dim() >= 2, "cdist only supports at least 2D tensors, X2 got: {}D", x2.dim());
  check(x1.size(-1) == x2.size(-1), "X1 and X2 must have the same number of columns. X1: {} X2: {}", x1.size(-1),
        x2.size(-1));
  check(is_floating_point(x1.scalar_type()), "cdist only supports floating-point dtypes, X1 got: {}",
        to_string(x1.scalar_type()));
  check(is_floating_point(x2.scalar_type()), "cdist only supports floating-point dtypes, X2 got: {}",
        to_string(x2.scalar_type()));
  check(x1.scalar_type() == x2.scalar_type(), "expected scalar type {} but found {}", to_string(x1.scalar_type()),
        to_string(x2.scalar_type()));
  check(p >= 0, "cdist only supports non-negative p values");
  const int64_t mode = compute_mode.value_or(0), rows = x1.size(-2), others = x2.size(-2);
  check(mode >= 0 && mode <= 2, "possible modes: 0, 1, 2, but was: {}", mode);
  if (p == 2 && (mode == 1 || (mode == 0 && (rows > 25 || others > 25)))) return euclidean_distances(x1, x2);
  int64_t row_size = others * x2.size(-1);
  for (const int64_t size : broadcast_sizes(batch_sizes(x1), batch_sizes(x2))) row_size *= size;
  const int64_t block = std::max<int64_t>(1, kBlock / std::max<int64_t>(1, row_size));
  if (recording({x1, x2}) || block >= rows) return named("CdistBackward0", distances(x1, x2, p));
  std::vector<Tensor> parts;
  for (int64_t row = 0; row < rows; row += block)
    parts.push_back(distances(x1.narrow(-2, row, std::min(block, rows - row)), x2, p));
  return cat(parts, -2);
}

namespace {

Tensor composed_pair_distances(const Tensor& self, double p) {
  const Tensor places = triu_indices(self.size(0), self.size(0), 1);
  return norm_of(self.index_select(0, places[0]) - self.index_select(0, places[1]), p);
}

// Where the gradient is to have one itself, of the distances as ops make them.
Tensor euclidean_pairs_backward(const Tensor& x, const Tensor& distances, const Tensor& grad) {
  if (GradMode::is_enabled()) return autograd::grad({composed_pair_distances(x, 2)}, {x}, {grad}, true, true)[0];
  const Tensor rows = x.contiguous(), grads = grad.contiguous(), result = make_tensor(x.sizes(), kFloat);
  cpu::pair_distances_backward(rows.data_ptr<float>(), x.size(0), x.size(1), grads.data_ptr<float>(),
                               distances.data_ptr<float>(), result.data_ptr<float>());
  return result;
}

}  // namespace

// The p-norm distances between the rows [N, D], each pair once, as [N (N - 1) / 2].
Tensor pdist(const Tensor& self, double p) {
  check(impl_of(self, "pdist").dim() == 2, "pdist only supports 2D tensors, got: {}D", self.dim());
  check(is_floating_point(self.scalar_type()), "pdist only supports floating-point dtypes");
  check(p >= 0, "pdist only supports non-negative p values");
  if (p != 2 || self.scalar_type() != kFloat) return named("PdistBackward0", composed_pair_distances(self, p));
  const int64_t rows = self.size(0);
  const Tensor x = self.detach().contiguous(), result = make_tensor({rows * (rows - 1) / 2}, kFloat);
  cpu::pair_distances(x.data_ptr<float>(), rows, self.size(1), result.data_ptr<float>());
  return record("PdistBackward0", result, {self}, {self, output(result)},
                [](Backward& run) { run.set(0, euclidean_pairs_backward(run.saved(0), run.saved(1), run.grad())); });
}

// Each part of self along dim scaled down so that its p-norm is at most maxnorm.
Tensor renorm(const Tensor& self, const Scalar& p, int64_t dim, const Scalar& maxnorm) {
  check(impl_of(self, "renorm").dim() > 1, "renorm: input needs at least 2 dimensions, got {} dimensions", self.dim());
  check(p.toDouble() > 0, "renorm: non-positive-norm not supported");
  check(maxnorm.toDouble() >= 0, "renorm: expected maxnorm to be >= 0 but got {}", maxnorm.toDouble());
  constexpr double kEps = 1e-7;
  const int64_t kept = dim < 0 ? dim + self.dim() : dim;
  DimVector others;
  for (int64_t d = 0; d < self.dim(); ++d)
    if (d != kept) others.push_back(d);
  const Tensor length = norm(self, p, others, true);
  const Tensor factor = where(length > maxnorm, maxnorm / (length + kEps), 1.0).to(self.scalar_type());
  self.size(dim);  // throws where there is no such dimension
  return named("RenormBackward0", self * factor);
}
Tensor& renorm_(Tensor& self, const Scalar& p, int64_t dim, const Scalar& maxnorm) {
  return become_result("RenormBackward0", self, renorm(kept(self), p, dim, maxnorm));
}

}  // namespace relume
