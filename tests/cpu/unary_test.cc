// The functions of one tensor: accuracy as a table, special values, integers and tests, on every SIMD target.
#include "kernels/unary.h"

#include <cmath>
#include <cstdint>

#include "cpu/simd_targets.h"
#include "kernels/special_functions.h"

namespace relume::cpu {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double rsqrt(double x) { return 1 / std::sqrt(x); }
// The C library's for double is off by up to 2.5 units itself.
double exact_erfc(double x) { return static_cast<double>(std::erfc(static_cast<long double>(x))); }

struct Accuracy {
  UnaryOp op;
  double (*oracle)(double);
  double low;
  double high;
  double max_ulp;
};

// float32 against the C library's double: at most twice the largest error of PyTorch, or 2.5 units.
const Accuracy kFloatAccuracy[] = {
    {UnaryOp::Exp, std::exp, -87, 88, 1.1},         {UnaryOp::Exp, std::exp, -104, -87, 1.1},
    {UnaryOp::Exp2, std::exp2, -150, 127.9, 1.1},   {UnaryOp::Expm1, std::expm1, -17, 10, 1.1},
    {UnaryOp::Expm1, std::expm1, -1e-3, 1e-3, 0.8}, {UnaryOp::Expm1, std::expm1, 10, 88, 1.5},
    {UnaryOp::Log, std::log, 0, 10, 1.0},           {UnaryOp::Log, std::log, 10, 1e4, 0.8},
    {UnaryOp::Log, std::log, 0, 1e-38, 0.8},        {UnaryOp::Log2, std::log2, 0, 100, 2.0},
    {UnaryOp::Log10, std::log10, 0, 100, 2.0},      {UnaryOp::Log1p, std::log1p, -0.999, 10, 1.5},
    {UnaryOp::Log1p, std::log1p, 10, 1e4, 0.8},     {UnaryOp::Sin, std::sin, -1e4, 1e4, 0.6},
    {UnaryOp::Sin, std::sin, -1e8, 1e8, 0.6},       {UnaryOp::Cos, std::cos, -1e4, 1e4, 0.6},
    {UnaryOp::Cos, std::cos, -1e8, 1e8, 0.6},       {UnaryOp::Tanh, std::tanh, -10, 10, 1.1},
    {UnaryOp::Erf, std::erf, -3, 3, 1.5},           {UnaryOp::Erfc, exact_erfc, -3, 1, 5.0},
    {UnaryOp::Erfc, exact_erfc, 1, 9, 8.0},         {UnaryOp::Erfinv, erfinv, -1, 1, 0.6},
    {UnaryOp::Lgamma, std::lgamma, -5, 50, 0.6},    {UnaryOp::Digamma, digamma, -5, 50, 0.6},
    {UnaryOp::Sigmoid, sigmoid, -80, 10, 4.0},      {UnaryOp::Sqrt, std::sqrt, 0, 100, 0.5},
    {UnaryOp::Rsqrt, rsqrt, 0.01, 100, 1.5},        {UnaryOp::Tan, std::tan, -10, 10, 1.5},
    {UnaryOp::Asin, std::asin, -1, 1, 1.5},         {UnaryOp::Acos, std::acos, -1, 1, 1.5},
    {UnaryOp::Atan, std::atan, -10, 10, 1.5},       {UnaryOp::Sinh, std::sinh, -10, 10, 2.0},
    {UnaryOp::Cosh, std::cosh, -10, 10, 2.0},       {UnaryOp::Asinh, std::asinh, -10, 10, 2.0},
    {UnaryOp::Acosh, std::acosh, 1, 10, 2.0},       {UnaryOp::Atanh, std::atanh, -0.99, 0.99, 2.0},
    {UnaryOp::Sinh, std::sinh, -1e-3, 1e-3, 2.0},   {UnaryOp::Sinh, std::sinh, 80, 89.4, 2.0},
    {UnaryOp::Cosh, std::cosh, -89.4, -80, 2.0},    {UnaryOp::Erfinv, erfinv, 0.99, 1, 0.6},
    {UnaryOp::Erfinv, erfinv, -1e-3, 1e-3, 0.6},    {UnaryOp::Lgamma, std::lgamma, 0, 3, 0.6},
    {UnaryOp::Lgamma, std::lgamma, 50, 1e6, 0.6},   {UnaryOp::Lgamma, std::lgamma, -3, -2, 0.6},
    {UnaryOp::Digamma, digamma, 1.4, 1.5, 0.6},     {UnaryOp::Digamma, digamma, 50, 1e6, 0.6},
};

TEST(Unary, IsAccurateInFloat) {
  for_each_target([](Target target) {
    for (const Accuracy& row : kFloatAccuracy) {
      const auto x = uniform<float>(50000, row.low, row.high);
      const auto y = apply(unary_kernels(target).at(row.op, kFloat).loop, nullptr, x);
      double worst = 0, at = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const double error = ulp_error(y[i], row.oracle(x[i]));
        if (error > worst) worst = error, at = x[i];
      }
      EXPECT_LE(worst, row.max_ulp) << "op " << static_cast<int>(row.op) << " at " << at;
    }
  });
}

