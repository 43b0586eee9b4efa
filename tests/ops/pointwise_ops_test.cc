// Arithmetic, comparisons and selection of tensors: derivatives, promotion, in-place forms and error texts.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "message_of.h"
#include "ops/numeric_gradient.h"
#include "relume/activations.h"

namespace relume {
namespace {

using Inputs = std::vector<Tensor>;
using Binary = Tensor (*)(const Tensor&, const Tensor&);

TEST(Arithmetic, HasTheGradientsOfFiniteDifferences) {
  const Binary ops[] = {maximum, minimum, fmax, fmin, atan2, hypot, copysign, mul, div};
  for (const Binary op : ops)
    expect_gradients([op](const Inputs& x) { return op(x[0], x[1]); }, {varied({2, 3}, 0.3), varied({3}, 1)});
  expect_gradients([](const Inputs& x) { return add(x[0], x[1], 2.5) - rsub(x[0], x[1], 0.5); },
                   {varied({2, 3}, 0.3), varied({2, 1}, 1)});
  expect_gradients([](const Inputs& x) { return pow(abs(x[0]) + 0.5, x[1]); }, {varied({4}, 0.3), varied({4}, 1)});
  expect_gradients([](const Inputs& x) { return pow(x[0], 3) + pow(x[0], 2) + pow(2.0, x[0]); }, {varied({4}, 0.3)});
  expect_gradients([](const Inputs& x) { return xlogy(x[0], abs(x[1]) + 0.5); }, {varied({4}, 0.3), varied({4}, 1)});
}

TEST(Selection, HasTheGradientsOfFiniteDifferences) {
  expect_gradients([](const Inputs& x) { return clamp(x[0], -0.4, 0.45); }, {varied({6}, 0.3)});
  expect_gradients([](const Inputs& x) { return clamp(x[0], x[1], x[2]); },
                   {varied({6}, 0.3), varied({6}, 1), varied({6}, 2)});
  expect_gradients([](const Inputs& x) { return clamp_min(x[0], x[1]) + clamp_max(x[0], x[1]); },
                   {varied({6}, 0.3), varied({6}, 1)});
  expect_gradients([](const Inputs& x) { return where(x[0] > x[1], x[0], x[1] * 2); },
                   {varied({2, 3}, 0.3), varied({3}, 1)});
  expect_gradients([](const Inputs& x) { return lerp(x[0], x[1], x[2]) + lerp(x[0], x[1], 0.3); },
                   {varied({4}, 0.3), varied({4}, 1), varied({4}, 2)});
  expect_gradients([](const Inputs& x) { return addcmul(x[0], x[1], x[2], 1.5); },
                   {varied({2, 2}, 0.3), varied({2}, 1), varied({2, 2}, 2)});
  expect_gradients([](const Inputs& x) { return addcdiv(x[0], x[1], x[2], 1.5); },
                   {varied({4}, 0.3), varied({4}, 1), varied({4}, 2)});
}

TEST(Arithmetic, InPlaceFormsHaveTheGradientsOfTheOthers) {
  using InPlaceOp = Tensor& (*)(Tensor&, const Tensor&);
  const InPlaceOp ops[] = {mul_, div_, atan2_, hypot_, pow_};
  for (const InPlaceOp op : ops)
    expect_gradients(
        [op](const Inputs& x) {
          Tensor y = abs(x[0]) + 0.5;
          return op(y, x[1]) * 2;
        },
        {varied({3}, 0.3), varied({3}, 1)});
  expect_gradients(
      [](const Inputs& x) {
        Tensor y = x[0] * 1;
        y.clamp_(-0.4, 0.45).add_(x[0], 2).sub_(x[1]).lerp_(x[1], 0.25).addcmul_(x[0], x[1], 2);
        return y;
      },
      {varied({5}, 0.3), varied({5}, 1)});
}

TEST(Arithmetic, SharesTheGradientOfEqualElements) {
  Tensor a = tensor({1.0, 2.0, 3.0}).set_requires_grad(true), b = tensor({1.0, 3.0, 2.0}).set_requires_grad(true);
  maximum(a, b).sum().backward();
  EXPECT_TRUE(equal(a.grad(), tensor({0.5, 0.0, 1.0})));
  EXPECT_TRUE(equal(b.grad(), tensor({0.5, 1.0, 0.0})));
}

TEST(Clamp, KeepsNaNAndTheUpperOfBoundsInTheWrongOrder) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const ScalarType dtype : {kFloat, kDouble, kHalf}) {
    const Tensor x = tensor({-2.0, -0.0, 0.5, 2.0, nan}, dtype), held = clamp(x, -1, 1);
    EXPECT_TRUE(equal(held.slice(0, 0, 4), tensor({-1.0, -0.0, 0.5, 1.0}, dtype)));
    EXPECT_TRUE(isnan(held[4]).item().toBool());
    EXPECT_TRUE(signbit(clamp(x, 0, 1)[1]).item().toBool());
    EXPECT_TRUE(equal(clamp(x, 1, -1).slice(0, 0, 4), full({4}, -1, dtype)));
    EXPECT_TRUE(isnan(clamp(x, nan, 1)).all().item().toBool());
    EXPECT_TRUE(isnan(clamp(x, -1, nan)).all().item().toBool());
  }
  EXPECT_TRUE(equal(clamp(tensor({-2, 5}), -1.5, 2), tensor({-1.5, 2.0})));
}

