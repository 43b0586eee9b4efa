// Divisions of floats with rules: what is left of a quotient, towards zero or, as in Python, towards minus infinity.
#pragma once

#include <cmath>
#include <cstdint>

namespace relume::cpu {

// Whether a quotient of floats, taken in double, lies on its side of each integer, so that products with its whole part
// are exact.
inline bool has_exact_rest(double ratio, double divisor) {
  return (std::abs(ratio) < 0x1p28) & (std::abs(divisor) < 0x1p128);
}

// The remainder of a / b towards zero, exact as the C library's.
inline float exact_fmod(float a, float b) {
  const double x = a, y = b, ratio = x / y;
  if (!has_exact_rest(ratio, y)) return std::fmod(a, b);
  return std::copysign(static_cast<float>(x - static_cast<double>(static_cast<int64_t>(ratio)) * y), a);
}
inline double exact_fmod(double a, double b) { return std::fmod(a, b); }

// The remainder that has the sign of b, from that towards zero.
template <class T>
T floored_rest(T rest, T b) {
  return (rest != 0) & ((rest < 0) != (b < 0)) ? static_cast<T>(rest + b) : rest;
}

// Python's quotient: of a minus the remainder, so that a == b * floor_divide(a, b) + remainder(a, b) as nearly as can
// be. `rest` is the remainder towards zero.
template <class T>
T floored_quotient(T a, T b, T rest) {
  T ratio = (a - rest) / b;
  ratio = (rest != 0) & ((b < 0) != (rest < 0)) ? ratio - 1 : ratio;
  const T whole = std::floor(ratio), nearest = ratio - whole > T(0.5) ? whole + 1 : whole;
  const T result = ratio == 0 ? std::copysign(T(0), a / b) : nearest;
  return b == 0 ? a / b : result;
}

}  // namespace relume::cpu
