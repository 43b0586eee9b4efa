// Special functions of one number that the C library lacks.
#include "kernels/special_functions.h"

#include <math.h>  // lgamma_r is POSIX

#include <cmath>
#include <limits>

#include "cpu/special_series.h"

namespace relume::cpu {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <size_t N>
double polynomial(double x, const double (&c)[N]) {
  double sum = 0;
  for (size_t i = N; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

// A first guess for erfinv within 0.2 %, after Winitzki (2008): solves a log(1 - y^2) model of erf for x.
double erfinv_guess(double y, double l) {
  constexpr double kA = 0.147;
  const double b = 2 / (kPi * kA) + l / 2;
  return std::copysign(std::sqrt(std::sqrt(b * b - l / kA) - b), y);
}

// The sum of (q + k)^-s for q > 0, by Euler and Maclaurin.
double positive_zeta(double s, double q) {
  constexpr double kRatios[] = {
      // of B(2k) / (2k)! to the one before, B the Bernoulli numbers
      1.0 / 12, -1.0 / 60, -1.0 / 42, -1.0 / 40, -5.0 / 198, -691.0 / 27300, -35.0 / 1382, -3617.0 / 142800};
  double sum = 0;
  for (double power = 1; q < 12 + s && power > sum * 1e-17; q += 1) sum += power = std::pow(q, -s);
  const double first = std::pow(q, -s);
  double term = first * s / q, correction = 0;
  for (int k = 0; k < 8; ++k) {
    term *= kRatios[k];
    correction += term;
    term *= (s + 2 * k + 1) * (s + 2 * k + 2) / (q * q);
  }
  return sum + first * q / (s - 1) + first / 2 + correction;
}

// exp(-|x|) I(order, x), for x >= 0: by the power series, or by Hankel's expansion where its terms fall below the
// last digit.
double scaled_bessel_i(int order, double x) {
  double term = 1, sum = 1;
  if (x < 25) {
    for (int k = 1; term > sum * 1e-17; ++k) {
      term *= x * x / 4 / (k * (k + order));
      sum += term;
    }
    return sum * std::exp(-x) * (order ? x / 2 : 1);
  }
  for (int k = 1; k < 40 && std::abs(term) > 1e-17; ++k) {
    const double odd = 2 * k - 1;
    term *= (odd * odd - 4 * order * order) / (8 * k * x);
    sum += term;
  }
  return sum / std::sqrt(2 * kPi * x);
}

// exp(x^2) erfc(x) for x >= 2, by Laplace's continued fraction.
double erfc_fraction(double x) {
  double fraction = x;
  for (int k = 70; k > 0; --k) fraction = x + k / 2.0 / fraction;
  return 1 / (std::sqrt(kPi) * fraction);
}

// r - log(1 + r), with all its digits where r is small.
double log_excess(double r) {
  if (std::abs(r) > 1e-3) return r - std::log1p(r);
  return r * r * (1.0 / 2 - r * (1.0 / 3 - r * (1.0 / 4 - r * (1.0 / 5 - r / 6))));
}

// x^a exp(-x) / gamma(a + 1): for large a by Stirling's series, so that no large numbers cancel.
double gamma_factor(double a, double x) {
  if (a < 20) return std::exp(a * std::log(x) - x - log_gamma(a + 1));
  const double z = 1 / (a * a), series = (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z / 1680))) / a;
  return std::exp(-a * log_excess((x - a) / a) - series) / std::sqrt(2 * kPi * a);
}

// The upper function (side 1) or the lower one (side -1) by the first term of Temme's expansion (1979), for a so large
// that the others would take long.
constexpr double kLargeGamma = 1e6;
double gamma_uniform(double a, double x, double side) {
  const double r = (x - a) / a, excess = log_excess(r), eta = std::copysign(std::sqrt(2 * excess), r);
  const double first = std::abs(r) > 1e-3 ? 1 / r - 1 / eta : eta / 12 - 1.0 / 3;
  return std::erfc(side * eta * std::sqrt(a / 2)) / 2 + side * first * std::exp(-a * excess) / std::sqrt(2 * kPi * a);
}

// The lower function by its power series, for x < a + 1.
double gamma_series(double a, double x) {
  double term = 1, sum = 1;
  for (double n = a + 1; term > sum * 1e-17; n += 1) sum += term *= x / n;
  return sum * gamma_factor(a, x);
}

// The upper function by Legendre's continued fraction, evaluated as Lentz does, for x >= a + 1.
double gamma_fraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a, c = 1 / kTiny, d = 1 / b, fraction = d;
  for (int k = 1; k < 100000; ++k) {
    const double numerator = -k * (k - a);
    b += 2;
    d = numerator * d + b;
    c = b + numerator / c;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = std::abs(c) < kTiny ? kTiny : c;
    fraction *= c * d;
    if (std::abs(c * d - 1) < 1e-16) break;
  }
  return fraction * a * gamma_factor(a, x);
}

