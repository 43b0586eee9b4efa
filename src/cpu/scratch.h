// Working memory of a kernel for the time of a scope, from the allocator that tensors use.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/memory.h"

namespace relume::cpu {

// A 64-byte aligned block of uninitialised memory; nothing when `bytes` is 0. Throws OutOfMemoryError.
class Scratch {
 public:
  explicit Scratch(int64_t bytes) : bytes_(static_cast<size_t>(bytes)), data_(bytes > 0 ? allocate(bytes_) : nullptr) {}
  ~Scratch() {
    if (data_) deallocate(data_, bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  const size_t bytes_;
  void* const data_;
};

}  // namespace relume::cpu
