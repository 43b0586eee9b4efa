// c10::irange: integers to loop over, for (const auto i : c10::irange(n)).
#pragma once

#include <type_traits>

namespace c10 {
namespace detail {

template <class I>
struct IntegerRange {
  struct Iterator {
    I value;
    I operator*() const { return value; }
    Iterator& operator++() {
      ++value;
      return *this;
    }
    bool operator!=(Iterator other) const { return value != other.value; }
  };
  I first, last;
  Iterator begin() const { return {first}; }
  Iterator end() const { return {last}; }
};

}  // namespace detail

// From 0 to `last` - 1; nothing where `last` is negative.
template <class I, class = std::enable_if_t<std::is_integral_v<I>>>
detail::IntegerRange<I> irange(I last) {
  return {I(0), last > I(0) ? last : I(0)};
}
// From `first` to `last` - 1; nothing where `last` is below `first`.
template <class First, class Last, class = std::enable_if_t<std::is_integral_v<First> && std::is_integral_v<Last>>>
detail::IntegerRange<Last> irange(First first, Last last) {
  const Last begin = static_cast<Last>(first);
  return {begin, last > begin ? last : begin};
}

}  // namespace c10