TEST(Arithmetic, PromotesAsTheWholePairDoes) {
  const Tensor ints = tensor({1, 2}, kInt);
  EXPECT_EQ((ints + 1).scalar_type(), kInt);
  EXPECT_EQ((ints + 1.5).scalar_type(), kFloat);
  EXPECT_EQ((ints / 2).scalar_type(), kFloat);
  EXPECT_EQ((ints + tensor(1.5, kDouble)).scalar_type(), kDouble);
  EXPECT_EQ((ints + tensor({1.0, 2.0}, kHalf)).scalar_type(), kHalf);
  EXPECT_EQ((ints > 1.5).scalar_type(), kBool);
}

TEST(Arithmetic, WrapsNumbersThatAnIntegerTensorCannotHold) {
  EXPECT_EQ((tensor({1}, kByte) + 300).item().toLong(), 45);
  EXPECT_TRUE((tensor({1}, kByte) < -1).item().toBool());
}

TEST(Arithmetic, RoundsHalfTypesOnce) {
  const Tensor x = tensor({2049.0}, kHalf);  // 2048 in half
  EXPECT_EQ((x + 1.5).item().toDouble(), 2050);
}

TEST(Arithmetic, RoundsOperandsToTheHalfTypeFirst) {
  const Tensor x = tensor({1.0, 256.0}, kBFloat16);
  EXPECT_TRUE(equal(x + 257, tensor({256.0, 512.0}, kBFloat16)));  // 257 is 256 in bfloat16
  EXPECT_TRUE(equal(x + tensor({257, 257}), tensor({256.0, 512.0}, kBFloat16)));
  EXPECT_TRUE(equal(x == 257, tensor({0, 1}, kBool)));
  EXPECT_TRUE(equal(fmod(x, 257), tensor({1.0, 0.0}, kBFloat16)));
  EXPECT_TRUE(equal(pow(257, x).slice(0, 0, 1), tensor({256.0}, kBFloat16)));
  EXPECT_TRUE(equal(add(x, x, 257), tensor({257.0, 65792.0}, kBFloat16)));
  EXPECT_TRUE(equal(x.clone().sub_(257), tensor({-255.0, 0.0}, kBFloat16)));
}

TEST(Arithmetic, KeepsAFactorAndADivisorWithoutDimensionsExact) {
  const Tensor x = tensor({3.0}, kBFloat16);
  EXPECT_EQ((x * 257).item().toDouble(), 772);  // 771, while 3 x 256 is 768
  EXPECT_EQ((x * tensor(257.0)).item().toDouble(), 772);
  EXPECT_EQ((tensor(257.0) * x).item().toDouble(), 768);  // only on the right, as in PyTorch
  EXPECT_EQ((x * tensor({257})).item().toDouble(), 768);
  EXPECT_EQ((tensor({771.0}, kBFloat16) / 257).item().toDouble(), 3);
}

TEST(Arithmetic, RefusesOperandsThatOverlapWithTheResultInPart) {
  const std::string refused =
      "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
      "location. Please clone() the tensor before performing the operation.";
  const Tensor x = ones({4}), y = tensor({1.0, 2.0, 3.0, 4.0}).view({2, 2});
  EXPECT_EQ(message_of([&] { x.slice(0, 1).add_(x.slice(0, 0, 3)); }), refused);
  EXPECT_EQ(message_of([&] { y.add_(y.t()); }), refused);
  EXPECT_EQ(message_of([&] { y.mul_(y[0]); }), refused);
  EXPECT_EQ(message_of([&] { x.slice(0, 1).copy_(x.slice(0, 0, 3)); }), refused);
  EXPECT_EQ(x._version() + y._version(), 0);
}

TEST(Arithmetic, ReadsOperandsInTheGapsOfTheResultFirst) {
  const Tensor x = tensor({1.0, 2.0, 3.0, 4.0}), y = x.clone().view({2, 2});
  x.slice(0, 0, 4, 2).add_(x.slice(0, 1, 4, 2));
  EXPECT_TRUE(equal(x, tensor({3.0, 2.0, 7.0, 4.0})));
  y.add_(y);
  y.select(1, 0).copy_(y[0]);
  EXPECT_TRUE(equal(y, tensor({2.0, 4.0, 4.0, 8.0}).view({2, 2})));
}

