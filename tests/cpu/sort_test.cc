// Sorting kernels against stable sorts of the standard library: short and long rows, NaN, zeros of both signs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/along_dim.h"

namespace relume::cpu {
namespace {

template <class T>
T made_up(std::mt19937& engine, bool few) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(few ? engine() % 5 : uint64_t{engine()} << 32 | engine());
  } else {
    if (few && engine() % 8 == 0) return static_cast<T>(engine() % 2 ? std::numeric_limits<float>::quiet_NaN() : -0.0f);
    const float x = few ? static_cast<float>(engine() % 5) - 2 : std::normal_distribution<float>(0, 1e3f)(engine);
    return static_cast<T>(engine() % 50 == 0 ? x * std::numeric_limits<float>::infinity() : x);
  }
}

template <class T>
double as_number(T x) {
  return static_cast<double>(x);
}

// Whether a comes before b: NaN is larger than all numbers.
template <class T>
bool before(T a, T b) {
  if constexpr (std::is_integral_v<T>) return a < b;
  const double x = as_number(a), y = as_number(b);
  return x < y || (y != y && x == x);
}

template <class T>
void expect_like_stable_sort(int64_t length, bool few) {
  constexpr int64_t kRows = 2;
  std::mt19937 engine(static_cast<uint32_t>(length));
  std::vector<T> input(static_cast<size_t>(kRows * length)), values(input.size());
  for (T& e : input) e = made_up<T>(engine, few);
  std::vector<int64_t> indices(input.size());
  const int64_t sizes[] = {kRows, length}, strides[] = {1, kRows};  // rows lie across each other
  RowsCall call;
  call.sizes = IntArrayRef(sizes, 2);
  call.dim = 1;
  call.input = input.data();
  call.strides = strides;
  call.dtype = dtype_of<T>;
  call.values = values.data();
  call.indices = indices.data();
  for (const bool descending : {false, true}) {
    sort_rows(call, descending);
    for (int64_t row = 0; row < kRows; ++row) {
      const auto at = [&](int64_t i) { return input[static_cast<size_t>(i * kRows + row)]; };
      std::vector<int64_t> order(static_cast<size_t>(length));
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(),
                       [&](int64_t a, int64_t b) { return descending ? before(at(b), at(a)) : before(at(a), at(b)); });
      const auto first = indices.begin() + row * length;
      ASSERT_TRUE(std::equal(order.begin(), order.end(), first)) << length << " " << descending;
      for (int64_t i = 0; i < length; ++i) {
        const double x = as_number(values[static_cast<size_t>(row * length + i)]), y = as_number(at(first[i]));
        ASSERT_TRUE(x == y || (x != x && y != y)) << i;
      }
      if (descending) continue;
      for (const int64_t k : {int64_t{0}, length / 2, length - 1}) {
        std::vector<T> selected(kRows);
        std::vector<int64_t> places(kRows);
        RowsCall selection = call;
        selection.values = selected.data();
        selection.indices = places.data();
        select_rows(selection, k, false);
        ASSERT_EQ(places[static_cast<size_t>(row)], order[static_cast<size_t>(k)]) << length << " " << k;
      }
    }
  }
}

// The k first values are the same whichever of equal elements they are from.
template <class T>
void expect_top_like_sort(int64_t length, int64_t k, bool few) {
  std::mt19937 engine(static_cast<uint32_t>(length + k));
  std::vector<T> input(static_cast<size_t>(length)), sorted(input.size()), values(static_cast<size_t>(k));
  for (T& e : input) e = made_up<T>(engine, few);
  std::vector<int64_t> indices(input.size());
  const int64_t sizes[] = {length}, strides[] = {1};
  RowsCall call;
  call.sizes = IntArrayRef(sizes, 1);
  call.input = input.data();
  call.strides = strides;
  call.dtype = dtype_of<T>;
  call.indices = indices.data();
  for (const bool largest : {false, true}) {
    call.values = sorted.data();
    sort_rows(call, largest);
    call.values = values.data();
    top_rows(call, largest, k, true);
    for (int64_t i = 0; i < k; ++i) {
      const double x = as_number(values[static_cast<size_t>(i)]), y = as_number(sorted[static_cast<size_t>(i)]);
      ASSERT_TRUE(x == y || (x != x && y != y)) << length << " " << k << " " << i;
      const double z = as_number(input[static_cast<size_t>(indices[static_cast<size_t>(i)])]);
      ASSERT_TRUE(x == z || (x != x && z != z)) << length << " " << k << " " << i;
    }
  }
}

template <class T>
class Sorting : public testing::Test {};
using Types = testing::Types<float, double, Half, BFloat16, int64_t, int32_t, int16_t, int8_t, uint8_t>;
TYPED_TEST_SUITE(Sorting, Types);

TYPED_TEST(Sorting, IsStable) {
  for (const int64_t length : {1, 2, 95, 96, 257, 2000, 17000})
    for (const bool few : {false, true}) expect_like_stable_sort<TypeParam>(length, few);
}

TYPED_TEST(Sorting, FindsTheFirst) {
  for (const int64_t length : {1, 40, 300, 5000})
    for (const int64_t k : {1, 5, 32, 33, 250})
      for (const bool few : {false, true})
        if (k <= length) expect_top_like_sort<TypeParam>(length, k, few);
}

}  // namespace
}  // namespace relume::cpu
