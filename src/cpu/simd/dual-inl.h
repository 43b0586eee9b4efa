// Dual<V>: a value and its derivative, carried through a formula. Dual<Dual<V>> carries the second derivative too.
#if defined(RELUME_CPU_SIMD_DUAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RELUME_CPU_SIMD_DUAL_INL_H_
#undef RELUME_CPU_SIMD_DUAL_INL_H_
#else
#define RELUME_CPU_SIMD_DUAL_INL_H_
#endif

#include "cpu/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

template <class V>
struct Dual {
  using M = typename V::M;
  V v;  // value
  V d;  // derivative

  RELUME_INLINE explicit Dual(double a) : v(a), d(0.0) {}
  RELUME_INLINE Dual(V value, V derivative) : v(value), d(derivative) {}

  friend RELUME_INLINE Dual operator+(Dual a, Dual b) { return {a.v + b.v, a.d + b.d}; }
  friend RELUME_INLINE Dual operator-(Dual a, Dual b) { return {a.v - b.v, a.d - b.d}; }
  friend RELUME_INLINE Dual operator-(Dual a) { return {-a.v, -a.d}; }
  friend RELUME_INLINE Dual operator*(Dual a, Dual b) { return {a.v * b.v, a.d * b.v + a.v * b.d}; }
  friend RELUME_INLINE Dual operator/(Dual a, Dual b) {
    const V q = a.v / b.v;
    return {q, (a.d - q * b.d) / b.v};
  }

  friend RELUME_INLINE M operator<(Dual a, Dual b) { return a.v < b.v; }
  friend RELUME_INLINE M operator<=(Dual a, Dual b) { return a.v <= b.v; }
  friend RELUME_INLINE M operator>(Dual a, Dual b) { return a.v > b.v; }
  friend RELUME_INLINE M operator>=(Dual a, Dual b) { return a.v >= b.v; }
  friend RELUME_INLINE M operator==(Dual a, Dual b) { return a.v == b.v; }
  friend RELUME_INLINE Dual select(M mask, Dual yes, Dual no) {
    return {select(mask, yes.v, no.v), select(mask, yes.d, no.d)};
  }

  // The derivative of |x| is 0 at 0.
  friend RELUME_INLINE Dual abs(Dual a) {
    return {abs(a.v), select(a.v < V(0.0), -a.d, select(a.v > V(0.0), a.d, V(0.0)))};
  }
  friend RELUME_INLINE Dual exp(Dual a) {
    const V e = exp(a.v);
    return {e, e * a.d};
  }
  friend RELUME_INLINE Dual expm1(Dual a) { return {expm1(a.v), exp(a.v) * a.d}; }
  friend RELUME_INLINE Dual log1p(Dual a) { return {log1p(a.v), a.d / (V(1.0) + a.v)}; }
  friend RELUME_INLINE Dual tanh(Dual a) {
    const V t = tanh(a.v);
    return {t, (V(1.0) - t * t) * a.d};
  }
  friend RELUME_INLINE Dual sigmoid(Dual a) {
    const V s = sigmoid(a.v);
    return {s, s * (V(1.0) - s) * a.d};
  }
  friend RELUME_INLINE Dual normal_cdf(Dual a) { return {normal_cdf(a.v), normal_pdf(a.v) * a.d}; }
  friend RELUME_INLINE Dual times_normal_cdf(Dual a) { return a * normal_cdf(a); }
  friend RELUME_INLINE Dual normal_pdf(Dual a) {
    const V p = normal_pdf(a.v);
    return {p, -(a.v * p) * a.d};
  }
};

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
