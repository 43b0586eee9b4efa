// stream_copy: stores that go past the caches.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace relume::cpu {

#if defined(__SSE2__)
inline constexpr bool kCanStream = true;

// Copies to memory that will not be read soon, and meanwhile fetches as many bytes from each place of `next`, which
// need not exist. `src` is aligned to 16 bytes; `dst` should be to 64, else edges cost more. Needs a stream_fence()
// before other threads read `dst`.
inline void stream_copy(char* dst, const char* src, int64_t bytes, std::span<const char* const> next) {
  if (reinterpret_cast<uintptr_t>(dst) % 16 != 0) {
    std::memcpy(dst, src, bytes);
    return;
  }
  int64_t i = 0;
  for (; i + 64 <= bytes; i += 64) {
    for (const char* from : next) _mm_prefetch(from + i, _MM_HINT_T0);
    for (int64_t j = i; j < i + 64; j += 16)
      _mm_stream_si128(reinterpret_cast<__m128i*>(dst + j), _mm_load_si128(reinterpret_cast<const __m128i*>(src + j)));
  }
  if (i < bytes) std::memcpy(dst + i, src + i, bytes - i);
}

inline void stream_fence() { _mm_sfence(); }
#else
inline constexpr bool kCanStream = false;
inline void stream_copy(char* dst, const char* src, int64_t bytes, std::span<const char* const>) {
  std::memcpy(dst, src, bytes);
}
inline void stream_fence() {}
#endif

}  // namespace relume::cpu
