// The slow paths of allocation: central lists behind the thread-local ones, and a cache of large blocks.
#include "core/memory.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include "core/check.h"

namespace relume {

constinit thread_local ThreadState t_state;

namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kKept = size_t{64} << 20;
constexpr uint32_t kBatch = 16;  // blocks moved between a thread and the central list at once

[[noreturn]] void out_of_memory(size_t bytes);

// Small blocks that threads gave back: beyond its own limit, or when they ended.
struct Central {
  std::mutex mutex;
  void* head[kPoolClasses] = {};
  uint32_t count[kPoolClasses] = {};
};

// Large blocks: freed ones are kept by size class and handed out again, because fresh pages cost more than most work
// that is done on them. What is kept never exceeds kKept or the peak of what was in use.
struct LargeCache {
  std::mutex mutex;
  std::multimap<size_t, void*> free;
  MemoryStats stats;
};

// Never destroyed: global tensors are released after static destructors have run.
Central& central() {
  static Central* const instance = new Central;
  return *instance;
}
LargeCache& large_cache() {
  static LargeCache* const instance = new LargeCache;
  return *instance;
}

// A thread that ends leaves its free blocks to the others.
void close_thread(void*) {
  Central& shared = central();
  const std::lock_guard lock(shared.mutex);
  for (int c = 0; c < kPoolClasses; ++c) {
    while (void* block = t_state.pool_head[c]) {
      t_state.pool_head[c] = *static_cast<void**>(block);
      *static_cast<void**>(block) = shared.head[c];
      shared.head[c] = block;
      ++shared.count[c];
    }
    t_state.pool_count[c] = 0;
  }
  t_state.pool_registered = false;
  t_state.pool_closed = true;
}

void register_thread() {
  static const pthread_key_t key = [] {
    pthread_key_t made;
    pthread_key_create(&made, close_thread);
    return made;
  }();
  pthread_setspecific(key, &t_state);
  t_state.pool_registered = true;
}

void* system_allocate(size_t alignment, size_t bytes) {
  void* block = nullptr;
  return posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}

void* allocate_small(size_t bytes) {
  if (!t_state.pool_registered && !t_state.pool_closed) register_thread();
  const int c = pool_class(bytes);
  Central& shared = central();
  {
    const std::lock_guard lock(shared.mutex);
    if (void* block = shared.head[c]) {
      shared.head[c] = *static_cast<void**>(block);
      --shared.count[c];
      for (uint32_t i = 1; i < kBatch && shared.head[c] && t_state.pool_registered; ++i) {
        void* extra = shared.head[c];
        shared.head[c] = *static_cast<void**>(extra);
        --shared.count[c];
        *static_cast<void**>(extra) = t_state.pool_head[c];
        t_state.pool_head[c] = extra;
        ++t_state.pool_count[c];
      }
      return block;
    }
  }
  void* block = system_allocate(kAlignment, pool_block_bytes(c));
  if (!block) out_of_memory(bytes);
  return block;
}

void deallocate_small(void* block, size_t bytes) noexcept {
  const int c = pool_class(bytes);
  Central& shared = central();
  {
    const std::lock_guard lock(shared.mutex);
    if (shared.count[c] < 2 * pool_limit(c)) {
      *static_cast<void**>(block) = shared.head[c];
      shared.head[c] = block;
      ++shared.count[c];
      return;
    }
  }
  std::free(block);
}

// Sizes that large blocks are rounded up to: eight steps an octave, so that at most an eighth is wasted.
size_t large_class(size_t bytes) {
  const size_t step = std::max(size_t{4096}, size_t{1} << (60 - __builtin_clzll(bytes)));
  return (bytes + step - 1) / step * step;
}

void* fresh_large(size_t bytes) {
  void* block = system_allocate(bytes >= 2 * kHugePage ? kHugePage : kAlignment, bytes);
  if (block && bytes >= 2 * kHugePage) madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

void* allocate_large(size_t bytes) {
  if (bytes > (size_t{1} << 62)) out_of_memory(bytes);
  bytes = large_class(bytes);
  LargeCache& cache = large_cache();
  {
    const std::lock_guard lock(cache.mutex);
    cache.stats.in_use += bytes;
    cache.stats.peak = std::max(cache.stats.peak, cache.stats.in_use);
    const auto found = cache.free.find(bytes);
    if (found != cache.free.end()) {
      void* block = found->second;
      cache.free.erase(found);
      cache.stats.cached -= bytes;
      return block;
    }
  }
  void* block = fresh_large(bytes);
  if (!block) {
    empty_memory_cache();
    block = fresh_large(bytes);
  }
  if (!block) {
    {
      const std::lock_guard lock(cache.mutex);
      cache.stats.in_use -= bytes;
    }
    out_of_memory(bytes);
  }
  return block;
}

void deallocate_large(void* block, size_t bytes) noexcept {
  bytes = large_class(bytes);
  LargeCache& cache = large_cache();
  std::vector<void*> evicted;
  {
    const std::lock_guard lock(cache.mutex);
    cache.stats.in_use -= bytes;
    cache.free.emplace(bytes, block);
    cache.stats.cached += bytes;
    // The smallest go first: they cost least to have again.
    while (cache.stats.cached > std::max(cache.stats.peak, kKept)) {
      const auto victim = cache.free.begin();
      cache.stats.cached -= victim->first;
      evicted.push_back(victim->second);
      cache.free.erase(victim);
    }
  }
  for (void* victim : evicted) std::free(victim);
}

void out_of_memory(size_t bytes) {
  const MemoryStats stats = memory_stats();
  fail<OutOfMemoryError>("out of memory: tried to allocate {} bytes; {} bytes are in use, {} are cached", bytes,
                         stats.in_use, stats.cached);
}

}  // namespace

void* allocate_slow(size_t bytes) {
  if constexpr (RELUME_POOLS) return bytes <= kLargestPooled ? allocate_small(bytes) : allocate_large(bytes);
  void* block = bytes > (size_t{1} << 62) ? nullptr : system_allocate(kAlignment, std::max<size_t>(bytes, 1));
  if (!block) out_of_memory(bytes);
  return block;
}

void deallocate_slow(void* block, size_t bytes) noexcept {
  if constexpr (RELUME_POOLS) {
    bytes <= kLargestPooled ? deallocate_small(block, bytes) : deallocate_large(block, bytes);
  } else {
    std::free(block);
  }
}

MemoryStats memory_stats() {
  LargeCache& cache = large_cache();
  const std::lock_guard lock(cache.mutex);
  return cache.stats;
}

void empty_memory_cache() {
  LargeCache& cache = large_cache();
  std::multimap<size_t, void*> blocks;
  {
    const std::lock_guard lock(cache.mutex);
    blocks.swap(cache.free);
    cache.stats.cached = 0;
  }
  for (const auto& [size, block] : blocks) std::free(block);
}

}  // namespace relume
