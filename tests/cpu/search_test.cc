// Searches in sorted rows against the standard library's, and offsets in other units than elements.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/index.h"

namespace relume::cpu {
namespace {

template <class T>
void expect_like_partition_point(int64_t length, bool ends_with_nan) {
  constexpr int64_t kRows = 2, kPerRow = 21;
  std::vector<T> rows(static_cast<size_t>(kRows * length)), values(kRows * kPerRow);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<T>(i % static_cast<size_t>(length) / 2 * 3);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(i * 7 % 31) - 2;
  if constexpr (std::is_floating_point_v<T>) {
    values[5] = std::numeric_limits<T>::quiet_NaN();
    if (ends_with_nan) rows.back() = values[5];
  }
  for (const bool right : {false, true}) {
    std::vector<int64_t> places(values.size(), -1);
    search_sorted(dtype_of<T>, rows.data(), length, values.data(), kRows * kPerRow, kPerRow, right, places.data());
    for (size_t i = 0; i < values.size(); ++i) {
      const T *const row = rows.data() + static_cast<int64_t>(i) / kPerRow * length, x = values[i];
      const auto before = [&](T element) { return right ? !(element > x) : !(element >= x); };
      ASSERT_EQ(places[i], std::partition_point(row, row + length, before) - row) << length << " " << x;
    }
  }
}

TEST(Search, AgreesWithPartitionPoint) {
  for (const int64_t length : {1, 2, 3, 7, 8, 20, 33})
    for (const bool ends_with_nan : {false, true}) {
      expect_like_partition_point<float>(length, ends_with_nan);
      expect_like_partition_point<double>(length, ends_with_nan);
      expect_like_partition_point<int64_t>(length, ends_with_nan);
    }
}

// Rows of 600 offsets, more than are read at a time.
TEST(Offsets, AreInUnitsOfElements) {
  constexpr int64_t kCount = 600, kSize = 5, kScale = 3;
  std::vector<int64_t> index(kCount), table(kSize * kScale), out(kCount, -1);
  std::iota(table.begin(), table.end(), 0);
  for (int64_t i = 0; i < kCount; ++i) index[static_cast<size_t>(i)] = i * 7 % (2 * kSize) - kSize;
  const int64_t one = 1, none = 0;
  IndexedCall call;
  call.sizes = IntArrayRef(&kCount, 1);
  call.dtype = kLong;
  call.plain = out.data();
  call.plain_strides = &one;
  call.indexed = table.data();
  call.indexed_strides = &none;
  call.offsets = index.data();
  call.offset_strides = &one;
  call.units = {kScale, kSize, true};
  EXPECT_FALSE(run_indexed(call).has_value());
  for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], (index[i] + kSize) % kSize * kScale);
  index[555] = kSize;
  EXPECT_EQ(run_indexed(call), kSize);
  index[555] = -kSize - 1;
  EXPECT_EQ(run_indexed(call), -kSize - 1);
  index[555] = 0;
  call.units.wrap = false;
  EXPECT_TRUE(run_indexed(call).has_value());
}

}  // namespace
}  // namespace relume::cpu