TEST(Unary, ExponentialsAreZeroFarBelow) {
  const std::vector<float> x = {-105, -152, -1e3f, -1e9f, -3e38f, -kInf, 0};
  const std::vector<double> wide(x.begin() + 2, x.end());
  for_each_target([&](Target target) {
    for (const UnaryOp op : {UnaryOp::Exp, UnaryOp::Exp2, UnaryOp::Sigmoid}) {
      const std::vector<float> y = apply(unary_kernels(target).at(op, kFloat).loop, nullptr, x);
      for (size_t i = op == UnaryOp::Exp2 ? 1 : 0; i + 1 < x.size(); ++i) EXPECT_EQ(y[i], 0) << "at " << x[i];
      EXPECT_EQ(y.back(), op == UnaryOp::Sigmoid ? 0.5f : 1.0f);
    }
    const std::vector<double> y = apply(unary_kernels(target).at(UnaryOp::Exp, kDouble).loop, nullptr, wide);
    EXPECT_EQ(y, (std::vector<double>{0, 0, 0, 0, 1}));
    const std::vector<float> tails =
        apply(unary_kernels(target).at(UnaryOp::Erfc, kFloat).loop, nullptr, std::vector<float>{10.3f, 1e9f, kInf});
    EXPECT_EQ(tails, (std::vector<float>{0, 0, 0}));
  });
}

TEST(Unary, IsNearTheCLibraryInDouble) {
  for_each_target([](Target target) {
    for (const Accuracy& row : kFloatAccuracy) {
      // Few of those that are less accurate near their zeros, or whose oracle here is no better than the kernel.
      const bool few = row.op == UnaryOp::Lgamma || row.op == UnaryOp::Digamma || row.op == UnaryOp::Sigmoid;
      const auto x = uniform<double>(few ? 500 : 20000, row.low, row.high);
      const auto y = apply(unary_kernels(target).at(row.op, kDouble).loop, nullptr, x);
      // Targets without vectors of four doubles call the C library's.
      const bool library = row.op == UnaryOp::Erfc && target != Target::AVX2 && target != Target::AVX3;
      const auto oracle = library ? static_cast<double (*)(double)>(std::erfc) : row.oracle;
      for (size_t i = 0; i < x.size(); ++i)
        ASSERT_LE(ulp_error(y[i], oracle(x[i])), 2) << "op " << static_cast<int>(row.op) << " at " << x[i];
    }
  });
}

