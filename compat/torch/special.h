// The special functions, under their names in torch::special, and their forms that write into a tensor that is there.
#pragma once

#include <relume/activations.h>
#include <relume/ops.h>
#include <relume/out.h>
#include <relume/special.h>
#include <torch/out.h>

// clang-format off
// Those with other names in Relume than special_...: what each is there.
#define RELUME_OTHER_NAMES(X) \
  X(digamma, digamma) X(erf, erf) X(erfc, erfc) X(erfinv, erfinv) X(exp2, exp2) X(expit, sigmoid) \
  X(expm1, expm1) X(gammainc, igamma) X(gammaincc, igammac) X(gammaln, lgamma) X(i0, i0) \
  X(log1p, log1p) X(logit, logit) X(multigammaln, mvlgamma) X(polygamma, polygamma) X(psi, digamma) \
  X(round, round) X(sinc, sinc) X(xlogy, xlogy)

namespace at {

#define RELUME_SPECIAL(name, op) \
  template <class... A> relume::Tensor special_##name(const A&... arguments) { return relume::op(arguments...); }
RELUME_OTHER_NAMES(RELUME_SPECIAL)
RELUME_SPECIAL(log_softmax, log_softmax)
RELUME_SPECIAL(softmax, softmax)
#undef RELUME_SPECIAL

}  // namespace at

namespace torch {
namespace special {

using relume::log_softmax;
using relume::logsumexp;
using relume::softmax;
inline relume::Tensor& logsumexp_out(relume::Tensor& out, const relume::Tensor& self, relume::IntArrayRef dim,
                                     bool keepdim) {
  return relume::write_out("logsumexp", out, relume::logsumexp(self, dim, keepdim), {self});
}

#define RELUME_SPECIAL(name, op)                                                                                     \
  template <class... A> relume::Tensor name(const A&... arguments) { return relume::op(arguments...); }              \
  template <class... A> relume::Tensor& name##_out(relume::Tensor& out, const A&... arguments) {                     \
    return relume::write_out(#op, out, relume::op(arguments...), at::detail::tensors_among(arguments...));           \
  }
RELUME_OTHER_NAMES(RELUME_SPECIAL)
RELUME_SPECIAL(airy_ai, special_airy_ai)
RELUME_SPECIAL(bessel_j0, special_bessel_j0)
RELUME_SPECIAL(bessel_j1, special_bessel_j1)
RELUME_SPECIAL(bessel_y0, special_bessel_y0)
RELUME_SPECIAL(bessel_y1, special_bessel_y1)
RELUME_SPECIAL(chebyshev_polynomial_t, special_chebyshev_polynomial_t)
RELUME_SPECIAL(chebyshev_polynomial_u, special_chebyshev_polynomial_u)
RELUME_SPECIAL(chebyshev_polynomial_v, special_chebyshev_polynomial_v)
RELUME_SPECIAL(chebyshev_polynomial_w, special_chebyshev_polynomial_w)
RELUME_SPECIAL(entr, special_entr)
RELUME_SPECIAL(erfcx, special_erfcx)
RELUME_SPECIAL(hermite_polynomial_h, special_hermite_polynomial_h)
RELUME_SPECIAL(hermite_polynomial_he, special_hermite_polynomial_he)
RELUME_SPECIAL(i0e, special_i0e)
RELUME_SPECIAL(i1, special_i1)
RELUME_SPECIAL(i1e, special_i1e)
RELUME_SPECIAL(laguerre_polynomial_l, special_laguerre_polynomial_l)
RELUME_SPECIAL(legendre_polynomial_p, special_legendre_polynomial_p)
RELUME_SPECIAL(log_ndtr, special_log_ndtr)
RELUME_SPECIAL(modified_bessel_i0, special_modified_bessel_i0)
RELUME_SPECIAL(modified_bessel_i1, special_modified_bessel_i1)
RELUME_SPECIAL(modified_bessel_k0, special_modified_bessel_k0)
RELUME_SPECIAL(modified_bessel_k1, special_modified_bessel_k1)
RELUME_SPECIAL(ndtr, special_ndtr)
RELUME_SPECIAL(ndtri, special_ndtri)
RELUME_SPECIAL(scaled_modified_bessel_k0, special_scaled_modified_bessel_k0)
RELUME_SPECIAL(scaled_modified_bessel_k1, special_scaled_modified_bessel_k1)
RELUME_SPECIAL(shifted_chebyshev_polynomial_t, special_shifted_chebyshev_polynomial_t)
RELUME_SPECIAL(shifted_chebyshev_polynomial_u, special_shifted_chebyshev_polynomial_u)
RELUME_SPECIAL(shifted_chebyshev_polynomial_v, special_shifted_chebyshev_polynomial_v)
RELUME_SPECIAL(shifted_chebyshev_polynomial_w, special_shifted_chebyshev_polynomial_w)
RELUME_SPECIAL(spherical_bessel_j0, special_spherical_bessel_j0)
RELUME_SPECIAL(xlog1py, special_xlog1py)
RELUME_SPECIAL(zeta, special_zeta)
#undef RELUME_SPECIAL
#undef RELUME_OTHER_NAMES
// clang-format on

}  // namespace special
}  // namespace torch
