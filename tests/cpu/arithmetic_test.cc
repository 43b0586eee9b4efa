// Arithmetic loops on every target against plain formulas, and their rules at the edges.
#include "kernels/arithmetic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "cpu/target.h"
#include "relume/error.h"

namespace relume::cpu {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity(), kNaN = std::numeric_limits<double>::quiet_NaN();

// The result of an op on every target; they must agree to the bit.
template <class T, class Out = T>
std::vector<Out> apply(ArithmeticOp op, const std::vector<std::vector<T>>& inputs, const ScaleOptions& options = {}) {
  const void* pointers[3];
  for (size_t k = 0; k < inputs.size(); ++k) pointers[k] = inputs[k].data();
  const int64_t n = static_cast<int64_t>(inputs[0].size());
  std::vector<Out> first;
  for (const Target target : supported_targets()) {
    std::vector<Out> out(n);
    arithmetic_loop(target, op, dtype_of<T>)(out.data(), pointers, n, &options);
    if (first.empty()) first = out;
    EXPECT_EQ(std::memcmp(first.data(), out.data(), n * sizeof(Out)), 0) << name(target) << static_cast<int>(op);
  }
  return first;
}

template <class T>
std::vector<T> samples(int64_t n, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<T> values(n);
  for (T& value : values) {
    if constexpr (std::is_floating_point_v<T>)
      value = static_cast<T>((static_cast<int>(random() % 2001) - 1000) / 64.0);
    else
      value = static_cast<T>(random());
  }
  return values;
}

template <class T>
void expect_same(const std::vector<T>& got, const std::function<T(size_t)>& expected) {
  for (size_t i = 0; i < got.size(); ++i) {
    if (got[i] != got[i] && expected(i) != expected(i)) continue;
    ASSERT_EQ(got[i], expected(i)) << i;
  }
}

// Half types: each result is the one in float, rounded, of any number of elements. The first values are those of
// arithmetic's edges.
template <class T>
void expect_rounded_results(ArithmeticOp op, const std::function<float(float, float)>& expected) {
  const float edges[] = {0.0f, -0.0f, 1.0f, 3.0e-8f, 6.1e-5f, 65504.0f, 3.3e38f, HUGE_VALF, -HUGE_VALF, NAN};
  std::mt19937 random(5);
  std::vector<T> a, b;
  for (const float x : edges)
    for (const float y : edges) a.push_back(T(x)), b.push_back(T(y));
  while (a.size() < 300) {
    a.push_back(T(static_cast<float>(random() % 4096) / 64 - 32));
    b.push_back(T(static_cast<float>(random() % 4096) / 512 - 4));
  }
  const ScaleOptions options{0.7, 0};
  for (const Target target : supported_targets()) {
    const ElementwiseLoop loop = arithmetic_loop(target, op, dtype_of<T>);
    if (!loop) continue;
    for (size_t n = 0; n <= a.size(); n += n < 80 ? 1 : 55) {
      const size_t first = a.size() - n;
      std::vector<T> out(n + 1, T(7.0f));
      const void* const inputs[] = {a.data() + first, b.data() + first};
      loop(out.data(), inputs, static_cast<int64_t>(n), &options);
      for (size_t i = 0; i < n; ++i) {
        const T value(expected(a[first + i], b[first + i]));
        if (value != value)
          ASSERT_TRUE(out[i] != out[i]) << name(target) << ' ' << n << ' ' << i;
        else
          ASSERT_EQ(out[i].x, value.x) << name(target) << ' ' << n << ' ' << i;
      }
      ASSERT_EQ(out[n].x, T(7.0f).x);
    }
  }
}

template <class T>
class HalfArithmetic : public testing::Test {};
using HalfTypes = testing::Types<Half, BFloat16>;
TYPED_TEST_SUITE(HalfArithmetic, HalfTypes);

TYPED_TEST(HalfArithmetic, RoundsOnce) {
  using T = TypeParam;
  using enum ArithmeticOp;
  expect_rounded_results<T>(add, [](float a, float b) { return a + b; });
  expect_rounded_results<T>(sub, [](float a, float b) { return a - b; });
  expect_rounded_results<T>(mul, [](float a, float b) { return a * b; });
  expect_rounded_results<T>(ArithmeticOp::div, [](float a, float b) { return a / b; });
  expect_rounded_results<T>(add_scaled, [](float a, float b) { return std::fma(0.7f, b, a); });
}

TYPED_TEST(HalfArithmetic, TakesANumberAsItIs) {
  using T = TypeParam;
  const float number = 1.3f;
  for (const Target target : supported_targets())
    for (const bool divides : {false, true}) {
      const auto op = divides ? ArithmeticOp::div_number : ArithmeticOp::mul_number;
      const ElementwiseLoop loop = arithmetic_loop(target, op, dtype_of<T>);
      for (size_t n = 0; loop && n < 70; ++n) {
        std::vector<T> a(n), out(n + 1, T(7.0f));
        for (size_t i = 0; i < n; ++i) a[i] = T(static_cast<float>(i) - 5.0f);
        const void* const inputs[] = {a.data(), &number};
        loop(out.data(), inputs, static_cast<int64_t>(n), nullptr);
        for (size_t i = 0; i < n; ++i) ASSERT_EQ(out[i].x, T(divides ? a[i] / number : a[i] * number).x) << n;
        ASSERT_EQ(out[n].x, T(7.0f).x);
      }
    }
}

template <class T>
class Arithmetic : public testing::Test {};
using Numbers = testing::Types<float, double, uint8_t, int8_t, int16_t, int32_t, int64_t>;
TYPED_TEST_SUITE(Arithmetic, Numbers);

TYPED_TEST(Arithmetic, AgreesWithPlainFormulas) {
  using T = TypeParam;
  using enum ArithmeticOp;
  const auto a = samples<T>(1003, 1), b = samples<T>(1003, 2), c = samples<T>(1003, 3);
  // Through 128 bits, and back with wrapping.
  using Wide = std::conditional_t<std::is_floating_point_v<T>, T, __int128>;
  const auto wide = [](T x) { return static_cast<Wide>(x); };
  expect_same<T>(apply<T>(add, {a, b}), [&](size_t i) { return T(wide(a[i]) + b[i]); });
  expect_same<T>(apply<T>(sub, {a, b}), [&](size_t i) { return T(wide(a[i]) - b[i]); });
  expect_same<T>(apply<T>(mul, {a, b}), [&](size_t i) { return T(wide(a[i]) * b[i]); });
  expect_same<T>(apply<T>(add_scaled, {a, b}, {2, 2}), [&](size_t i) { return T(wide(a[i]) + wide(b[i]) * 2); });
  expect_same<T>(apply<T>(addcmul, {a, b, c}, {2, 2}), [&](size_t i) { return T(wide(a[i]) + wide(b[i]) * c[i] * 2); });
  expect_same<T>(apply<T>(maximum, {a, b}), [&](size_t i) { return std::max(a[i], b[i]); });
  expect_same<T>(apply<T>(minimum, {a, b}), [&](size_t i) { return std::min(a[i], b[i]); });
  expect_same<T>(apply<T>(fmax, {a, b}), [&](size_t i) { return std::max(a[i], b[i]); });
  expect_same<T>(apply<T>(fmin, {a, b}), [&](size_t i) { return std::min(a[i], b[i]); });
  expect_same<T>(apply<T>(clamp, {a, b, c}), [&](size_t i) { return std::min(std::max(a[i], b[i]), c[i]); });
  expect_same<uint8_t>(apply<T, uint8_t>(lt, {a, b}), [&](size_t i) { return a[i] < b[i]; });
  expect_same<uint8_t>(apply<T, uint8_t>(le, {a, b}), [&](size_t i) { return a[i] <= b[i]; });
  expect_same<uint8_t>(apply<T, uint8_t>(eq, {a, b}), [&](size_t i) { return a[i] == b[i]; });
  expect_same<uint8_t>(apply<T, uint8_t>(ne, {a, b}), [&](size_t i) { return a[i] != b[i]; });
}

TYPED_TEST(Arithmetic, DividesAsPythonDoes) {
  using T = TypeParam;
  const auto a = samples<T>(1003, 1);
  auto b = samples<T>(1003, 2);
  for (T& x : b)
    if (x == 0) x = 3;
  using enum ArithmeticOp;
  const auto floor = apply<T>(floor_divide, {a, b}), rest = apply<T>(remainder, {a, b});
  const auto trunc = apply<T>(trunc_divide, {a, b}), rest_of_trunc = apply<T>(ArithmeticOp::fmod, {a, b});
  for (size_t i = 0; i < a.size(); ++i) {
    const long double ratio = static_cast<long double>(a[i]) / b[i];
    ASSERT_EQ(floor[i], static_cast<T>(std::floor(ratio)));
    ASSERT_EQ(trunc[i], static_cast<T>(std::trunc(ratio)));
    ASSERT_EQ(rest[i], static_cast<T>(a[i] - std::floor(ratio) * b[i]));
    ASSERT_EQ(rest_of_trunc[i], static_cast<T>(a[i] - std::trunc(ratio) * b[i]));
  }
}

TEST(ArithmeticEdges, DivisionOfIntegersByZeroIsAnError) {
  using enum ArithmeticOp;
  for (const ArithmeticOp op : {floor_divide, trunc_divide, remainder, ArithmeticOp::fmod}) {
    try {
      apply<int32_t>(op, {{1, 2}, {1, 0}});
      FAIL();
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "ZeroDivisionError");
    }
  }
}

