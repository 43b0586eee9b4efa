// Casts, strided copies and fills against plain loops.
#include "kernels/copy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "random_layout.h"
#include "relume/error.h"

namespace relume::cpu {
namespace {

using test::Layout;
using test::Sizes;

template <class To, class From>
void check_copy(const Sizes& sizes, std::mt19937& random) {
  const Layout ld = test::random_layout(sizes, random), ls = test::random_broadcast_layout(sizes, random);
  const auto src = test::random_values<From>(ls.memory, random);
  std::vector<To> dst(ld.memory, To(1)), expected = dst;
  test::for_each_index(sizes, [&](const Sizes& i) {
    expected[test::offset(i, ld.strides)] = static_cast<To>(static_cast<float>(src[test::offset(i, ls.strides)]));
  });
  copy_strided(sizes, dst.data(), ld.strides.data(), dtype_of<To>, src.data(), ls.strides.data(), dtype_of<From>);
  for (size_t i = 0; i < dst.size(); ++i)
    ASSERT_EQ(float(dst[i]), float(expected[i])) << to_string(IntArrayRef(sizes)) << dtype_of<From> << dtype_of<To>;
}

TEST(Copy, AgreesWithPlainLoopsOnRandomLayouts) {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    const Sizes sizes = test::random_sizes(random);
    check_copy<float, float>(sizes, random);
    check_copy<uint8_t, uint8_t>(sizes, random);
    check_copy<Half, Half>(sizes, random);
    check_copy<double, float>(sizes, random);
    check_copy<float, Half>(sizes, random);
    check_copy<BFloat16, double>(sizes, random);
    check_copy<int16_t, int64_t>(sizes, random);
  }
}

TEST(Copy, AgreesWithPlainLoopsOnLargeTensors) {
  std::mt19937 random(2);
  for (const Sizes& sizes : {Sizes{700001}, Sizes{811, 907}, Sizes{8, 3, 120, 120}, Sizes{300001, 2}})
    for (int i = 0; i < 6; ++i) check_copy<float, float>(sizes, random);
}

TEST(Copy, TransposesWhatIsPermuted) {
  const int64_t rows = 517, columns = 1033;
  std::vector<float> src(rows * columns), dst(rows * columns);
  std::iota(src.begin(), src.end(), 0.0f);
  const Sizes dst_strides = {columns, 1}, src_strides = {1, rows};
  copy_strided(Sizes{rows, columns}, dst.data(), dst_strides.data(), kFloat, src.data(), src_strides.data(), kFloat);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) ASSERT_EQ(dst[i * columns + j], src[j * rows + i]);
}

template <class T>
void check_transposition(int64_t rows, int64_t columns) {
  std::vector<T> src(rows * columns), dst(rows * columns);
  for (size_t i = 0; i < src.size(); ++i) src[i] = static_cast<T>(i * 7 + i / 256);
  const Sizes dst_strides = {columns, 1}, src_strides = {1, rows};
  copy_strided(Sizes{rows, columns}, dst.data(), dst_strides.data(), dtype_of<T>, src.data(), src_strides.data(),
               dtype_of<T>);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) ASSERT_EQ(dst[i * columns + j], src[j * rows + i]) << rows << ' ' << columns;
}

TEST(Copy, TransposesTablesOfAnySizeAndWidthOfElements) {
  for (const int64_t rows : {2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 66})
    for (const int64_t columns : {2, 3, 5, 8, 16, 19, 32, 63, 64}) {
      check_transposition<uint8_t>(rows, columns);
      check_transposition<int16_t>(rows, columns);
      check_transposition<int32_t>(rows, columns);
      check_transposition<int64_t>(rows, columns);
    }
}

TEST(Copy, DoesNothingForZeroElements) {
  copy_strided(Sizes{0, 3}, nullptr, nullptr, kFloat, nullptr, nullptr, kInt);
  const float one = 1;
  fill_strided(Sizes{0}, nullptr, nullptr, kFloat, &one);
}

TEST(Copy, RefusesMoreDimensionsThanThereIsRoomFor) {
  const Sizes sizes(65, 1), strides(65, 1);
  float x = 0;
  EXPECT_THROW(copy_strided(sizes, &x, strides.data(), kFloat, &x, strides.data(), kFloat), Error);
}

TEST(Copy, FillsWhatTheStridesReach) {
  std::vector<int32_t> memory(12, 7);
  const Sizes strides = {4, 2};
  const int32_t five = 5;
  fill_strided(Sizes{3, 2}, memory.data(), strides.data(), kInt, &five);
  EXPECT_EQ(memory, (std::vector<int32_t>{5, 7, 5, 7, 5, 7, 5, 7, 5, 7, 5, 7}));
}

template <class To, class From>
std::vector<To> cast(const std::vector<From>& from) {
  std::vector<To> to(from.size() * 2);  // twice: a contiguous and a strided pass
  const int64_t n = static_cast<int64_t>(from.size()), two = 2;
  copy_strided(n, to.data(), &two, dtype_of<To>, from.data(), nullptr, dtype_of<From>);
  std::vector<To> strided(n), dense(n);
  for (int64_t i = 0; i < n; ++i) strided[i] = to[2 * i];
  copy_strided(n, dense.data(), nullptr, dtype_of<To>, from.data(), nullptr, dtype_of<From>);
  EXPECT_EQ(strided, dense);
  return dense;
}