double bessel_k(double order, double x) {
  if (!(x > 0)) return x == 0 ? kInfinity : kNaN;
  return x > 750 ? 0 : std::cyl_bessel_k(order, x);
}

double scaled_bessel_k(double order, double x) {
  if (!(x > 100)) return std::exp(x) * bessel_k(order, x);
  // Abramowitz and Stegun, 9.7.2.
  double term = 1, sum = 1;
  for (int k = 1; k < 10; ++k) {
    term *= (4 * order * order - (2 * k - 1) * (2 * k - 1)) / (8 * k * x);
    sum += term;
  }
  return std::sqrt(kPi / (2 * x)) * sum;
}

}  // namespace

double erfinv(double y) {
  if (!(std::abs(y) < 1)) return std::abs(y) == 1 ? std::copysign(kInfinity, y) : kNaN;
  if (std::abs(y) < 1e-8) return y * (std::sqrt(kPi) / 2);
  const double w = -std::log1p(-y * y);
  double x = w < kErfinvNearEnd  ? y * polynomial(w - 2.5, kErfinvNear)
             : w < kErfinvFarEnd ? y * polynomial(std::sqrt(w) - 3, kErfinvFar)
                                 : erfinv_guess(y, -w);
  // Halley's steps, with the residual by erfc where erf is close to 1.
  for (int i = w < kErfinvFarEnd ? 2 : 0; i < 3; ++i) {
    const double error =
        std::abs(y) < 0.5 ? std::erf(x) - y : ((1 - std::abs(y)) - std::erfc(std::abs(x))) * std::copysign(1.0, y);
    const double step = error / (2 / std::sqrt(kPi) * std::exp(-x * x));
    x -= step / (1 + x * step);
  }
  return x;
}

double digamma(double x) {
  if (x == 0) return std::copysign(kInfinity, -x);
  if (x < 0) {
    if (x == std::trunc(x)) return kNaN;  // every number beyond 2^52 and -inf as well
    // Reflection; the tangent's argument is reduced first, for tan(pi * x) has period 1.
    return digamma(1 - x) - kPi / std::tan(kPi * (x - std::round(x)));
  }
  double sum = 0;
  for (; x < 10; x += 1) sum -= 1 / x;
  if (x == kInfinity) return x;
  // The asymptotic series, with the Bernoulli numbers B(2k) / 2k.
  const double z = 1 / (x * x);
  const double series =
      z * (1.0 / 12 - z * (1.0 / 120 -
                           z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132 - z * (691.0 / 32760 - z * (1.0 / 12)))))));
  return sum + std::log(x) - 0.5 / x - series;
}

double log_gamma(double x) {
  int sign;
  return ::lgamma_r(x, &sign);
}