TEST(ArithmeticEdges, TheQuotientThatDoesNotFitWraps) {
  constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(apply<int64_t>(ArithmeticOp::floor_divide, {{kLow}, {-1}})[0], kLow);
  EXPECT_EQ(apply<int64_t>(ArithmeticOp::remainder, {{kLow}, {-1}})[0], 0);
  EXPECT_EQ(apply<int8_t>(ArithmeticOp::trunc_divide, {{-128}, {-1}})[0], -128);
}

// Rows: op, inputs, expected; NaN equals NaN and zeros have signs.
TEST(ArithmeticEdges, FloatsFollowPyTorch) {
  using enum ArithmeticOp;
  const struct {
    ArithmeticOp op;
    std::vector<std::vector<double>> inputs;
    std::vector<double> expected;
  } rows[] = {
      {maximum, {{kNaN, 1, 0, -0.0}, {1, kNaN, -0.0, 0}}, {kNaN, kNaN, 0, -0.0}},
      {minimum, {{kNaN, 1, 2}, {1, kNaN, 1}}, {kNaN, kNaN, 1}},
      {fmax, {{kNaN, 1, kNaN, -0.0}, {1, kNaN, kNaN, 0}}, {1, 1, kNaN, -0.0}},
      {fmin, {{kNaN, 1, kNaN}, {1, kNaN, kNaN}}, {1, 1, kNaN}},
      {clamp, {{1, kNaN, 3, 5, 1}, {2, 0, kNaN, 7, 3}, {2.5, 1, 5, 6, 2}}, {2, kNaN, kNaN, 6, 2}},
      {xlogy, {{0, 0, 1, kNaN, 0}, {0, kNaN, 0, 1, kInf}}, {0, kNaN, -kInf, kNaN, 0}},
      {floor_divide,
       {{-7, 7, kInf, 5, -5, 0, 1, -1, 5, -0.0}, {3, -3, 2, kInf, kInf, -3, 0, 0, kNaN, 3}},
       {-3, -3, kNaN, 0, -1, -0.0, kInf, -kInf, kNaN, -0.0}},
      {remainder,
       {{-7, 7, -7, 7, kInf, 5, 5, -5, -0.0, 6, 5}, {3, -3, -3, 3, 2, kInf, -kInf, kInf, 3, -3, 0}},
       {2, -2, -1, 1, kNaN, 5, -kInf, kInf, -0.0, 0, kNaN}},
      {ArithmeticOp::fmod, {{-7, 7, kInf, 5, -0.0}, {3, -3, 2, kInf, 3}}, {-1, 1, kNaN, 5, -0.0}},
      {ArithmeticOp::pow, {{0, -8, kNaN, 2, -2}, {0, 1.0 / 3, 0, -1, 3}}, {1, kNaN, 1, 0.5, -8}},
      {ArithmeticOp::copysign, {{3, -3, 0}, {-0.0, 0, -1}}, {-3, 3, -0.0}},
      {ArithmeticOp::atan2, {{0, -0.0, 1}, {-1, -1, 0}}, {M_PI, -M_PI, M_PI / 2}},
      {ArithmeticOp::hypot, {{3, kInf, 0}, {4, kNaN, -2}}, {5, kInf, 2}},
      {lerp, {{1, 2, 4}, {3, 6, 4}, {0.25, 0.75, 9}}, {1.5, 5, 4}},
      {addcdiv, {{1, 2}, {6, 1}, {3, 0}}, {3, kInf}},
  };
  for (const auto& row : rows) {
    const auto got = apply<double>(row.op, row.inputs);
    for (size_t i = 0; i < got.size(); ++i) {
      if (std::isnan(row.expected[i])) {
        EXPECT_TRUE(std::isnan(got[i])) << static_cast<int>(row.op) << " " << i;
      } else {
        EXPECT_EQ(got[i], row.expected[i]) << static_cast<int>(row.op) << " " << i;
        EXPECT_EQ(std::signbit(got[i]), std::signbit(row.expected[i])) << static_cast<int>(row.op) << " " << i;
      }
    }
  }
}

