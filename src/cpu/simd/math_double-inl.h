// The mathematical functions of Vector<double> where the target has fused multiply-add, within 2 ULP
// (tests/cpu/unary_test.cc), and those of Vector<float> that are computed in double; on other targets the C library,
// lane by lane. The polynomials of log, sin, cos, atan, asin and erf are those of FDLIBM (Sun Microsystems, 1993).
// Included by math-inl.h.
#if defined(RELUME_CPU_SIMD_MATH_DOUBLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RELUME_CPU_SIMD_MATH_DOUBLE_INL_H_
#undef RELUME_CPU_SIMD_MATH_DOUBLE_INL_H_
#else
#define RELUME_CPU_SIMD_MATH_DOUBLE_INL_H_
#endif

#include <cmath>
#include <limits>

#include "cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

using VF = Vector<float>;
using VD = Vector<double>;

// A function called rather than inlined, to keep the many formulas small.
#define RELUME_CALLED inline __attribute__((noinline))

#define RELUME_LIBRARY_FUNCTION(name)                           \
  RELUME_CALLED VD name(VD x) {                                 \
    return map_lanes(x, [](double a) { return std::name(a); }); \
  }

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_SSE4

#define RELUME_LIBRARY_FUNCTIONS(name)                         \
  RELUME_LIBRARY_FUNCTION(name)                                \
  RELUME_INLINE VF name(VF x) {                                \
    return map_lanes(x, [](float a) { return std::name(a); }); \
  }
RELUME_LIBRARY_FUNCTION(exp)
RELUME_LIBRARY_FUNCTION(expm1)
RELUME_LIBRARY_FUNCTION(exp2)
RELUME_LIBRARY_FUNCTION(log)
RELUME_LIBRARY_FUNCTION(log2)
RELUME_LIBRARY_FUNCTION(log1p)
RELUME_LIBRARY_FUNCTION(tanh)
RELUME_LIBRARY_FUNCTION(log10)
RELUME_LIBRARY_FUNCTIONS(sin)
RELUME_LIBRARY_FUNCTIONS(cos)
RELUME_LIBRARY_FUNCTIONS(tan)
RELUME_LIBRARY_FUNCTION(asin)
RELUME_LIBRARY_FUNCTION(acos)
RELUME_LIBRARY_FUNCTION(atan)
RELUME_LIBRARY_FUNCTIONS(sinh)
RELUME_LIBRARY_FUNCTIONS(cosh)
RELUME_LIBRARY_FUNCTIONS(asinh)
RELUME_LIBRARY_FUNCTIONS(acosh)
RELUME_LIBRARY_FUNCTIONS(atanh)
#undef RELUME_LIBRARY_FUNCTIONS

#else

