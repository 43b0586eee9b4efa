// ReLU with a mask, both directions, for each SIMD target.
#include "kernels/relu_mask.h"

#include "core/check.h"
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

template <class T>
void forward(const T* x, int64_t n, T* y, uint8_t* mask) {
  int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<T> d;
  const auto zero = hn::Zero(d);
  for (const auto lanes = static_cast<int64_t>(hn::Lanes(d)); i + lanes <= n; i += lanes) {
    const auto value = hn::LoadU(d, x + i);
    if (y) hn::StoreU(hn::IfThenZeroElse(hn::Lt(value, zero), value), d, y + i);
    store_bits(d, hn::Not(hn::Le(value, zero)), i, mask);
  }
#endif
  for (; i < n; ++i) {
    const T value = x[i];
    if (y) y[i] = value < T(0) ? T(0) : value;
    store_bit(!(value <= T(0)), i, mask);
  }
}

template <class T>
void backward(const T* grad, const uint8_t* mask, int64_t n, T* result) {
  int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<T> d;
  for (const auto lanes = static_cast<int64_t>(hn::Lanes(d)); i + lanes <= n; i += lanes)
    hn::StoreU(hn::IfThenElseZero(load_bits(d, i, mask), hn::LoadU(d, grad + i)), d, result + i);
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

// Calls body(loops, zero, first element, first byte of the mask, elements) for pieces of the work.
template <class Body>
void for_each_piece(const char* name, ScalarType dtype, int64_t count, const Body& body) {
  check(dtype == kFloat || dtype == kDouble, "{}: expected float32 or float64, got {}", name, to_string(dtype));
  parallel_for((count + 7) / 8, kGrainBytes, [&](int64_t begin, int64_t end) {
    const int64_t first = 8 * begin, n = std::min(8 * end, count) - first;
    if (dtype == kFloat)
      body(loops_of<float>(), first, begin, n);
    else
      body(loops_of<double>(), first, begin, n);
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
  for_each_piece("relu", dtype, count, [&]<class T>(const ReluLoops<T>& loops, int64_t first, int64_t byte, int64_t n) {
    loops.forward(at<T>(x, first), n, at<T>(y, first), mask + byte);
  });
}

void relu_backward(ScalarType dtype, const void* grad, const uint8_t* mask, int64_t count, void* result) {
  for_each_piece("relu", dtype, count, [&]<class T>(const ReluLoops<T>& loops, int64_t first, int64_t byte, int64_t n) {
    loops.backward(at<T>(grad, first), mask + byte, n, at<T>(result, first));
  });
}

}  // namespace relume::cpu
#endif
