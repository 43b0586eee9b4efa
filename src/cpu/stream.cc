// stream_copy for each SIMD target.
#include "cpu/stream.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/stream.cc"
#include "cpu/simd/targets.h"
#include "hwy/foreach_target.h"
//
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
constexpr StreamCopy kStreamCopy = nullptr;
#else
namespace hn = hwy::HWY_NAMESPACE;

void copy_lines(char* dst, const char* src, int64_t bytes, std::span<const char* const> next) {
  constexpr int64_t kLine = 64;
  const hn::ScalableTag<uint8_t> tag;
  const auto lanes = static_cast<int64_t>(hn::Lanes(tag));
  auto* const to = reinterpret_cast<uint8_t*>(dst);
  const auto* const from = reinterpret_cast<const uint8_t*>(src);
  int64_t i = 0;
  if (reinterpret_cast<uintptr_t>(dst) % kLine == 0) {
    for (; i + kLine <= bytes; i += kLine) {
      for (const char* place : next) hwy::Prefetch(place + i);
      for (int64_t j = i; j < i + kLine; j += lanes) hn::Stream(hn::Load(tag, from + j), tag, to + j);
    }
  }
  if (i < bytes) std::memcpy(dst + i, src + i, bytes - i);
}

constexpr StreamCopy kStreamCopy = copy_lines;
#endif

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {

StreamCopy stream_copy(Target target) { RELUME_DISPATCH(target, kStreamCopy); }

StreamCopy stream_copy() {
  static const StreamCopy copy = stream_copy(target());
  return copy;
}

void stream_fence() { hwy::FlushStream(); }

}  // namespace relume::cpu
#endif
