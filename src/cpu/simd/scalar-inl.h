// Scalar<T>: one element as a V, for integer kernels (the compiler vectorises their loops) and as the tests' oracle.
#if defined(RELUME_CPU_SIMD_SCALAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RELUME_CPU_SIMD_SCALAR_INL_H_
#undef RELUME_CPU_SIMD_SCALAR_INL_H_
#else
#define RELUME_CPU_SIMD_SCALAR_INL_H_
#endif

#include <cmath>
#include <limits>
#include <type_traits>

#include "cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

// The nearest T towards zero; integers saturate and NaN becomes 0.
template <class T>
RELUME_INLINE T scalar_from(double a) {
  if constexpr (std::is_integral_v<T>) {
    if (a != a) return 0;
    if (a <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
    if (a >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
  }
  return static_cast<T>(a);
}

// The type in which T's arithmetic is done: integers wrap around, so they compute without sign.
template <class T>
using Arithmetic = std::conditional_t<std::is_integral_v<T>, std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>, T>;

template <class T>
struct Scalar {
  using W = Arithmetic<T>;
  using M = bool;
  T v;

  Scalar() = default;
  RELUME_INLINE explicit Scalar(double a) : v(scalar_from<T>(a)) {}
  static RELUME_INLINE Scalar of(T a) {
    Scalar s;
    s.v = a;
    return s;
  }

  friend RELUME_INLINE Scalar operator+(Scalar a, Scalar b) { return of(static_cast<T>(W(a.v) + W(b.v))); }
  friend RELUME_INLINE Scalar operator-(Scalar a, Scalar b) { return of(static_cast<T>(W(a.v) - W(b.v))); }
  friend RELUME_INLINE Scalar operator*(Scalar a, Scalar b) { return of(static_cast<T>(W(a.v) * W(b.v))); }
  friend RELUME_INLINE Scalar operator/(Scalar a, Scalar b) { return of(a.v / b.v); }
  friend RELUME_INLINE Scalar operator-(Scalar a) { return of(static_cast<T>(-W(a.v))); }

  friend RELUME_INLINE bool operator<(Scalar a, Scalar b) { return a.v < b.v; }
  friend RELUME_INLINE bool operator<=(Scalar a, Scalar b) { return a.v <= b.v; }
  friend RELUME_INLINE bool operator>(Scalar a, Scalar b) { return a.v > b.v; }
  friend RELUME_INLINE bool operator>=(Scalar a, Scalar b) { return a.v >= b.v; }
  friend RELUME_INLINE bool operator==(Scalar a, Scalar b) { return a.v == b.v; }
  friend RELUME_INLINE Scalar select(bool mask, Scalar yes, Scalar no) { return of(mask ? yes.v : no.v); }

  friend RELUME_INLINE Scalar abs(Scalar a) {
    if constexpr (std::is_floating_point_v<T>) return of(std::abs(a.v));
    return a.v < 0 ? -a : a;
  }
  friend Scalar exp(Scalar a) { return of(std::exp(a.v)); }
  friend Scalar expm1(Scalar a) { return of(std::expm1(a.v)); }
  friend Scalar log1p(Scalar a) { return of(std::log1p(a.v)); }
  friend Scalar tanh(Scalar a) { return of(std::tanh(a.v)); }
  friend Scalar sigmoid(Scalar a) { return of(T(1) / (T(1) + std::exp(-a.v))); }
  friend Scalar normal_cdf(Scalar a) { return of(T(0.5) * std::erfc(-a.v * T(0.70710678118654752440))); }
  friend Scalar times_normal_cdf(Scalar a) { return a * normal_cdf(a); }
  friend Scalar normal_pdf(Scalar a) { return of(T(0.39894228040143267794) * std::exp(T(-0.5) * a.v * a.v)); }
};

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
