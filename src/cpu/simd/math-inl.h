// The mathematical functions of Vector<float> and Vector<double>.
//
// float: range reduction and minimax polynomials of our own, within 1 ULP or so (tests/cpu/math_accuracy_test.cc holds
// the figures). Every function keeps NaN, the sign of zero where it is odd, and the limits at infinity; exp also gives
// subnormal results. double: math_double-inl.h.
#if defined(RELUME_CPU_SIMD_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RELUME_CPU_SIMD_MATH_INL_H_
#undef RELUME_CPU_SIMD_MATH_INL_H_
#else
#define RELUME_CPU_SIMD_MATH_INL_H_
#endif

#include <cmath>
#include <limits>
#include <utility>

#include "cpu/simd/math_double-inl.h"
#include "cpu/simd/tables.h"
#include "cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

namespace detail {

using FloatTag = hn::ScalableTag<float>;
using IntTag = hn::RebindToSigned<FloatTag>;
using VI = hn::Vec<IntTag>;

RELUME_INLINE VI bits(VF x) { return hn::BitCast(IntTag(), x.v); }
RELUME_INLINE VF from_bits(VI i) { return hn::BitCast(FloatTag(), i); }

// c[0] + c[1] x + c[2] x^2 + ...
template <size_t N>
RELUME_INLINE VF polynomial(VF x, const float (&c)[N]) {
  VF sum(c[N - 1]);
  for (size_t i = N - 1; i-- > 0;) sum = mul_add(sum, x, VF(c[i]));
  return sum;
}

// The smaller (larger) of x and a limit; NaN stays NaN.
RELUME_INLINE VF at_most(VF x, double limit) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  return hn::Min(VF(limit).v, x.v);  // MINPS returns its second operand if one is NaN
#else
  return select(x > VF(limit), VF(limit), x);
#endif
}
RELUME_INLINE VF at_least(VF x, double limit) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  return hn::Max(VF(limit).v, x.v);
#else
  return select(x < VF(limit), VF(limit), x);
#endif
}

// a / b for normal b, a and quotient. The 14-bit estimate of 1 / b with one correction is as good as rounded once, and
// faster than division; the estimates of other targets are too coarse for that.
RELUME_INLINE VF quotient(VF a, VF b) {
#if HWY_TARGET == HWY_AVX3
  const VF estimate(hn::ApproximateReciprocal(b.v));
  const VF q = a * estimate;
  return mul_add(neg_mul_add(q, b, a), estimate, q);
#else
  return a / b;
#endif
}

// 1.5 * 2^23: a sum with it is rounded to an integer, which stands in the low bits.
inline constexpr double kRoundToInteger = 12582912.0;

// x = n * log(2) + r with |r| <= log(2) / 2 and n an integer, for |x| <= 1000.
struct ExpReduction {
  VF r;
  VF n;
  VI n_bits;  // the low bits hold n as an integer
};
RELUME_INLINE ExpReduction reduce_exp(VF x) {
  const VF shifted = mul_add(x, VF(1.44269504088896341), VF(kRoundToInteger));
  const VF n = shifted - VF(kRoundToInteger);
  // log(2) in two parts, of which the first has few enough bits for n * part to be exact.
  const VF r = neg_mul_add(n, VF(-2.12194440054690583e-4), neg_mul_add(n, VF(0.693359375), x));
  return {r, n, bits(shifted)};
}

// 2^i for -127 < i < 128, of whose bits the lowest nine count; and y * 2^n for -252 < n < 256 with a single rounding.
RELUME_INLINE VF power_of_two(VI i) { return from_bits(hn::ShiftLeft<23>(hn::Add(i, hn::Set(IntTag(), 127)))); }
RELUME_INLINE VF scale_by_power_of_two(VF y, const ExpReduction& x) {
#if HWY_TARGET == HWY_AVX3
  return VF::Raw{_mm512_scalef_ps(y.v.raw, x.n.v.raw)};
#else
  const VI n = hn::Sub(x.n_bits, hn::Set(IntTag(), 0x4b400000));
  const VI half = hn::ShiftRight<1>(n);
  return y * power_of_two(half) * power_of_two(hn::Sub(n, half));
#endif
}

