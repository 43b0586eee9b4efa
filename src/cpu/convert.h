// convert<To>(value): one element from one dtype to another, as PyTorch on x86 does it.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "relume/dtype.h"

namespace relume::cpu {

template <class T>
inline constexpr bool is_half_type = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

// The type in which an element is computed: float for the half types.
template <class T>
using compute_type = std::conditional_t<is_half_type<T>, float, T>;

// Truncation to a signed integer of at least 32 bits; what does not fit, and NaN, becomes the smallest one.
template <class Int, class Float>
inline Int truncate(Float value) {
  constexpr Float kLow = static_cast<Float>(std::numeric_limits<Int>::min());
  const bool fits = value >= kLow && value < -kLow;
  return fits ? static_cast<Int>(value) : std::numeric_limits<Int>::min();
}

template <class To, class From>
inline To convert(From value) {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (is_half_type<From>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From(0);
  } else if constexpr (is_half_type<To>) {
    return To(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // uint8 goes through int64, everything that is narrower than 64 bits else through int32.
    using Wide = std::conditional_t<std::is_same_v<To, uint8_t> || sizeof(To) == 8, int64_t, int32_t>;
    return static_cast<To>(truncate<Wide>(value));
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace relume::cpu