namespace detail {

using DoubleTag = hn::ScalableTag<double>;
using LongTag = hn::RebindToUnsigned<DoubleTag>;
using VL = hn::Vec<LongTag>;

RELUME_INLINE VL bits(VD x) { return hn::BitCast(LongTag(), x.v); }
RELUME_INLINE VD from_bits(VL i) { return hn::BitCast(DoubleTag(), i); }
RELUME_INLINE VL longs(uint64_t i) { return hn::Set(LongTag(), i); }

inline constexpr double kEndless = std::numeric_limits<double>::infinity();
inline constexpr double kHalfPi = 1.57079632679489655800, kHalfPiLow = 6.12323399573676603587e-17;
inline constexpr double kLog2High = 6.93147180369123816490e-01, kLog2Low = 1.90821492927058770002e-10;

// 1.5 * 2^52: a sum with it is rounded to an integer, which stands in the low bits.
inline constexpr double kRoundToLong = 6755399441055744.0;

// c[0] + c[1] x + c[2] x^2 + ...
template <size_t N>
RELUME_INLINE VD polynomial(VD x, const double (&c)[N]) {
  VD sum(c[N - 1]);
  for (size_t i = N - 1; i-- > 0;) sum = mul_add(sum, x, VD(c[i]));
  return sum;
}

// x within the limits; NaN stays NaN.
RELUME_INLINE VD within(VD x, double low, double high) {
  return hn::Min(VD(high).v, hn::Max(VD(low).v, x.v));  // MINPD and MAXPD return their second operand if one is NaN
}

// x = n log(2) + r with |r| <= log(2) / 2, and r^2 (1/2 + r/6 + ...) = exp(r) - 1 - r.
struct LongExpReduction {
  VD r, n;
  VL n_bits;  // the low bits hold n as an integer
};
RELUME_INLINE LongExpReduction reduce_exp(VD x) {
  const VD shifted = mul_add(x, VD(1.44269504088896338700), VD(kRoundToLong));
  const VD n = shifted - VD(kRoundToLong);
  return {neg_mul_add(n, VD(kLog2Low), neg_mul_add(n, VD(kLog2High), x)), n, bits(shifted)};
}
RELUME_INLINE VD exp_tail(VD r) {
  static constexpr double kTaylor[] = {1. / 2,      1. / 6,       1. / 24,       1. / 120,
                                       1. / 720,    1. / 5040,    1. / 40320,    1. / 362880,
                                       1. / 3628800, 1. / 39916800, 1. / 479001600, 1. / 6227020800};
  return r * r * polynomial(r, kTaylor);
}

// 2^i for the integer i in the low bits, and y * 2^n with a single rounding.
RELUME_INLINE VD power_of_two(VL i) { return from_bits(hn::ShiftLeft<52>(hn::Add(i, longs(1023)))); }
RELUME_INLINE VD scale_by_power_of_two(VD y, VD n, [[maybe_unused]] VL n_bits) {
#if HWY_TARGET == HWY_AVX3
  return VD::Raw{_mm512_scalef_pd(y.v.raw, n.v.raw)};
#else
  const VL half = bits(mul_add(n, VD(0.5), VD(kRoundToLong)));
  return y * power_of_two(half) * power_of_two(hn::Sub(n_bits, half));
#endif
}

// x = (1 + f) 2^exponent with sqrt(1/2) <= 1 + f < sqrt(2), for normal x; and the exponent's bits.
struct LongLogReduction {
  VD f, exponent;
  VL power;  // of 1 + f over x: added to the bits of a number, it multiplies it by that
};
RELUME_INLINE LongLogReduction reduce_normal_log(VD x) {
  constexpr uint64_t kRootHalf = 0x3fe6a09e667f3bcd, kOne = 0x3ff0000000000000;
  const VL biased = hn::ShiftRight<52>(hn::Add(bits(x), longs(kOne - kRootHalf)));
  const VL power = hn::ShiftLeft<52>(hn::Sub(longs(1023), biased));
  const VD exponent = from_bits(hn::Add(biased, bits(VD(kRoundToLong)))) - VD(kRoundToLong + 1023);
  return {from_bits(hn::Add(bits(x), power)) - VD(1.0), exponent, power};
}
RELUME_INLINE LongLogReduction reduce_log(VD x) {
  const auto subnormal = x < VD(std::numeric_limits<double>::min());
  LongLogReduction reduced = reduce_normal_log(select(subnormal, x * VD(0x1p54), x));
  reduced.exponent = reduced.exponent - select(subnormal, VD(54.0), VD(0.0));
  return reduced;
}

// log(1 + f) + exponent * log(2).
RELUME_INLINE VD log_reduced(VD f, VD exponent) {
  static constexpr double kSeries[] = {6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
                                       2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
                                       1.479819860511658591e-01};
  const VD s = f / (VD(2.0) + f), z = s * s, half_square = VD(0.5) * f * f;
  const VD low = mul_add(s, mul_add(z, polynomial(z, kSeries), half_square), exponent * VD(kLog2Low));
  return mul_add(exponent, VD(kLog2High), f - (half_square - low));
}

// The results of logarithms at 0, below it, at infinity and NaN.
RELUME_INLINE VD with_log_edges(VD x, VD y) {
  const VD edge =
      select(x == VD(0.0), VD(-kEndless), select(x < VD(0.0), VD(std::numeric_limits<double>::quiet_NaN()), x));
  return select(x > VD(0.0) && x < VD(kEndless), y, edge);
}

// sin(r) and cos(r) for |r| <= pi / 4.
RELUME_INLINE VD sine_reduced(VD r) {
  static constexpr double kSeries[] = {-1.66666666666666324348e-01, 8.33333333332248946124e-03,
                                       -1.98412698298579493134e-04, 2.75573137070700676789e-06,
                                       -2.50507602534068634195e-08, 1.58969099521155010221e-10};
  const VD z = r * r;
  return mul_add(r * z, polynomial(z, kSeries), r);
}
RELUME_INLINE VD cosine_reduced(VD r) {
  static constexpr double kSeries[] = {4.16666666666666019037e-02,  -1.38888888888741095749e-03,
                                       2.48015872894767294178e-05,  -2.75573143513906633035e-07,
                                       2.08757232129817482790e-09,  -1.13596475577881948265e-11};
  const VD z = r * r, half = VD(0.5) * z, w = VD(1.0) - half;
  return w + mul_add(z * z, polynomial(z, kSeries), (VD(1.0) - w) - half);
}

// x = quadrant * pi / 2 + r, for |x| <= kFarthest.
inline constexpr double kFarthest = 1e6;
struct Quadrant {
  VD r;
  VL number;  // in the low bits
};
RELUME_INLINE Quadrant reduce_angle(VD x) {
  const VD shifted = mul_add(x, VD(0.63661977236758134308), VD(kRoundToLong));
  const VD n = shifted - VD(kRoundToLong);
  const VD r = neg_mul_add(n, VD(kHalfPiLow), neg_mul_add(n, VD(kHalfPi), x));
  return {neg_mul_add(n, VD(-1.49738490485916983e-33), r), bits(shifted)};
}
RELUME_INLINE Mask<double> has_bit(VL number, uint64_t bit) {
  return {hn::RebindMask(DoubleTag(), hn::Eq(hn::And(number, longs(bit)), longs(bit)))};
}

// y, but what the C library's function gives where the angle is too large to be reduced.
template <class T, class F>
RELUME_CALLED Vector<T> replace_far(Vector<T> x, Vector<T> y, F function) {
  return select(abs(x) <= Vector<T>(kFarthest), y, map_lanes(x, function));
}
template <class T, class F>
RELUME_INLINE Vector<T> unless_far(Vector<T> x, Vector<T> y, F function) {
  if (all(abs(x) <= Vector<T>(kFarthest))) [[likely]]
    return y;
  return replace_far(x, y, function);
}

// sin(x) for shift 0, cos(x) for shift 1.
RELUME_INLINE VD sine(VD x, uint64_t shift) {
  const Quadrant q = reduce_angle(x);
  const VL number = hn::Add(q.number, longs(shift));
  const VD y = select(has_bit(number, 1), cosine_reduced(q.r), sine_reduced(q.r));
  return select(has_bit(number, 2), -y, y);
}

// asin(x) / x - 1 for z = x^2 <= 1/4.
RELUME_INLINE VD asin_excess(VD z) {
  static constexpr double kOver[] = {1.66666666666666657415e-01,  -3.25565818622400915405e-01,
                                     2.01212532134862925881e-01,  -4.00555345006794114027e-02,
                                     7.91534994289814532176e-04,  3.47933107596021167570e-05};
  static constexpr double kUnder[] = {1.0, -2.40339491173441421878e+00, 2.02094576023350569471e+00,
                                      -6.88283971605453293030e-01, 7.70381505559019352791e-02};
  return z * polynomial(z, kOver) / polynomial(z, kUnder);
}

// A function of floats computed in double.
template <class F, class... Vectors>
RELUME_INLINE VF in_double(F function, Vectors... x) {
  using Tag = hn::ScalableTag<float>;
  const hn::Half<Tag> half;
  const auto low = function(VD(hn::PromoteTo(DoubleTag(), hn::LowerHalf(half, x.v)))...);
  const auto high = function(VD(hn::PromoteTo(DoubleTag(), hn::UpperHalf(half, x.v)))...);
  return hn::Combine(Tag(), hn::DemoteTo(half, high.v), hn::DemoteTo(half, low.v));
}

}  // namespace detail

