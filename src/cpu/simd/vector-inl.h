// Vector<T>: a SIMD register of float or double with operators, for formulas that are written over any V.
// Re-included for each target; math-inl.h adds the functions.
#if defined(RELUME_CPU_SIMD_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RELUME_CPU_SIMD_VECTOR_INL_H_
#undef RELUME_CPU_SIMD_VECTOR_INL_H_
#else
#define RELUME_CPU_SIMD_VECTOR_INL_H_
#endif

#include <cmath>

#include "cpu/simd/targets.h"
#include "hwy/highway.h"
// After highway.h, whose macros it changes.
#include "cpu/simd/small_scalar-inl.h"

#define RELUME_INLINE inline __attribute__((always_inline))
#ifndef RELUME_FORMULA
#define RELUME_FORMULA \
  template <class V>   \
  inline __attribute__((always_inline)) V
#endif

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Fused multiply-add exists: error terms of products are free, and a Newton step beats division.
inline constexpr bool kHasFma = HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_SSE4;

template <class T>
struct Mask {
  using Tag = hn::ScalableTag<T>;
  hn::Mask<Tag> m;

  friend RELUME_INLINE Mask operator&&(Mask a, Mask b) { return {hn::And(a.m, b.m)}; }
  friend RELUME_INLINE Mask operator||(Mask a, Mask b) { return {hn::Or(a.m, b.m)}; }
  friend RELUME_INLINE Mask operator!(Mask a) { return {hn::Not(a.m)}; }
  friend RELUME_INLINE bool any(Mask a) { return !hn::AllFalse(Tag(), a.m); }
  friend RELUME_INLINE bool all(Mask a) { return hn::AllTrue(Tag(), a.m); }
};

template <class T>
struct Vector {
  using Tag = hn::ScalableTag<T>;
  using Raw = hn::Vec<Tag>;
  using Element = T;
  using M = Mask<T>;
  Raw v;

  Vector() = default;
  RELUME_INLINE Vector(Raw raw) : v(raw) {}  // NOLINT: implicit
  RELUME_INLINE explicit Vector(double a) : v(hn::Set(Tag(), static_cast<T>(a))) {}

  static RELUME_INLINE Vector load(const T* p) { return hn::LoadU(Tag(), p); }
  RELUME_INLINE void store(T* p) const { hn::StoreU(v, Tag(), p); }
  static constexpr int64_t kMaxLanes = HWY_MAX_BYTES / sizeof(T);
  static RELUME_INLINE int64_t lanes() { return static_cast<int64_t>(hn::Lanes(Tag())); }

  friend RELUME_INLINE Vector operator+(Vector a, Vector b) { return hn::Add(a.v, b.v); }
  friend RELUME_INLINE Vector operator-(Vector a, Vector b) { return hn::Sub(a.v, b.v); }
  friend RELUME_INLINE Vector operator*(Vector a, Vector b) { return hn::Mul(a.v, b.v); }
  friend RELUME_INLINE Vector operator/(Vector a, Vector b) { return hn::Div(a.v, b.v); }
  friend RELUME_INLINE Vector operator-(Vector a) { return hn::Neg(a.v); }

  friend RELUME_INLINE M operator<(Vector a, Vector b) { return {hn::Lt(a.v, b.v)}; }
  friend RELUME_INLINE M operator<=(Vector a, Vector b) { return {hn::Le(a.v, b.v)}; }
  friend RELUME_INLINE M operator>(Vector a, Vector b) { return {hn::Gt(a.v, b.v)}; }
  friend RELUME_INLINE M operator>=(Vector a, Vector b) { return {hn::Ge(a.v, b.v)}; }
  friend RELUME_INLINE M operator==(Vector a, Vector b) { return {hn::Eq(a.v, b.v)}; }

  friend RELUME_INLINE Vector select(M mask, Vector yes, Vector no) { return hn::IfThenElse(mask.m, yes.v, no.v); }
  friend RELUME_INLINE Vector abs(Vector a) { return hn::Abs(a.v); }
  friend RELUME_INLINE Vector sqrt(Vector a) { return hn::Sqrt(a.v); }
  // Rounding keeps the sign of zero, which Highway's scalar target loses; round() takes ties to even.
#if HWY_TARGET == HWY_SCALAR
  friend RELUME_INLINE Vector floor(Vector a) { return Raw(std::floor(a.v.raw)); }
  friend RELUME_INLINE Vector ceil(Vector a) { return Raw(std::ceil(a.v.raw)); }
  friend RELUME_INLINE Vector trunc(Vector a) { return Raw(std::trunc(a.v.raw)); }
  friend RELUME_INLINE Vector round(Vector a) { return Raw(std::nearbyint(a.v.raw)); }
#else
  friend RELUME_INLINE Vector floor(Vector a) { return hn::Floor(a.v); }
  friend RELUME_INLINE Vector ceil(Vector a) { return hn::Ceil(a.v); }
  friend RELUME_INLINE Vector trunc(Vector a) { return hn::Trunc(a.v); }
  friend RELUME_INLINE Vector round(Vector a) { return hn::Round(a.v); }
#endif
  friend RELUME_INLINE Vector copysign(Vector magnitude, Vector sign) { return hn::CopySign(magnitude.v, sign.v); }
  // a * b + c and c - a * b, fused where the target can.
  friend RELUME_INLINE Vector mul_add(Vector a, Vector b, Vector c) { return hn::MulAdd(a.v, b.v, c.v); }
  friend RELUME_INLINE Vector neg_mul_add(Vector a, Vector b, Vector c) { return hn::NegMulAdd(a.v, b.v, c.v); }
};

// Calls f on each lane, for functions that are left to the C library.
template <class T, class F>
RELUME_INLINE Vector<T> map_lanes(Vector<T> a, F f) {
  HWY_ALIGN T lanes[Vector<T>::kMaxLanes];
  a.store(lanes);
  for (int64_t i = 0; i < Vector<T>::lanes(); ++i) lanes[i] = f(lanes[i]);
  return Vector<T>::load(lanes);
}

// x within [low, high]; NaN stays NaN, and -0.0 between the bounds -0.0.
RELUME_FORMULA clamp(V x, V low, V high) { return select(x < low, low, select(x > high, high, x)); }

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
