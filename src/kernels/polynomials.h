// Orthogonal polynomials at one number x, of an order n that is cut to an integer: 0 for n < 0.
#pragma once

namespace relume::cpu {

// Chebyshev's of the first to the fourth kind.
double chebyshev_t(double x, double n);
double chebyshev_u(double x, double n);
double chebyshev_v(double x, double n);
double chebyshev_w(double x, double n);
// Hermite's, the physicist's and the probabilist's.
double hermite_h(double x, double n);
double hermite_he(double x, double n);
double laguerre_l(double x, double n);
double legendre_p(double x, double n);

}  // namespace relume::cpu