RELUME_CALLED VD exp(VD x) {
  const auto gone = x < VD(-746.0);  // as with floats, its zeros are chosen
  const detail::LongExpReduction e = detail::reduce_exp(select(gone, VD(0.0), detail::within(x, -746, 710)));
  const VD y = detail::scale_by_power_of_two(VD(1.0) + (e.r + detail::exp_tail(e.r)), e.n, e.n_bits);
  return select(gone, VD(0.0), y);
}

RELUME_CALLED VD exp2(VD x) {
  using namespace detail;
  const auto gone = x < VD(-1075.0);
  const VD clamped = select(gone, VD(0.0), within(x, -1076, 1025));
  const VD shifted = clamped + VD(kRoundToLong), n = shifted - VD(kRoundToLong);
  const VD r = (clamped - n) * VD(0.693147180559945309);
  const VD y = scale_by_power_of_two(VD(1.0) + (r + exp_tail(r)), n, bits(shifted));
  return select(gone, VD(0.0), y);
}

// Halved on the way, because 2^1024 would overflow.
RELUME_CALLED VD expm1(VD x) {
  using namespace detail;
  const LongExpReduction e = reduce_exp(within(x, -40, 710));
  const VD half_power = power_of_two(hn::Sub(e.n_bits, longs(1)));
  const VD half = mul_add(half_power, exp_tail(e.r), mul_add(half_power, e.r, half_power - VD(0.5)));
  return copysign(half + half, x);
}

RELUME_CALLED VD log(VD x) {
  const detail::LongLogReduction reduced = detail::reduce_log(x);
  return detail::with_log_edges(x, detail::log_reduced(reduced.f, reduced.exponent));
}

