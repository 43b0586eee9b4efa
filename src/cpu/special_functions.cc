// Special functions of one number that the C library lacks.
#include "cpu/special_functions.h"

#include <math.h>  // lgamma_r is POSIX

#include <cmath>
#include <limits>

namespace relume::cpu {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A first guess for erfinv within 0.2 %, after Winitzki (2008): solves a log(1 - y^2) model of erf for x.
double erfinv_guess(double y) {
  constexpr double kA = 0.147;
  const double l = std::log1p(-y * y);
  const double b = 2 / (kPi * kA) + l / 2;
  return std::copysign(std::sqrt(std::sqrt(b * b - l / kA) - b), y);
}

}  // namespace

double erfinv(double y) {
  if (!(std::abs(y) < 1)) return std::abs(y) == 1 ? std::copysign(kInfinity, y) : kNaN;
  if (std::abs(y) < 1e-8) return y * (std::sqrt(kPi) / 2);
  double x = erfinv_guess(y);
  // Halley's steps, with the residual by erfc where erf is close to 1.
  for (int i = 0; i < 3; ++i) {
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

}  // namespace relume::cpu