// exp(r) for |r| <= log(2) / 2.
RELUME_INLINE VF exp_reduced(VF r) {
  static constexpr float kTail[] = {4.999999404e-01f, 1.666651666e-01f, 4.166828096e-02f, 8.369248360e-03f,
                                    1.382074202e-03f};
  return VF(1.0) + mul_add(r * r, polynomial(r, kTail), r);
}

// exp(x) for x <= 89; below -103.98 it is 0, above 88.73 infinite. Far below, as where scores are masked, the zeros are
// chosen, not left to an underflow, which takes a processor many times longer.
RELUME_INLINE VF exp_in_range(VF x) {
  const auto gone = x < VF(-104.0);
#if HWY_TARGET == HWY_AVX3
  const ExpReduction reduced = reduce_exp(x);
  const VF y = exp_reduced(reduced.r);
  return VF::Raw{_mm512_maskz_scalef_ps(static_cast<__mmask16>(~gone.m.raw), y.v.raw, reduced.n.v.raw)};
#else
  const ExpReduction reduced = reduce_exp(select(gone, VF(0.0), x));
  return select(gone, VF(0.0), scale_by_power_of_two(exp_reduced(reduced.r), reduced));
#endif
}

}  // namespace detail

// exp(x) for x <= 0. There n >= -150, and 2^(n + 24) has no need of halves.
RELUME_INLINE VF exp_below_zero(VF x) {
  using namespace detail;
#if HWY_TARGET == HWY_AVX3
  return exp_in_range(x);
#else
  const auto gone = x < VF(-104.0);
  const ExpReduction reduced = reduce_exp(at_least(x, -104.0));
  const VF power = power_of_two(hn::Add(reduced.n_bits, hn::Set(IntTag(), 24)));
  return exp_reduced(reduced.r) * VF(hn::IfThenZeroElse(gone.m, power.v)) * VF(0x1p-24);
#endif
}
RELUME_INLINE VD exp_below_zero(VD x) { return exp(x); }