RELUME_CALLED VD log2(VD x) {
  const detail::LongLogReduction reduced = detail::reduce_log(x);
  const VD y = mul_add(detail::log_reduced(reduced.f, VD(0.0)), VD(1.44269504088896338700), reduced.exponent);
  return detail::with_log_edges(x, y);
}

RELUME_CALLED VD log10(VD x) {
  const detail::LongLogReduction reduced = detail::reduce_log(x);
  const VD low = reduced.exponent * VD(3.69423907715893078616e-13);
  const VD y = mul_add(detail::log_reduced(reduced.f, VD(0.0)), VD(4.34294481903251816668e-01), low);
  return detail::with_log_edges(x, mul_add(reduced.exponent, VD(3.01029995663611771306e-01), y));
}

// 1 + x = (1 + f) 2^e with f = x 2^-e + (2^-e - 1): the power is exact, so f is rounded only once. Where x is so large
// that the power may not be a normal number, 1 + x is x.
RELUME_CALLED VD log1p(VD x) {
  using namespace detail;
  const LongLogReduction reduced = reduce_normal_log(VD(1.0) + x);
  const VD power = from_bits(hn::Add(bits(VD(1.0)), reduced.power));
  const VD f = select(x < VD(1e300), mul_add(x, power, power - VD(1.0)), reduced.f);
  const VD y = log_reduced(f, reduced.exponent);
  const VD edge =
      select(x == VD(-1.0), VD(-kEndless), select(x < VD(-1.0), VD(std::numeric_limits<double>::quiet_NaN()), x));
  return select(x > VD(-1.0) && x < VD(kEndless) && !(x == VD(0.0)), y, edge);
}

// (exp(2 t) - 1) / (exp(2 t) + 1), or 1 less what is missing; the rounding errors of sum and quotient are made good.
RELUME_CALLED VD tanh(VD x) {
  const VD t = abs(x), e = expm1(detail::within(t + t, 0, 60));
  const auto near = t < VD(1.0);
  const VD over = select(near, e, VD(2.0)), under = e + VD(2.0), error = e - (under - VD(2.0));
  const VD inverse = VD(1.0) / under, estimate = over * inverse;
  const VD rest = neg_mul_add(estimate, error, neg_mul_add(estimate, under, over));
  const VD ratio = mul_add(rest, inverse, estimate);
  return copysign(select(near, ratio, VD(1.0) - ratio), x);
}

RELUME_CALLED VD sin(VD x) {
  return select(x == VD(0.0), x, detail::unless_far(x, detail::sine(x, 0), [](double a) { return std::sin(a); }));
}

RELUME_CALLED VD cos(VD x) {
  return detail::unless_far(x, detail::sine(x, 1), [](double a) { return std::cos(a); });
}

namespace detail {

// Sines of floats, in double: for sin, x = k pi + r, and for cos, x = (k - 1/2) pi + r; either is (-1)^k sin(r). The
// series for |r| <= pi / 2 is good to 2^-35, more than a float shows.
template <bool kCosine>
RELUME_INLINE VD sine_of_float(VD x) {
  static constexpr double kSeries[] = {0.99999999997882294,    -0.16666666608766256,  0.008333330718412196,
                                       -0.0001984083255582912, 2.7523957563882595e-06, -2.3868109138292086e-08};
  constexpr double kInversePi = 0.31830988618379067154;
  const VD shifted = kCosine ? mul_add(x, VD(kInversePi), VD(0.5)) + VD(kRoundToLong)
                             : mul_add(x, VD(kInversePi), VD(kRoundToLong));
  const VD n = kCosine ? (shifted - VD(kRoundToLong)) - VD(0.5) : shifted - VD(kRoundToLong);
  const VD r = neg_mul_add(n, VD(2 * kHalfPiLow), neg_mul_add(n, VD(2 * kHalfPi), x));
  const VD y = r * polynomial(r * r, kSeries);
  return from_bits(hn::Xor(bits(y), hn::ShiftLeft<63>(bits(shifted))));
}

// a / b within 2^-28, for normal b.
RELUME_INLINE VD rough_quotient(VD a, VD b) {
#if HWY_TARGET == HWY_AVX3
  const VD estimate(VD::Raw{_mm512_rcp14_pd(b.v.raw)});
  return a * mul_add(estimate, neg_mul_add(b, estimate, VD(1.0)), estimate);
#else
  return a / b;
#endif
}

// sin(r) / cos(r), or -cos(r) / sin(r) in every other quadrant; the series for |r| <= pi / 4 are good to 2^-28.
RELUME_INLINE VD tan_of_float(VD x) {
  static constexpr double kSine[] = {0.99999999675917828, -0.16666650214308129, 0.0083320159246280338,
                                     -0.00019501754186967028};
  static constexpr double kCosine[] = {0.99999999994387889, -0.49999999571204873, 0.041666613200738598,
                                       -0.0013886528187953588, 2.4372592457070385e-05};
  const Quadrant q = reduce_angle(x);
  const VD z = q.r * q.r, s = q.r * polynomial(z, kSine), c = polynomial(z, kCosine);
  const auto odd = has_bit(q.number, 1);
  return rough_quotient(select(odd, c, s), select(odd, -s, c));
}

}  // namespace detail

