// Maybe: a value or none, for options of types that little else has.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "relume/owned.h"

namespace relume::detail {

// Does what std::optional does, from and to which it converts. Each class of std::optional costs a compiler as much as
// the options of ten modules, in every program; this one has no conditions on T and keeps the value elsewhere.
template <class T>
class Maybe {
 public:
  Maybe() = default;
  Maybe(std::nullopt_t) {}  // NOLINT: implicit, as all of std::optional's
  template <class U, class = std::enable_if_t<!std::is_same_v<std::decay_t<U>, Maybe>>,
            class = std::enable_if_t<std::is_convertible_v<U, T>>>
  Maybe(U&& value) : value_(new T(std::forward<U>(value))) {}  // NOLINT
  template <class U>
  Maybe(const std::optional<U>& value) : value_(value ? new T(*value) : nullptr) {}  // NOLINT
  Maybe(const Maybe& other) : value_(other ? new T(*other) : nullptr) {}
  Maybe(Maybe&& other) noexcept = default;
  Maybe& operator=(Maybe other) noexcept {
    value_ = static_cast<Owned<T>&&>(other.value_);
    return *this;
  }
  // A template, since else std::optional<T> would be looked at wherever a Maybe is copied.
  template <class U, class = std::enable_if_t<std::is_convertible_v<const T&, U>>>
  operator std::optional<U>() const {  // NOLINT
    return *this ? std::optional<U>(**this) : std::nullopt;
  }

  explicit operator bool() const { return value_.get() != nullptr; }
  bool has_value() const { return value_.get() != nullptr; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }
  // Throws std::bad_optional_access where there is none.
  T& value() { return value_.get() ? *value_ : throw std::bad_optional_access(); }
  const T& value() const { return const_cast<Maybe*>(this)->value(); }
  template <class U>
  T value_or(U&& other) const {
    return value_.get() ? *value_ : static_cast<T>(std::forward<U>(other));
  }

  friend bool operator==(const Maybe& a, const Maybe& b) { return a && b ? *a == *b : !a && !b; }
  friend bool operator!=(const Maybe& a, const Maybe& b) { return !(a == b); }

 private:
  Owned<T> value_;
};

}  // namespace relume::detail
