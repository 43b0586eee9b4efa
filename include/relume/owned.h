// Owned: the only owner of an object, for members of classes that every program sees.
#pragma once

#include <utility>

namespace relume::detail {

// Destroys what it holds. It is std::unique_ptr without a deleter and an array form: each class of those costs a
// compiler as much as three hundred lines of declarations.
template <class T>
class Owned {
 public:
  Owned() = default;
  explicit Owned(T* object) : object_(object) {}
  Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Owned() { delete object_; }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }

 private:
  T* object_ = nullptr;
};

}  // namespace relume::detail
