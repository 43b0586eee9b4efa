// Memory for the tests of a build with -DRELUME_FENCES=ON: a block ends where a page begins that nobody may touch, so
// that code which reads or writes behind it crashes. In optimised code no sanitizer sees that: the compiler's vectors
// may read more than the source does. Blocks are full of 0xff, NaN in every floating dtype, so that a value which was
// never written shows.
#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace relume {

class FencedMemory {
 public:
  static FencedMemory& instance() {
    static FencedMemory* const memory = new FencedMemory;
    return *memory;
  }

  // Null where the system says no.
  void* take(size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (fenced_ >= kMostFenced && idle_[rounded(bytes, kPage)].empty()) {
      void* block = nullptr;
      if (posix_memalign(&block, kBlockAlignment, bytes) == 0) plain_.insert(block);
      return block;
    }
    const size_t used = rounded(bytes, kBlockAlignment);
    char* const fence = fence_behind(rounded(bytes, kPage));
    return fence ? std::memset(fence - used, 0xff, used) : nullptr;
  }

  void give(void* block, size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (plain_.erase(block) > 0) return std::free(block);
    const size_t pages = rounded(bytes, kPage);
    char* const fence = static_cast<char*>(block) + rounded(bytes, kBlockAlignment);
    std::vector<char*>& idle = idle_[pages];
    if (pages <= kMostKept && idle.size() < kMostIdle) return idle.push_back(fence);
    munmap(fence - pages, pages + kPage);
    --fenced_;
  }

 private:
  // The end of so many bytes of whole pages; null where the system says no. The lock is held.
  char* fence_behind(size_t pages) {
    if (std::vector<char*>& idle = idle_[pages]; !idle.empty()) {
      char* const fence = idle.back();
      idle.pop_back();
      return fence;
    }
    void* const start = mmap(nullptr, pages + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return nullptr;
    ++fenced_;
    char* const fence = static_cast<char*>(start) + pages;
    mprotect(fence, kPage, PROT_NONE);
    return fence;
  }

  static constexpr size_t kPage = 4096;
  static constexpr size_t kBlockAlignment = 16;  // no more than is needed: what it adds is not fenced
  static constexpr size_t kMostFenced = 25000;   // each is two mappings, and Linux allows a process 65530
  static constexpr size_t kMostKept = 16 * kPage, kMostIdle = 1000;  // of each size, to be handed out again

  static size_t rounded(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

  std::mutex mutex_;
  size_t fenced_ = 0;                                    // those that are idle included
  std::unordered_map<size_t, std::vector<char*>> idle_;  // ends of pages, by their number of bytes
  std::unordered_set<void*> plain_;                      // blocks without a fence, when there are too many
};

}  // namespace relume