// Of special values in all pairs, and of others, for each target: what the function of double gives, or a neighbour; of
// doubles a neighbour's neighbour too.
template <class T>
void expect_like_the_c_library(ArithmeticOp op, double (*function)(double, double)) {
  const T huge = std::numeric_limits<T>::max(), tiny = std::numeric_limits<T>::denorm_min();
  const T inf = static_cast<T>(kInf), nan = static_cast<T>(kNaN);
  const std::vector<T> special = {0,    -T(0), 1,    -1,    2,         -2,  3,    -3,  T(0.5),   T(-0.5),     2.5,
                                  huge, -huge, tiny, -tiny, 16777217., inf, -inf, nan, huge / 3, tiny * 12345};
  std::vector<T> bases, powers;
  for (const T a : special)
    for (const T b : special) bases.push_back(a), powers.push_back(b);
  std::mt19937 random(3);
  std::uniform_real_distribution<T> base(0, 20), power(-30, 30);
  for (int i = 0; i < 20000; ++i) bases.push_back(base(random)), powers.push_back(power(random));
  const void* const inputs[] = {bases.data(), powers.data()};
  for (const Target target : supported_targets()) {
    std::vector<T> out(bases.size());
    arithmetic_loop(target, op, dtype_of<T>)(out.data(), inputs, static_cast<int64_t>(out.size()), nullptr);
    for (size_t i = 0; i < out.size(); ++i) {
      const double base_i = bases[i], power_i = powers[i];
      const T expected = static_cast<T>(function(base_i, power_i));
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(out[i])) << name(target) << ": " << bases[i] << ", " << powers[i];
      } else {
        ASSERT_EQ(std::signbit(out[i]), std::signbit(expected)) << bases[i] << ", " << powers[i];
        T above = std::nextafter(expected, inf), below = std::nextafter(expected, -inf);
        if (sizeof(T) == 8) above = std::nextafter(above, inf), below = std::nextafter(below, -inf);
        ASSERT_TRUE(out[i] == expected || (out[i] >= below && out[i] <= above))
            << name(target) << ": " << bases[i] << ", " << powers[i] << " is " << out[i];
      }
    }
  }
}

