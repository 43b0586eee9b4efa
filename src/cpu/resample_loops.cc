// The innermost loops of resampling, for each SIMD target.
#include "cpu/resample_loops.h"

#include <algorithm>

#include "cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/resample_loops.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h, whose macros it changes.
#include "cpu/simd/small_scalar-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// y[j] = sum over the taps of weights[t] * x[index[t] * n + j], for n neighbours j. Each product is rounded, so that
// all targets give the same bits.
template <class T>
void combine_rows(const T* x, const int64_t* index, const T* weights, int64_t taps, int64_t n, T* y) {
  if (taps == 0) return static_cast<void>(std::fill_n(y, n, T(0)));
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    auto sum = hn::Mul(hn::Set(d, weights[0]), hn::LoadU(d, x + index[0] * n + j));
    for (int64_t t = 1; t < taps; ++t)
      sum = hn::Add(hn::Mul(hn::Set(d, weights[t]), hn::LoadU(d, x + index[t] * n + j)), sum);
    hn::StoreU(sum, d, y + j);
  }
  for (; j < n; ++j) {
    T sum = weights[0] * x[index[0] * n + j];
    for (int64_t t = 1; t < taps; ++t) sum += weights[t] * x[index[t] * n + j];
    y[j] = sum;
  }
}

// One line of `out` elements; kTaps: their number, or 0 where it is not known while compiling.
template <int kTaps, class T>
void combine_line(const Resample& work, const T* x, T* y) {
  const T* weights = static_cast<const T*>(work.weights);
  const int64_t* index = work.index;
  for (int64_t o = 0; o < work.out; ++o, index += work.taps, weights += work.taps) {
    const int64_t taps = kTaps ? kTaps : work.count ? work.count[o] : work.taps;
    T sum = taps > 0 ? weights[0] * x[index[0]] : T(0);
    for (int64_t t = 1; t < taps; ++t) sum += weights[t] * x[index[t]];
    y[o] = sum;
  }
}

template <class T>
void line(const Resample& work, const void* x, void* y) {
  const auto combine = work.count       ? combine_line<0, T>
                       : work.taps == 2 ? combine_line<2, T>
                       : work.taps == 4 ? combine_line<4, T>
                                        : combine_line<0, T>;
  combine(work, static_cast<const T*>(x), static_cast<T*>(y));
}

template <class T>
void rows(const void* x, const int64_t* index, const void* weights, int64_t taps, int64_t n, void* y) {
  combine_rows(static_cast<const T*>(x), index, static_cast<const T*>(weights), taps, n, static_cast<T*>(y));
}

}  // namespace

template <class T>
constexpr ResampleLoops kResampleLoops = {line<T>, rows<T>};

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {

template <>
const ResampleLoops& resample_loops<float>() {
  RELUME_DISPATCH(target(), kResampleLoops<float>);
}
template <>
const ResampleLoops& resample_loops<double>() {
  RELUME_DISPATCH(target(), kResampleLoops<double>);
}

}  // namespace relume::cpu
#endif