namespace detail {

// (exp(x) - 1) / 2 for -30 <= x <= 89; halved, because 2^128 would overflow.
RELUME_INLINE VF half_expm1(VF x) {
  static constexpr float kTail[] = {5.000000000e-01f, 1.666666567e-01f, 4.166648537e-02f,
                                    8.333541453e-03f, 1.393322833e-03f, 1.976699423e-04f};
  const ExpReduction reduced = reduce_exp(x);
  const VF r = reduced.r;
  const VF low = r * r * polynomial(r, kTail);  // exp(r) = 1 + r + low
  const VF half_power = power_of_two(hn::Sub(reduced.n_bits, hn::Set(IntTag(), 0x4b400001)));
  return mul_add(half_power, low, mul_add(half_power, r, half_power - VF(0.5)));
}

// tanh(t) for 0 <= t <= 0.9.
RELUME_INLINE VF tanh_small(VF t) {
  static constexpr float kSeries[] = {-3.333332241e-01f, 1.333297342e-01f, -5.392848328e-02f, 2.165931836e-02f,
                                      -8.254797198e-03f, 2.572224243e-03f, -4.512261075e-04f};
  const VF square = t * t;
  return mul_add(square * t, polynomial(square, kSeries), t);
}

// exp(2 t) / 2 for 0 <= t <= 40, within a few units in the last place.
RELUME_INLINE VF half_exp_of_double(VF t) {
  static constexpr float kHalfExp[] = {
      0.5f, 1.0f, 9.999998808e-01f, 6.666606665e-01f, 3.333462477e-01f, 1.339079738e-01f, 4.422637448e-02f};
  const VF shifted = mul_add(t, VF(2.88539008177792681), VF(kRoundToInteger));
  const VF n = shifted - VF(kRoundToInteger);
  const VF r = neg_mul_add(n, VF(0.346573590279972655), t);
  return polynomial(r, kHalfExp) * power_of_two(bits(shifted));
}

// log(1 + f) + exponent * log(2) for sqrt(1/2) <= 1 + f <= sqrt(2).
RELUME_INLINE VF log_reduced(VF f, VF exponent) {
  static constexpr float kTail[] = {3.333331347e-01f,  -2.500000894e-01f, 2.000207454e-01f,
                                    -1.666799933e-01f, 1.422027946e-01f,  -1.240591258e-01f,
                                    1.188389286e-01f,  -1.167253107e-01f, 6.751555949e-02f};
  const VF square = f * f;
  VF low = square * f * polynomial(f, kTail);
  low = mul_add(exponent, VF(-2.12194440054690583e-4), low);
  low = neg_mul_add(VF(0.5), square, low);
  return mul_add(exponent, VF(0.693359375), f + low);
}

// The exponent e of x = m * 2^e with sqrt(1/2) <= m < sqrt(2), as the integer e * 2^23.
RELUME_INLINE VI exponent_field(VF x) {
  const VI offset = hn::Sub(bits(x), hn::Set(IntTag(), 0x3f3504f3));
  return hn::And(offset, hn::Set(IntTag(), static_cast<int32_t>(0xff800000)));
}
RELUME_INLINE VF exponent_value(VI field) { return hn::ConvertTo(FloatTag(), hn::ShiftRight<23>(field)); }

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// exp(s^2 / 2) * Phi(-s) for 0 <= s <= 14.5, which falls slowly from 1/2 as 1 / (sqrt(2 pi) s).
RELUME_INLINE VF mills_ratio(VF s) {
  static constexpr float kOver[] = {5.000000029e-01f, 4.382938969e-01f, 1.832343236e-01f, 4.063294231e-02f,
                                    4.116264004e-03f};
  static constexpr float kUnder[] = {
      1.0f, 1.674472775e+00f, 1.202499833e+00f, 4.694684720e-01f, 1.018581294e-01f, 1.031782399e-02f};
  return quotient(polynomial(s, kOver), polynomial(s, kUnder));
}

// exp(-s^2 / 2) for |s| <= 13.2, a normal number, within about s^2 units in the last place.
RELUME_INLINE VF density_shape(VF s) {
  static constexpr float kExp[] = {
      1.0f, -0.5f, 1.249999851e-01f, -2.083314583e-02f, 2.604267560e-03f, -2.615390113e-04f, 2.159490941e-05f};
  const VF square = s * s;
  const VF shifted = mul_add(square, VF(-0.721347520444481703), VF(kRoundToInteger));
  const VF n = shifted - VF(kRoundToInteger);
  const VF r = mul_add(n, VF(1.38629436111989062), square);  // exp(-square / 2) = exp(-r / 2) 2^n
  return polynomial(r, kExp) * power_of_two(bits(shifted));
}

// exp(-t^2), with the rounding error of the square made good: as t^2 grows, so does its error, relative to exp(-t^2).
RELUME_INLINE VF exp_of_minus_square(VF t) {
  const VF square = t * t;
  VF error;
  if constexpr (kHasFma) {
    error = mul_add(t, t, -square);
  } else {  // Dekker's product: the upper half of t has 12 bits, so that its square is exact
    const VF high = from_bits(hn::And(bits(t), hn::Set(IntTag(), static_cast<int32_t>(0xfffff000))));
    const VF low = t - high;
    error = ((high * high - square) + VF(2.0) * (high * low)) + low * low;
  }
  const VF e = exp_below_zero(-square);
  return neg_mul_add(e, error, e);
}

// erfc(t) for t >= 0.
RELUME_INLINE VF erfc_positive(VF t) {
  const VF clamped = at_most(t, 10.2);
  return VF(2.0) * exp_of_minus_square(clamped) * mills_ratio(clamped * VF(1.41421356237309504880));
}

// erf(t) for |t| <= 1.26.
RELUME_INLINE VF erf_small(VF t) {
  static constexpr float kSeries[] = {1.283791661e-01f, -3.761262894e-01f, 1.128365844e-01f, -2.685949951e-02f,
                                      5.207503214e-03f, -8.324264782e-04f, 1.031819702e-04f, -7.427265700e-06f};
  return mul_add(t, polynomial(t * t, kSeries), t);
}

}  // namespace detail

RELUME_INLINE VF exp(VF x) { return detail::exp_in_range(detail::at_most(x, 89.0)); }

