// Lists of integers that describe shapes: ArrayRef, a view of anybody's list, and DimVector, a list of our own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "relume/export.h"

namespace relume {

// A pointer and a length: how functions take lists. It owns nothing, so it must not outlive what it points to.
template <class T>
class ArrayRef {
 public:
  using value_type = T;
  using iterator = const T*;
  using const_iterator = const T*;

  constexpr ArrayRef() = default;
  constexpr ArrayRef(const T* data, size_t size) : data_(data), size_(size) {}
  constexpr ArrayRef(const T* begin, const T* end) : data_(begin), size_(static_cast<size_t>(end - begin)) {}
  constexpr ArrayRef(const T& one) : data_(&one), size_(1) {}  // NOLINT: implicit, as in libtorch
#pragma GCC diagnostic push
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Winit-list-lifetime"
#endif
  constexpr ArrayRef(const std::initializer_list<T>& list) : data_(list.begin()), size_(list.size()) {}  // NOLINT
#pragma GCC diagnostic pop
  template <class A>
  ArrayRef(const std::vector<T, A>& list) : data_(list.data()), size_(list.size()) {}  // NOLINT
  template <size_t N>
  constexpr ArrayRef(const std::array<T, N>& list) : data_(list.data()), size_(N) {}  // NOLINT
  template <size_t N>
  constexpr ArrayRef(const T (&list)[N]) : data_(list), size_(N) {}  // NOLINT

  constexpr const T* data() const { return data_; }
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const T* begin() const { return data_; }
  constexpr const T* end() const { return data_ + size_; }
  constexpr const T& operator[](size_t i) const { return data_[i]; }
  constexpr const T& at(size_t i) const { return data_[i]; }
  constexpr const T& front() const { return data_[0]; }
  constexpr const T& back() const { return data_[size_ - 1]; }
  constexpr ArrayRef slice(size_t start, size_t count) const { return ArrayRef(data_ + start, count); }
  constexpr ArrayRef slice(size_t start) const { return ArrayRef(data_ + start, size_ - start); }
  std::vector<T> vec() const { return std::vector<T>(begin(), end()); }
  constexpr bool equals(ArrayRef other) const {
    if (size_ != other.size_) return false;
    for (size_t i = 0; i < size_; ++i)
      if (!(data_[i] == other.data_[i])) return false;
    return true;
  }

 private:
  const T* data_ = nullptr;
  size_t size_ = 0;
};

template <class T>
constexpr bool operator==(ArrayRef<T> a, ArrayRef<T> b) {
  return a.equals(b);
}
template <class T>
constexpr bool operator!=(ArrayRef<T> a, ArrayRef<T> b) {
  return !a.equals(b);
}
template <class T, class A>
bool operator==(ArrayRef<T> a, const std::vector<T, A>& b) {
  return a.equals(b);
}
template <class T, class A>
bool operator==(const std::vector<T, A>& a, ArrayRef<T> b) {
  return b.equals(a);
}
template <class T, class A>
bool operator!=(ArrayRef<T> a, const std::vector<T, A>& b) {
  return !a.equals(b);
}

using IntArrayRef = ArrayRef<int64_t>;

// An ArrayRef or nothing, that takes lists in braces: std::optional<ArrayRef> of {1} would point to a number that is
// gone.
template <class T>
class OptionalArrayRef {
 public:
  constexpr OptionalArrayRef() = default;
  constexpr OptionalArrayRef(std::nullopt_t) {}                                                  // NOLINT: implicit
  constexpr OptionalArrayRef(ArrayRef<T> list) : list_(list), has_(true) {}                      // NOLINT
  constexpr OptionalArrayRef(const std::initializer_list<T>& list) : list_(list), has_(true) {}  // NOLINT
  constexpr OptionalArrayRef(const T& one) : list_(one), has_(true) {}                           // NOLINT
  // What an ArrayRef may view, or nothing.
  template <class List,
            class = std::enable_if_t<std::is_class_v<List> && std::is_convertible_v<const List&, ArrayRef<T>>>>
  OptionalArrayRef(const List& list) : list_(list), has_(true) {}  // NOLINT
  template <class List>
  OptionalArrayRef(const std::optional<List>& list) : has_(list.has_value()) {  // NOLINT
    if (has_) list_ = ArrayRef<T>(*list);
  }