TEST(Pow, IsTheCLibrarys) { expect_like_the_c_library<float>(ArithmeticOp::pow, std::pow); }

TEST(Atan2, IsTheCLibrarys) {
  expect_like_the_c_library<float>(ArithmeticOp::atan2, std::atan2);
  expect_like_the_c_library<double>(ArithmeticOp::atan2, std::atan2);
}

TEST(Hypot, IsTheCLibrarys) {
  expect_like_the_c_library<float>(ArithmeticOp::hypot, std::hypot);
  expect_like_the_c_library<double>(ArithmeticOp::hypot, std::hypot);
}

// A quotient too large for the quick way stands among small ones, in the first block and in the last.
TEST(Remainder, IsExactBesideLargeQuotients) {
  std::vector<float> a = samples<float>(1000, 5), b = samples<float>(1000, 6);
  a[100] = 1e30f, b[100] = 3e-20f;
  a[999] = -1e20f, b[999] = 0.7f;
  a[300] = 1, b[300] = 0;
  a[301] = 5, b[301] = static_cast<float>(-kInf);
  const auto rest = apply<float>(ArithmeticOp::fmod, {a, b});
  const auto floored = apply<float>(ArithmeticOp::remainder, {a, b});
  apply<float>(ArithmeticOp::floor_divide, {a, b});
  expect_same<float>(rest, [&](size_t i) { return std::fmod(a[i], b[i]); });
  expect_same<float>(floored, [&](size_t i) {
    const float r = std::fmod(a[i], b[i]);
    return r != 0 && (r < 0) != (b[i] < 0) ? r + b[i] : r;
  });
}

