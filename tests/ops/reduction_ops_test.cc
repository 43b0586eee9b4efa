// Reductions, running sums and order: derivatives, dtypes, empty tensors and error texts.
#include <gtest/gtest.h>

#include <cmath>

#include "message_of.h"
#include "ops/numeric_gradient.h"

namespace relume {
namespace {

using Inputs = std::vector<Tensor>;

void check_gradient(Tensor (*op)(const Tensor&), IntArrayRef sizes = {2, 3}) {
  expect_gradients([op](const Inputs& x) { return op(x[0]); }, {varied(sizes, 0.3)});
}

TEST(Topk, IsTheStartOfTheSortedRow) {
  manual_seed(3);
  for (const Tensor& x : {randint(-9, 9, {4, 100}, kFloat), arange(100, kLong).view({1, 100}),
                          randn({100, 3}).t(), -arange(100, kDouble).view({1, 100})})
    for (const int64_t k : {0, 1, 5, 31, 32, 33, 100})
      for (const bool largest : {true, false}) {
        const auto [values, indices] = topk(x, k, 1, largest);
        EXPECT_TRUE(equal(values, std::get<0>(sort(x, 1, largest)).narrow(1, 0, k))) << k;
        EXPECT_TRUE(equal(values, x.gather(1, indices))) << k;
      }
}

TEST(Topk, TakesOfEqualElementsThoseThatPyTorchTakes) {
  const Tensor x = tensor({1.0, 0.0, 1.0, 0.0, 1.0});
  EXPECT_TRUE(equal(std::get<1>(topk(zeros({4}), 2)), tensor({2, 3})));
  EXPECT_TRUE(equal(std::get<1>(topk(x, 2)), tensor({2, 4})));
  EXPECT_TRUE(equal(std::get<1>(topk(zeros({300}), 3)), tensor({0, 1, 2})));
}

TEST(Reductions, HaveTheGradientsOfFiniteDifferences) {
  check_gradient([](const Tensor& x) { return sum(x) + sum(x, {0, -1}) * sum(x, 1, true); });
  check_gradient([](const Tensor& x) { return mean(x) * mean(x, 0); });
  check_gradient([](const Tensor& x) { return prod(x) + prod(x, 1); });
  check_gradient([](const Tensor& x) { return max(x) * min(x) + amax(x, 0) + amin(x, {0, 1}); });
  check_gradient([](const Tensor& x) { return std::get<0>(max(x, 1)) + std::get<0>(min(x, -1, false)); });
  check_gradient([](const Tensor& x) { return var(x) + var(x, IntArrayRef(1), true, false) + std(x, false); });
  check_gradient([](const Tensor& x) {
    const auto [deviation, average] = std_mean(x, IntArrayRef(0), 0);
    return deviation * average;
  });
  check_gradient([](const Tensor& x) { return norm(x) + norm(x, 1) + norm(x, 3, {1}) + norm(x, INFINITY, {1}); });
  check_gradient([](const Tensor& x) { return logsumexp(x, 1) + nansum(x) + trace(x); });
}

TEST(Reductions, TakeSeveralDims) {
  const Tensor x = tensor({{0.0, NAN, 2.0}, {0.0, 0.0, 4.0}});
  EXPECT_TRUE(equal(nansum(x, {0}), tensor({0.0, 0.0, 6.0})));
  EXPECT_TRUE(equal(nansum(x, {0, -1}, true, kDouble), tensor({{6.0}}, kDouble)));
  EXPECT_TRUE(equal(nansum(x.to(kInt).fill_(2), {1}), tensor({6, 6})));
  EXPECT_TRUE(equal(count_nonzero(x, {0, 1}), tensor(3)));
  EXPECT_TRUE(equal(count_nonzero(x, IntArrayRef()), tensor(3)));
  EXPECT_TRUE(equal(any(x, IntArrayRef({0, 1}), true), tensor({{true}})));
  EXPECT_TRUE(equal(all(x, IntArrayRef({0, 1})), tensor(false)));
  EXPECT_TRUE(equal(any(x, std::nullopt), tensor(true)));
  const Tensor bytes = tensor({7, 0}, kByte);
  EXPECT_TRUE(equal(any(bytes, IntArrayRef()), tensor({1, 0}, kByte)));
  EXPECT_EQ(all(bytes, IntArrayRef({0})).scalar_type(), kByte);
  EXPECT_EQ(message_of([&] { return any(x, IntArrayRef({0, -2})); }),
            "dim 0 appears multiple times in the list of dims");
  EXPECT_TRUE(equal(all(ones({0, 3}), IntArrayRef({0})), ones({3}, kBool)));
}

TEST(Reductions, TakeAnIntAsADimension) {
  const Tensor x = tensor({{1.0, 3.0}, {2.0, 6.0}});
  EXPECT_TRUE(equal(x.var(1), tensor({2.0, 8.0}, x.scalar_type())));
  EXPECT_TRUE(equal(var(x, 0), x.t().var(1)));
  EXPECT_TRUE(equal(x.std(1), x.var(1).sqrt()));
  EXPECT_TRUE(equal(std(x, 0), var(x, 0).sqrt()));
  EXPECT_TRUE(equal(x.var(false), tensor(3.5, x.scalar_type())));
}

TEST(Reductions, DifferentiateAProductThatHasZeros) {
  for (const std::vector<double>& values : {std::vector<double>{2, 0, 3}, {0, 0, 3}, {1, 2, 3}}) {
    Tensor x = tensor(values, kDouble).set_requires_grad(true);
    prod(x).backward();
    const double expected[] = {values[1] * values[2], values[0] * values[2], values[0] * values[1]};
    for (int i = 0; i < 3; ++i) EXPECT_DOUBLE_EQ(x.grad()[i].item().toDouble(), expected[i]);
  }
}

TEST(Scans, HaveTheGradientsOfFiniteDifferences) {
  check_gradient([](const Tensor& x) { return cumsum(x, 1) * cumsum(x, 0); });
  check_gradient([](const Tensor& x) { return cumprod(x, 1); });
  check_gradient([](const Tensor& x) { return std::get<0>(cummax(x, 1)) + std::get<0>(cummin(x, 0)); });
}

TEST(Scans, DifferentiateRunningProductsThatHaveZerosTwice) {
  expect_gradients([](const Inputs& x) { return cumprod(x[0], 0) + prod(x[0]); },
                   {tensor({2.0, 0.0, 3.0, 0.0}, kDouble).set_requires_grad(true)});
}

TEST(Scans, DifferentiateRunningProductsThatHaveZeros) {
  Tensor x = tensor({2.0, 0.0, 3.0, 0.0, 5.0}, kDouble).set_requires_grad(true);
  cumprod(x, 0).sum().backward();
  EXPECT_TRUE(equal(x.grad(), tensor({1.0, 8.0, 0.0, 0.0, 0.0}, kDouble)));
}

TEST(Scans, AreTheSameForRowsSideBySide) {
  for (const ScalarType dtype : {kByte, kChar, kShort, kInt, kLong, kHalf, kBFloat16, kFloat, kDouble}) {
    const Tensor x = (arange(5 * 37, kFloat) * 0.37).sin().mul(3).to(dtype).reshape({5, 37});
    const Tensor rows = x.t().contiguous();
    EXPECT_TRUE(equal(cumsum(x, 0, dtype), cumsum(rows, 1, dtype).t())) << dtype;
    EXPECT_TRUE(equal(cumprod(x, 0, dtype), cumprod(rows, 1, dtype).t())) << dtype;
    EXPECT_TRUE(equal(std::get<1>(cummax(x, 0)), std::get<1>(cummax(rows, 1)).t())) << dtype;
    EXPECT_TRUE(equal(cumsum(rows.t(), 0, dtype), cumsum(x, 0, dtype))) << dtype;
    EXPECT_TRUE(equal(cumsum(x.slice(1, 3, 30), 0, dtype), cumsum(x, 0, dtype).slice(1, 3, 30))) << dtype;
  }
}

TEST(Order, HasTheGradientsOfFiniteDifferences) {
  check_gradient([](const Tensor& x) { return std::get<0>(sort(x, 1, true)) * std::get<0>(sort(x, 0)); });
  check_gradient([](const Tensor& x) { return std::get<0>(topk(x, 2)); });
  check_gradient([](const Tensor& x) { return std::get<0>(kthvalue(x, 2, 1)) + median(x); });
  check_gradient([](const Tensor& x) { return std::get<0>(median(x, 0)) + quantile(x, 0.3, 0); });
}

TEST(Order, PutsNaNLastAndIsStable) {
  const auto [values, indices] = sort(tensor({3.0, NAN, 1.0, 3.0, -0.0, 0.0}));
  EXPECT_TRUE(equal(indices, tensor({4, 5, 2, 0, 3, 1}, kLong)));
  const auto [down, down_indices] = sort(tensor({3, 1, 3, 2}, kLong), 0, true);
  EXPECT_TRUE(equal(down, tensor({3, 3, 2, 1}, kLong)));
  EXPECT_TRUE(equal(down_indices, tensor({0, 2, 3, 1}, kLong)));
}

TEST(Order, SortsEveryDtypeAlongAnyDimension) {
  for (const ScalarType dtype : {kByte, kChar, kShort, kInt, kLong, kHalf, kBFloat16, kFloat, kDouble}) {
    const Tensor x = tensor({5, 3, 9, 1, 7, 0}, dtype).reshape({2, 3});
    EXPECT_TRUE(equal(std::get<0>(sort(x, 0)), tensor({1, 3, 0, 5, 7, 9}, dtype).reshape({2, 3}))) << dtype;
    EXPECT_TRUE(equal(std::get<0>(sort(x.t(), 0)), tensor({3, 0, 5, 1, 9, 7}, dtype).reshape({3, 2}))) << dtype;
  }
}

TEST(Order, FindsDistinctElements) {
  const auto [values, inverse, counts] = unique(tensor({3, 1, 3, 2}, kLong), true, true, true);
  EXPECT_TRUE(equal(values, tensor({1, 2, 3}, kLong)));
  EXPECT_TRUE(equal(inverse, tensor({2, 0, 2, 1}, kLong)));
  EXPECT_TRUE(equal(counts, tensor({1, 1, 2}, kLong)));
}

TEST(Reductions, KeepThePromisedDtypes) {
  const Tensor bytes = ones({3}, kByte);
  EXPECT_EQ(sum(bytes).scalar_type(), kLong);
  EXPECT_EQ(prod(bytes).scalar_type(), kLong);
  EXPECT_EQ(cumsum(bytes, 0).scalar_type(), kLong);
  EXPECT_EQ(any(bytes).scalar_type(), kByte);
  EXPECT_EQ(all(bytes > 0).scalar_type(), kBool);
  EXPECT_EQ(sum(ones({3}, kHalf)).scalar_type(), kHalf);
  EXPECT_EQ(argmax(bytes).scalar_type(), kLong);
}

TEST(Reductions, TakeEmptyTensors) {
  const Tensor e = ones({2, 0});
  EXPECT_TRUE(equal(sum(e, 1), zeros({2})));
  EXPECT_EQ(prod(e).item().toDouble(), 1);
  EXPECT_TRUE(std::isnan(mean(e).item().toDouble()));
  EXPECT_TRUE(all(e).item().toBool());
  EXPECT_EQ(std::get<0>(max(e, 0)).numel(), 0);
  EXPECT_EQ(logsumexp(e, 1)[0].item().toDouble(), -INFINITY);
  EXPECT_EQ(std::get<0>(aminmax(e, 0)).sizes(), IntArrayRef({0}));
  EXPECT_EQ(norm(e, INFINITY, {0}).numel(), 0);
}

TEST(Reductions, AskOfBoolsWhetherElementsAreNotZero) {
  const Tensor x = tensor({0.5, 0.0, 0.25});
  EXPECT_TRUE(sum(x, kBool).item().toBool());
  EXPECT_FALSE(prod(x, kBool).item().toBool());
  EXPECT_TRUE(prod(x.slice(0, 0, 1), kBool).item().toBool());
  EXPECT_TRUE(equal(sum(x.view({3, 1}), 1, false, kBool), tensor({1, 0, 1}, kBool)));
}

TEST(Reductions, NameWhatIsWrong) {
  const Tensor x = ones({2, 3}), e = ones({2, 0});
  EXPECT_EQ(message_of([&] { return sum(x, 3); }),
            "Dimension out of range (expected to be in range of [-2, 1], but got 3)");
  EXPECT_EQ(message_of([&] { return sum(x, {0, -2}); }), "dim 0 appears multiple times in the list of dims");
  EXPECT_EQ(message_of([&] { return max(e, 1); }), "max(): Expected reduction dim 1 to have non-zero size.");
  EXPECT_EQ(
      message_of([&] { return mean(x.to(kLong)); }),
      "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: Long");
  EXPECT_EQ(message_of([&] { return var(x.to(kLong)); }), "std and var only support floating point and complex dtypes");
  EXPECT_EQ(message_of([&] { return argmax(x > 0); }), "argmax(): does not support bool input");
  EXPECT_EQ(message_of([&] { return aminmax(e, -1); }), "aminmax: Expected reduction dim 1 to have non-zero size.");
  EXPECT_EQ(message_of([&] { return norm(e, INFINITY, {1}); }),
            "linalg.vector_norm cannot compute the inf norm on the dimension 1because this dimension is empty and the "
            "operation does not have an identity");
  EXPECT_EQ(message_of([&] { return topk(x, 4); }), "selected index k out of range");
  EXPECT_EQ(message_of([&] { return kthvalue(x, 0); }), "kthvalue(): selected number k out of range for dimension 1");
  EXPECT_EQ(message_of([&] { return quantile(x, 1.5); }), "quantile() q must be in the range [0, 1] but got 1.5");
}

}  // namespace
}  // namespace relume