RELUME_INLINE VF expm1(VF x) {
  const VF half = detail::half_expm1(detail::at_least(detail::at_most(x, 89.0), -30.0));
  return copysign(half + half, x);
}

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

namespace detail {

// exp(t) / 2 for 0 <= t <= 90; above 89.42 it is infinite.
RELUME_INLINE VF half_exp(VF t) {
  const ExpReduction reduced = reduce_exp(t);
  return scale_by_power_of_two(exp_reduced(reduced.r),
                               {reduced.r, reduced.n - VF(1.0), hn::Sub(reduced.n_bits, hn::Set(IntTag(), 1))});
}

}  // namespace detail

RELUME_CALLED VF sinh(VF x) {
  using namespace detail;
  static constexpr float kSeries[] = {1.666666649e-01f, 8.333350589e-03f, 1.983606750e-04f, 2.817434691e-06f};
  const VF t = abs(x), z = t * t, half = half_exp(at_most(t, 90.0));
  const VF near = mul_add(z * t, polynomial(z, kSeries), t);
  return copysign(select(t < VF(1.0), near, half - VF(0.25) / half), x);
}
RELUME_CALLED VF cosh(VF x) {
  const VF half = detail::half_exp(detail::at_most(abs(x), 90.0));
  return half + VF(0.25) / half;
}

#endif

RELUME_INLINE VF exp2(VF x) {
  using namespace detail;
  const auto gone = x < VF(-150.5);
  const VF clamped = select(gone, VF(0.0), at_most(x, 129.0));
  const VF shifted = clamped + VF(kRoundToInteger);
  const VF n = shifted - VF(kRoundToInteger);
  const ExpReduction reduced = {(clamped - n) * VF(0.693147180559945309), n, bits(shifted)};
  return select(gone, VF(0.0), scale_by_power_of_two(exp_reduced(reduced.r), reduced));
}

namespace detail {

// What the logarithms share: x = (1 + f) 2^exponent, and the results at 0, below it, at infinity and NaN.
struct LogReduction {
  VF f;
  VF exponent;
};
#if HWY_TARGET == HWY_AVX3
RELUME_INLINE LogReduction reduce_log(VF x) {
  const VF mantissa = VF::Raw{_mm512_getmant_ps(x.v.raw, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_zero)};
  const VF exponent = VF::Raw{_mm512_getexp_ps(x.v.raw)};
  const auto large = mantissa >= VF(1.41421354);
  return {select(large, mantissa * VF(0.5), mantissa) - VF(1.0), select(large, exponent + VF(1.0), exponent)};
}
RELUME_INLINE VF with_log_edges(VF x, VF y) {
  const __m512i results = _mm512_set1_epi32(0x00500422);  // NaN for NaN, -infinity for 0, infinity for infinity
  const VF fixed = VF::Raw{_mm512_fixupimm_ps(y.v.raw, x.v.raw, results, 0)};
  return select(x < VF(0.0), VF(kNaN), fixed);
}
#else
RELUME_INLINE LogReduction reduce_log(VF x) {
  const auto subnormal = x < VF(1.17549435e-38);
  const VF scaled = select(subnormal, x * VF(8388608.0), x);
  const VI field = exponent_field(scaled);
  const VF exponent = exponent_value(field) - select(subnormal, VF(23.0), VF(0.0));
  return {from_bits(hn::Sub(bits(scaled), field)) - VF(1.0), exponent};
}
RELUME_INLINE VF with_log_edges(VF x, VF y) {
  const VF edge = select(x == VF(0.0), VF(-kInfinity), select(x < VF(0.0), VF(kNaN), x));
  return select(x > VF(0.0) && x < VF(kInfinity), y, edge);
}
#endif

}  // namespace detail

RELUME_INLINE VF log(VF x) {
  const detail::LogReduction reduced = detail::reduce_log(x);
  return detail::with_log_edges(x, detail::log_reduced(reduced.f, reduced.exponent));
}

RELUME_INLINE VF log2(VF x) {
  const detail::LogReduction reduced = detail::reduce_log(x);
  const VF y = mul_add(detail::log_reduced(reduced.f, VF(0.0)), VF(1.44269504088896341), reduced.exponent);
  return detail::with_log_edges(x, y);
}