double zeta(double s, double q) {
  if (s == 1) return kInfinity;
  if (!(s > 1)) return kNaN;
  if (q > 0) return q == kInfinity ? 0 : positive_zeta(s, q);
  if (q == std::floor(q)) return kInfinity;
  if (!(q < 0) || s != std::floor(s)) return kNaN;
  // The sum over all integers, which depends on the fraction of q alone, less what is left of q.
  const double fraction = q - std::floor(q), sign = std::fmod(s, 2) == 0 ? 1 : -1;
  return positive_zeta(s, fraction) + sign * positive_zeta(s, 1 - fraction) - sign * positive_zeta(s, 1 - q);
}

double scaled_bessel_i0(double x) { return scaled_bessel_i(0, std::abs(x)); }
double scaled_bessel_i1(double x) { return std::copysign(scaled_bessel_i(1, std::abs(x)), x); }

double bessel_k0(double x) { return bessel_k(0, x); }
double bessel_k1(double x) { return bessel_k(1, x); }
double scaled_bessel_k0(double x) { return scaled_bessel_k(0, x); }
double scaled_bessel_k1(double x) { return scaled_bessel_k(1, x); }

double spherical_bessel_j0(double x) { return std::isinf(x) ? 0 : x == 0 ? 1 : std::sin(x) / x; }

double airy_ai(double x) {
  if (x == 0) return 0.35502805388781723926;
  if (std::isinf(x) || std::isnan(x)) return std::isnan(x) ? x : 0;
  const double size = std::abs(x), angle = size * std::sqrt(size) * (2.0 / 3);
  // Abramowitz and Stegun, 10.4.14 and 10.4.15, with J of order -1/3 in terms of J and Y of 1/3.
  if (x > 0) return std::sqrt(x / 3) / kPi * std::cyl_bessel_k(1.0 / 3, angle);
  return std::sqrt(size) / 2 * (std::cyl_bessel_j(1.0 / 3, angle) - std::cyl_neumann(1.0 / 3, angle) / std::sqrt(3.0));
}

double scaled_erfc(double x) {
  if (x >= 2) return erfc_fraction(x);
  return x < -27 ? kInfinity : std::exp(x * x) * std::erfc(x);
}

double log_normal_cdf(double x) {
  const double t = x * std::sqrt(0.5);
  return x < -1 ? std::log(scaled_erfc(-t) / 2) - t * t : std::log1p(-std::erfc(t) / 2);
}

double inverse_normal_cdf(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -kInfinity : p == 1 ? kInfinity : kNaN;
  if (p > 0.1) return std::sqrt(2.0) * erfinv(2 * p - 1);
  // Newton's steps for the logarithm, which is concave: from the left they come closer each time.
  double x = -std::sqrt(-2 * std::log(p));
  for (int i = 0; i < 8; ++i)
    x -= (log_normal_cdf(x) - std::log(p)) * scaled_erfc(-x * std::sqrt(0.5)) * std::sqrt(kPi / 2);
  return x;
}

double lower_gamma(double a, double x) {
  if (!(a >= 0 && x >= 0) || (a == 0 && x == 0)) return kNaN;
  if (a == 0 || x == 0) return a == 0 ? 1 : 0;
  if (std::isinf(a)) return std::isinf(x) ? kNaN : 0;
  if (std::isinf(x)) return 1;
  if (a > kLargeGamma) return gamma_uniform(a, x, -1);
  return x < a + 1 ? gamma_series(a, x) : 1 - gamma_fraction(a, x);
}

double upper_gamma(double a, double x) {
  if (!(a >= 0 && x >= 0) || (a == 0 && x == 0)) return kNaN;
  if (a == 0 || x == 0) return a == 0 ? 0 : 1;
  if (std::isinf(a)) return std::isinf(x) ? kNaN : 1;
  if (std::isinf(x)) return 0;
  if (a > kLargeGamma) return gamma_uniform(a, x, 1);
  return x < a + 1 ? 1 - gamma_series(a, x) : gamma_fraction(a, x);
}

}  // namespace relume::cpu
