// Reductions over any dimensions of any layout against plain loops.
#include "kernels/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cpu/parallel.h"
#include "random_layout.h"

namespace relume::cpu {
namespace {

using test::Layout;
using test::Sizes;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(), kInf = std::numeric_limits<double>::infinity();

// What an op makes of a list of numbers.
double expected(ReduceOp op, const std::vector<double>& x) {
  double sum = 0, product = 1, absolute = 0, squares = 0, high = -kInf, low = kInf;
  for (const double v : x) {
    sum += v;
    product *= v;
    absolute += std::abs(v);
    squares += v * v;
    high = std::max(high, v);
    low = std::min(low, v);
  }
  const double n = static_cast<double>(x.size()), mean = sum / n;
  double spread = 0;
  for (const double v : x) spread += (v - mean) * (v - mean);
  switch (op) {
    case ReduceOp::sum:
      return sum;
    case ReduceOp::prod:
      return product;
    case ReduceOp::amax:
    case ReduceOp::max:
      return high;
    case ReduceOp::amin:
    case ReduceOp::min:
      return low;
    case ReduceOp::abs_sum:
      return absolute;
    case ReduceOp::square_sum:
      return std::sqrt(squares);
    case ReduceOp::power_sum:
      return std::cbrt([&] {
        double s = 0;
        for (double v : x) s += std::pow(std::abs(v), 3);
        return s;
      }());
    case ReduceOp::variance:
      return n > 1 ? spread / (n - 1) : kNaN;
    case ReduceOp::deviation:
      return n > 1 ? std::sqrt(spread / (n - 1)) : kNaN;
    case ReduceOp::count:
      return std::count_if(x.begin(), x.end(), [](double v) { return v != 0; });
    case ReduceOp::any:
      return std::any_of(x.begin(), x.end(), [](double v) { return v != 0; });
    case ReduceOp::all:
      return std::all_of(x.begin(), x.end(), [](double v) { return v != 0; });
    default:
      return kNaN;
  }
}

template <class Out, class In>
auto reduce(ReduceOp op, const Sizes& sizes, const std::vector<In>& input, const Sizes& strides, uint64_t reduced,
            ScalarType loop_dtype, std::vector<int64_t>* indices = nullptr) {
  int64_t kept = 1;
  for (size_t d = 0; d < sizes.size(); ++d)
    if (!(reduced >> d & 1)) kept *= sizes[d];
  std::vector<std::conditional_t<std::is_same_v<Out, bool>, uint8_t, Out>> out(kept);
  if (indices) indices->resize(kept);
  ReduceCall call;
  call.op = op;
  call.sizes = sizes;
  call.input = input.data();
  call.strides = strides.empty() ? nullptr : strides.data();
  call.dtype = dtype_of<In>;
  call.loop_dtype = loop_dtype;
  call.reduced = reduced;
  call.outputs[0] = {out.data(), dtype_of<Out>};
  if (indices) call.outputs[1] = {indices->data(), kLong};
  call.options.p = 3;
  run_reduction(call);
  return out;
}

// Groups the elements by their output.
template <class In>
std::vector<std::vector<double>> groups(const Sizes& sizes, const std::vector<In>& input, const Sizes& strides,
                                        uint64_t reduced) {
  int64_t kept = 1;
  for (size_t d = 0; d < sizes.size(); ++d)
    if (!(reduced >> d & 1)) kept *= sizes[d];
  std::vector<std::vector<double>> result(kept);
  test::for_each_index(sizes, [&](const Sizes& index) {
    int64_t at = 0;
    for (size_t d = 0; d < sizes.size(); ++d)
      if (!(reduced >> d & 1)) at = at * sizes[d] + index[d];
    result[at].push_back(static_cast<float>(input[test::offset(index, strides)]));
  });
  return result;
}

template <class Out, class In>
void check_reduction(ReduceOp op, const Sizes& sizes, ScalarType loop_dtype, double tolerance, std::mt19937& random) {
  const Layout layout = test::random_broadcast_layout(sizes, random);
  const auto input = test::random_values<In>(layout.memory, random);
  const uint64_t reduced = random() & ((uint64_t{1} << sizes.size()) - 1);
  const auto got = reduce<Out>(op, sizes, input, layout.strides, reduced, loop_dtype);
  const auto lists = groups(sizes, input, layout.strides, reduced);
  for (size_t i = 0; i < got.size(); ++i) {
    const double wanted = expected(op, lists[i]);
    if (std::isnan(wanted)) {
      ASSERT_TRUE(std::isnan(static_cast<double>(got[i])));
    } else {
      ASSERT_NEAR(static_cast<double>(got[i]), wanted, tolerance * std::abs(wanted))
          << static_cast<int>(op) << to_string(IntArrayRef(sizes)) << reduced;
    }
  }
}

TEST(Reduce, AgreesWithPlainLoopsOnRandomLayouts) {
  std::mt19937 random(1);
  for (int i = 0; i < 150; ++i) {
    const Sizes sizes = test::random_sizes(random);
    for (const ReduceOp op : {ReduceOp::sum, ReduceOp::amax, ReduceOp::amin, ReduceOp::abs_sum, ReduceOp::square_sum,
                              ReduceOp::power_sum, ReduceOp::variance, ReduceOp::deviation}) {
      check_reduction<float, float>(op, sizes, kFloat, 1e-6, random);
      check_reduction<double, double>(op, sizes, kDouble, 1e-12, random);
      check_reduction<float, Half>(op, sizes, kFloat, 1e-6, random);
    }
    for (const ReduceOp op : {ReduceOp::sum, ReduceOp::amax, ReduceOp::amin}) {
      check_reduction<int64_t, int64_t>(op, sizes, kLong, 0, random);
      check_reduction<int64_t, uint8_t>(op, sizes, kLong, 0, random);
    }
    check_reduction<bool, float>(ReduceOp::any, sizes, kBool, 0, random);
    check_reduction<bool, float>(ReduceOp::all, sizes, kBool, 0, random);
    check_reduction<int64_t, int16_t>(ReduceOp::count, sizes, kBool, 0, random);
  }
}

TEST(Reduce, AgreesWithPlainLoopsOnLargeTensors) {
  std::mt19937 random(2);
  for (const Sizes& sizes : {Sizes{700001}, Sizes{911, 807}, Sizes{300001, 2}, Sizes{3, 200003}, Sizes{9, 7, 90, 110}})
    for (int i = 0; i < 4; ++i) {
      check_reduction<float, float>(ReduceOp::sum, sizes, kFloat, 1e-6, random);
      check_reduction<float, float>(ReduceOp::amax, sizes, kFloat, 0, random);
      check_reduction<float, float>(ReduceOp::variance, sizes, kFloat, 1e-6, random);
      check_reduction<int64_t, int8_t>(ReduceOp::count, sizes, kBool, 0, random);
    }
}

TEST(Reduce, SumsHalfTypesAlongEitherDimension) {
  std::mt19937 random(3);
  for (const int64_t rows : {1, 7, 8, 9, 16, 67})
    for (const int64_t columns : {1, 2, 15, 300, 511, 512, 513, 1100}) {
      const Sizes sizes = {rows, columns};
      const std::vector<Half> x = test::random_values<Half>(rows * columns, random);
      for (const uint64_t reduced : {1, 2}) {
        const auto got = reduce<float>(ReduceOp::sum, sizes, x, {}, reduced, kFloat);
        const auto lists = groups(sizes, x, Sizes{columns, 1}, reduced);
        for (size_t i = 0; i < got.size(); ++i) {
          const double wanted = expected(ReduceOp::sum, lists[i]);
          ASSERT_NEAR(got[i], wanted, 1e-5 * std::abs(wanted) + 1e-4) << rows << ' ' << columns << ' ' << reduced;
        }
      }
    }
}

TEST(Reduce, MultipliesWithoutOverflowOnTheWay) {
  const std::vector<float> x = {1e30f, 1e30f, 1e-30f, 1e-30f};
  EXPECT_FLOAT_EQ(reduce<float>(ReduceOp::prod, {4}, x, {}, 1, kFloat)[0], 1);
  const std::vector<int64_t> wrapping = {int64_t{1} << 62, 4, 3};
  EXPECT_EQ(reduce<int64_t>(ReduceOp::prod, {3}, wrapping, {}, 1, kLong)[0], 0);
}

TEST(Reduce, SumsManyFloatsAccurately) {
  std::vector<float> x(1 << 22, 0.1f);
  EXPECT_FLOAT_EQ(reduce<float>(ReduceOp::sum, {1 << 22}, x, {}, 1, kFloat)[0], 0.1f * (1 << 22));
}

TEST(Reduce, FindsTheFirstExtremeAndWhereItIs) {
  std::mt19937 random(3);
  for (const Sizes& sizes : {Sizes{5}, Sizes{7, 300}, Sizes{300, 7}, Sizes{3, 4, 5}, Sizes{100000}, Sizes{40, 5000}})
    for (size_t d = 0; d < sizes.size(); ++d) {
      const Layout layout = test::random_layout(sizes, random);
      auto input = test::random_values<float>(layout.memory, random);
      if (sizes[0] == 7) input[layout.memory / 2] = kNaN;
      for (const ReduceOp op : {ReduceOp::max, ReduceOp::min}) {
        std::vector<int64_t> indices;
        const auto values = reduce<float>(op, sizes, input, layout.strides, uint64_t{1} << d, kFloat, &indices);
        const auto lists = groups(sizes, input, layout.strides, uint64_t{1} << d);
        for (size_t i = 0; i < values.size(); ++i) {
          size_t best = 0;
          for (size_t k = 1; k < lists[i].size(); ++k) {
            const double v = lists[i][k], b = lists[i][best];
            if ((op == ReduceOp::max ? v > b : v < b) || (std::isnan(v) && !std::isnan(b))) best = k;
          }
          ASSERT_EQ(indices[i], static_cast<int64_t>(best));
          ASSERT_TRUE(values[i] == lists[i][best] || std::isnan(lists[i][best]));
        }
      }
    }
}

TEST(Reduce, KeepsNaNWhereverItIs) {
  for (const int64_t n : {1, 5, 100, 5000})
    for (const int64_t at : {int64_t{0}, n / 2, n - 1}) {
      std::vector<float> x(n, 1);
      x[at] = kNaN;
      for (const ReduceOp op : {ReduceOp::sum, ReduceOp::prod, ReduceOp::amax, ReduceOp::amin, ReduceOp::abs_max,
                                ReduceOp::abs_min, ReduceOp::square_sum, ReduceOp::variance}) {
        if (op == ReduceOp::variance && n == 1) continue;
        EXPECT_TRUE(std::isnan(reduce<float>(op, {n}, x, {}, 1, kFloat)[0])) << static_cast<int>(op) << n;
      }
    }
}

TEST(Reduce, TakesInfinities) {
  const std::vector<double> x = {-kInf, 3, -kInf};
  EXPECT_EQ(reduce<double>(ReduceOp::amax, {3}, x, {}, 1, kDouble)[0], 3);
  EXPECT_EQ(reduce<double>(ReduceOp::abs_max, {3}, x, {}, 1, kDouble)[0], kInf);
  std::vector<int64_t> index;
  const std::vector<double> low = {-kInf, -kInf};
  EXPECT_EQ(reduce<double>(ReduceOp::max, {2}, low, {}, 1, kDouble, &index)[0], -kInf);
  EXPECT_EQ(index[0], 0);
}

TEST(Reduce, GivesNeutralValuesOverNoElements) {
  const std::vector<float> none;
  EXPECT_EQ(reduce<float>(ReduceOp::sum, {2, 0}, none, {}, 2, kFloat), (std::vector<float>{0, 0}));
  EXPECT_EQ(reduce<float>(ReduceOp::prod, {0}, none, {}, 1, kFloat)[0], 1);
  EXPECT_FALSE(reduce<bool>(ReduceOp::any, {0}, none, {}, 1, kBool)[0]);
  EXPECT_TRUE(reduce<bool>(ReduceOp::all, {0}, none, {}, 1, kBool)[0]);
  EXPECT_TRUE(std::isnan(reduce<float>(ReduceOp::variance, {0}, none, {}, 1, kFloat)[0]));
  EXPECT_TRUE(reduce<float>(ReduceOp::sum, {0, 3}, none, {}, 2, kFloat).empty());
}

TEST(Reduce, VarianceSurvivesALargeMean) {
  std::vector<double> x(10000);
  for (size_t i = 0; i < x.size(); ++i) x[i] = 1e9 + static_cast<double>(i % 2);
  EXPECT_NEAR(reduce<double>(ReduceOp::variance, {10000}, x, {}, 1, kDouble)[0], 0.25 * 10000 / 9999, 1e-9);
}

TEST(Reduce, GivesTheSameBitsForAnyNumberOfThreads) {
  std::mt19937 random(4);
  std::vector<float> x(3000001);
  for (float& value : x) value = static_cast<float>(random()) / 1e9f - 2;
  const int threads = num_threads();
  for (const Sizes& sizes : {Sizes{3000000}, Sizes{1500, 2000}, Sizes{2, 1500000}})
    for (const uint64_t reduced : {1, 2, 3}) {
      if (reduced >> sizes.size()) continue;
      set_num_threads(1);
      const auto one = reduce<float>(ReduceOp::sum, sizes, x, {}, reduced, kFloat);
      set_num_threads(3);
      EXPECT_EQ(reduce<float>(ReduceOp::sum, sizes, x, {}, reduced, kFloat), one);
    }
  set_num_threads(threads);
}

}  // namespace
}  // namespace relume::cpu