TEST(ScaledLosses, HaveTwoPieces) {
  const std::vector<float> a = {0, 1, -3, 2, static_cast<float>(kNaN)}, b = {0, 0.5f, 1, -2.5f, 1};
  const auto smooth = apply<float>(ArithmeticOp::smooth_l1, {a, b}, {2, 0});
  const auto huber = apply<float>(ArithmeticOp::huber, {a, b}, {2, 0});
  const std::vector<float> smooth_expected = {0, 0.0625f, 3, 3.5f}, huber_expected = {0, 0.125f, 6, 7};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(smooth[i], smooth_expected[i]);
    EXPECT_EQ(huber[i], huber_expected[i]);
  }
  EXPECT_TRUE(std::isnan(smooth[4]) && std::isnan(huber[4]));
}

TEST(ArithmeticEdges, IntegersFollowPyTorch) {
  using enum ArithmeticOp;
  using Ints = std::vector<int32_t>;
  constexpr int32_t kLow = std::numeric_limits<int32_t>::min();
  EXPECT_EQ(apply<int32_t>(ArithmeticOp::pow, {{2, -1, 1, -2, 0, -1, 3}, {-1, -3, -5, 3, 0, -2, 21}}),
            (Ints{0, -1, 1, -8, 1, 1, 1870418611}));
  EXPECT_EQ(apply<int32_t>(shift_left, {{1, 1, 1, -1}, {31, 32, -1, 33}}), (Ints{kLow, 0, 0, 0}));
  EXPECT_EQ(apply<int32_t>(shift_right, {{1, -8, -8, -1}, {31, 32, 1, -1}}), (Ints{0, -1, -4, -1}));
  EXPECT_EQ(apply<uint8_t>(shift_right, {{200}, {9}}), (std::vector<uint8_t>{0}));
  EXPECT_EQ(apply<int32_t>(bitwise_and, {{12}, {10}}), (Ints{8}));
  EXPECT_EQ(apply<int32_t>(bitwise_or, {{12}, {10}}), (Ints{14}));
  EXPECT_EQ(apply<int32_t>(bitwise_xor, {{12}, {10}}), (Ints{6}));
}

TEST(ArithmeticEdges, ScalesInOneRounding) {
  const float a = 1.0f, b = 1.0f + 0x1p-23f, scale = -(1.0f - 0x1p-23f);
  EXPECT_EQ(apply<float>(ArithmeticOp::add_scaled, {{a}, {b}}, {scale, 0})[0], 0x1p-46f);
}

TEST(ArithmeticEdges, BoolsAddAndMultiplyAsLogic) {
  const uint8_t a[] = {0, 0, 1, 1}, b[] = {0, 1, 0, 1};
  uint8_t sum[4], product[4], masked[4];
  const void* inputs[] = {a, b};
  arithmetic_loop(ArithmeticOp::add, kBool)(sum, inputs, 4, nullptr);
  arithmetic_loop(ArithmeticOp::mul, kBool)(product, inputs, 4, nullptr);
  const ScaleOptions none{0, 0};
  arithmetic_loop(ArithmeticOp::add_scaled, kBool)(masked, inputs, 4, &none);
  EXPECT_EQ(std::vector<int>(sum, sum + 4), (std::vector<int>{0, 1, 1, 1}));
  EXPECT_EQ(std::vector<int>(product, product + 4), (std::vector<int>{0, 0, 0, 1}));
  EXPECT_EQ(std::vector<int>(masked, masked + 4), (std::vector<int>{0, 0, 1, 1}));
}

TEST(ArithmeticEdges, WhereSelectsEveryDtype) {
  for (int d = 0; d < kNumDtypes; ++d) {
    const ScalarType dtype = static_cast<ScalarType>(d);
    const size_t size = element_size(dtype);
    const std::vector<uint8_t> a(100 * size, 1), b(100 * size, 2);
    std::vector<uint8_t> condition(100), out(100 * size);
    for (int i = 0; i < 100; ++i) condition[i] = i % 3 == 0;
    const void* inputs[] = {condition.data(), a.data(), b.data()};
    arithmetic_loop(ArithmeticOp::where, dtype)(out.data(), inputs, 100, nullptr);
    for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], i / size % 3 == 0 ? 1 : 2) << dtype;
  }
}

}  // namespace
}  // namespace relume::cpu
