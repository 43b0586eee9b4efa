// ReLU with a mask, both directions, for each SIMD target.
#include "kernels/relu_mask.h"

#include <algorithm>
#include <type_traits>

#include "cpu/convert.h"
#include "cpu/dispatch.h"
#include "cpu/parallel.h"
#include "cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/relu_mask.cc"
#include "hwy/foreach_target.h"
// After foreach_target.h, which decides what it means.
#include "cpu/simd/mask_bits-inl.h"
#include "hwy/highway.h"

#ifndef RELUME_CPU_RELU_MASK_LOOPS_
#define RELUME_CPU_RELU_MASK_LOOPS_
namespace relume::cpu {
namespace {

// Over n elements from the start of a byte of the mask.
template <class T>
struct ReluLoops {
  void (*forward)(const T* x, int64_t n, T* y, uint8_t* mask);
  void (*backward)(const T* grad, const uint8_t* mask, int64_t n, T* result);
};

}  // namespace
}  // namespace relume::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Half types are compared as signed integers, in which negative numbers lie below their infinity and NaNs above it.
template <class T>
inline constexpr int16_t kNegativeInfinity = std::is_same_v<T, BFloat16> ? -0x80 : -0x400;

template <class T>
using lane_type = std::conditional_t<is_half_type<T>, int16_t, T>;

#if HWY_TARGET != HWY_SCALAR
template <class T, class D, class V>
HWY_INLINE auto is_negative(D d, V x) {
  if constexpr (is_half_type<T>)
    return hn::And(hn::Gt(x, hn::Set(d, INT16_MIN)), hn::Lt(x, hn::Set(d, kNegativeInfinity<T> + 1)));
  else
    return hn::Lt(x, hn::Zero(d));
}

template <class T, class D, class V>
HWY_INLINE auto passes(D d, V x) {
  if constexpr (is_half_type<T>)
    return hn::And(hn::Gt(x, hn::Set(d, kNegativeInfinity<T>)), hn::Ne(x, hn::Zero(d)));
  else
    return hn::Not(hn::Le(x, hn::Zero(d)));
}
#endif

template <class T>
void forward(const T* x, int64_t n, T* y, uint8_t* mask) {
  int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  using Lane = lane_type<T>;
  const hn::ScalableTag<Lane> d;
  for (const auto lanes = static_cast<int64_t>(hn::Lanes(d)); i + lanes <= n; i += lanes) {
    const auto value = hn::LoadU(d, reinterpret_cast<const Lane*>(x + i));
    if (y) hn::StoreU(hn::IfThenZeroElse(is_negative<T>(d, value), value), d, reinterpret_cast<Lane*>(y + i));
    store_bits(d, passes<T>(d, value), i, mask);
  }
#endif
  for (; i < n; ++i) {
    const auto value = static_cast<compute_type<T>>(x[i]);
    if (y && value < 0) y[i] = T(0);
    if (y && !(value < 0)) y[i] = x[i];
    store_bit(!(value <= 0), i, mask);
  }
}

template <class T>
void backward(const T* grad, const uint8_t* mask, int64_t n, T* result) {
  int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  using Lane = lane_type<T>;
  const hn::ScalableTag<Lane> d;
  for (const auto lanes = static_cast<int64_t>(hn::Lanes(d)); i + lanes <= n; i += lanes)
    hn::StoreU(hn::IfThenElseZero(load_bits(d, i, mask), hn::LoadU(d, reinterpret_cast<const Lane*>(grad + i))), d,
               reinterpret_cast<Lane*>(result + i));
#endif
  for (; i < n; ++i) result[i] = load_bit(i, mask) ? grad[i] : T(0);
}

template <class T>
constexpr ReluLoops<T> kLoops = {forward<T>, backward<T>};

}  // namespace
}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {
namespace {

constexpr int64_t kGrainBytes = 1 << 12;  // of the mask, that a thread takes at least

template <class T>
const ReluLoops<T>& loops_of() {
  RELUME_DISPATCH(target(), kLoops<T>)
}

// Calls body(loops, first element, first byte of the mask, elements) for pieces of the work.
template <class Body>
void for_each_piece(ScalarType dtype, int64_t count, const Body& body) {
  dispatch_floating("relu", dtype, [&](auto zero) {
    parallel_for((count + 7) / 8, kGrainBytes, [&](int64_t begin, int64_t end) {
      const int64_t first = 8 * begin;
      body(loops_of<decltype(zero)>(), first, begin, std::min(8 * end, count) - first);
    });
  });
}

template <class T>
const T* at(const void* data, int64_t i) {
  return static_cast<const T*>(data) + i;
}
template <class T>
T* at(void* data, int64_t i) {
  return data ? static_cast<T*>(data) + i : nullptr;
}

}  // namespace

void relu_forward(ScalarType dtype, const void* x, int64_t count, void* y, uint8_t* mask) {
  for_each_piece(dtype, count, [&]<class T>(const ReluLoops<T>& loops, int64_t first, int64_t byte, int64_t n) {
    loops.forward(at<T>(x, first), n, at<T>(y, first), mask + byte);
  });
}

void relu_backward(ScalarType dtype, const void* grad, const uint8_t* mask, int64_t count, void* result) {
  for_each_piece(dtype, count, [&]<class T>(const ReluLoops<T>& loops, int64_t first, int64_t byte, int64_t n) {
    loops.backward(at<T>(grad, first), mask + byte, n, at<T>(result, first));
  });
}

}  // namespace relume::cpu
#endif
