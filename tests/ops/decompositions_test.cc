// Decompositions and solutions of matrices: what they multiply back to, derivatives, batches, and what they refuse.
#include <gtest/gtest.h>

#include <limits>

#include "message_of.h"
#include "ops/numeric_gradient.h"

namespace relume {
namespace {

using Inputs = std::vector<Tensor>;

constexpr double kNear = 1e-10, kInfinity = std::numeric_limits<double>::infinity();

bool near(const Tensor& a, const Tensor& b) { return allclose(a, b, kNear, kNear); }

Tensor matrices(IntArrayRef sizes) {
  manual_seed(1);
  return randn(sizes, kDouble);
}
Tensor positive_definite(IntArrayRef sizes) {
  const Tensor x = matrices(sizes);
  return matmul(x, x.mT()) + eye(x.size(-1), kDouble);
}

TEST(Decompositions, MultiplyBackToTheMatrix) {
  for (const DimVector& sizes : {DimVector{4, 3}, DimVector{2, 3, 5}, DimVector{2, 0, 3, 3}, DimVector{1, 1}}) {
    const Tensor a = matrices(sizes);
    const auto [q, r] = qr(a);
    EXPECT_TRUE(near(matmul(q, r), a));
    const auto [u, s, v] = svd(a);
    EXPECT_TRUE(near(matmul(u * s.unsqueeze(-2), v.mT()), a));
    EXPECT_TRUE(near(matmul(matmul(a, pinverse(a)), a), a));
    EXPECT_TRUE(near(std::get<1>(svd(a, true, false)), s));
    const auto [whole, values, turned] = svd(a, false);
    EXPECT_TRUE(near(matmul(whole.mT(), whole), eye(a.size(-2), kDouble).expand_as(matmul(whole.mT(), whole))));
  }
  const Tensor a = positive_definite({2, 3, 3}), l = cholesky(a);
  EXPECT_TRUE(near(matmul(l, l.mT()), a));
  EXPECT_TRUE(near(cholesky(a, true), l.mT()));
  EXPECT_TRUE(near(matmul(a, inverse(a)), eye(3, kDouble).expand({2, 3, 3})));
  EXPECT_TRUE(near(cholesky_inverse(l), inverse(a)));
  EXPECT_TRUE(near(cholesky_solve(ones({3, 2}, kDouble), l), matmul(inverse(a), ones({3, 2}, kDouble))));
  EXPECT_TRUE(near(exp(logdet(a)), det(a)));
  EXPECT_TRUE(near(matrix_power(a, -2), inverse(matmul(a, a))));
}

TEST(Decompositions, HaveTheGradientsOfFiniteDifferences) {
  const auto symmetric = [](const Tensor& x) { return matmul(x, x.mT()) + eye(x.size(-1), kDouble); };
  expect_gradients([&](const Inputs& x) { return cholesky(symmetric(x[0])); }, {matrices({2, 3, 3}).requires_grad_()});
  expect_gradients([&](const Inputs& x) { return logdet(symmetric(x[0])); }, {matrices({2, 3, 3}).requires_grad_()});
  for (const DimVector& sizes : {DimVector{3, 3}, DimVector{2, 4, 2}, DimVector{2, 4}}) {
    expect_gradients([](const Inputs& x) { return std::get<1>(svd(x[0])); }, {matrices(sizes).requires_grad_()});
    expect_gradients(  // whatever the signs of U and V
        [](const Inputs& x) {
          const auto [u, s, v] = svd(x[0]);
          return matmul(u * exp(s).unsqueeze(-2), v.mT());
        },
        {matrices(sizes).requires_grad_()});
  }
}

TEST(Decompositions, OfSymmetricMatricesHaveGradients) {
  const auto symmetric = [](const Tensor& x) { return x + x.mT(); };
  for (const char* half : {"L", "U"}) {
    expect_gradients([&](const Inputs& x) { return linalg_eigvalsh(symmetric(x[0]), half); },
                     {matrices({2, 3, 3}).requires_grad_()});
    expect_gradients(
        [&](const Inputs& x) {
          const auto [values, vectors] = linalg_eigh(symmetric(x[0]), half);
          return matmul(vectors * exp(values).unsqueeze(-2), vectors.mT());
        },
        {matrices({2, 3, 3}).requires_grad_()});
  }
}

TEST(Decompositions, EliminationMultipliesBackAndSolves) {
  for (const DimVector& sizes : {DimVector{3, 3}, DimVector{2, 4, 2}, DimVector{2, 2, 4}, DimVector{0, 2, 2}}) {
    const Tensor a = matrices(sizes);
    const auto [p, l, u] = linalg_lu(a);
    EXPECT_TRUE(near(matmul(matmul(p, l), u), a));
    const auto [packed, pivots] = linalg_lu_factor(a);
    const auto [p2, l2, u2] = lu_unpack(packed, pivots);
    EXPECT_TRUE(equal(p2, p) && equal(l2, l) && equal(u2, u));
  }
  const Tensor a = matrices({2, 3, 3}), b = matrices({3, 2});
  const auto [packed, pivots] = linalg_lu_factor(a);
  EXPECT_TRUE(near(matmul(a, linalg_lu_solve(packed, pivots, b)), b.expand({2, 3, 2})));
  EXPECT_TRUE(near(matmul(a.mT(), linalg_lu_solve(packed, pivots, b, true, true)), b.expand({2, 3, 2})));
  EXPECT_TRUE(near(matmul(linalg_lu_solve(packed, pivots, b.mT(), false), a), b.mT().expand({2, 2, 3})));
  EXPECT_TRUE(near(matmul(linalg_lu_solve(packed, pivots, b.mT(), false, true), a.mT()), b.mT().expand({2, 2, 3})));
  expect_gradients(
      [](const Inputs& x) {
        const auto [lu, swaps] = linalg_lu_factor(x[0]);
        return linalg_lu_solve(lu, swaps, x[1]);
      },
      {matrices({2, 3, 3}).requires_grad_(), b.clone().requires_grad_()});
}

TEST(Decompositions, SayOfEachMatrixHowItFailed) {
  const Tensor a = stack({eye(2, kDouble), ones({2, 2}, kDouble), zeros({2, 2}, kDouble)});
  const Tensor place = tensor({0, 2, 1}, kInt);
  EXPECT_TRUE(equal(std::get<1>(linalg_inv_ex(a)), place));
  EXPECT_TRUE(equal(std::get<1>(linalg_solve_ex(a, ones({3, 2, 1}, kDouble))), place));
  EXPECT_TRUE(equal(std::get<2>(linalg_lu_factor_ex(a)), place));
  EXPECT_TRUE(equal(std::get<1>(linalg_cholesky_ex(a)), place));
  EXPECT_TRUE(equal(std::get<0>(linalg_inv_ex(a))[0], a[0]));
  EXPECT_TRUE(equal(linalg_cond(a, 1), tensor({1., kInfinity, kInfinity}, kDouble)));
  EXPECT_EQ(message_of([&] {
              linalg_solve(a, ones({2, 1}, kDouble));
            }),
            "torch.linalg.solve: (Batch element 1): The solver failed because the input matrix is singular.");
  EXPECT_THROW(linalg_inv_ex(a, true), LinAlgError);
  EXPECT_THROW(linalg_cholesky_ex(a, false, true), LinAlgError);
}

TEST(Decompositions, CountSingularValues) {
  const Tensor a = diag(tensor({4., 1., 1e-3}, kDouble));
  EXPECT_EQ(linalg_matrix_rank(a).item().toLong(), 3);
  EXPECT_EQ(linalg_matrix_rank(a, 0.1).item().toLong(), 2);
  EXPECT_EQ(linalg_matrix_rank(a, std::nullopt, 0.5).item().toLong(), 1);
  EXPECT_TRUE(equal(linalg_matrix_rank(a.expand({2, 3, 3}), tensor({0.1, 2.}, kDouble)), tensor({2, 1}, kLong)));
  EXPECT_EQ(linalg_matrix_rank(zeros({0, 3})).item().toLong(), 0);
  EXPECT_TRUE(near(linalg_pinv(a, 0.1), diag(tensor({0.25, 1., 0.}, kDouble))));
  EXPECT_TRUE(near(linalg_pinv(a), inverse(a)));
  EXPECT_TRUE(near(linalg_pinv(a.triu() + a.tril(-1), Tensor(), Tensor(), true), inverse(a)));
}

TEST(Decompositions, RankOfSymmetricMatricesReadsTheLowerHalf) {
  const Tensor a = tensor({1., kInfinity, 0., 2.}, kDouble).reshape({2, 2});
  EXPECT_EQ(linalg_matrix_rank(a, std::nullopt, std::nullopt, true).item().toLong(), 2);
  EXPECT_TRUE(near(linalg_pinv(a, Tensor(), Tensor(), true), diag(tensor({1., 0.5}, kDouble))));
}

// PyTorch refuses NaN, and gives NaN for infinities.
TEST(Decompositions, OfMatricesThatAreNotFiniteAreNoNumbers) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string refused =
      "linalg.svd: (Batch element 1): The algorithm failed to converge because the input matrix contained non-finite "
      "values.";
  for (const DimVector& sizes : {DimVector{2, 3, 3}, DimVector{2, 2, 4}, DimVector{2, 4, 2}}) {
    Tensor a = matrices(sizes);
    a.index_put_({1, 0, 1}, nan);
    for (const bool some : {false, true}) EXPECT_EQ(message_of([&] { svd(a, some); }), refused);
    EXPECT_EQ(message_of([&] { linalg_svdvals(a); }), refused);
    EXPECT_EQ(message_of([&] { linalg_pinv(a); }), refused);
    EXPECT_EQ(message_of([&] { linalg_matrix_rank(a); }), refused);
    EXPECT_EQ(message_of([&] { linalg_lstsq(a, ones({2, a.size(1), 1}, kDouble)); }), refused);
    a.index_put_({1, 0, 1}, kInfinity);
    const auto [u, s, v] = svd(a, false);
    for (const Tensor& factor : {u, s, v, linalg_pinv(a)}) {
      EXPECT_TRUE(isnan(factor[1]).all().item<bool>());
      EXPECT_TRUE(isfinite(factor[0]).all().item<bool>());
    }
    EXPECT_EQ(linalg_matrix_rank(a)[1].item().toLong(), 0);
  }
  const Tensor symmetric = tensor({1., nan, nan, 2.}, kDouble).reshape({2, 2});
  const auto [values, vectors] = linalg_eigh(symmetric);
  EXPECT_TRUE(isnan(values).all().item<bool>() && isnan(vectors).all().item<bool>());
}

TEST(Decompositions, SingularValuesHaveGradientsBesideSquareMatrices) {
  for (const DimVector& sizes : {DimVector{2, 3}, DimVector{2, 4, 2}})
    expect_gradients([](const Inputs& x) { return std::get<1>(svd(x[0], false)); }, {matrices(sizes).requires_grad_()});
}

TEST(Decompositions, KeepTheDtype) {
  for (const ScalarType dtype : {kFloat, kDouble}) {
    const Tensor a = positive_definite({3, 3}).to(dtype);
    EXPECT_EQ(inverse(a).scalar_type(), dtype);
    EXPECT_EQ(det(a).scalar_type(), dtype);
    EXPECT_EQ(cholesky(a).scalar_type(), dtype);
    EXPECT_EQ(std::get<0>(svd(a)).scalar_type(), dtype);
    EXPECT_EQ(std::get<0>(svd(a, false)).scalar_type(), dtype);
    EXPECT_EQ(pinverse(a).scalar_type(), dtype);
  }
}

TEST(Decompositions, SayWhatTheyCannotDo) {
  EXPECT_THROW(inverse(zeros({2, 2})), LinAlgError);
  EXPECT_EQ(message_of([] {
              inverse(ones({2, 2}));
            }),
            "linalg.inv: The diagonal element 2 is zero, the inversion could not be completed because the input matrix "
            "is singular.");
  EXPECT_EQ(message_of([] { cholesky(-eye(2)); }),
            "linalg.cholesky: The factorization could not be completed because the input is not positive-definite (the "
            "leading minor of order 1 is not positive-definite).");
  EXPECT_EQ(message_of([] {
              det(ones({2, 3}));
            }),
            "linalg.det: A must be batches of square matrices, but they are 2 by 3 matrices");
  EXPECT_EQ(message_of([] { det(ones({2})); }), "linalg.det: The input tensor A must have at least 2 dimensions.");
  EXPECT_EQ(message_of([] {
              svd(ones({2, 2}, kLong));
            }),
            "linalg.svd: Expected a floating point or complex tensor as input. Got Long");
}

}  // namespace
}  // namespace relume