  constexpr bool has_value() const { return has_; }
  constexpr explicit operator bool() const { return has_; }
  constexpr const ArrayRef<T>& operator*() const { return list_; }
  constexpr const ArrayRef<T>* operator->() const { return &list_; }
  constexpr const ArrayRef<T>& value() const { return list_; }
  constexpr ArrayRef<T> value_or(ArrayRef<T> other) const { return has_ ? list_ : other; }

 private:
  ArrayRef<T> list_;
  bool has_ = false;
};
using OptionalIntArrayRef = OptionalArrayRef<int64_t>;

// "[2, 3]".
RELUME_API std::string to_string(IntArrayRef list);
RELUME_API std::ostream& operator<<(std::ostream& stream, IntArrayRef list);

// A list of int64 that keeps up to kInline elements without allocating: sizes, strides, dims.
class DimVector {
 public:
  static constexpr size_t kInline = 5;

  DimVector() : size_(0), heap_(nullptr) {}
  explicit DimVector(size_t size, int64_t value = 0) : DimVector() { resize(size, value); }
  DimVector(IntArrayRef list) : DimVector() { assign(list); }  // NOLINT: implicit, it copies what is viewed
  DimVector(std::initializer_list<int64_t> list) : DimVector() { assign(IntArrayRef(list.begin(), list.size())); }
  DimVector(const DimVector& other) : DimVector() { copy(other); }
  DimVector(DimVector&& other) noexcept : DimVector() { swap(other); }
  DimVector& operator=(const DimVector& other) {
    if (this != &other) copy(other);
    return *this;
  }
  DimVector& operator=(DimVector&& other) noexcept {
    swap(other);
    return *this;
  }
  ~DimVector() {
    if (heap_) free_heap();
  }

  operator IntArrayRef() const { return IntArrayRef(data(), size_); }  // NOLINT: implicit, a view of it

  int64_t* data() { return heap_ ? heap_ : inline_; }
  const int64_t* data() const { return heap_ ? heap_ : inline_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  int64_t& operator[](size_t i) { return data()[i]; }
  int64_t operator[](size_t i) const { return data()[i]; }
  int64_t* begin() { return data(); }
  int64_t* end() { return data() + size_; }
  const int64_t* begin() const { return data(); }
  const int64_t* end() const { return data() + size_; }
  int64_t& back() { return data()[size_ - 1]; }
  int64_t back() const { return data()[size_ - 1]; }

  void assign(IntArrayRef list) {
    if (list.size() > capacity()) grow(list.size());
    int64_t* to = data();
    for (size_t i = 0; i < list.size(); ++i) to[i] = list[i];
    size_ = static_cast<uint32_t>(list.size());
  }
  void resize(size_t size, int64_t value = 0) {
    if (size > capacity()) grow(size);
    int64_t* to = data();
    for (size_t i = size_; i < size; ++i) to[i] = value;
    size_ = static_cast<uint32_t>(size);
  }
  void push_back(int64_t value) {
    if (size_ == capacity()) grow(size_ + 1);
    data()[size_++] = value;
  }
  void clear() { size_ = 0; }
  void insert(size_t position, int64_t value) {
    push_back(value);
    int64_t* to = data();
    for (size_t i = size_ - 1; i > position; --i) to[i] = to[i - 1];
    to[position] = value;
  }
  void erase(size_t position) {
    int64_t* to = data();
    for (size_t i = position + 1; i < size_; ++i) to[i - 1] = to[i];
    --size_;
  }
  RELUME_API void swap(DimVector& other) noexcept;

 private:
  size_t capacity() const { return heap_ ? capacity_ : kInline; }
  void copy(const DimVector& other) {
    if (heap_ || other.heap_) {
      assign(other);
      return;
    }
    std::memcpy(inline_, other.inline_, sizeof inline_);  // of a fixed size, so without a loop
    size_ = other.size_;
  }
  RELUME_API void grow(size_t wanted);
  RELUME_API void free_heap();

  uint32_t size_;
  uint32_t capacity_ = 0;  // of heap_
  int64_t* heap_;
  int64_t inline_[kInline] = {};
};

inline bool operator==(const DimVector& a, const DimVector& b) { return IntArrayRef(a) == IntArrayRef(b); }
inline bool operator!=(const DimVector& a, const DimVector& b) { return !(a == b); }

}  // namespace relume
