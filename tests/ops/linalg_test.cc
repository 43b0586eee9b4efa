// Products of tensors: derivatives, layouts, names, in-place forms, and dtypes.
#include <gtest/gtest.h>

#include "ops/numeric_gradient.h"

namespace relume {
namespace {

using Inputs = std::vector<Tensor>;

TEST(Products, HaveTheGradientsOfFiniteDifferences) {
  const auto check = [](Tensor (*op)(const Tensor&, const Tensor&), IntArrayRef a, IntArrayRef b) {
    expect_gradients([op](const Inputs& x) { return op(x[0], x[1]); }, {varied(a), varied(b, 1)});
  };
  check(dot, {4}, {4});
  check(mv, {3, 4}, {4});
  check(mm, {3, 4}, {4, 2});
  check(bmm, {2, 3, 4}, {2, 4, 2});
  check(outer, {3}, {2});
  for (auto [a, b] : std::vector<std::pair<DimVector, DimVector>>{{{3}, {3, 2}},
                                                                  {{2, 3}, {3}},
                                                                  {{2, 2, 3}, {3, 2}},
                                                                  {{2, 2, 3}, {3}},
                                                                  {{2, 3}, {2, 3, 2}},
                                                                  {{3}, {2, 3, 2}},
                                                                  {{2, 1, 2, 3}, {2, 3, 2}}})
    check(matmul, a, b);
}

// The kernel's, in float32, against what is composed of other ops in float64, for widths around those of vectors.
TEST(Distances, OfPairsAreThoseOfOps) {
  for (const int64_t width : {1, 3, 8, 21, 64}) {
    Tensor x = varied({7, width}).detach().to(kFloat);
    x.select(0, 3).copy_(x.select(0, 1));  // a distance of 0, whose gradient is 0
    x.requires_grad_();
    const Tensor wide = x.detach().to(kDouble).requires_grad_();
    const Tensor found = pdist(x, 2), expected = pdist(wide, 2);
    EXPECT_TRUE(allclose(found.to(kDouble), expected, 1e-5)) << width;
    (found * found.detach() * found.detach()).sum().backward();
    (expected * expected.detach() * expected.detach()).sum().backward();
    EXPECT_TRUE(allclose(x.grad().to(kDouble), wide.grad(), 1e-4, 1e-5)) << width;
  }
}

TEST(FusedProducts, HaveTheGradientsOfFiniteDifferences) {
  expect_gradients([](const Inputs& x) { return addmm(x[0], x[1], x[2], 0.5, 2); },
                   {varied({2}), varied({3, 4}, 1), varied({4, 2}, 2)});
  expect_gradients([](const Inputs& x) { return addmv(x[0], x[1], x[2], 0.5, 2); },
                   {varied({3}), varied({3, 4}, 1), varied({4}, 2)});
  expect_gradients([](const Inputs& x) { return addr(x[0], x[1], x[2], 0.5, 2); },
                   {varied({3, 4}), varied({3}, 1), varied({4}, 2)});
  expect_gradients([](const Inputs& x) { return baddbmm(x[0], x[1], x[2], 0.5, 2); },
                   {varied({3, 2}), varied({2, 3, 4}, 1), varied({2, 4, 2}, 2)});
  for (const DimVector& sizes : {DimVector{4}, DimVector{3, 4}, DimVector{2, 3, 4}})
    expect_gradients([](const Inputs& x) { return linear(x[0], x[1], x[2]); },
                     {varied(sizes), varied({2, 4}, 1), varied({2}, 2)});
}

TEST(NamedProducts, HaveTheGradientsOfFiniteDifferences) {
  for (const char* equation : {"ij,jk->ik", "ij,kj->ki", "ij,jk", "ij,jk->", "i...,...j->ij"})
    expect_gradients([equation](const Inputs& x) { return einsum(equation, x); }, {varied({3, 3}), varied({3, 3}, 1)});
  expect_gradients([](const Inputs& x) { return einsum("bij,bjk,bk->i", x); },
                   {varied({2, 3, 4}), varied({2, 4, 2}, 1), varied({2, 2}, 2)});
  expect_gradients([](const Inputs& x) { return einsum("iij->j", x); }, {varied({3, 3, 2})});
  expect_gradients([](const Inputs& x) { return bilinear(x[0], x[1], x[2], x[3]); },
                   {varied({2, 3}), varied({2, 2}, 1), varied({4, 3, 2}, 2), varied({4}, 3)});
  expect_gradients([](const Inputs& x) { return cosine_similarity(x[0], x[1]); }, {varied({2, 3}), varied({2, 3}, 1)});
}

TEST(Products, AcceptAnyStrides) {
  const Tensor a = varied({6, 8}).detach(), b = varied({8, 10}, 1).detach();
  const Tensor x = a.slice(0, 0, 6, 2).slice(1, 0, 8, 2), y = b.slice(0, 0, 8, 2).slice(1, 1, 10, 3);
  EXPECT_TRUE(allclose(mm(x, y), mm(x.contiguous(), y.contiguous())));
  EXPECT_TRUE(allclose(mm(x.t(), x), mm(x.t().contiguous(), x.contiguous())));
  const Tensor row = varied({1, 4}).detach();
  EXPECT_TRUE(allclose(matmul(row.expand({3, 5, 4}), y), matmul(row.expand({3, 5, 4}).contiguous(), y.contiguous())));
}

TEST(Products, OfNoTermsAreZero) {
  EXPECT_TRUE(equal(mm(zeros({2, 0}), zeros({0, 3})), zeros({2, 3})));
  EXPECT_TRUE(equal(linear(zeros({2, 0}), zeros({3, 0}), ones({3})), ones({2, 3})));
  EXPECT_EQ(dot(zeros({0}), zeros({0})).item<float>(), 0);
  EXPECT_TRUE(equal(bmm(zeros({2, 3, 0}), zeros({2, 0, 4})), zeros({2, 3, 4})));
}

TEST(Products, OfIntegersWrap) {
  const Tensor a = full({1, 2}, 100, kChar);
  EXPECT_EQ(mm(a, a.t()).item<int8_t>(), static_cast<int8_t>(20000));
  EXPECT_EQ(mm(full({1, 1}, int64_t{1} << 62, kLong), full({1, 1}, 4, kLong)).item<int64_t>(), 0);
}

TEST(Addmm, WritesInPlace) {
  const Tensor a = varied({2, 3}), b = varied({3, 2}, 1);
  Tensor sum = ones({2, 2}, kDouble);
  const Tensor expected = addmm(sum, a, b, 2, 3);
  sum.addmm_(a, b, 2, 3);
  EXPECT_TRUE(equal(sum, expected));
  EXPECT_EQ(sum.grad_fn()->name(), "AddmmBackward0");
}

TEST(Addmm, IgnoresWhatItIsAddedToWhenBetaIsZero) {
  const Tensor none = full({2, 2}, std::numeric_limits<double>::quiet_NaN(), kDouble);
  EXPECT_FALSE(addmm(none, ones({2, 2}, kDouble), ones({2, 2}, kDouble), 0).isnan().any().item<bool>());
}

TEST(FusedProducts, OfHalfTypesAreRoundedOnce) {
  for (const ScalarType dtype : {kBFloat16, kHalf}) {
    const Tensor self = varied({2, 3, 5}).to(dtype), a = varied({2, 3, 4}, 1).to(dtype),
                 b = varied({2, 4, 5}, 2).to(dtype);
    const Tensor batch = baddbmm(self.to(kDouble), a.to(kDouble), b.to(kDouble), 3.4375, -1.75).to(dtype);
    EXPECT_TRUE(equal(baddbmm(self, a, b, 3.4375, -1.75), batch));
    EXPECT_TRUE(equal(addmm(self[1], a[1], b[1], 3.4375, -1.75), batch[1]));
  }
}

TEST(Linear, HasPyTorchsNodeNames) {
  const Tensor w = varied({2, 4}), b = varied({2}, 1);
  EXPECT_EQ(linear(varied({3, 4}), w, b).grad_fn()->name(), "AddmmBackward0");
  EXPECT_EQ(linear(varied({3, 4}), w).grad_fn()->name(), "MmBackward0");
  EXPECT_EQ(linear(varied({2, 3, 4}), w, b).grad_fn()->name(), "ViewBackward0");
  EXPECT_EQ(linear(varied({2, 3, 4}), w).grad_fn()->name(), "UnsafeViewBackward0");
}

TEST(Linear, GradientOfTheWeightIsRowMajor) {
  Tensor w = varied({2, 4});
  mm(varied({3, 4}), w.t()).sum().backward();
  EXPECT_TRUE(w.grad().is_contiguous());
}

}  // namespace
}  // namespace relume