RELUME_INLINE VF log10(VF x) {
  const detail::LogReduction reduced = detail::reduce_log(x);
  // log10(2) in two parts, of which the first has few enough bits for its product to be exact.
  const VF low = reduced.exponent * VF(7.903417155730175e-07);
  const VF y = mul_add(detail::log_reduced(reduced.f, VF(0.0)), VF(0.43429448190325182), low);
  return detail::with_log_edges(x, mul_add(reduced.exponent, VF(0.3010292053222656), y));
}

RELUME_INLINE VF log1p(VF x) {
  using namespace detail;
  // 1 + x = (1 + f) 2^e with f = x 2^-e + (2^-e - 1): the power is exact, so f is rounded only once. Where x is so
  // large that the power may not be a normal number, 1 + x is x.
  const VI field = exponent_field(VF(1.0) + x);
  const VF power = from_bits(hn::Sub(bits(VF(1.0)), field));
  const VF whole = from_bits(hn::Sub(bits(x), field)) - VF(1.0);
  const VF f = select(x < VF(1e30), mul_add(x, power, power - VF(1.0)), whole);
  const VF y = log_reduced(f, exponent_value(field));
  const VF edge = select(x == VF(-1.0), VF(-kInfinity), select(x < VF(-1.0), VF(kNaN), x));
  return select(x > VF(-1.0) && x < VF(kInfinity) && !(x == VF(0.0)), y, edge);
}

#if HWY_TARGET == HWY_AVX3
namespace detail {

// table[cell mod 16] and table[cell mod 32] in every lane.
RELUME_INLINE VF look_up(const float (&table)[16], VI cell) {
  return VF::Raw{_mm512_permutexvar_ps(cell.raw, _mm512_load_ps(table))};
}
RELUME_INLINE VF look_up(const float (&table)[32], VI cell) {
  return VF::Raw{_mm512_permutex2var_ps(_mm512_load_ps(table), cell.raw, _mm512_load_ps(table + 16))};
}

// The polynomial of the cell in y: a row of the table is a power. Written out, for the compiler leaves a loop rolled.
template <size_t N, size_t... I>
RELUME_INLINE VF cell_polynomial(VF y, const float (&table)[N][32], VI cell, std::index_sequence<I...>) {
  VF sum = look_up(table[N - 1], cell);
  ((sum = mul_add(sum, y, look_up(table[N - 2 - I], cell))), ...);
  return sum;
}
template <size_t N>
RELUME_INLINE VF cell_polynomial(VF y, const float (&table)[N][32], VI cell) {
  return cell_polynomial(y, table, cell, std::make_index_sequence<N - 1>());
}

}  // namespace detail

RELUME_INLINE VF tanh(VF x) {
  using namespace detail;
  const VF t = at_most(abs(x), 9.2);
  // Four cells an octave: the exponent and two more bits count them, from 1 at t = 1/16.
  const VI octave = hn::Sub(hn::ShiftRight<21>(bits(t)), hn::Set(IntTag(), (0x3d800000 >> 21) - 1));
  const VI cell = hn::Max(octave, hn::Zero(IntTag()));
  return copysign(cell_polynomial(t - look_up(tables::kTanhCentre, cell), tables::kTanh, cell), x);
}
#else
RELUME_INLINE VF tanh(VF x) {
  using namespace detail;
  const VF t = abs(x);
  const VF near = tanh_small(t);
  const VF far = VF(1.0) - quotient(VF(1.0), half_exp_of_double(at_most(t, 9.2)) + VF(0.5));
  return copysign(select(t < VF(0.9), near, far), x);
}
#endif

namespace detail {

// 1 / (1 + exp(-x)), by way of exp(-|x|), which cannot overflow.
RELUME_INLINE VF sigmoid_anywhere(VF x) {
  const VF e = exp_below_zero(-abs(x));
  return quotient(select(x < VF(0.0), e, VF(1.0)), VF(1.0) + e);
}

}  // namespace detail

