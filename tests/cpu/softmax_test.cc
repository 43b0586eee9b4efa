// Softmax and log-softmax against plain sums, along every kind of dimension, in every floating-point dtype.
#include "kernels/softmax.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "cpu/parallel.h"
#include "cpu/simd_targets.h"
#include "relume/error.h"

namespace relume::cpu {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Calls visit(base): slice elements are base + j * inner.
template <class Visit>
void for_each_slice(const Softmax& softmax, Visit visit) {
  for (int64_t o = 0; o < softmax.outer; ++o) {
    for (int64_t i = 0; i < softmax.inner; ++i) visit(o * softmax.size * softmax.inner + i);
  }
}

std::vector<double> expected_forward(const Softmax& softmax, const std::vector<double>& x) {
  std::vector<double> y(x.size());
  for_each_slice(softmax, [&](int64_t base) {
    double largest = -HUGE_VAL, sum = 0;
    for (int64_t j = 0; j < softmax.size; ++j) largest = std::max(largest, x[base + j * softmax.inner]);
    for (int64_t j = 0; j < softmax.size; ++j) sum += std::exp(x[base + j * softmax.inner] - largest);
    for (int64_t j = 0; j < softmax.size; ++j) {
      const double shifted = x[base + j * softmax.inner] - largest;
      y[base + j * softmax.inner] = softmax.log ? shifted - std::log(sum) : std::exp(shifted) / sum;
    }
  });
  return y;
}

std::vector<double> expected_backward(const Softmax& softmax, const std::vector<double>& g,
                                      const std::vector<double>& y) {
  std::vector<double> result(g.size());
  for_each_slice(softmax, [&](int64_t base) {
    double sum = 0;
    for (int64_t j = 0; j < softmax.size; ++j) {
      const int64_t i = base + j * softmax.inner;
      sum += softmax.log ? g[i] : g[i] * y[i];
    }
    for (int64_t j = 0; j < softmax.size; ++j) {
      const int64_t i = base + j * softmax.inner;
      result[i] = softmax.log ? g[i] - std::exp(y[i]) * sum : y[i] * (g[i] - sum);
    }
  });
  return result;
}

template <class T>
std::vector<double> to_double(const std::vector<T>& x) {
  return std::vector<double>(x.begin(), x.end());
}

template <class T>
void expect_near(const std::vector<T>& actual, const std::vector<double>& expected, double tolerance) {
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(actual[i]), expected[i], tolerance * (1 + std::abs(expected[i]))) << "at " << i;
  }
}

// tolerance: some units in the last place of 1.
template <class T>
void expect_softmax(Softmax softmax, double tolerance) {
  softmax.dtype = dtype_of<T>;
  const auto n = static_cast<size_t>(softmax.outer * softmax.size * softmax.inner);
  std::vector<T> x(n), g(n), y(n), gx(n);
  const auto random = uniform<float>(n, -5, 5), random_grad = uniform<float>(n, -1, 1, 2);
  for (size_t i = 0; i < n; ++i) x[i] = static_cast<T>(random[i]), g[i] = static_cast<T>(random_grad[i]);
  softmax_forward(softmax, x.data(), y.data());
  expect_near(y, expected_forward(softmax, to_double(x)), tolerance);
  softmax_backward(softmax, g.data(), y.data(), gx.data());
  expect_near(gx, expected_backward(softmax, to_double(g), to_double(y)), tolerance * 4);
  softmax_forward(softmax, x.data(), x.data());
  for (size_t i = 0; i < n; ++i) ASSERT_EQ(static_cast<double>(x[i]), static_cast<double>(y[i])) << "in place";
}

TEST(Softmax, IsExactForEveryShapeAndDtype) {
  for (const bool log : {false, true}) {
    for (const int64_t size : {1, 2, 7, 16, 17, 33, 300}) {
      for (const int64_t inner : {1, 2, 15, 16, 37, 150}) {
        for (const int64_t outer : {1, 3}) {
          SCOPED_TRACE(testing::Message() << "[" << outer << ", " << size << ", " << inner << "], log " << log);
          const Softmax softmax{kFloat, log, outer, size, inner};
          expect_softmax<float>(softmax, 2e-6);
          expect_softmax<double>(softmax, 4e-15);
          expect_softmax<Half>(softmax, 5e-4);
          expect_softmax<BFloat16>(softmax, 4e-3);
        }
      }
    }
  }
}

TEST(Softmax, DoesNotDependOnTheNumberOfThreads) {
  const Softmax softmax{kFloat, false, 70, 1000, 1};
  const auto x = uniform<float>(70000, -5, 5);
  std::vector<float> alone(x.size()), together(x.size());
  const int before = num_threads();
  set_num_threads(1);
  softmax_forward(softmax, x.data(), alone.data());
  set_num_threads(4);
  softmax_forward(softmax, x.data(), together.data());
  set_num_threads(before);
  EXPECT_EQ(alone, together);
}

// Rows of three, and the same as columns.
void expect_special(const std::vector<float>& slice, const std::vector<float>& expected,
                    const std::vector<float>& expected_log) {
  for (const bool log : {false, true}) {
    for (const int64_t inner : {1, 5}) {
      const auto size = static_cast<int64_t>(slice.size());
      std::vector<float> x(size * inner), y(size * inner);
      for (int64_t i = 0; i < size * inner; ++i) x[i] = slice[i / inner];
      softmax_forward({kFloat, log, 1, size, inner}, x.data(), y.data());
      for (int64_t i = 0; i < size * inner; ++i) {
        const float value = (log ? expected_log : expected)[i / inner];
        EXPECT_TRUE(same(y[i], value) || std::abs(y[i] - value) < 1e-6f) << y[i] << ", expected " << value;
      }
    }
  }
}

TEST(Softmax, TurnsSlicesWithNaNOrInfinityIntoNaN) {
  expect_special({kNaN, 1, 2}, {kNaN, kNaN, kNaN}, {kNaN, kNaN, kNaN});
  expect_special({1, kInf, 2}, {kNaN, kNaN, kNaN}, {kNaN, kNaN, kNaN});
  expect_special({-kInf, -kInf, -kInf}, {kNaN, kNaN, kNaN}, {kNaN, kNaN, kNaN});
}

TEST(Softmax, GivesNoWeightToMinusInfinity) {
  expect_special({-kInf, 1, 1}, {0, 0.5f, 0.5f}, {-kInf, -std::log(2.0f), -std::log(2.0f)});
}

TEST(Softmax, AcceptsEmptySlicesAndNoSlices) {
  float untouched = 7;
  softmax_forward({kFloat, false, 0, 3, 1}, &untouched, &untouched);
  softmax_forward({kFloat, false, 3, 0, 1}, &untouched, &untouched);
  softmax_backward({kFloat, true, 3, 1, 0}, &untouched, &untouched, &untouched);
  EXPECT_EQ(untouched, 7);
}

TEST(Softmax, RefusesIntegers) {
  int64_t x = 1;
  EXPECT_THROW(softmax_forward({kLong, false, 1, 1, 1}, &x, &x), Error);
}

}  // namespace
}  // namespace relume::cpu