constexpr float kInf = std::numeric_limits<float>::infinity(), kNaN = std::numeric_limits<float>::quiet_NaN();

TEST(Cast, TruncatesFloatsAndMarksWhatDoesNotFit) {
  const std::vector<float> x = {kNaN, kInf, -kInf, 300.7f, -1.5f, 3e9f, -3e9f, 1e20f, 70000.0f};
  constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
  constexpr int32_t kLow32 = std::numeric_limits<int32_t>::min();
  EXPECT_EQ((cast<int64_t>(x)),
            (std::vector<int64_t>{kLow, kLow, kLow, 300, -1, 3000000000, -3000000000, kLow, 70000}));
  EXPECT_EQ((cast<int32_t>(x)), (std::vector<int32_t>{kLow32, kLow32, kLow32, 300, -1, kLow32, kLow32, kLow32, 70000}));
  EXPECT_EQ((cast<int16_t>(x)), (std::vector<int16_t>{0, 0, 0, 300, -1, 0, 0, 0, 4464}));
  EXPECT_EQ((cast<uint16_t>(x)), (std::vector<uint16_t>{0, 0, 0, 300, 65535, 0, 0, 0, 4464}));
  EXPECT_EQ((cast<uint8_t>(x)), (std::vector<uint8_t>{0, 0, 0, 44, 255, 0, 0, 0, 112}));
  EXPECT_EQ((cast<int8_t>(x)), (std::vector<int8_t>{0, 0, 0, 44, -1, 0, 0, 0, 112}));
}

TEST(Cast, WrapsIntegers) {
  const std::vector<int64_t> x = {300, -1, 1LL << 33, (1LL << 31) + 5};
  EXPECT_EQ((cast<uint8_t>(x)), (std::vector<uint8_t>{44, 255, 0, 5}));
  EXPECT_EQ((cast<int32_t>(x)), (std::vector<int32_t>{300, -1, 0, std::numeric_limits<int32_t>::min() + 5}));
}

TEST(Cast, TurnsEverythingButZeroIntoTrue) {
  const float x[] = {0.0f, -0.0f, kNaN, 1e-45f, -2.0f};
  bool y[5];
  copy_strided(int64_t{5}, y, nullptr, kBool, x, nullptr, kFloat);
  EXPECT_EQ(std::vector<int>(y, y + 5), (std::vector<int>{0, 0, 1, 1, 1}));
  const Half h[] = {Half(0.0f), Half(-0.0f), Half(3.0f), Half(kNaN), Half(6e-8f)};
  copy_strided(int64_t{5}, y, nullptr, kBool, h, nullptr, kHalf);
  EXPECT_EQ(std::vector<int>(y, y + 5), (std::vector<int>{0, 0, 1, 1, 1}));
}

TEST(Cast, ReadsAnyByteButZeroAsTrue) {
  const uint8_t bytes[] = {0, 1, 2, 255};
  float y[4];
  copy_strided(int64_t{4}, y, nullptr, kFloat, bytes, nullptr, kBool);
  EXPECT_EQ(std::vector<float>(y, y + 4), (std::vector<float>{0, 1, 1, 1}));
}

TEST(Cast, RoundsHalfTypesToEven) {
  std::vector<float> x(200);
  for (int i = 0; i < 200; ++i) x[i] = std::ldexp(1.0f + i / 777.0f, i % 40 - 26) * (i % 2 ? -1 : 1);
  x.insert(x.end(), {kInf, -kInf, 65519.0f, 65520.0f, 2049.0f, 2051.0f, -0.0f, 6e-8f, 2e-8f});
  std::vector<Half> h(x.size());
  std::vector<BFloat16> b(x.size());
  const int64_t n = static_cast<int64_t>(x.size());
  copy_strided(n, h.data(), nullptr, kHalf, x.data(), nullptr, kFloat);
  copy_strided(n, b.data(), nullptr, kBFloat16, x.data(), nullptr, kFloat);
  std::vector<float> back(x.size());
  copy_strided(n, back.data(), nullptr, kFloat, h.data(), nullptr, kHalf);
  for (int64_t i = 0; i < n; ++i) {
    EXPECT_EQ(h[i].x, Half(x[i]).x) << x[i];
    EXPECT_EQ(b[i].x, BFloat16(x[i]).x) << x[i];
    EXPECT_EQ(back[i], float(h[i])) << x[i];
  }
}

TEST(Cast, GivesLongRowsWhatItGivesEachElement) {
  constexpr int64_t kLength = 1300;
  for (int a = 0; a < kNumDtypes; ++a)
    for (int b = 0; b < kNumDtypes; ++b) {
      const ScalarType from = static_cast<ScalarType>(a), to = static_cast<ScalarType>(b);
      std::vector<float> numbers(kLength);
      for (int64_t i = 0; i < kLength; ++i) numbers[i] = static_cast<float>(i * i % 1021 - 200) / 4;
      std::vector<char> x(kLength * 8), whole(kLength * 8), each(kLength * 8);
      copy_strided(kLength, x.data(), nullptr, from, numbers.data(), nullptr, kFloat);
      copy_strided(kLength, whole.data(), nullptr, to, x.data(), nullptr, from);
      for (int64_t i = 0; i < kLength; ++i)
        copy_strided(int64_t{1}, each.data() + i * element_size(to), nullptr, to, x.data() + i * element_size(from),
                     nullptr, from);
      EXPECT_EQ(whole, each) << from << to;
    }
}

}  // namespace
}  // namespace relume::cpu
