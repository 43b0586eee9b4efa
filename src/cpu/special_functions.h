// Special functions of one number that the C library lacks.
#pragma once

namespace relume::cpu {

// The inverse of erf on [-1, 1], infinite at the ends and NaN beyond.
double erfinv(double y);

// The derivative of log(gamma(x)). -inf at 0.0, inf at -0.0, NaN at negative integers and -inf.
double digamma(double x);

// log(|gamma(x)|), without std::lgamma's write to a global variable.
double log_gamma(double x);

}  // namespace relume::cpu
