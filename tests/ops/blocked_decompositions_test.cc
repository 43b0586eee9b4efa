// Decompositions of matrices larger than the blocks that they are computed in: residuals and orthogonality as LAPACK
// promises them, for matrices of all kinds, and the same bits for any number of threads.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "relume/relume.h"

namespace relume {
namespace {

constexpr ScalarType kDtypes[] = {kFloat, kDouble};

// Blocks have 32 rows or columns, problems are divided from 33 on.
constexpr int64_t kEdges[] = {31, 32, 33, 65, 67};

double epsilon_of(ScalarType dtype) {
  return dtype == kDouble ? std::numeric_limits<double>::epsilon() : std::numeric_limits<float>::epsilon();
}

// The largest element of the difference, in terms of the dtype's epsilon and of the length of the whole.
double distance(const Tensor& a, const Tensor& b, ScalarType dtype) {
  const Tensor x = a.to(kDouble), y = b.to(kDouble);
  if (x.numel() == 0) return 0;
  const double size = norm(y.reshape({-1}), 2, {0}).item().toDouble();
  return abs(x - y).max().item().toDouble() / (epsilon_of(dtype) * std::max(size, 1e-300));
}

// How far columns are from being orthonormal, likewise.
double skew(const Tensor& q) {
  const Tensor x = q.to(kDouble), product = matmul(x.mT(), x);
  return distance(product, eye(x.size(-1), kDouble).expand(product.sizes()), q.scalar_type());
}

// Bounds in terms of epsilon times the Frobenius norm: LAPACK's tests allow 30 times the size beside the 1-norm.
constexpr double kNear = 30;

Tensor noise(IntArrayRef sizes, ScalarType dtype = kDouble) {
  manual_seed(static_cast<uint64_t>(sizes[sizes.size() - 1]));
  return randn(sizes, kDouble).to(dtype);
}

// Many small problems, whose results do not depend on threads, are quicker without them.
struct OneThread {
  OneThread() { set_num_threads(1); }
  ~OneThread() { set_num_threads(before); }
  const int before = get_num_threads();
};

void expect_svd(const Tensor& a, const std::string& what) {
  SCOPED_TRACE(what);
  const ScalarType dtype = a.scalar_type();
  const int64_t width = std::min(a.size(-1), a.size(-2));
  for (const bool full : {false, a.size(-1) != a.size(-2)}) {
    const auto [u, s, vh] = linalg_svd(a, full);
    const Tensor product =
        matmul(u.narrow(-1, 0, width).to(kDouble) * s.to(kDouble).unsqueeze(-2), vh.narrow(-2, 0, width).to(kDouble));
    EXPECT_LT(distance(product, a, dtype), kNear);
    EXPECT_LT(skew(u), kNear);
    EXPECT_LT(skew(vh.mT()), kNear);
    EXPECT_LT(distance(linalg_svdvals(a), s, dtype), kNear);
    EXPECT_TRUE((s >= 0).all().item<bool>());
    EXPECT_TRUE((s.narrow(-1, 1, width - 1) <= s.narrow(-1, 0, width - 1)).all().item<bool>());
  }
}

void expect_eigh(const Tensor& a, const std::string& what) {
  SCOPED_TRACE(what);
  const auto [values, vectors] = linalg_eigh(a);
  const int64_t size = a.size(-1);
  const Tensor v = vectors.to(kDouble);
  EXPECT_LT(distance(matmul(v * values.to(kDouble).unsqueeze(-2), v.mT()), a, a.scalar_type()), kNear);
  EXPECT_LT(skew(vectors), kNear);
  EXPECT_LT(distance(linalg_eigvalsh(a), values, a.scalar_type()), kNear);
  EXPECT_TRUE((values.narrow(-1, 1, size - 1) >= values.narrow(-1, 0, size - 1)).all().item<bool>());
}

void expect_qr(const Tensor& a) {
  SCOPED_TRACE(fmt::format("{} by {}", a.size(-2), a.size(-1)));
  for (const char* mode : {"reduced", "complete"}) {
    const auto [q, r] = linalg_qr(a, mode);
    EXPECT_LT(distance(matmul(q.to(kDouble), r.to(kDouble)), a, a.scalar_type()), kNear);
    EXPECT_LT(skew(q), kNear);
    EXPECT_TRUE(equal(r, triu(r)));
  }
}

TEST(BlockedDecompositions, HaveSmallResidualsAroundTheEdgesOfBlocks) {
  const OneThread one_thread;
  for (const ScalarType dtype : kDtypes)
    for (const int64_t n : kEdges) {
      for (const DimVector& sizes :
           {DimVector{n, n}, DimVector{n + 5, n}, DimVector{n, n + 5}, DimVector{3 * n, n}, DimVector{2, n, 2 * n}}) {
        const Tensor a = noise(sizes, dtype);
        expect_svd(a, fmt::format("{} by {}", sizes[sizes.size() - 2], n));
        expect_qr(a);
      }
      const Tensor square = noise({2, n, n}, dtype);
      expect_eigh(square + square.mT(), fmt::format("{}", n));
    }
}

TEST(BlockedDecompositions, SolveAroundTheEdgesOfBlocks) {
  for (const ScalarType dtype : kDtypes)
    for (const int64_t n : kEdges) {
      SCOPED_TRACE(n);
      const Tensor a = noise({2, n, n}, dtype), b = noise({2, n, 3}, dtype);
      const Tensor positive = matmul(a, a.mT()) + static_cast<double>(n) * eye(n, dtype);
      const auto [p, l, u] = linalg_lu(a);
      EXPECT_LT(distance(matmul(matmul(p, l).to(kDouble), u.to(kDouble)), a, dtype), kNear);
      EXPECT_TRUE((abs(l) <= 1).all().item<bool>());
      EXPECT_LT(distance(matmul(positive.to(kDouble), linalg_solve(positive, b).to(kDouble)), b, dtype), kNear);
      EXPECT_LT(distance(matmul(positive.to(kDouble), inverse(positive).to(kDouble)), eye(n, kDouble).expand({2, n, n}),
                         dtype),
                kNear);
      const Tensor lower = cholesky(positive), product = matmul(lower.to(kDouble), lower.mT().to(kDouble));
      EXPECT_LT(distance(product, positive, dtype), kNear);
      EXPECT_TRUE(equal(lower, tril(lower)));
      const Tensor found = linalg_solve_triangular(lower.mT(), b, true);
      EXPECT_LT(distance(matmul(lower.mT().to(kDouble), found.to(kDouble)), b, dtype), kNear);
      const Tensor rectangle = noise({n, n + 40}, dtype);
      const auto [p2, l2, u2] = linalg_lu(rectangle.mT());
      EXPECT_LT(distance(matmul(matmul(p2, l2), u2), rectangle.mT(), dtype), kNear);
    }
}

// A minor far down that is not positive, and a pivot far down that is zero, are named.
TEST(BlockedDecompositions, SayWhereTheyFail) {
  Tensor a = eye(80, kDouble);
  a.index_put_({70, 70}, -1);
  EXPECT_EQ(std::get<1>(linalg_cholesky_ex(a)).item().toLong(), 71);
  a.index_put_({70, 70}, 0);
  EXPECT_EQ(std::get<1>(linalg_inv_ex(a)).item().toLong(), 71);
  EXPECT_EQ(linalg_matrix_rank(a).item().toLong(), 79);
}

struct Kind {
  std::string name;
  Tensor matrix;
};

// Matrices [n, n] on which methods that divide and conquer, or iterate, have failed.
std::vector<Kind> hard_ones(int64_t n) {
  const Tensor place = arange(n, kDouble), x = noise({n, n}), ones_beside = diag(ones({n - 1}, kDouble), 1);
  const Tensor q = std::get<0>(linalg_qr(x)), other = std::get<0>(linalg_qr(noise({n, n}).mT()));
  std::vector<Kind> kinds{
      {"zero", zeros({n, n}, kDouble)},
      {"one", ones({n, n}, kDouble)},
      {"identity", eye(n, kDouble)},
      {"orthogonal", q},
      {"equal pairs", q + other},
      {"nilpotent", ones_beside},
      {"Wilkinson's", diag(abs(place - static_cast<double>(n - 1) / 2)) + ones_beside + ones_beside.mT()},
      {"bidiagonal with zeros", diag(remainder(place, 3)) + ones_beside},
      {"bidiagonal and graded", diag(pow(10.0, -remainder(place, 17))) + ones_beside},
      {"Hilbert's", 1 / (place.unsqueeze(-1) + place + 1)},
      {"one column", x * (place == 3)},
      {"zero columns", x * (place > static_cast<double>(n) / 2)},
      {"graded rows", x * pow(10.0, -3 * place).unsqueeze(-1)},
      {"graded columns", x * pow(10.0, -place)},
  };
  const Tensor alternating = 1 - 2 * remainder(place, 2);
  for (const auto& [name, values] : std::vector<std::pair<std::string, Tensor>>{
           {"clustered", 1 + 1e-15 * remainder(place, 7)},
           {"two values", (place > 9).to(kDouble)},
           {"both signs", alternating},
           {"geometric", pow(10.0, -20 * place / n)},
           {"one large", where(place == 0, 1.0, 1e-10).to(kDouble)},
           {"one small", where(place == 0, 1e-13, 1.0).to(kDouble)},
       }) {
    kinds.push_back({name, matmul(q * values, q.mT())});
    kinds.push_back({name + ", general", matmul(q * values, other.mT())});
    kinds.push_back({name + ", diagonal", diag(values)});
  }
  return kinds;
}

TEST(BlockedDecompositions, TakeMatricesOfAllKinds) {
  const OneThread one_thread;
  for (const int64_t n : {33, 67})
    for (const auto& [name, matrix] : hard_ones(n))
      for (const ScalarType dtype : kDtypes) {
        const Tensor a = matrix.to(dtype);
        expect_svd(a, fmt::format("{} of {} {}", name, n, to_string(dtype)));
        expect_eigh((a + a.mT()) / 2, fmt::format("{} of {} {}", name, n, to_string(dtype)));
        expect_qr(a);
      }
}

TEST(BlockedDecompositions, FollowTheScaleOfTheMatrix) {
  const Tensor a = noise({40, 40}), symmetric = a + a.mT();
  for (const double scale : {1e-290, 1e-160, 1e160, 1e290}) {
    SCOPED_TRACE(scale);
    EXPECT_LT(distance(linalg_svdvals(a * scale) / scale, linalg_svdvals(a), kDouble), kNear);
    EXPECT_LT(distance(linalg_eigvalsh(symmetric * scale) / scale, linalg_eigvalsh(symmetric), kDouble), kNear);
    EXPECT_LT(distance(std::get<1>(linalg_qr(a * scale)) / scale, std::get<1>(linalg_qr(a)), kDouble), kNear);
  }
  EXPECT_EQ(linalg_matrix_norm(zeros({40, 40}), 2).item().toDouble(), 0);
  EXPECT_TRUE(equal(linalg_pinv(zeros({40, 50})), zeros({50, 40})));
  EXPECT_EQ(linalg_matrix_rank(zeros({40, 40})).item().toLong(), 0);
}

// As in LAPACK the sign of an element of R's diagonal is not that of the element it comes from.
TEST(BlockedDecompositions, SignsOfQrAreThoseOfLapack) {
  const auto [q, r] = linalg_qr(tensor({3., 1., 4., 2.}, kDouble).reshape({2, 2}));
  EXPECT_TRUE(allclose(r, tensor({-5., -2.2, 0., 0.4}, kDouble).reshape({2, 2})));
  EXPECT_TRUE(allclose(q, tensor({-.6, -.8, -.8, .6}, kDouble).reshape({2, 2})));
  const auto [same, triangle] = linalg_qr(eye(40, kDouble));
  EXPECT_TRUE(equal(same, eye(40, kDouble)) && equal(triangle, same));
}

TEST(BlockedDecompositions, OfTallMatricesHaveNoGradientWhereQIsSquare) {
  const Tensor a = noise({4, 3}).requires_grad_();
  EXPECT_THROW(std::get<1>(linalg_qr(a, "complete")).sum().backward(), Error);
}

TEST(LeastSquares, AreThoseOfThePseudoinverse) {
  for (const ScalarType dtype : kDtypes)
    for (const DimVector& sizes : {DimVector{90, 40}, DimVector{40, 90}, DimVector{40, 40}, DimVector{2, 50, 7}}) {
      const Tensor a = noise(sizes, dtype), b = noise({2, sizes[sizes.size() - 2], 3}, dtype);
      const auto [x, residuals, rank, values] = linalg_lstsq(a, b);
      EXPECT_LT(distance(x, matmul(linalg_pinv(a.to(kDouble)), b.to(kDouble)), dtype), 1e4);  // times the condition
      EXPECT_TRUE((rank == std::min(a.size(-1), a.size(-2))).all().item<bool>());
    }
  const Tensor deficient = matmul(noise({50, 3}), noise({3, 20})), b = noise({50, 2});
  const auto [x, residuals, rank, values] = linalg_lstsq(deficient, b);
  EXPECT_EQ(rank.item().toLong(), 3);
  EXPECT_TRUE(allclose(x, matmul(linalg_pinv(deficient), b), 1e-10, 1e-10));
  EXPECT_EQ(std::get<0>(linalg_lstsq(noise({3, 0}), noise({3, 2}))).sizes(), (DimVector{0, 2}));
}

TEST(BlockedDecompositions, HaveTheSameBitsForAnyNumberOfThreads) {
  const int threads = get_num_threads();
  const auto results = [](int count, ScalarType dtype) {
    set_num_threads(count);
    const Tensor a = noise({500, 500}, dtype), b = noise({500, 5}, dtype);
    const auto [q, r] = linalg_qr(a);
    const auto [u, s, vh] = linalg_svd(a);
    const auto [values, vectors] = linalg_eigh(a);
    const Tensor positive = eye(500, dtype) + 0.001 * (a + a.mT());
    return std::vector<Tensor>{q, r, u, s, vh, values, vectors, inverse(a), cholesky(positive), linalg_solve(a, b)};
  };
  for (const ScalarType dtype : kDtypes) {
    const std::vector<Tensor> one = results(1, dtype), several = results(4, dtype);
    for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(equal(one[i], several[i])) << i;
  }
  set_num_threads(threads);
}

}  // namespace
}  // namespace relume
