// Decompositions and solutions of matrices: what they multiply back to, derivatives, batches, and what they refuse.
#include <gtest/gtest.h>

#include "message_of.h"
#include "ops/numeric_gradient.h"

namespace relume {
namespace {

using Inputs = std::vector<Tensor>;

constexpr double kNear = 1e-10;

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
  EXPECT_THROW(svd(ones({2, 3}).requires_grad_(), false), NotImplementedError);
}

}  // namespace
}  // namespace relume