// What each op gives for {NaN, inf, -inf, -0.0, 0.0}.
TEST(Unary, HasTheRightSpecialValues) {
  const struct {
    UnaryOp op;
    std::vector<float> expected;
  } rows[] = {
      {UnaryOp::Exp, {kNaN, kInf, 0, 1, 1}},
      {UnaryOp::Exp2, {kNaN, kInf, 0, 1, 1}},
      {UnaryOp::Expm1, {kNaN, kInf, -1, -0.0f, 0}},
      {UnaryOp::Log, {kNaN, kInf, kNaN, -kInf, -kInf}},
      {UnaryOp::Log2, {kNaN, kInf, kNaN, -kInf, -kInf}},
      {UnaryOp::Log10, {kNaN, kInf, kNaN, -kInf, -kInf}},
      {UnaryOp::Log1p, {kNaN, kInf, kNaN, -0.0f, 0}},
      {UnaryOp::Sqrt, {kNaN, kInf, kNaN, -0.0f, 0}},
      {UnaryOp::Rsqrt, {kNaN, 0, kNaN, -kInf, kInf}},
      {UnaryOp::Reciprocal, {kNaN, 0, -0.0f, -kInf, kInf}},
      {UnaryOp::Sin, {kNaN, kNaN, kNaN, -0.0f, 0}},
      {UnaryOp::Cos, {kNaN, kNaN, kNaN, 1, 1}},
      {UnaryOp::Tan, {kNaN, kNaN, kNaN, -0.0f, 0}},
      {UnaryOp::Asin, {kNaN, kNaN, kNaN, -0.0f, 0}},
      {UnaryOp::Sinh, {kNaN, kInf, -kInf, -0.0f, 0}},
      {UnaryOp::Cosh, {kNaN, kInf, kInf, 1, 1}},
      {UnaryOp::Asinh, {kNaN, kInf, -kInf, -0.0f, 0}},
      {UnaryOp::Acosh, {kNaN, kInf, kNaN, kNaN, kNaN}},
      {UnaryOp::Atanh, {kNaN, kNaN, kNaN, -0.0f, 0}},
      {UnaryOp::Tanh, {kNaN, 1, -1, -0.0f, 0}},
      {UnaryOp::Erf, {kNaN, 1, -1, -0.0f, 0}},
      {UnaryOp::Erfc, {kNaN, 0, 2, 1, 1}},
      {UnaryOp::Erfinv, {kNaN, kNaN, kNaN, -0.0f, 0}},
      {UnaryOp::Lgamma, {kNaN, kInf, kInf, kInf, kInf}},
      {UnaryOp::Digamma, {kNaN, kInf, kNaN, kInf, -kInf}},
      {UnaryOp::Sigmoid, {kNaN, 1, 0, 0.5f, 0.5f}},
      {UnaryOp::Logit, {kNaN, kNaN, kNaN, -kInf, -kInf}},
      {UnaryOp::Floor, {kNaN, kInf, -kInf, -0.0f, 0}},
      {UnaryOp::Ceil, {kNaN, kInf, -kInf, -0.0f, 0}},
      {UnaryOp::Round, {kNaN, kInf, -kInf, -0.0f, 0}},
      {UnaryOp::Trunc, {kNaN, kInf, -kInf, -0.0f, 0}},
      {UnaryOp::Frac, {kNaN, kNaN, kNaN, 0, 0}},
      {UnaryOp::Abs, {kNaN, kInf, kInf, 0, 0}},
      {UnaryOp::Neg, {kNaN, -kInf, kInf, 0, -0.0f}},
      {UnaryOp::Sign, {0, 1, -1, 0, 0}},
      {UnaryOp::Square, {kNaN, kInf, kInf, 0, 0}},
      {UnaryOp::Cube, {kNaN, kInf, -kInf, -0.0f, 0}},
  };
  for_each_target([&](Target target) {
    for (const auto& row : rows) {
      const auto y = apply(unary_kernels(target).at(row.op, kFloat).loop, nullptr,
                           std::vector<float>{kNaN, kInf, -kInf, -0.0f, 0.0f});
      for (size_t i = 0; i < y.size(); ++i) {
        EXPECT_TRUE(same(y[i], row.expected[i]))
            << "op " << static_cast<int>(row.op) << ", value " << i << ": " << y[i];
      }
      const auto wide = apply(unary_kernels(target).at(row.op, kDouble).loop, nullptr,
                              std::vector<double>{kNaN, kInf, -kInf, -0.0, 0.0});
      for (size_t i = 0; i < wide.size(); ++i) {
        EXPECT_TRUE(same(static_cast<float>(wide[i]), row.expected[i]))
            << "op " << static_cast<int>(row.op) << " in double, value " << i << ": " << wide[i];
      }
    }
  });
}

