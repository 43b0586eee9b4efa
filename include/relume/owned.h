// Owned: the only owner of an object, for members of classes that every program sees; and swap_pointers.
#pragma once

#include <memory>
#include <type_traits>

namespace relume::detail {

// std::swap of two pointers, whose constraints would be a dozen classes more for the compiler of every program.
template <class T>
void swap_pointers(T*& a, T*& b) noexcept {
  T* const old = a;
  a = b;
  b = old;
}

// Destroys what it holds. It is std::unique_ptr, from which it can be made, without a deleter and an array form: each
// class of those costs a compiler as much as three hundred lines of declarations.
template <class T>
class Owned {
 public:
  Owned() = default;
  explicit Owned(T* object) : object_(object) {}
  template <class U>
  Owned(std::unique_ptr<U> object) : object_(object.release()) {}  // NOLINT: implicit, where libtorch has unique_ptr
  Owned(Owned&& other) noexcept : object_(other.object_) { other.object_ = nullptr; }
  Owned& operator=(Owned&& other) noexcept {
    swap_pointers(object_, other.object_);
    return *this;
  }
  ~Owned() { delete object_; }

  explicit operator bool() const { return object_ != nullptr; }
  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }

 private:
  T* object_ = nullptr;
};

// std::unique_ptr<T>, in a template with a parameter U: its class is made only where the template is used.
template <class T, class U>
using UniqueIn = std::unique_ptr<std::conditional_t<std::is_void_v<U>, void, T>>;

}  // namespace relume::detail
