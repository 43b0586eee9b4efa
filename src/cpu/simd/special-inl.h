// erfinv, log gamma and digamma of vectors: of floats in double where the target has fused multiply-add, else one lane
// at a time.
#if defined(RELUME_CPU_SIMD_SPECIAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RELUME_CPU_SIMD_SPECIAL_INL_H_
#undef RELUME_CPU_SIMD_SPECIAL_INL_H_
#else
#define RELUME_CPU_SIMD_SPECIAL_INL_H_
#endif

#include <cmath>

#include "cpu/simd/math-inl.h"
#include "cpu/special_series.h"
#include "kernels/special_functions.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

#define RELUME_BY_LANE(V, name)                                                              \
  RELUME_CALLED V name(V x) {                                                                \
    return map_lanes(x, [](V::Element a) { return static_cast<V::Element>(cpu::name(a)); }); \
  }
RELUME_BY_LANE(VD, erfinv)
RELUME_BY_LANE(VD, log_gamma)
RELUME_BY_LANE(VD, digamma)

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_SSE4

RELUME_BY_LANE(VF, erfinv)
RELUME_BY_LANE(VF, log_gamma)
RELUME_BY_LANE(VF, digamma)

#else

namespace detail {

RELUME_CALLED VD erfinv_of_floats(VD y) {
  const VD w = -log((VD(1.0) - y) * (VD(1.0) + y));
  VD ratio = polynomial(w - VD(2.5), kErfinvNear);
  const auto far = w >= VD(kErfinvNearEnd);
  if (any(far)) ratio = select(far, polynomial(sqrt(w) - VD(3.0), kErfinvFar), ratio);
  return y * select(w == VD(kEndless), w, ratio);
}

// x less the nearest integer, times pi.
RELUME_INLINE VD angle_from_integer(VD x) { return VD(2 * kHalfPi) * (x - round(x)); }

// By Euler's reflection for x < 0, where what is near a zero is left to the accurate function.
RELUME_CALLED VD log_gamma_below(VD x, VD above) {
  const VD sine = abs(sine_of_float<false>(angle_from_integer(x)));
  const VD y = select(abs(x) < VD(kEndless), log(VD(2 * kHalfPi) / (abs(x) * sine)) - above, abs(x));
  const auto below = x < VD(0.0), rare = below && abs(y) < VD(0.05);
  const VD safe = select(below, y, above);
  return any(rare) ? select(rare, log_gamma(x), safe) : safe;
}
RELUME_CALLED VD log_gamma_of_floats(VD x) {
  const VD t = abs(x);
  const auto below_one = t < VD(1.0), below_two = t < VD(2.0), below_three = t < VD(3.0);
  // Below 3 by way of a number from 1 to 2, and a logarithm.
  const VD u = select(below_one, t, select(below_two, t - VD(1.0), t - VD(2.0))) - VD(0.5);
  const VD l = log(select(below_one, t, select(below_two, VD(1.0), select(below_three, t - VD(1.0), t))));
  const VD near = mul_add(mul_add(u, u, VD(-0.25)), polynomial(u, kLogGamma), select(below_one, -l, l));
  const VD inverse = VD(1.0) / t, rest = inverse * polynomial(inverse * inverse, kStirling);
  const VD far = mul_add(t - VD(0.5), l - VD(1.0), VD(0.41893853320467274178) + rest);
  const VD y = select(below_three, near, far);
  return any(x < VD(0.0)) ? log_gamma_below(x, y) : y;
}

// psi(x) = psi(1 - x) - pi / tan(pi x).
RELUME_CALLED VD digamma_below(VD x, VD above) {
  const VD angle = angle_from_integer(x), y = above - VD(2 * kHalfPi) * sine(angle, 1) / sine(angle, 0);
  const VD nan(std::numeric_limits<double>::quiet_NaN());
  return select(x < VD(0.0), select(angle == VD(0.0), nan, y), above);
}
RELUME_CALLED VD digamma_of_floats(VD x) {
  static constexpr double kBernoulli[] = {1. / 12,  -1. / 120,     1. / 252, -1. / 240,
                                          1. / 132, -691. / 32760, 1. / 12};  // B(2k) / 2k
  VD t = select(x < VD(0.0), VD(1.0) - x, x), over(0.0), under(1.0);
  for (int i = 0; i < 8; ++i) {  // psi(t) = psi(t + 1) - 1 / t; the fractions are summed as one
    const auto small = t < VD(8.0);
    over = select(small, mul_add(over, t, under), over);
    under = select(small, under * t, under);
    t = select(small, t + VD(1.0), t);
  }
  const VD inverse = VD(1.0) / t, z = inverse * inverse;
  const VD series = mul_add(z, polynomial(z, kBernoulli), mul_add(VD(0.5), inverse, over / under));
  const VD y = log(t) - series;
  const VD above = select(x == VD(0.0), copysign(VD(kEndless), -x), y);
  return any(x < VD(0.0)) ? digamma_below(x, above) : above;
}

}  // namespace detail

#define RELUME_FLOAT_IN_DOUBLE(name)                                                     \
  RELUME_CALLED VF name(VF x) {                                                          \
    return detail::in_double([](VD wide) { return detail::name##_of_floats(wide); }, x); \
  }
RELUME_FLOAT_IN_DOUBLE(erfinv)
RELUME_FLOAT_IN_DOUBLE(log_gamma)
RELUME_FLOAT_IN_DOUBLE(digamma)
#undef RELUME_FLOAT_IN_DOUBLE

#endif
#undef RELUME_BY_LANE

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