// Near the largest and smallest numbers, and where angles are too large to be reduced in one step.
TEST(Unary, IsAccurateAtTheEndsOfTheRange) {
  const struct {
    UnaryOp op;
    double (*oracle)(double);
    std::vector<double> values;
  } rows[] = {
      {UnaryOp::Exp, std::exp, {709.7, 710, -708.5, -745, -746, 1e300, -1e300}},
      {UnaryOp::Exp2, std::exp2, {1023.9, 1024, -1022.5, -1074, -1076}},
      {UnaryOp::Expm1, std::expm1, {709.7, 710, -37, -1e300, 1e-300}},
      {UnaryOp::Log, std::log, {5e-324, 2.2e-308, 1.7e308, 0.9999999999999999}},
      {UnaryOp::Log2, std::log2, {5e-324, 1.7e308}},
      {UnaryOp::Log10, std::log10, {5e-324, 1.7e308}},
      {UnaryOp::Erf, std::erf, {5e-324, -1e-310, 0.84375, -1.25, 1 / 0.35, 6.5, -6.5, 1e300}},
      {UnaryOp::Erfc, exact_erfc, {1e-310, -0.84375, 1.25, 1 / 0.35, 26.4, 27.2, 1e300, -1e300}},
      {UnaryOp::Log1p, std::log1p, {1.7e308, 1e300, 3e38, 1e-300, -0.9999999999999999}},
      {UnaryOp::Sin, std::sin, {1e6, 1.1e6, 1e22, 1e300, 3.141592653589793, 1e-300}},
      {UnaryOp::Cos, std::cos, {1e6, 1.1e6, 1e22, 1e300, 1.5707963267948966}},
      {UnaryOp::Tanh, std::tanh, {1e-300, 19.0, 400.0, -400.0, 1e300}},
      {UnaryOp::Sinh, std::sinh, {1e-300, 709.5, -710.4, 711.0}},
      {UnaryOp::Cosh, std::cosh, {709.5, -710.4, 711.0}},
      {UnaryOp::Asin, std::asin, {1, -1, 1.5, 1e-300}},
      {UnaryOp::Acos, std::acos, {1, -1, 1.5, 0}},
      {UnaryOp::Atan, std::atan, {1e300, -1e300, kInf, 1e-300}},
  };
  for_each_target([&](Target target) {
    for (const auto& row : rows) {
      const auto y = apply(unary_kernels(target).at(row.op, kDouble).loop, nullptr, row.values);
      for (size_t i = 0; i < y.size(); ++i) {
        const double expected = row.oracle(row.values[i]);
        if (std::isfinite(expected)) {
          EXPECT_LE(std::abs(y[i] - expected), 2.5 * std::abs(std::nextafter(expected, kInf) - expected))
              << "op " << static_cast<int>(row.op) << " at " << row.values[i];
        } else {
          EXPECT_TRUE(same(static_cast<float>(y[i]), static_cast<float>(expected))) << row.values[i];
        }
      }
    }
    const auto y = apply(unary_kernels(target).at(UnaryOp::Log1p, kFloat).loop, nullptr,
                         std::vector<float>{std::numeric_limits<float>::max(), 2.5e38f, 1e30f});
    EXPECT_LE(ulp_error(y[0], std::log1p(static_cast<double>(std::numeric_limits<float>::max()))), 1);
    EXPECT_LE(ulp_error(y[1], std::log1p(2.5e38)), 1);
    EXPECT_LE(ulp_error(y[2], std::log1p(static_cast<double>(1e30f))), 1);
  });
}

TEST(Unary, RoundsTiesToEven) {
  for_each_target([](Target target) {
    const auto y = apply(unary_kernels(target).at(UnaryOp::Round, kFloat).loop, nullptr,
                         std::vector<float>{0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 1e30f});
    EXPECT_EQ(y, (std::vector<float>{0, 2, 2, -0.0f, -2, 1e30f}));
  });
}

TEST(Unary, GivesTheSameBitsInBodyAndTail) {
  for_each_target([](Target target) {
    for (int op = 0; op < static_cast<int>(UnaryOp::Abs); ++op) {
      const ElementwiseLoop loop = unary_kernels(target).at(static_cast<UnaryOp>(op), kFloat).loop;
      for (size_t n = 0; n <= 70; n += 3) {
        auto x = uniform<float>(n, -3, 3);
        if (n > 20) x[20] = 1e9f;  // beyond the fast reduction of sin and cos
        const auto together = apply(loop, nullptr, x);
        for (size_t i = 0; i < n; ++i) {
          ASSERT_TRUE(same(together[i], apply(loop, nullptr, std::vector<float>{x[i]})[0])) << "op " << op;
        }
      }
    }
  });
}

TEST(Unary, WrapsIntegersAround) {
  for_each_target([](Target target) {
    const UnaryKernels& kernels = unary_kernels(target);
    const auto run = [&](UnaryOp op, auto x) {
      return apply(kernels.at(op, dtype_of<decltype(x)>).loop, nullptr, std::vector{x})[0];
    };
    EXPECT_EQ(run(UnaryOp::Abs, int8_t{-128}), -128);
    EXPECT_EQ(run(UnaryOp::Abs, int64_t{-5}), 5);
    EXPECT_EQ(run(UnaryOp::Neg, uint8_t{1}), 255);
    EXPECT_EQ(run(UnaryOp::Neg, std::numeric_limits<int32_t>::min()), std::numeric_limits<int32_t>::min());
    EXPECT_EQ(run(UnaryOp::Sign, int16_t{-7}), -1);
    EXPECT_EQ(run(UnaryOp::Sign, uint8_t{200}), 1);
    EXPECT_EQ(run(UnaryOp::Square, uint16_t{65535}), 1);
    EXPECT_EQ(run(UnaryOp::Square, int64_t{1} << 40), 0);
    EXPECT_EQ(run(UnaryOp::Cube, int8_t{-7}), int8_t{-87});
    EXPECT_EQ(run(UnaryOp::Cube, int64_t{-3}), -27);
    EXPECT_EQ(run(UnaryOp::BitwiseNot, int32_t{0}), -1);
    EXPECT_EQ(run(UnaryOp::BitwiseNot, uint8_t{1}), 254);
  });
}