RELUME_INLINE VF sin(VF x) {
  const VF y = detail::in_double([](VD wide) { return detail::sine_of_float<false>(wide); }, x);
  return detail::unless_far(x, y, [](float a) { return std::sin(a); });
}
RELUME_INLINE VF cos(VF x) {
  const VF y = detail::in_double([](VD wide) { return detail::sine_of_float<true>(wide); }, x);
  return detail::unless_far(x, y, [](float a) { return std::cos(a); });
}
RELUME_INLINE VF tan(VF x) {
  const VF y = detail::in_double([](VD wide) { return detail::tan_of_float(wide); }, x);
  return select(x == VF(0.0), x, detail::unless_far(x, y, [](float a) { return std::tan(a); }));
}
RELUME_LIBRARY_FUNCTION(tan)

// atan(t) = atan((t - 1) / (t + 1)) + pi / 4 and so on, so that the series is that of numbers below tan(pi / 8).
RELUME_CALLED VD atan(VD x) {
  static constexpr double kSeries[] = {
      -3.33333333333329318027e-01, 1.99999999998764832476e-01,  -1.42857142725034663711e-01,
      1.11111104054623557880e-01,  -9.09088713343650656196e-02, 7.69187620504482999495e-02,
      -6.66107313738753120669e-02, 5.83357013379057348645e-02,  -4.97687799461593236017e-02,
      3.65315727442169155270e-02,  -1.62858201153657823623e-02};
  const VD t = abs(x);
  const auto near = t <= VD(0.4142135623730950), far = t > VD(2.414213562373095);
  const VD over = select(near, t, select(far, VD(-1.0), t - VD(1.0)));
  const VD under = select(near, VD(1.0), select(far, t, t + VD(1.0)));
  const VD base = select(near, VD(0.0), select(far, VD(detail::kHalfPi), VD(detail::kHalfPi / 2)));
  const VD low = select(near, VD(0.0), select(far, VD(detail::kHalfPiLow), VD(detail::kHalfPiLow / 2)));
  const VD u = over / under, z = u * u;
  return copysign(base + (u + mul_add(u * z, detail::polynomial(z, kSeries), low)), x);
}

// asin(t) = pi / 2 - 2 asin(w) with w = sqrt((1 - t) / 2) above 1/2; `error` is what w lacks.
RELUME_CALLED VD asin(VD x) {
  const VD t = abs(x), half = VD(0.5) - VD(0.5) * t, w = sqrt(half);
  const auto near = t <= VD(0.5);
  const VD excess = detail::asin_excess(select(near, t * t, half));
  const VD error = select(w == VD(0.0), w, neg_mul_add(w, w, half) / (w + w));
  const VD low = VD(2.0) * mul_add(w, excess, error) - VD(detail::kHalfPiLow);
  return copysign(select(near, mul_add(t, excess, t), (VD(detail::kHalfPi) - (w + w)) - low), x);
}

RELUME_CALLED VD acos(VD x) {
  const VD t = abs(x), half = VD(0.5) - VD(0.5) * t;
  const auto near = t <= VD(0.5);
  const VD u = select(near, x, sqrt(half)), s = mul_add(u, detail::asin_excess(select(near, t * t, half)), u);
  const VD below = VD(2 * detail::kHalfPi) - (s + s - VD(2 * detail::kHalfPiLow));
  const VD far = select(x < VD(0.0), below, s + s);
  return select(near, VD(detail::kHalfPi) - (s - VD(detail::kHalfPiLow)), far);
}

// (exp(t) + sign exp(-t)) / 2 for t >= 0; far out, where exp(t) would overflow before its half does, by way of
// exp(t / 2).
RELUME_CALLED VD half_of_exponentials(VD t, double sign) {
  const VD e = exp(t), root = exp(VD(0.5) * t);
  return select(t < VD(700.0), VD(0.5) * e + VD(0.5 * sign) / e, VD(0.5) * root * root);
}
RELUME_CALLED VD sinh(VD x) {
  static constexpr double kTaylor[] = {1. / 6,        1. / 120,        1. / 5040,          1. / 362880,
                                       1. / 39916800, 1. / 6227020800, 1. / 1307674368000, 1. / 355687428096000};
  const VD t = abs(x), z = t * t;
  const VD near = mul_add(z * t, detail::polynomial(z, kTaylor), t);
  return copysign(select(t < VD(1.0), near, half_of_exponentials(t, -1)), x);
}
RELUME_INLINE VD cosh(VD x) { return half_of_exponentials(abs(x), 1); }

