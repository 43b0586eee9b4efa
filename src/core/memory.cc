// The slow paths of allocation: central lists behind the thread-local ones, a cache of large blocks, counts and the
// limit.
#include "core/memory.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/fenced_memory.h"
#include "relume/memory.h"

namespace relume {

constinit thread_local ThreadState t_state;

namespace {

#ifdef RELUME_FENCES
constexpr bool kFences = true;
#else
constexpr bool kFences = false;
#endif
constexpr bool kPools = RELUME_POOLS && !kFences;
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kKept = size_t{64} << 20;
constexpr uint32_t kBatch = 16;  // blocks moved between a thread and the central list at once

// Bytes that the system gave, used or cached; not to exceed the limit. What is in use is what is not cached.
std::atomic<size_t> g_held{0}, g_limit{memory::kUnlimited};
std::atomic<size_t> g_peaks[kPeaks];

// Blocks that are free.
struct Pools {
  std::mutex mutex;
  // Small ones that threads gave back: beyond its own limit, or when they ended.
  void* head[kPoolClasses] = {};
  uint32_t count[kPoolClasses] = {};
  std::vector<const ThreadState*> threads;  // those that have lists of their own
  // Large ones by size class, to be handed out again, because fresh pages cost more than most work that is done on
  // them. They never exceed kKept or the most that was in use.
  std::multimap<size_t, void*> large;
  size_t large_cached = 0, large_in_use = 0, most_large = 0;
  size_t noted_large = 0;  // large_in_use when the peaks were last noted

  Pools() { pthread_atfork(lock_before_fork, unlock_after_fork, unlock_in_child); }

