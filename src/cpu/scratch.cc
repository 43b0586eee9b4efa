// Scratch blocks: a small free list a power of two, shared by all threads.
#include "cpu/scratch.h"

#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>

#include "core/check.h"

namespace relume::cpu {
namespace {

constexpr int kSmallestClass = 12;              // 4 KiB
constexpr int kLargestKept = 28;                // 256 MiB: larger blocks go back to the system at once
constexpr size_t kKeptBytes = size_t{1} << 29;  // of all classes together
constexpr size_t kAlignment = 64;

struct FreeBlock {
  FreeBlock* next;
};

struct FreeLists {
  std::mutex mutex;
  FreeBlock* head[kLargestKept + 1] = {};
  size_t kept = 0;
};

FreeLists& free_lists() {
  static FreeLists* const lists = new FreeLists;  // never destroyed: static modules may still run kernels at exit
  return *lists;
}

}  // namespace

Scratch::Scratch(int64_t bytes) {
  if (bytes <= 0) return;
  const size_t wanted = static_cast<size_t>(bytes);
  size_class_ = std::max<int>(kSmallestClass, std::bit_width(wanted - 1));
  if (size_class_ <= kLargestKept) {
    FreeLists& lists = free_lists();
    std::lock_guard lock(lists.mutex);
    if (FreeBlock* block = lists.head[size_class_]) {
      lists.head[size_class_] = block->next;
      lists.kept -= size_t{1} << size_class_;
      data_ = block;
      return;
    }
  }
  const size_t size =
      size_class_ <= kLargestKept ? size_t{1} << size_class_ : (wanted + kAlignment - 1) & ~(kAlignment - 1);
  data_ = std::aligned_alloc(kAlignment, size);
  check<OutOfMemoryError>(data_ != nullptr, "out of memory: a kernel could not get {} bytes of working memory", bytes);
}

Scratch::~Scratch() {
  if (!data_) return;
  if (size_class_ <= kLargestKept) {
    FreeLists& lists = free_lists();
    const size_t size = size_t{1} << size_class_;
    std::lock_guard lock(lists.mutex);
    if (lists.kept + size <= kKeptBytes) {
      lists.head[size_class_] = new (data_) FreeBlock{lists.head[size_class_]};
      lists.kept += size;
      return;
    }
  }
  std::free(data_);
}

}  // namespace relume::cpu
