// Register tiles of matrix products for every SIMD target: outer-product tiles, and blocks of dot products.
#include "cpu/gemm_tiles.h"

#include <utility>

#include "cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/gemm_tiles.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h, whose macros it changes.
#include "cpu/simd/small_scalar-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// As many accumulators as the registers hold beside the operands.
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kRows = 12;
constexpr int kDotRows = 4;
#elif HWY_TARGET == HWY_SCALAR
constexpr int kRows = 4;
constexpr int kDotRows = 2;
#else
constexpr int kRows = 6;
constexpr int kDotRows = 3;
#endif

// The strides of A are (1, a_col) when kUnitRow, so that a row is a constant offset.
template <int kR, int kVectors, bool kUnitRow, class T>
void outer_tile(int64_t k, const T* a, int64_t a_row, int64_t a_col, const T* b, int64_t b_row, T* c, int64_t c_row,
                T alpha, T beta) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = hn::Lanes(d);
  V sum[kR][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kR; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::Zero(d);
  for (int64_t p = 0; p < k; ++p, a += a_col, b += b_row) {
#if HWY_TARGET == HWY_SCALAR
    asm volatile("");  // lest GCC 12 make vectors of the columns, and read a row of B behind the last one
#endif
    V row[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) row[v] = hn::LoadU(d, b + v * lanes);
#pragma GCC unroll 16
    for (int r = 0; r < kR; ++r) {
      const V factor = hn::Set(d, a[kUnitRow ? r : r * a_row]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(factor, row[v], sum[r][v]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kR; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      T* at = c + r * c_row + v * lanes;
      V result = hn::Mul(hn::Set(d, alpha), sum[r][v]);
      if (beta != T(0)) result = hn::MulAdd(hn::Set(d, beta), hn::LoadU(d, at), result);
      hn::StoreU(result, d, at);
    }
}

template <int kVectors, class T, int... kR>
void outer_of_rows(std::integer_sequence<int, kR...>, int64_t rows, int64_t k, const T* a, int64_t a_row, int64_t a_col,
                   const T* b, int64_t b_row, T* c, int64_t c_row, T alpha, T beta) {
  using Tile = void (*)(int64_t, const T*, int64_t, int64_t, const T*, int64_t, T*, int64_t, T, T);
  static constexpr Tile kUnitRowTiles[] = {outer_tile<kR + 1, kVectors, true, T>...};
  static constexpr Tile kTiles[] = {outer_tile<kR + 1, kVectors, false, T>...};
  (a_row == 1 ? kUnitRowTiles : kTiles)[rows - 1](k, a, a_row, a_col, b, b_row, c, c_row, alpha, beta);
}

template <int kVectors, class T>
void outer(int64_t rows, int64_t k, const T* a, int64_t a_row, int64_t a_col, const T* b, int64_t b_row, T* c,
           int64_t c_row, T alpha, T beta) {
  outer_of_rows<kVectors>(std::make_integer_sequence<int, kRows>(), rows, k, a, a_row, a_col, b, b_row, c, c_row, alpha,
                          beta);
}

// Integers wrap, so they are multiplied as unsigned numbers; plain loops vectorise well enough.
constexpr int kIntRows = 4;
constexpr int kIntLanes = 16;

template <class T, class U>
void outer_int(int64_t rows, int64_t k, const T* a, int64_t a_row, int64_t a_col, const T* b, int64_t b_row, T* c,
               int64_t c_row, T alpha, T beta) {
  for (int64_t r = 0; r < rows; ++r) {
    U sum[kIntLanes] = {};
    for (int64_t p = 0; p < k; ++p) {
      const U factor = static_cast<U>(a[r * a_row + p * a_col]);
      const T* row = b + p * b_row;
      for (int j = 0; j < kIntLanes; ++j) sum[j] += factor * static_cast<U>(row[j]);
    }
    T* out = c + r * c_row;
    for (int j = 0; j < kIntLanes; ++j) {
      const U old = beta == 0 ? 0 : static_cast<U>(beta) * static_cast<U>(out[j]);
      out[j] = static_cast<T>(static_cast<U>(alpha) * sum[j] + old);
    }
  }
}

// One block of dot products; several sums a product keep the multipliers busy when the block is small.
template <int kR, int kC, int kSums, class T>
void dot_block(int64_t k, const T* a, int64_t a_row, const T* b, int64_t b_row, T* out) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = hn::Lanes(d);
  V sum[kR][kC][kSums];
#pragma GCC unroll 16
  for (int i = 0; i < kR * kC * kSums; ++i) sum[i / (kC * kSums)][i / kSums % kC][i % kSums] = hn::Zero(d);
  const auto step = [&](const T* x, int64_t x_row, const T* y, int64_t y_row, int s) HWY_ATTR {
    V rows[kR];
#pragma GCC unroll 4
    for (int r = 0; r < kR; ++r) rows[r] = hn::LoadU(d, x + r * x_row);
#pragma GCC unroll 8
    for (int c = 0; c < kC; ++c) {
      const V column = hn::LoadU(d, y + c * y_row);
#pragma GCC unroll 4
      for (int r = 0; r < kR; ++r) sum[r][c][s] = hn::MulAdd(rows[r], column, sum[r][c][s]);
    }
  };
  int64_t p = 0;
  for (; p + kSums * lanes <= k; p += kSums * lanes)
#pragma GCC unroll 8
    for (int s = 0; s < kSums; ++s) step(a + p + s * lanes, a_row, b + p + s * lanes, b_row, s);
  for (; p < k; p += lanes) {  // the rest, through zero-padded copies
    T x[kR * HWY_MAX_BYTES / sizeof(T)] = {};
    T y[kC * HWY_MAX_BYTES / sizeof(T)] = {};
    const int64_t left = k - p < lanes ? k - p : lanes;
    for (int r = 0; r < kR; ++r)
      for (int64_t i = 0; i < left; ++i) x[r * lanes + i] = a[r * a_row + p + i];
    for (int c = 0; c < kC; ++c)
      for (int64_t i = 0; i < left; ++i) y[c * lanes + i] = b[c * b_row + p + i];
    step(x, lanes, y, lanes, 0);
  }
#pragma GCC unroll 16
  for (int i = 0; i < kR * kC; ++i) {
    V total = sum[i / kC][i % kC][0];
    for (int s = 1; s < kSums; ++s) total = hn::Add(total, sum[i / kC][i % kC][s]);
    out[i] = hn::GetLane(hn::SumOfLanes(d, total));
  }
}

template <class T>
void dot(int64_t rows, int64_t cols, int64_t k, const T* a, int64_t a_row, const T* b, int64_t b_row, T* out) {
  static_assert(kDotColumns == 4);
  if (cols < kDotColumns) {
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < cols; ++c)
        dot_block<1, 1, 4>(k, a + r * a_row, a_row, b + c * b_row, b_row, out + r * cols + c);
    return;
  }
  switch (rows) {
    case 1:
      return dot_block<1, 4, 2>(k, a, a_row, b, b_row, out);
    case 2:
      return dot_block<2, 4, 1>(k, a, a_row, b, b_row, out);
#if HWY_TARGET != HWY_SCALAR
    case 3:
      return dot_block<3, 4, 1>(k, a, a_row, b, b_row, out);
    default:
      return dot_block<kDotRows, 4, 1>(k, a, a_row, b, b_row, out);
#endif
  }
}

// A sum starts from +0, which decides the sign of a product that is 0.
template <class T>
void scaled(int64_t n, T factor, const T* __restrict x, T* __restrict y) {
  for (int64_t i = 0; i < n; ++i) y[i] = T(0) + factor * x[i];
}

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
template <int kR>
void small_rows(int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_col, const float* b, int64_t b_row,
                float* c, int64_t c_row, float alpha, float beta) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = hn::Lanes(d);
  for (int64_t j = 0; j < n; j += lanes) {
    const auto inside = hn::FirstN(d, static_cast<size_t>(n - j < lanes ? n - j : lanes));
    V sum[kR];
#pragma GCC unroll 8
    for (int r = 0; r < kR; ++r) sum[r] = hn::Zero(d);
    for (int64_t p = 0; p < k; ++p) {
      const V row = hn::MaskedLoad(inside, d, b + p * b_row + j);
#pragma GCC unroll 8
      for (int r = 0; r < kR; ++r) sum[r] = hn::MulAdd(hn::Set(d, a[r * a_row + p * a_col]), row, sum[r]);
    }
#pragma GCC unroll 8
    for (int r = 0; r < kR; ++r) {
      float* const at = c + r * c_row + j;
      V result = hn::Mul(hn::Set(d, alpha), sum[r]);
      if (beta != 0) result = hn::MulAdd(hn::Set(d, beta), hn::MaskedLoad(inside, d, at), result);
      hn::BlendedStore(result, inside, d, at);
    }
  }
}