// By way of log1p, which is exact where the result is small; floats do not overflow in double.
RELUME_INLINE VF asinh(VF x) {
  const auto wide_form = [](VD wide) {
    const VD t = abs(wide), square = t * t, y = log1p(t + square / (VD(1.0) + sqrt(square + VD(1.0))));
    return copysign(select(t < VD(detail::kEndless), y, t), wide);
  };
  return detail::in_double(wide_form, x);
}
RELUME_INLINE VF acosh(VF x) {
  const auto wide_form = [](VD wide) {
    const VD over = wide - VD(1.0), y = log1p(over + sqrt(over * (wide + VD(1.0))));
    return select(over < VD(0.0), VD(std::numeric_limits<double>::quiet_NaN()), y);
  };
  return detail::in_double(wide_form, x);
}
RELUME_INLINE VF atanh(VF x) {
  const auto wide_form = [](VD wide) {
    const VD t = abs(wide);
    return copysign(VD(0.5) * log1p((t + t) / (VD(1.0) - t)), wide);
  };
  return detail::in_double(wide_form, x);
}
RELUME_LIBRARY_FUNCTION(asinh)
RELUME_LIBRARY_FUNCTION(acosh)
RELUME_LIBRARY_FUNCTION(atanh)

namespace detail {

// The angle of the point (x, y) from that of the point of sizes, which is in the first quadrant.
RELUME_INLINE VD in_quadrant(VD angle, VD y, VD x) {
  const VD turned = VD(2 * kHalfPi) - (angle - VD(2 * kHalfPiLow));
  return copysign(select(copysign(VD(1.0), x) < VD(0.0), turned, angle), y);
}

// The same of floats: atan(t) for the smaller size over the larger, with a series that is good to 2^-31.
RELUME_CALLED VD atan2_of_floats(VD y, VD x) {
  static constexpr double kSeries[] = {-0.33333327432639159, 0.19999692579783965,    -0.14280130218062534,
                                       0.11060240610290513,  -0.088188324369911156,  0.067595346223767991,
                                       -0.044945909392887826, 0.022759883598061553, -0.0074224237118981004,
                                       0.0011348360150534326};
  const VD a = abs(y), b = abs(x);
  const auto steep = b < a;
  const VD low = select(steep, b, a), high = select(steep, a, b);
  const VD t = select(a == b, select(a == VD(0.0), a, VD(1.0)), low / high), z = t * t;
  const VD angle = mul_add(t * z, polynomial(z, kSeries), t);
  return in_quadrant(select(steep, VD(kHalfPi) - angle, angle), y, x);
}

// a^b = exp(b log(a)) for floats a >= 0, with series that are good to 2^-31 of the result.
RELUME_CALLED VD pow_of_floats(VD a, VD b) {
  static constexpr double kLog[] = {0.66666665646531842, 0.40000334993748676, 0.28537317377129739, 0.23582038539360367};
  static constexpr double kExp[] = {0.50000000778145415, 0.16666666861752599,   0.041666270140074228,
                                    0.0083332642214476434, 0.0013946061845751523, 0.00019918422674215926};
  const LongLogReduction l = reduce_normal_log(a);
  const VD s = l.f / (VD(2.0) + l.f), z = s * s;
  const VD log = mul_add(l.exponent, VD(kLog2High + kLog2Low), mul_add(s * z, polynomial(z, kLog), s + s));
  const LongExpReduction e = reduce_exp(within(b * log, -200, 200));  // far below and above what floats hold
  return mul_add(e.r * e.r, polynomial(e.r, kExp), VD(1.0) + e.r) * power_of_two(e.n_bits);
}

}  // namespace detail

// The angle of the point (x, y). Equal sizes, which may both be 0 or infinite, are told apart by hand.
RELUME_INLINE VF atan2(VF y, VF x) {
  return detail::in_double([](VD over, VD under) { return detail::atan2_of_floats(over, under); }, y, x);
}
RELUME_INLINE VD atan2(VD y, VD x) {
  const VD a = abs(y), b = abs(x);
  return detail::in_quadrant(atan(select(a == b, select(a == VD(0.0), a, VD(1.0)), a / b)), y, x);
}