#if HWY_TARGET == HWY_AVX3
RELUME_INLINE VF sigmoid(VF x) {
  using namespace detail;
  // exp(-x) = 2^n exp(-r) with n a multiple of 1/16, whose fraction, in the low bits, picks a power of two.
  constexpr double kRoundToSixteenth = kRoundToInteger / 16;
  const VF shifted = mul_add(x, VF(-1.44269504088896341), VF(kRoundToSixteenth));
  const VF n = shifted - VF(kRoundToSixteenth);
  const VF r = mul_add(n, VF(-2.12194440054690583e-4), mul_add(n, VF(0.693359375), x));
  const VF power = look_up(tables::kPowerOfTwo, bits(shifted));
  const VF error = look_up(tables::kPowerOfTwoError, bits(shifted));
  const VF low = mul_add(r * r, mul_add(r, VF(-1.0 / 6), VF(0.5)), error - r);  // exp(-r) = 1 + low
  const VF e = VF::Raw{_mm512_scalef_ps(mul_add(power, low, power).v.raw, n.v.raw)};
  const VF under = VF(1.0) + e;
  const VF estimate(hn::ApproximateReciprocal(under.v));
  const VF y = mul_add(estimate, neg_mul_add(under, estimate, VF(1.0)), estimate);
  const auto far = !(abs(x) < VF(87.0));
  if (!any(far)) [[likely]]
    return y;
  return select(far, sigmoid_anywhere(x), y);
}
#else
RELUME_INLINE VF sigmoid(VF x) { return detail::sigmoid_anywhere(x); }
#endif
RELUME_INLINE VD sigmoid(VD x) {
  const VD e = exp(-abs(x));
  return select(x < VD(0.0), e, VD(1.0)) / (VD(1.0) + e);
}

RELUME_INLINE VF erf(VF x) {
  using namespace detail;
  const VF t = abs(x);
  return copysign(select(t < VF(1.05), erf_small(at_most(t, 1.05)), VF(1.0) - erfc_positive(t)), x);
}

RELUME_INLINE VF erfc(VF x) {
  using namespace detail;
  const VF tail = erfc_positive(abs(x));
  const VF far = select(x < VF(0.0), VF(2.0) - tail, tail);
  return select(abs(x) < VF(0.4), VF(1.0) - erf_small(at_least(at_most(x, 1.0), -1.0)), far);
}

namespace detail {

// Their sum is pi / 2.
inline constexpr double kHalfPiOfFloat = 1.5707963705062866, kHalfPiErrorOfFloat = -4.37113883e-8;

// asin(x) / x - 1 for z = x^2 <= 1/4.
RELUME_INLINE VF asin_excess(VF z) {
  static constexpr float kSeries[] = {1.666675359e-01f, 7.495240867e-02f, 4.547722265e-02f, 2.414695174e-02f,
                                      4.221974313e-02f};
  return z * polynomial(z, kSeries);
}

}  // namespace detail

// As in double (math_double-inl.h says how), but that the first piece ends where a difference from pi / 4 is exact.
RELUME_INLINE VF atan(VF x) {
  using namespace detail;
  static constexpr float kSeries[] = {-3.333331645e-01f, 1.999887079e-01f,  -1.426043510e-01f,
                                      1.084653810e-01f,  -7.639273256e-02f, 3.407057375e-02f};
  const VF t = abs(x);
  const auto near = t <= VF(0.546), far = t > VF(2.414213562373095);
  const VF over = select(near, t, select(far, VF(-1.0), t - VF(1.0)));
  const VF under = select(near, VF(1.0), select(far, t, t + VF(1.0)));
  const VF base = select(near, VF(0.0), select(far, VF(kHalfPiOfFloat), VF(kHalfPiOfFloat / 2)));
  const VF low = select(near, VF(0.0), select(far, VF(kHalfPiErrorOfFloat), VF(kHalfPiErrorOfFloat / 2)));
  const VF u = over / under, z = u * u;
  return copysign(base + (u + mul_add(u * z, polynomial(z, kSeries), low)), x);
}