void small(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_col, const float* b, int64_t b_row,
           float* c, int64_t c_row, float alpha, float beta) {
  for (int64_t r = 0; r < m;) {
    const int64_t left = m - r, rows = left >= 8 ? 8 : left >= 4 ? 4 : 1;
    const auto several = rows == 8 ? small_rows<8> : rows == 4 ? small_rows<4> : small_rows<1>;
    several(n, k, a + r * a_row, a_row, a_col, b, b_row, c + r * c_row, c_row, alpha, beta);
    r += rows;
  }
}
constexpr auto kSmall = small;
#else
constexpr decltype(GemmTiles<float>::small) kSmall = nullptr;
#endif

template <class T, decltype(GemmTiles<T>::small) kSmallProduct>
constexpr GemmTiles<T> kFloatTiles = {
    static_cast<int64_t>(HWY_LANES(T)), kRows, kDotRows, outer<1, T>, outer<2, T>, dot<T>, scaled<T>, kSmallProduct};
template <class T, class U>
constexpr GemmTiles<T> kIntTiles = {kIntLanes, kIntRows, 0, outer_int<T, U>, nullptr, nullptr, nullptr, nullptr};

}  // namespace

const GemmTiles<float>& float_tiles() { return kFloatTiles<float, kSmall>; }
const GemmTiles<double>& double_tiles() { return kFloatTiles<double, nullptr>; }
const GemmTiles<int32_t>& int_tiles() { return kIntTiles<int32_t, uint32_t>; }
const GemmTiles<int64_t>& long_tiles() { return kIntTiles<int64_t, uint64_t>; }

}  // namespace HWY_NAMESPACE
}  // namespace relume::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {

template <>
const GemmTiles<float>& gemm_tiles<float>() {
  RELUME_DISPATCH(target(), float_tiles());
}
template <>
const GemmTiles<double>& gemm_tiles<double>() {
  RELUME_DISPATCH(target(), double_tiles());
}
template <>
const GemmTiles<int32_t>& gemm_tiles<int32_t>() {
  RELUME_DISPATCH(target(), int_tiles());
}
template <>
const GemmTiles<int64_t>& gemm_tiles<int64_t>() {
  RELUME_DISPATCH(target(), long_tiles());
}

}  // namespace relume::cpu
#endif
