// Dot products, sums, rotations and products of a matrix with a vector for every SIMD target.
#include "cpu/vector_loops.h"

#include "cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/vector_loops.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h, whose macros it changes.
#include "cpu/simd/small_scalar-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Dot products of kRows rows with one vector; kSums sums of each keep the multipliers busy.
template <int kRows, int kSums, class T>
void dots(const T* a, int64_t row, int64_t n, const T* x, T* out) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = hn::Lanes(d);
  V sum[kRows][kSums];
#pragma GCC unroll 16
  for (int i = 0; i < kRows * kSums; ++i) sum[i / kSums][i % kSums] = hn::Zero(d);
  int64_t i = 0;
  for (; i + kSums * lanes <= n; i += kSums * lanes)
#pragma GCC unroll 4
    for (int s = 0; s < kSums; ++s) {
      const V part = hn::LoadU(d, x + i + s * lanes);
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r)
        sum[r][s] = hn::MulAdd(hn::LoadU(d, a + r * row + i + s * lanes), part, sum[r][s]);
    }
  for (; i + lanes <= n; i += lanes) {
    const V part = hn::LoadU(d, x + i);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) sum[r][0] = hn::MulAdd(hn::LoadU(d, a + r * row + i), part, sum[r][0]);
  }
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
    V all = sum[r][0];
    for (int s = 1; s < kSums; ++s) all = hn::Add(all, sum[r][s]);
    T total = hn::GetLane(hn::SumOfLanes(d, all));
    for (int64_t k = i; k < n; ++k) total += a[r * row + k] * x[k];
    out[r] = total;
  }
}

template <class T>
T dot(const T* x, const T* y, int64_t n) {
  T sum;
  dots<1, 4>(x, n, n, y, &sum);
  return sum;
}

// y += factors[0] a[0] + ... of kRows rows.
template <int kRows, class T>
void add_some(const T* a, int64_t row, int64_t n, const T* factors, T* y) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = hn::Lanes(d);
  V factor[kRows];
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) factor[r] = hn::Set(d, factors[r]);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    V sum = hn::LoadU(d, y + i);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) sum = hn::MulAdd(factor[r], hn::LoadU(d, a + r * row + i), sum);
    hn::StoreU(sum, d, y + i);
  }
  for (; i < n; ++i)
    for (int r = 0; r < kRows; ++r) y[i] += factors[r] * a[r * row + i];
}

template <class T>
void add(const T* x, T factor, int64_t n, T* y) {
  add_some<1>(x, n, n, &factor, y);
}

template <class T>
void scale(T factor, int64_t n, T* x) {
  for (int64_t i = 0; i < n; ++i) x[i] *= factor;
}

template <class T>
void rotate(T* __restrict x, T* __restrict y, T c, T s, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const T old = x[i];
    x[i] = c * old - s * y[i];
    y[i] = s * old + c * y[i];
  }
}

template <class T>
void rows_times(const T* a, int64_t row, int64_t rows, int64_t n, const T* x, T* y) {
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) dots<4, 2>(a + i * row, row, n, x, y + i);
  for (; i < rows; ++i) dots<1, 4>(a + i * row, row, n, x, y + i);
}

template <class T>
void add_rows(const T* a, int64_t row, int64_t rows, int64_t n, const T* x, T* y) {
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) add_some<4>(a + i * row, row, n, x + i, y);
  for (; i < rows; ++i) add_some<1>(a + i * row, row, n, x + i, y);
}

// What columns from kRows on of kRows rows, above the diagonal, add to y: as rows to the first elements, as columns to
// the others. Each element is read once.
template <int kRows, class T>
void add_both(const T* a, int64_t row, int64_t n, const T* x, T* y) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = hn::Lanes(d);
  V factor[kRows], sum[kRows];
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) factor[r] = hn::Set(d, x[r]), sum[r] = hn::Zero(d);
  int64_t i = kRows;
  for (; i + lanes <= n; i += lanes) {
    V old = hn::LoadU(d, y + i);
    const V part = hn::LoadU(d, x + i);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const V elements = hn::LoadU(d, a + r * row + i);
      old = hn::MulAdd(factor[r], elements, old);
      sum[r] = hn::MulAdd(elements, part, sum[r]);
    }
    hn::StoreU(old, d, y + i);
  }
  for (int r = 0; r < kRows; ++r) {
    T total = hn::GetLane(hn::SumOfLanes(d, sum[r]));
    for (int64_t k = i; k < n; ++k) {
      y[k] += x[r] * a[r * row + k];
      total += a[r * row + k] * x[k];
    }
    y[r] += total;
  }
}

template <class T>
void add_symmetric(const T* a, int64_t row, int64_t rows, int64_t n, const T* x, T* y) {
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    const T* const block = a + i * row + i;
    for (int r = 0; r < 4; ++r)
      for (int c = 0; c < 4; ++c) y[i + r] += block[r < c ? r * row + c : c * row + r] * x[i + c];
    add_both<4>(block, row, n - i, x + i, y + i);
  }
  for (; i < rows; ++i) {
    y[i] += a[i * row + i] * x[i];
    add_both<1>(a + i * row + i, row, n - i, x + i, y + i);
  }
}

template <class T>
void secular(const T* z, const T* d, int64_t n, T* sum, T* slope) {
  const hn::ScalableTag<T> tag;
  const int64_t lanes = hn::Lanes(tag);
  auto sums = hn::Zero(tag), slopes = hn::Zero(tag);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto by = hn::LoadU(tag, d + i), ratio = hn::Div(hn::LoadU(tag, z + i), by);
    sums = hn::Add(sums, ratio);
    slopes = hn::Add(slopes, hn::Div(ratio, by));
  }
  *sum = hn::GetLane(hn::SumOfLanes(tag, sums));
  *slope = hn::GetLane(hn::SumOfLanes(tag, slopes));
  for (; i < n; ++i) *sum += z[i] / d[i], *slope += z[i] / d[i] / d[i];
}

constexpr VectorLoops<float> kFloatLoops = {dot, add, rows_times, add_rows, nullptr, nullptr, nullptr, nullptr};
constexpr VectorLoops<double> kDoubleLoops = {dot, add, rows_times, add_rows, scale, rotate, add_symmetric, secular};

}  // namespace

const VectorLoops<float>& float_vector_loops() { return kFloatLoops; }
const VectorLoops<double>& double_vector_loops() { return kDoubleLoops; }

}  // namespace HWY_NAMESPACE
}  // namespace relume::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {

template <>
const VectorLoops<float>& vector_loops<float>() {
  RELUME_DISPATCH(target(), float_vector_loops());
}
template <>
const VectorLoops<double>& vector_loops<double>() {
  RELUME_DISPATCH(target(), double_vector_loops());
}

}  // namespace relume::cpu
#endif