// Negative where a is and b is odd; the C library's where a or b is infinite, or the result is not a number or has a
// pole.
RELUME_INLINE VF pow(VF a, VF b) {
  const VF half = VF(0.5) * b;
  const auto is_whole = floor(b) == b, is_odd = is_whole && !(floor(half) == half);
  const VF size = detail::in_double([](VD base, VD power) { return detail::pow_of_floats(base, power); }, abs(a), b);
  const VF y = select(a == VF(0.0), VF(0.0), size);
  const VF result = select(copysign(VF(1.0), a) < VF(0.0) && is_odd, -y, y);
  const auto has_value = a > VF(0.0) || (a == VF(0.0) && b > VF(0.0)) || (a < VF(0.0) && is_whole);
  const auto direct = has_value && abs(a) < VF(detail::kEndless) && abs(b) < VF(detail::kEndless);
  if (all(direct)) [[likely]]
    return result;
  HWY_ALIGN float bases[VF::kMaxLanes], powers[VF::kMaxLanes];
  a.store(bases), b.store(powers);
  for (int64_t i = 0; i < VF::lanes(); ++i) powers[i] = std::pow(bases[i], powers[i]);
  return select(direct, result, VF::load(powers));
}

#endif

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3  // vectors of at least four doubles, to look up what a piece needs