TEST(Arithmetic, NamesWhatIsWrong) {
  const Tensor x = ones({2, 3}), n = ones({3}, kLong), b = ones({3}, kBool);
  EXPECT_EQ(message_of([&] { return x + ones({2}); }),
            "The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 1");
  EXPECT_EQ(
      message_of([&] { return b - b; }),
      "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator "
      "instead.");
  EXPECT_EQ(message_of([&] { return add(n, n, 1.5); }),
            "For integral input tensors, argument alpha must not be a floating point number.");
  EXPECT_EQ(message_of([&] { return floor_divide(n, 0); }), "ZeroDivisionError");
  EXPECT_EQ(message_of([&] { return pow(n, -1); }), "Integers to negative integer powers are not allowed.");
  EXPECT_EQ(message_of([&] { return n.clone().div_(2); }),
            "result type Float can't be cast to the desired output type Long");
  EXPECT_EQ(message_of([&] { return n.clone().logit_(); }),
            "result type Float can't be cast to the desired output type Long");
  EXPECT_EQ(message_of([&] { return logit(Tensor()); }), "logit: expected a tensor, got an undefined one");
  EXPECT_EQ(message_of([&] { return clamp(x); }), "torch.clamp: At least one of 'min' or 'max' must not be None");
  EXPECT_EQ(message_of([&] { return bitwise_and(x, x); }), "\"bitwise_and_cpu\" not implemented for 'Float'");
  EXPECT_EQ(message_of([&] { return where(n, x, x); }),
            "where expected condition to be a boolean tensor, but got a tensor with dtype Long");
  EXPECT_EQ(message_of([&] { return div(x, x, "up"); }),
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found 'up'");
  EXPECT_EQ(message_of([&] { return add(x, Tensor()); }), "add: expected a tensor, got an undefined one");
  EXPECT_EQ(message_of([&] { return addcmul(x, x, Tensor()); }), "addcmul: expected a tensor, got an undefined one");
}

TEST(Selection, PutsIntoATensorOnlyWhatItsDtypeHolds) {
  const Tensor n = zeros({2}, kInt), h = zeros({2}, kHalf), mask = tensor({1, 0}).to(kBool);
  const std::string text = "value cannot be converted to type int32_t without overflow";
  EXPECT_EQ(message_of([&] { return masked_fill(n, mask, NAN); }), text);
  EXPECT_EQ(message_of([&] { return n.clone().masked_fill_(mask, 1e30); }), text);
  EXPECT_EQ(message_of([&] { return n.clone().index_put_({0}, INFINITY); }), text);
  EXPECT_EQ(message_of([&] { return index_fill(n, 0, tensor({0}), NAN); }), text);
  EXPECT_EQ(message_of([&] { return linspace(0, NAN, 3, kInt); }), text);
  EXPECT_EQ(message_of([&] { return masked_fill(h, mask, 1e6); }),
            "value cannot be converted to type c10::Half without overflow");
  EXPECT_EQ(message_of([&] { return full({2}, 1e6, kHalf); }),
            "value cannot be converted to type c10::Half without overflow");
  EXPECT_EQ(message_of([&] { return threshold(n, 0, NAN); }), text);
  EXPECT_EQ(message_of([&] { return hardtanh(n, 0, INFINITY); }), text);
  EXPECT_EQ(masked_fill(h, mask, -INFINITY)[0].item().toDouble(), -INFINITY);
  EXPECT_TRUE(equal(masked_fill(n, mask, 2.7), tensor({2, 0}, kInt)));
}

TEST(Selection, TakesIntegersForBitsAndFloatsForNumbers) {
  const Tensor bytes = zeros({2}, kByte);
  const std::string text = "value cannot be converted to type uint8_t without overflow";
  EXPECT_EQ(bytes.clone().fill_(-1)[0].item().toLong(), 255);
  EXPECT_EQ(bytes.clone().fill_(255.0)[0].item().toLong(), 255);
  for (const double value : {-0.5, -1.0, 255.5, 1e30})
    EXPECT_EQ(message_of([&] { return bytes.clone().fill_(value); }), text) << value;
  EXPECT_EQ(message_of([&] { return bytes.clone().fill_(256); }), text);
  EXPECT_EQ(message_of([&] { return clamp(bytes, 0, 256); }), text);
  EXPECT_EQ(message_of([&] { return where(bytes == 0, bytes, 256); }), text);
  EXPECT_EQ(message_of([&] { return pow(bytes, 256); }), text);
  EXPECT_EQ(message_of([&] { return full({1}, 127.5, kChar); }),
            "value cannot be converted to type int8_t without overflow");
}

TEST(Arithmetic, TakesANumberOnEitherSide) {
  const Tensor x = tensor({1.0, -2.0}), n = tensor({5, 6}), b = tensor({true, false});
  EXPECT_TRUE(equal(copysign(x, -0.0), tensor({-1.0, -2.0})));
  EXPECT_TRUE(equal(copysign(n, -1), tensor({-5.0, -6.0})));
  EXPECT_TRUE(equal(xlogy(0, tensor({0.0, NAN})).isnan(), b.logical_not()));
  EXPECT_TRUE(equal(xlogy(tensor({0.0, 2.0}), 1), zeros({2})));
  EXPECT_TRUE(equal(bitwise_and(4, n), tensor({4, 4})));
  EXPECT_TRUE(equal(bitwise_or(1, n), tensor({5, 7})));
  EXPECT_TRUE(equal(bitwise_xor(300, n.to(kChar)), tensor({41, 42}, kChar)));
  EXPECT_TRUE(equal(bitwise_left_shift(1, n), tensor({32, 64})));
  EXPECT_TRUE(equal(bitwise_right_shift(-64, n), tensor({-2, -1})));
  EXPECT_EQ(bitwise_and(1, b).scalar_type(), kLong);
  EXPECT_EQ(message_of([&] { return bitwise_and(1.5, n); }), "\"bitwise_and_cpu\" not implemented for 'Float'");
  EXPECT_TRUE(equal(float_power(2, n), tensor({32, 64}, kDouble)));
  EXPECT_TRUE(equal(float_power(n, -1.0), tensor({1 / 5.0, 1 / 6.0}, kDouble)));
  EXPECT_EQ(message_of([&] { return x.clone().float_power_(2); }),
            "the base given to float_power_ has dtype Float but the operation's result requires dtype Double");
}

TEST(InPlace, LeavesTheVersionWhereItFails) {
  Tensor x = ones({2, 3}), n = ones({2}, kLong);
  EXPECT_THROW(x.add_(ones({4})), Error);
  EXPECT_THROW(x.copy_(ones({4})), Error);
  EXPECT_THROW(x.masked_fill_(ones({4}, kBool), 1), Error);
  EXPECT_THROW(x.index_put_({9}, 1), Error);
  EXPECT_THROW(x.scatter_(1, tensor({{7}}), 1), Error);
  EXPECT_THROW(x.addmm_(ones({2, 2}), ones({3, 3})), Error);
  EXPECT_THROW(n.mul_(0.5), Error);
  EXPECT_EQ(x._version(), 0);
  EXPECT_EQ(n._version(), 0);
  x.set_requires_grad(true);
  EXPECT_THROW((x * 1).add_(ones({4})), Error);
  const Tensor y = x * x;
  EXPECT_THROW(x.detach().add_(ones({4})), Error);
  y.sum().backward();  // x is as it was saved
}

TEST(Ldexp, OfIntegersNeitherOverflowsNorVanishesOnTheWay) {
  EXPECT_EQ(ldexp(tensor(1.0, kDouble), tensor(200)).item().toDouble(), std::ldexp(1.0, 200));
  EXPECT_EQ(ldexp(tensor(std::ldexp(1.0, 100), kFloat), tensor(-200)).item().toDouble(), std::ldexp(1.0, -100));
  EXPECT_EQ(ldexp(tensor(1e-4, kHalf), tensor(20)).item().toDouble(), 104.875);
  EXPECT_EQ(ldexp(tensor(1.0, kHalf), ones({1})).scalar_type(), kFloat);
}

TEST(Sinc, OfHalfTypesIsComputedInFloat) {
  EXPECT_NEAR(sinc(tensor(1.0, kBFloat16)).item().toDouble(), 0, 1e-7);
  EXPECT_EQ(sinc(tensor(1.25, kHalf)).item().toDouble(), -0.1800537109375);
}

TEST(Comparison, TreatsNaNAsEqualToNothing) {
  const Tensor x = tensor({1.0, NAN}), y = tensor({1.0, NAN});
  EXPECT_FALSE(equal(x, y));
  EXPECT_TRUE(allclose(x, y, 1e-5, 1e-8, true));
  EXPECT_FALSE(allclose(x, y));
  EXPECT_TRUE(equal(x != y, tensor({0, 1}, kBool)));
  EXPECT_TRUE(equal(x >= y, tensor({1, 0}, kBool)));
}

TEST(Comparison, WorksOnEmptyAndZeroDimTensors) {
  EXPECT_EQ((ones({0, 3}) == ones({3})).numel(), 0);
  EXPECT_TRUE((tensor(2.0) > tensor(1)).item().toBool());
  EXPECT_TRUE(equal(ones({0}), ones({0})));
}

}  // namespace
}  // namespace relume
