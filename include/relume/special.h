// The special functions. What each computes is said where it is written, in src/ops/<family>.cc.
// Made from src/ops/table.txt by tools/generate_ops.py; not edited by hand.
#pragma once

#include "relume/tensor.h"

namespace relume __attribute__((visibility("default"))) {

// Special functions.
Tensor polygamma(int64_t n, const Tensor& self);
Tensor igamma(const Tensor& self, const Tensor& other);
Tensor& igamma_(Tensor& self, const Tensor& other);
Tensor igammac(const Tensor& self, const Tensor& other);
Tensor& igammac_(Tensor& self, const Tensor& other);
Tensor mvlgamma(const Tensor& self, int64_t p);
Tensor& mvlgamma_(Tensor& self, int64_t p);
Tensor i0(const Tensor& self);
Tensor& i0_(Tensor& self);
Tensor special_i0e(const Tensor& self);
Tensor special_i1(const Tensor& self);
Tensor special_i1e(const Tensor& self);
Tensor special_erfcx(const Tensor& self);
Tensor special_entr(const Tensor& self);
Tensor special_ndtr(const Tensor& self);
Tensor special_log_ndtr(const Tensor& self);
Tensor special_ndtri(const Tensor& self);
Tensor special_bessel_j0(const Tensor& self);
Tensor special_bessel_j1(const Tensor& self);
Tensor special_bessel_y0(const Tensor& self);
Tensor special_bessel_y1(const Tensor& self);
Tensor special_modified_bessel_i0(const Tensor& self);
Tensor special_modified_bessel_i1(const Tensor& self);
Tensor special_modified_bessel_k0(const Tensor& self);
Tensor special_modified_bessel_k1(const Tensor& self);
Tensor special_scaled_modified_bessel_k0(const Tensor& self);
Tensor special_scaled_modified_bessel_k1(const Tensor& self);
Tensor special_spherical_bessel_j0(const Tensor& self);
Tensor special_airy_ai(const Tensor& self);
Tensor special_zeta(const Tensor& self, const Tensor& other);
Tensor special_zeta(const Scalar& self, const Tensor& other);
Tensor special_zeta(const Tensor& self, const Scalar& other);
Tensor special_xlog1py(const Tensor& self, const Tensor& other);
Tensor special_xlog1py(const Scalar& self, const Tensor& other);
Tensor special_xlog1py(const Tensor& self, const Scalar& other);
Tensor special_chebyshev_polynomial_t(const Tensor& self, const Tensor& n);
Tensor special_chebyshev_polynomial_t(const Scalar& self, const Tensor& n);
Tensor special_chebyshev_polynomial_t(const Tensor& self, const Scalar& n);
Tensor special_chebyshev_polynomial_u(const Tensor& self, const Tensor& n);
Tensor special_chebyshev_polynomial_u(const Scalar& self, const Tensor& n);
Tensor special_chebyshev_polynomial_u(const Tensor& self, const Scalar& n);
Tensor special_chebyshev_polynomial_v(const Tensor& self, const Tensor& n);
Tensor special_chebyshev_polynomial_v(const Scalar& self, const Tensor& n);
Tensor special_chebyshev_polynomial_v(const Tensor& self, const Scalar& n);
Tensor special_chebyshev_polynomial_w(const Tensor& self, const Tensor& n);
Tensor special_chebyshev_polynomial_w(const Scalar& self, const Tensor& n);
Tensor special_chebyshev_polynomial_w(const Tensor& self, const Scalar& n);
Tensor special_hermite_polynomial_h(const Tensor& self, const Tensor& n);
Tensor special_hermite_polynomial_h(const Scalar& self, const Tensor& n);
Tensor special_hermite_polynomial_h(const Tensor& self, const Scalar& n);
Tensor special_hermite_polynomial_he(const Tensor& self, const Tensor& n);
Tensor special_hermite_polynomial_he(const Scalar& self, const Tensor& n);
Tensor special_hermite_polynomial_he(const Tensor& self, const Scalar& n);
Tensor special_laguerre_polynomial_l(const Tensor& self, const Tensor& n);
Tensor special_laguerre_polynomial_l(const Scalar& self, const Tensor& n);
Tensor special_laguerre_polynomial_l(const Tensor& self, const Scalar& n);
Tensor special_legendre_polynomial_p(const Tensor& self, const Tensor& n);
Tensor special_legendre_polynomial_p(const Scalar& self, const Tensor& n);
Tensor special_legendre_polynomial_p(const Tensor& self, const Scalar& n);
Tensor special_shifted_chebyshev_polynomial_t(const Tensor& self, const Tensor& n);
Tensor special_shifted_chebyshev_polynomial_t(const Scalar& self, const Tensor& n);
Tensor special_shifted_chebyshev_polynomial_t(const Tensor& self, const Scalar& n);
Tensor special_shifted_chebyshev_polynomial_u(const Tensor& self, const Tensor& n);
Tensor special_shifted_chebyshev_polynomial_u(const Scalar& self, const Tensor& n);
Tensor special_shifted_chebyshev_polynomial_u(const Tensor& self, const Scalar& n);
Tensor special_shifted_chebyshev_polynomial_v(const Tensor& self, const Tensor& n);
Tensor special_shifted_chebyshev_polynomial_v(const Scalar& self, const Tensor& n);
Tensor special_shifted_chebyshev_polynomial_v(const Tensor& self, const Scalar& n);
Tensor special_shifted_chebyshev_polynomial_w(const Tensor& self, const Tensor& n);
Tensor special_shifted_chebyshev_polynomial_w(const Scalar& self, const Tensor& n);
Tensor special_shifted_chebyshev_polynomial_w(const Tensor& self, const Scalar& n);

}  // namespace relume
