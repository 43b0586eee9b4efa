// Working memory of kernels: blocks that are kept between calls, so that a kernel does not pay for fresh pages.
#pragma once

#include <cstddef>
#include <cstdint>

namespace relume::cpu {

// A 64-byte aligned block of uninitialised memory for the time of a scope. Throws OutOfMemoryError.
class Scratch {
 public:
  explicit Scratch(int64_t bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_ = nullptr;
  int size_class_ = -1;
};

}  // namespace relume::cpu