namespace detail {

// Rational functions of erf in four pieces: a row is a power, a column a piece, twice for vectors of eight.
alignas(64) inline constexpr double kErfOver[8][8] = {
    {1.28379167095512558561e-01, -2.36211856075265944077e-03,
     -9.86494403484714822705e-03, -9.86494292470009928597e-03,
     1.28379167095512558561e-01, -2.36211856075265944077e-03,
     -9.86494403484714822705e-03, -9.86494292470009928597e-03},
    {-3.25042107247001499370e-01, 4.14856118683748331666e-01,
     -6.93858572707181764372e-01, -7.99283237680523006574e-01,
     -3.25042107247001499370e-01, 4.14856118683748331666e-01,
     -6.93858572707181764372e-01, -7.99283237680523006574e-01},
    {-2.84817495755985104766e-02, -3.72207876035701323847e-01,
     -1.05586262253232909814e+01, -1.77579549177547519889e+01,
     -2.84817495755985104766e-02, -3.72207876035701323847e-01,
     -1.05586262253232909814e+01, -1.77579549177547519889e+01},
    {-5.77027029648944159157e-03, 3.18346619901161753674e-01,
     -6.23753324503260060396e+01, -1.60636384855821916062e+02,
     -5.77027029648944159157e-03, 3.18346619901161753674e-01,
     -6.23753324503260060396e+01, -1.60636384855821916062e+02},
    {-2.37630166566501626084e-05, -1.10894694282396677476e-01,
     -1.62396669462573470355e+02, -6.37566443368389627722e+02,
     -2.37630166566501626084e-05, -1.10894694282396677476e-01,
     -1.62396669462573470355e+02, -6.37566443368389627722e+02},
    {0, 3.54783043256182359371e-02, -1.84605092906711035994e+02, -1.02509513161107724954e+03,
     0, 3.54783043256182359371e-02, -1.84605092906711035994e+02, -1.02509513161107724954e+03},
    {0, -2.16637559486879084300e-03, -8.12874355063065934246e+01, -4.83519191608651397019e+02,
     0, -2.16637559486879084300e-03, -8.12874355063065934246e+01, -4.83519191608651397019e+02},
    {0, 0, -9.81432934416914548592e+00, 0,
     0, 0, -9.81432934416914548592e+00, 0}};
alignas(64) inline constexpr double kErfUnder[9][8] = {
    {1, 1, 1, 1,
     1, 1, 1, 1},
    {3.97917223959155352819e-01, 1.06420880400844228286e-01,
     1.96512716674392571292e+01, 3.03380607434824582924e+01,
     3.97917223959155352819e-01, 1.06420880400844228286e-01,
     1.96512716674392571292e+01, 3.03380607434824582924e+01},
    {6.50222499887672944485e-02, 5.40397917702171048937e-01,
     1.37657754143519042600e+02, 3.25792512996573918826e+02,
     6.50222499887672944485e-02, 5.40397917702171048937e-01,
     1.37657754143519042600e+02, 3.25792512996573918826e+02},
    {5.08130628187576562776e-03, 7.18286544141962662868e-02,
     4.34565877475229228821e+02, 1.53672958608443695994e+03,
     5.08130628187576562776e-03, 7.18286544141962662868e-02,
     4.34565877475229228821e+02, 1.53672958608443695994e+03},
    {1.32494738004321644526e-04, 1.26171219808761642112e-01,
     6.45387271733267880336e+02, 3.19985821950859553908e+03,
     1.32494738004321644526e-04, 1.26171219808761642112e-01,
     6.45387271733267880336e+02, 3.19985821950859553908e+03},
    {-3.96022827877536812320e-06, 1.36370839120290507362e-02,
     4.29008140027567833386e+02, 2.55305040643316442583e+03,
     -3.96022827877536812320e-06, 1.36370839120290507362e-02,
     4.29008140027567833386e+02, 2.55305040643316442583e+03},
    {0, 1.19844998467991074170e-02, 1.08635005541779435134e+02, 4.74528541206955367215e+02,
     0, 1.19844998467991074170e-02, 1.08635005541779435134e+02, 4.74528541206955367215e+02},
    {0, 0, 6.57024977031928170135e+00, -2.24409524465858183362e+01,
     0, 0, 6.57024977031928170135e+00, -2.24409524465858183362e+01},
    {0, 0, -6.04244152148580987438e-02, 0,
     0, 0, -6.04244152148580987438e-02, 0}};

template <size_t N, class Indices>
RELUME_INLINE VD piece_polynomial(VD x, const double (&table)[N][8], Indices piece) {
  VD sum(hn::TableLookupLanes(hn::Load(DoubleTag(), table[N - 1]), piece));
#pragma GCC unroll 8
  for (size_t i = N - 1; i-- > 0;)
    sum = mul_add(sum, x, VD(hn::TableLookupLanes(hn::Load(DoubleTag(), table[i]), piece)));
  return sum;
}

// t = |x|, but no more than asked for, what the piece's rational function gives, and erfc(t) where t is far from 0.
struct ErfPieces {
  VD t;
  Mask<double> near, far;
  VD ratio, tail;
};

inline constexpr double kErfAtOne = 8.45062911510467529297e-01;  // to 24 bits

RELUME_INLINE ErfPieces erf_pieces(VD x, double largest) {
  const VD t = within(abs(x), 0, largest), square = t * t;
  const auto near = t < VD(0.84375), far = !(t < VD(1.25));
  const VD number = select(near, VD(0.0), select(far, select(t < VD(1 / 0.35), VD(2.0), VD(3.0)), VD(1.0)));
  const auto piece = hn::IndicesFromVec(DoubleTag(), hn::And(bits(number + VD(kRoundToLong)), longs(3)));
  const VD inverse = VD(1.0) / t;
  const VD u = select(near, square, select(far, inverse * inverse, t - VD(1.0)));
  const VD ratio = piece_polynomial(u, kErfOver, piece) / piece_polynomial(u, kErfUnder, piece);
  if (!any(far)) return {t, near, far, ratio, ratio};
  // exp(-t^2 - 0.5625 + ratio) / t, with what the sums and the square lack added to the reduced argument, and what the
  // inverse lacks to the result.
  const VD shift = ratio - VD(0.5625), sum = shift - square;
  const VD error = (ratio - (shift + VD(0.5625))) + ((shift - (sum + square)) - mul_add(t, t, -square));
  const auto gone = sum < VD(-746.0);
  const LongExpReduction e = reduce_exp(select(gone, VD(0.0), within(sum, -746, 1)));
  const VD r = e.r + error, rest = inverse * neg_mul_add(t, inverse, VD(1.0));
  const VD scaled = inverse + mul_add(inverse, r + exp_tail(r), rest);
  return {t, near, far, ratio, select(gone, VD(0.0), scale_by_power_of_two(scaled, e.n, e.n_bits))};
}

}  // namespace detail

RELUME_CALLED VD erf(VD x) {
  const detail::ErfPieces p = detail::erf_pieces(x, 6);  // erf(6) is 1
  const VD middle = select(p.far, VD(1.0) - p.tail, VD(detail::kErfAtOne) + p.ratio);
  return copysign(select(p.near, mul_add(p.t, p.ratio, p.t), middle), x);
}

RELUME_CALLED VD erfc(VD x) {
  const detail::ErfPieces p = detail::erf_pieces(x, 28);
  const auto below = x < VD(0.0);
  const VD near = select(x < VD(0.25), VD(1.0) - mul_add(x, p.ratio, x), VD(0.5) - mul_add(x, p.ratio, x - VD(0.5)));
  const VD middle = select(below, VD(1.0) + (VD(detail::kErfAtOne) + p.ratio),
                           VD(1 - detail::kErfAtOne) - p.ratio);
  return select(p.near, near, select(p.far, select(below, VD(2.0) - p.tail, p.tail), middle));
}

#else

RELUME_LIBRARY_FUNCTION(erf)
RELUME_LIBRARY_FUNCTION(erfc)

#endif

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
