// SmallVector: a list whose first N elements need no allocation; it grows, and is neither copied nor shrunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "core/memory.h"

namespace relume {

template <class T, uint32_t N>
class SmallVector {
 public:
  SmallVector() = default;
  // `size` value-initialised elements.
  explicit SmallVector(size_t size) {
    while (size_ < size) emplace_back();
  }
  SmallVector(const SmallVector&) = delete;
  SmallVector& operator=(const SmallVector&) = delete;
  ~SmallVector() {
    clear();
    if (capacity_ > N) deallocate(data_, capacity_ * sizeof(T));
  }

  template <class... Args>
  T& emplace_back(Args&&... args) {
    if (size_ == capacity_) grow();
    return *new (data_ + size_++) T(std::forward<Args>(args)...);
  }
  void pop_back() { data_[--size_].~T(); }
  void clear() {
    while (size_ > 0) pop_back();
  }
  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  void grow() {
    const uint32_t capacity = 2 * capacity_;
    T* bigger = static_cast<T*>(allocate(capacity * sizeof(T)));
    for (uint32_t i = 0; i < size_; ++i) {
      new (bigger + i) T(std::move(data_[i]));
      data_[i].~T();
    }
    if (capacity_ > N) deallocate(data_, capacity_ * sizeof(T));
    data_ = bigger;
    capacity_ = capacity;
  }

  uint32_t size_ = 0;
  uint32_t capacity_ = N;
  T* data_ = reinterpret_cast<T*>(inline_);  // before the elements, so that the first ones share its cache line
  alignas(T) unsigned char inline_[N * sizeof(T)];
};

}  // namespace relume
