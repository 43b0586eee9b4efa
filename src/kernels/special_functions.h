// Special functions of one number that the C library lacks.
#pragma once

namespace relume::cpu {

// The inverse of erf on [-1, 1], infinite at the ends and NaN beyond.
double erfinv(double y);

// The derivative of log(gamma(x)). -inf at 0.0, inf at -0.0, NaN at negative integers and -inf.
double digamma(double x);

// log(|gamma(x)|), without std::lgamma's write to a global variable.
double log_gamma(double x);

// Hurwitz's zeta function, the sum of (q + k)^-s over k = 0, 1, ...: inf at s = 1 and where q is 0 or a negative
// integer, NaN for s < 1 and for other q < 0 where s is no integer.
double zeta(double s, double q);

// The modified Bessel functions of the first kind of order 0 and 1, times exp(-|x|).
double scaled_bessel_i0(double x);
double scaled_bessel_i1(double x);

// Those of the second kind: infinite at 0, NaN for x < 0. The scaled ones are times exp(x).
double bessel_k0(double x);
double bessel_k1(double x);
double scaled_bessel_k0(double x);
double scaled_bessel_k1(double x);

// sin(x) / x.
double spherical_bessel_j0(double x);

// Airy's function Ai.
double airy_ai(double x);

// exp(x^2) erfc(x).
double scaled_erfc(double x);

// The logarithm of the distribution function of the standard normal distribution, and the inverse of that function.
double log_normal_cdf(double x);
double inverse_normal_cdf(double p);

// The regularised incomplete gamma functions, lower and upper. NaN for negative arguments, and where both are 0.
double lower_gamma(double a, double x);
double upper_gamma(double a, double x);

}  // namespace relume::cpu
