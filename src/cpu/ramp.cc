// Evenly spaced numbers, vectorised by the compiler for each SIMD target.
#include "kernels/ramp.h"

#include <algorithm>

#include "cpu/parallel.h"

#define RELUME_COMPILER_VECTORS
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/ramp.cc"
#include "cpu/simd/targets.h"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

// out[i] = first + (start + direction * i) * step, rounded once. Elements are counted in 32 bits, which vectors
// convert.
void fused_ramp(float* out, int32_t start, int32_t n, int32_t direction, float first, float step) {
  for (int32_t i = 0; i < n; ++i) out[i] = __builtin_fmaf(step, static_cast<float>(start + direction * i), first);
}

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {
namespace {

constexpr int64_t kGrain = 1 << 15;  // elements that a thread takes at least
constexpr int64_t kBlock = 1 << 20;  // elements of a call of a loop at most

auto fused() -> void (*)(float*, int32_t, int32_t, int32_t, float, float) { RELUME_DISPATCH(target(), fused_ramp); }

// Calls body(begin, count) for all elements, a block at a time.
template <class Body>
void by_blocks(int64_t n, const Body& body) {
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += kBlock) body(i, static_cast<int32_t>(std::min(kBlock, end - i)));
  });
}

template <class T>
void ramp(T* out, int64_t n, double first, double step) {
  by_blocks(n, [=](int64_t begin, int32_t count) {
    const auto before = static_cast<double>(begin);
    for (int32_t i = 0; i < count; ++i) out[begin + i] = static_cast<T>(first + (before + i) * step);
  });
}

}  // namespace

void fill_ramp(float* out, int64_t n, double first, double step) { ramp(out, n, first, step); }
void fill_ramp(double* out, int64_t n, double first, double step) { ramp(out, n, first, step); }
void fill_ramp(int64_t* out, int64_t n, int64_t first, int64_t step) {
  by_blocks(n, [=](int64_t begin, int32_t count) {
    const auto width = static_cast<uint64_t>(step);
    uint64_t value = static_cast<uint64_t>(first) + static_cast<uint64_t>(begin) * width;
    for (int32_t i = 0; i < count; ++i, value += width) out[begin + i] = static_cast<int64_t>(value);
  });
}

void fill_between(float* out, int32_t n, float first, float last, float step) {
  const int64_t half = n / 2;
  by_blocks(n, [=, ramp = fused()](int64_t i, int32_t count) {
    const auto rising = static_cast<int32_t>(std::clamp<int64_t>(half - i, 0, count));
    ramp(out + i, static_cast<int32_t>(i), rising, 1, first, step);
    ramp(out + i + rising, static_cast<int32_t>(n - 1 - i - rising), count - rising, -1, last, -step);
  });
}

}  // namespace relume::cpu
#endif
