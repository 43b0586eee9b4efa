// Memory for tensors and graph nodes: thread-local free lists for small blocks, a caching allocator for large ones.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include "core/thread_state.h"

// Sanitizers look behind every block; pools would hide what they look for.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RELUME_POOLS 0
#else
#define RELUME_POOLS 1
#endif

namespace relume {

inline constexpr size_t kAlignment = 64;
inline constexpr size_t kLargestPooled = size_t{64} << 10;

// The free list for a block of `bytes` (at most kLargestPooled), and the bytes that its blocks have: steps of 64 up to
// 512, then powers of two.
inline int pool_class(size_t bytes) {
  return static_cast<int>(bytes <= 512 ? (bytes - (bytes != 0)) >> 6 : 62 - __builtin_clzll(bytes - 1));
}
inline constexpr size_t pool_block_bytes(int c) { return c < 8 ? size_t{64} * (c + 1) : size_t{512} << (c - 7); }

void* allocate_slow(size_t bytes);
void deallocate_slow(void* block, size_t bytes) noexcept;

// A block of at least `bytes`, aligned to 64. Throws OutOfMemoryError. The contents are whatever was there.
inline void* allocate(size_t bytes) {
#if RELUME_POOLS
  if (bytes <= kLargestPooled) [[likely]] {
    const int c = pool_class(bytes);
    if (void* block = t_state.pool_head[c]) [[likely]] {
      t_state.pool_head[c] = *static_cast<void**>(block);
      --t_state.pool_count[c];
      return block;
    }
  }
#endif
  return allocate_slow(bytes);
}

// Blocks of one class that a thread keeps for itself.
inline constexpr uint32_t pool_limit(int c) { return c < 8 ? 2048 : 2048u >> (c - 7); }

// Gives back a block that allocate(bytes) made, on any thread.
inline void deallocate(void* block, size_t bytes) noexcept {
#if RELUME_POOLS
  if (bytes <= kLargestPooled) [[likely]] {
    const int c = pool_class(bytes);
    if (t_state.pool_registered && t_state.pool_count[c] < pool_limit(c)) [[likely]] {
      *static_cast<void**>(block) = t_state.pool_head[c];
      t_state.pool_head[c] = block;
      ++t_state.pool_count[c];
      return;
    }
  }
#endif
  deallocate_slow(block, bytes);
}

template <class T, class... Args>
T* pool_new(Args&&... args) {
  static_assert(alignof(T) <= kAlignment);
  void* block = allocate(sizeof(T));
  return new (block) T(std::forward<Args>(args)...);
}

template <class T>
void pool_delete(T* object) noexcept {
  object->~T();
  deallocate(object, sizeof(T));
}

// The most that was in use, see memory::peak(): one count is the user's, the other one's start is the profiler's.
enum class Peak : int { User, Profiler };
inline constexpr int kPeaks = 2;
size_t peak_bytes(Peak which);
void reset_peak(Peak which);

}  // namespace relume