template <class T>
std::vector<int> test_values(const UnaryKernels& kernels, UnaryOp op, const std::vector<T>& x) {
  const void* input = x.data();
  bool result[8];
  kernels.at(op, dtype_of<T>).loop(result, &input, static_cast<int64_t>(x.size()), nullptr);
  return std::vector<int>(result, result + x.size());
}

TEST(Unary, TestsGiveBool) {
  using Bits = std::vector<int>;
  for_each_target([](Target target) {
    const UnaryKernels& kernels = unary_kernels(target);
    const std::vector<float> x = {kNaN, kInf, -kInf, 0, -1};
    EXPECT_EQ(test_values(kernels, UnaryOp::IsNan, x), (Bits{1, 0, 0, 0, 0}));
    EXPECT_EQ(test_values(kernels, UnaryOp::IsInf, x), (Bits{0, 1, 1, 0, 0}));
    EXPECT_EQ(test_values(kernels, UnaryOp::IsFinite, x), (Bits{0, 0, 0, 1, 1}));
    EXPECT_EQ(test_values(kernels, UnaryOp::LogicalNot, x), (Bits{0, 0, 0, 1, 0}));
    EXPECT_EQ(test_values<int64_t>(kernels, UnaryOp::IsFinite, {0, 1}), (Bits{1, 1}));
    EXPECT_EQ(test_values<int64_t>(kernels, UnaryOp::IsInf, {0, 1}), (Bits{0, 0}));
    EXPECT_EQ(test_values<uint8_t>(kernels, UnaryOp::LogicalNot, {0, 2}), (Bits{1, 0}));
  });
}

TEST(Unary, ChangesTheSignOfHalfTypesInPlace) {
  for_each_target([](Target target) {
    for (const ScalarType dtype : {kHalf, kBFloat16})
      for (size_t n = 0; n < 70; ++n) {
        std::vector<uint16_t> x(n), y(n + 1, 7), expected(n + 1, 7);
        for (size_t i = 0; i < n; ++i) x[i] = static_cast<uint16_t>(i * 1021);
        const void* const input = x.data();
        unary_kernels(target).at(UnaryOp::Neg, dtype).loop(y.data(), &input, static_cast<int64_t>(n), nullptr);
        for (size_t i = 0; i < n; ++i) expected[i] = x[i] ^ 0x8000;
        EXPECT_EQ(y, expected);
        unary_kernels(target).at(UnaryOp::Abs, dtype).loop(y.data(), &input, static_cast<int64_t>(n), nullptr);
        for (size_t i = 0; i < n; ++i) expected[i] = x[i] & 0x7fff;
        EXPECT_EQ(y, expected);
      }
  });
}

TEST(Unary, HasNoKernelsForWhatItDoesNotTake) {
  const UnaryKernels& kernels = unary_kernels();
  EXPECT_EQ(kernels.at(UnaryOp::Exp, kLong).loop, nullptr);
  EXPECT_EQ(kernels.at(UnaryOp::Exp, kHalf).loop, nullptr);
  EXPECT_EQ(kernels.at(UnaryOp::Neg, kBool).loop, nullptr);
  EXPECT_EQ(kernels.at(UnaryOp::BitwiseNot, kFloat).loop, nullptr);
}

TEST(SpecialFunctions, ErfinvInvertsErf) {
  for (const double y : {1e-300, 1e-9, 0.1, 0.4999, 0.5, 0.9, 0.999999, 1 - 1e-15}) {
    EXPECT_NEAR(std::erf(erfinv(y)), y, 1e-15);
    EXPECT_EQ(erfinv(-y), -erfinv(y));
  }
  EXPECT_EQ(erfinv(1), HUGE_VAL);
  EXPECT_EQ(erfinv(-1), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(erfinv(1.5)));
}

TEST(SpecialFunctions, DigammaHasItsKnownValues) {
  EXPECT_NEAR(digamma(1), -0.57721566490153286, 1e-15);
  EXPECT_NEAR(digamma(0.5), -1.9635100260214235, 1e-15);
  EXPECT_NEAR(digamma(10), 2.2517525890667211, 1e-15);
  EXPECT_NEAR(digamma(-2.5), 1.1031566406452432, 1e-14);
  EXPECT_TRUE(std::isnan(digamma(-3)));
  EXPECT_EQ(digamma(0.0), -HUGE_VAL);
  EXPECT_EQ(digamma(-0.0), HUGE_VAL);
}

}  // namespace
}  // namespace relume::cpu