// asin(t) = pi / 2 - 2 asin(w) with w = sqrt((1 - t) / 2) above 1/2; what the difference lacks goes to the small terms.
RELUME_INLINE VF asin(VF x) {
  using namespace detail;
  const VF t = abs(x), half = VF(0.5) - VF(0.5) * t;
  const auto near = t <= VF(0.5);
  const VF w = sqrt(half), twice = w + w, excess = asin_excess(select(near, t * t, half));
  const VF difference = VF(kHalfPiOfFloat) - twice, lost = (VF(kHalfPiOfFloat) - difference) - twice;
  const VF far = difference + (lost - mul_add(twice, excess, VF(-kHalfPiErrorOfFloat)));
  return copysign(select(near, mul_add(t, excess, t), far), x);
}

RELUME_INLINE VF acos(VF x) {
  using namespace detail;
  const VF t = abs(x), half = VF(0.5) - VF(0.5) * t;
  const auto near = t <= VF(0.5);
  const VF u = select(near, x, sqrt(half)), s = mul_add(u, asin_excess(select(near, t * t, half)), u);
  const VF below = VF(2 * kHalfPiOfFloat) - (s + s - VF(2 * kHalfPiErrorOfFloat));
  return select(near, VF(kHalfPiOfFloat) - (s - VF(kHalfPiErrorOfFloat)), select(x < VF(0.0), below, s + s));
}

namespace detail {

// Phi(-t) for t >= 0; 0 where t Phi(-t) is less than the smallest normal number, for underflow is slow.
RELUME_INLINE VF far_normal_tail(VF t) {
  const auto gone = t > VF(13.13);
  const VF s = select(gone, VF(0.0), t);
  return select(gone, VF(0.0), density_shape(s) * mills_ratio(s));
}

#if HWY_TARGET == HWY_AVX3
inline constexpr double kTableEnd = 8.5;  // 1 - Phi(-8.5) is 1 already

// The same, with the rounding error of t^2 made good, which is worth its time where few come.
RELUME_INLINE VF accurate_normal_tail(VF t) {
  const VF s = at_most(t, 14.0), y = far_normal_tail(s), half_error = VF(0.5) * mul_add(s, s, -(s * s));
  return neg_mul_add(y, half_error, y);
}

// Phi(-t) for 0 <= t <= kTableEnd.
RELUME_INLINE VF near_normal_tail(VF t) {
  const VI cell = bits(mul_add(t, mul_add(t, VF(0.322), VF(3 * 0.322)), VF(kRoundToInteger)));
  return cell_polynomial(t - look_up(tables::kNormalTailCentre, cell), tables::kNormalTail, cell);
}
#endif

}  // namespace detail

// The standard normal distribution function, with its relative accuracy in the left tail as well; x times it; and its
// density.
#if HWY_TARGET == HWY_AVX3
RELUME_INLINE VF normal_cdf(VF x) {
  using namespace detail;
  const VF tail = near_normal_tail(at_most(abs(x), kTableEnd));
  const VF y = select(x < VF(0.0), tail, VF(1.0) - tail);
  const auto far = x < VF(-kTableEnd);
  if (!any(far)) [[likely]]
    return y;
  return select(far, accurate_normal_tail(abs(x)), y);
}
RELUME_INLINE VF times_normal_cdf(VF x) {
  using namespace detail;
  const VF t = at_most(abs(x), kTableEnd);
  const VF y = neg_mul_add(t, near_normal_tail(t), at_least(x, 0.0));
  const auto far = x < VF(-kTableEnd);
  if (!any(far)) [[likely]]
    return y;
  return select(far, x * accurate_normal_tail(abs(x)), y);
}
#else
RELUME_INLINE VF normal_cdf(VF x) {
  const VF tail = detail::far_normal_tail(abs(x));
  return select(x < VF(0.0), tail, VF(1.0) - tail);
}
RELUME_INLINE VF times_normal_cdf(VF x) { return x * normal_cdf(x); }
#endif
RELUME_INLINE VD normal_cdf(VD x) { return VD(0.5) * erfc(x * VD(-0.70710678118654752440)); }
RELUME_INLINE VD times_normal_cdf(VD x) { return x * normal_cdf(x); }

template <class T>
RELUME_INLINE Vector<T> normal_pdf(Vector<T> x) {
  using V = Vector<T>;
  return V(0.39894228040143267794) * exp(V(-0.5) * (x * x));
}

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