 private:
  static void lock_before_fork();
  static void unlock_after_fork();
  static void unlock_in_child();
};

// Never destroyed: global tensors are released after static destructors have run.
Pools& pools() {
  static Pools* const instance = new Pools;
  return *instance;
}

void Pools::lock_before_fork() { pools().mutex.lock(); }
void Pools::unlock_after_fork() { pools().mutex.unlock(); }
// Of the threads only the one that forked lives on.
void Pools::unlock_in_child() {
  std::vector<const ThreadState*>& threads = pools().threads;
  threads.erase(std::remove_if(threads.begin(), threads.end(), [](auto* thread) { return thread != &t_state; }),
                threads.end());
  pools().mutex.unlock();
}

// ---- Counts ------------------------------------------------------------------------------------------------------

// Bytes of all free blocks. Threads change their own lists without a lock: a count of theirs may be old by a moment.
size_t cached_bytes(const Pools& pools) {
  size_t bytes = pools.large_cached;
  for (int c = 0; c < kPoolClasses; ++c) {
    size_t blocks = pools.count[c];
    for (const ThreadState* thread : pools.threads) blocks += __atomic_load_n(&thread->pool_count[c], __ATOMIC_RELAXED);
    bytes += blocks * pool_block_bytes(c);
  }
  return bytes;
}

size_t bytes_in_use(const Pools& pools) {
  const size_t held = g_held.load(std::memory_order_relaxed), cached = cached_bytes(pools);
  return held > cached ? held - cached : 0;
}

void raise_peaks(size_t in_use) {
  for (std::atomic<size_t>& peak : g_peaks) {
    size_t before = peak.load(std::memory_order_relaxed);
    while (before < in_use && !peak.compare_exchange_weak(before, in_use, std::memory_order_relaxed)) {
    }
  }
}

// ---- The system's memory -----------------------------------------------------------------------------------------

// Null where the system says no.
void* map_block(size_t bytes) {
  if (kFences) return FencedMemory::instance().take(bytes);
  const bool huge = kPools && bytes >= 2 * kHugePage;
  void* block = nullptr;
  if (posix_memalign(&block, huge ? kHugePage : kAlignment, bytes) != 0) return nullptr;
  if (huge) madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}
void unmap_block(void* block, size_t bytes) {
  if (kFences) return FencedMemory::instance().give(block, bytes);
  std::free(block);
}

// Null where the system or the limit says no.
void* take_from_system(size_t bytes) {
  const size_t limit = g_limit.load(std::memory_order_relaxed);
  void* block = nullptr;
  if (bytes <= limit && g_held.fetch_add(bytes, std::memory_order_relaxed) <= limit - bytes) block = map_block(bytes);
  if (!block && bytes <= limit) g_held.fetch_sub(bytes, std::memory_order_relaxed);
  return block;
}

void give_to_system(void* block, size_t bytes) noexcept {
  unmap_block(block, bytes);
  g_held.fetch_sub(bytes, std::memory_order_relaxed);
}

std::string limit_text() {
  const size_t limit = memory::limit();
  return limit == memory::kUnlimited ? "there is no limit" : fmt::format("the limit is {} bytes", limit);
}

[[noreturn]] void out_of_memory(size_t bytes) {
  fail<OutOfMemoryError>("out of memory: tried to allocate {} bytes; {} bytes are in use, {} are cached, {}", bytes,
                         memory::current(), memory::cached(), limit_text());
}

void* take_or_throw(size_t bytes, size_t wanted) {
  void* block = take_from_system(bytes);
  if (!block) {
    memory::empty_cache();
    block = take_from_system(bytes);
  }
  if (!block) out_of_memory(wanted);
  return block;
}

// ---- Small blocks ------------------------------------------------------------------------------------------------

void* pop(void*& head, uint32_t& count) {
  void* const block = head;
  if (!block) return nullptr;
  head = *static_cast<void**>(block);
  --count;
  return block;
}
void push(void*& head, uint32_t& count, void* block) {
  *static_cast<void**>(block) = head;
  head = block;
  ++count;
}

// A thread that ends leaves its free blocks to the others.
void close_thread(void*) {
  Pools& shared = pools();
  const std::lock_guard lock(shared.mutex);
  for (int c = 0; c < kPoolClasses; ++c)
    while (void* block = pop(t_state.pool_head[c], t_state.pool_count[c])) push(shared.head[c], shared.count[c], block);
  shared.threads.erase(std::find(shared.threads.begin(), shared.threads.end(), &t_state));
  t_state.pool_registered = false;
  t_state.pool_closed = true;
}

void register_thread() {
  static const pthread_key_t key = [] {
    pthread_key_t made;
    pthread_key_create(&made, close_thread);
    return made;
  }();
  {
    const std::lock_guard lock(pools().mutex);
    pools().threads.push_back(&t_state);
  }
  pthread_setspecific(key, &t_state);
  t_state.pool_registered = true;
}

void* allocate_small(size_t bytes) {
  if (!t_state.pool_registered && !t_state.pool_closed) register_thread();
  const int c = pool_class(bytes);
  Pools& shared = pools();
  {
    const std::lock_guard lock(shared.mutex);
    if (void* block = pop(shared.head[c], shared.count[c])) {
      for (uint32_t i = 1; i < kBatch && t_state.pool_registered; ++i) {
        void* const extra = pop(shared.head[c], shared.count[c]);
        if (!extra) break;
        push(t_state.pool_head[c], t_state.pool_count[c], extra);
      }
      return block;
    }
  }
  void* const block = take_or_throw(pool_block_bytes(c), bytes);
  const std::lock_guard lock(shared.mutex);
  raise_peaks(bytes_in_use(shared));
  return block;
}

void deallocate_small(void* block, size_t bytes) noexcept {
  const int c = pool_class(bytes);
  Pools& shared = pools();
  {
    const std::lock_guard lock(shared.mutex);
    if (shared.count[c] < 2 * pool_limit(c)) return push(shared.head[c], shared.count[c], block);
  }
  give_to_system(block, pool_block_bytes(c));
}

// Frees a list of blocks of class c.
void free_list(void* head, int c) {
  while (head) {
    void* const block = head;
    head = *static_cast<void**>(block);
    give_to_system(block, pool_block_bytes(c));
  }
}

// ---- Large blocks ------------------------------------------------------------------------------------------------

// Sizes that large blocks are rounded up to: eight steps an octave, so that at most an eighth is wasted.
size_t large_class(size_t bytes) {
  const size_t step = std::max(size_t{4096}, size_t{1} << (60 - __builtin_clzll(bytes)));
  return (bytes + step - 1) / step * step;
}

// Counts a large block that is about to be used.
void note_large(Pools& shared, size_t bytes) {
  shared.large_in_use += bytes;
  shared.most_large = std::max(shared.most_large, shared.large_in_use);
  if (shared.large_in_use <= shared.noted_large) return;
  shared.noted_large = shared.large_in_use;
  raise_peaks(bytes_in_use(shared));
}

void* allocate_large(size_t wanted) {
  const size_t bytes = large_class(wanted);
  Pools& shared = pools();
  {
    const std::lock_guard lock(shared.mutex);
    const auto found = shared.large.find(bytes);
    if (found != shared.large.end()) {
      void* const block = found->second;
      shared.large.erase(found);
      shared.large_cached -= bytes;
      note_large(shared, bytes);
      return block;
    }
  }
  void* const block = take_or_throw(bytes, wanted);
  const std::lock_guard lock(shared.mutex);
  note_large(shared, bytes);
  return block;
}

void deallocate_large(void* block, size_t bytes) noexcept {
  bytes = large_class(bytes);
  Pools& shared = pools();
  std::vector<std::pair<size_t, void*>> evicted;
  {
    const std::lock_guard lock(shared.mutex);
    shared.large_in_use -= bytes;
    shared.large.emplace(bytes, block);
    shared.large_cached += bytes;
    // The smallest go first: they cost least to have again.
    while (shared.large_cached > std::max(shared.most_large, kKept)) {
      const auto victim = shared.large.begin();
      shared.large_cached -= victim->first;
      evicted.emplace_back(*victim);
      shared.large.erase(victim);
    }
  }
  for (const auto& [size, victim] : evicted) give_to_system(victim, size);
}

}  // namespace

void* allocate_slow(size_t bytes) {
  if (bytes > (size_t{1} << 62)) out_of_memory(bytes);
  if constexpr (kPools) return bytes <= kLargestPooled ? allocate_small(bytes) : allocate_large(bytes);
  void* const block = take_or_throw(std::max<size_t>(bytes, 1), bytes);
  raise_peaks(g_held.load(std::memory_order_relaxed));
  return block;
}

void deallocate_slow(void* block, size_t bytes) noexcept {
  if constexpr (kPools) {
    bytes <= kLargestPooled ? deallocate_small(block, bytes) : deallocate_large(block, bytes);
  } else {
    give_to_system(block, std::max<size_t>(bytes, 1));
  }
}

size_t peak_bytes(Peak which) {
  raise_peaks(memory::current());
  return g_peaks[static_cast<int>(which)].load(std::memory_order_relaxed);
}

void reset_peak(Peak which) {
  Pools& shared = pools();
  const std::lock_guard lock(shared.mutex);
  shared.noted_large = shared.large_in_use;
  g_peaks[static_cast<int>(which)].store(bytes_in_use(shared), std::memory_order_relaxed);
}

size_t memory::current() {
  Pools& shared = pools();
  const std::lock_guard lock(shared.mutex);
  return bytes_in_use(shared);
}

size_t memory::cached() {
  Pools& shared = pools();
  const std::lock_guard lock(shared.mutex);
  return cached_bytes(shared);
}

size_t memory::peak() { return peak_bytes(Peak::User); }
void memory::reset_peak() { relume::reset_peak(Peak::User); }

void memory::empty_cache() {
  Pools& shared = pools();
  std::multimap<size_t, void*> large;
  void* lists[2][kPoolClasses];
  {
    const std::lock_guard lock(shared.mutex);
    large.swap(shared.large);
    shared.large_cached = 0;
    for (int c = 0; c < kPoolClasses; ++c) {
      lists[0][c] = std::exchange(shared.head[c], nullptr);
      lists[1][c] = std::exchange(t_state.pool_head[c], nullptr);
      shared.count[c] = t_state.pool_count[c] = 0;
    }
  }
  for (const auto& [size, block] : large) give_to_system(block, size);
  for (const auto& list : lists)
    for (int c = 0; c < kPoolClasses; ++c) free_list(list[c], c);
}

size_t memory::limit() { return g_limit.load(std::memory_order_relaxed); }

void memory::set_limit(size_t bytes) {
  g_limit.store(bytes, std::memory_order_relaxed);
  if (g_held.load(std::memory_order_relaxed) > bytes) empty_cache();
}

}  // namespace relume
