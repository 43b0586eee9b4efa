// Special functions: computed number by number in float64, with the gradients that PyTorch has.
#include "relume/special.h"

#include <math.h>  // j0 and its like are POSIX

#include <cmath>
#include <limits>

#include "kernels/polynomials.h"
#include "kernels/special_functions.h"
#include "ops/composed.h"

namespace relume {

namespace {

constexpr int kCost = 100;

// ---- Functions of one tensor ----

struct Unary {
  const char* grad_fn;
  double (*function)(double);
  Tensor (*derivative)(const Tensor& x);
};

void unary_loop(void* out, const void* const* inputs, int64_t n, const void* options) {
  const auto function = static_cast<const Unary*>(options)->function;
  for (int64_t i = 0; i < n; ++i) static_cast<double*>(out)[i] = function(static_cast<const double*>(inputs[0])[i]);
}

Tensor apply(const Unary& row, const Tensor& x) {
  const ElementwiseKernel kernel = {.loop = unary_loop, .options = &row, .dtype = kDouble, .cost = kCost};
  Tensor result = elementwise(kernel, {&x}, float_result_type({x}));
  if (!row.derivative) return result;
  return record(row.grad_fn, std::move(result), {x}, {x},
                [derivative = row.derivative](Backward& run) { run.set(0, run.grad() * derivative(run.saved(0))); });
}

extern const Unary kI0, kI0e, kI1, kI1e, kErfcx, kHazard, kNdtri;

// f(x) - g(x) / x, whose limit at 0 is half of f's.
Tensor less_ratio(const Tensor& x, const Tensor& f, const Tensor& g) {
  const Tensor zero = x.eq(0);
  return where(zero, f / 2, f - g / x.masked_fill(zero, 1));  // whose gradient is no NaN either
}

const double kRootOfHalf = std::sqrt(0.5), kRootOfPi = std::sqrt(M_PI);

const Unary kI0 = {"I0Backward0", [](double x) { return std::exp(std::abs(x)) * cpu::scaled_bessel_i0(x); },
                   [](const Tensor& x) { return apply(kI1, x); }};
const Unary kI1 = {"SpecialI1Backward0", [](double x) { return std::exp(std::abs(x)) * cpu::scaled_bessel_i1(x); },
                   [](const Tensor& x) { return less_ratio(x, apply(kI0, x), apply(kI1, x)); }};
const Unary kI0e = {"SpecialI0EBackward0", cpu::scaled_bessel_i0,
                    [](const Tensor& x) { return apply(kI1e, x) - x.sgn() * apply(kI0e, x); }};
const Unary kI1e = {"SpecialI1EBackward0", cpu::scaled_bessel_i1, [](const Tensor& x) {
                      return less_ratio(x, apply(kI0e, x), apply(kI1e, x)) - x.sgn() * apply(kI1e, x);
                    }};
const Unary kErfcx = {"SpecialErfcxBackward0", cpu::scaled_erfc,
                      [](const Tensor& x) { return 2 * x * apply(kErfcx, x) - 2 / kRootOfPi; }};
const Unary kLogNdtr = {"SpecialLogNdtrBackward0", cpu::log_normal_cdf,
                        [](const Tensor& x) { return apply(kHazard, x); }};
// The derivative of log_ndtr: the standard normal density over the distribution function.
const Unary kHazard = {"MulBackward0",
                       [](double x) { return 2 * kRootOfHalf / kRootOfPi / cpu::scaled_erfc(-x * kRootOfHalf); },
                       [](const Tensor& x) {
                         const Tensor hazard = apply(kHazard, x);
                         return -hazard * (x + hazard);
                       }};
const Unary kNdtri = {"SpecialNdtriBackward0", cpu::inverse_normal_cdf, [](const Tensor& p) {
                        return (apply(kNdtri, p).square() / 2).exp() * (kRootOfPi / kRootOfHalf);
                      }};

// ---- Functions of two ----

struct Binary {
  const char* grad_fn;
  const char* missing;  // what there is no gradient for, in the error's text
  double (*function)(double a, double b);
  Tensor (*derivative)(const Tensor& a, const Tensor& b);  // with respect to b
};

void binary_loop(void* out, const void* const* inputs, int64_t n, const void* options) {
  const auto function = static_cast<const Binary*>(options)->function;
  const auto *a = static_cast<const double*>(inputs[0]), *b = static_cast<const double*>(inputs[1]);
  for (int64_t i = 0; i < n; ++i) static_cast<double*>(out)[i] = function(a[i], b[i]);
}

Tensor apply(const Binary& row, const Tensor& a, const Tensor& b, ScalarType dtype) {
  const ElementwiseKernel kernel = {.loop = binary_loop, .options = &row, .dtype = kDouble, .cost = kCost};
  Tensor result = elementwise(kernel, {&a, &b}, dtype);
  if (!row.derivative) return result;
  return record(row.grad_fn, std::move(result), {a, b}, {a, b}, [&row](Backward& run) {
    if (run.needs(0))
      throw NotImplementedError(std::string("the derivative for '") + row.missing + "' is not implemented.");
    run.set(1, run.grad() * row.derivative(run.saved(0), run.saved(1)));
  });
}

const Binary kZeta = {"SpecialZetaBackward0", "zeta", cpu::zeta, [](const Tensor& s, const Tensor& q) {
                        return -s * apply(kZeta, s + 1, q, float_result_type({s, q}));
                      }};

// The density of the gamma distribution.
Tensor gamma_density(const Tensor& a, const Tensor& x) { return ((a - 1) * x.log() - x - a.lgamma()).exp(); }

const Binary kLowerGamma = {"IgammaBackward0", "igamma: input", cpu::lower_gamma, gamma_density};
const Binary kUpperGamma = {"IgammacBackward0", "igammac: input", cpu::upper_gamma,
                            [](const Tensor& a, const Tensor& x) { return -gamma_density(a, x); }};

Tensor apply(const Binary& row, const Tensor& a, const Tensor& b) {
  return apply(row, a, b, float_result_type({a, b}));
}
Tensor apply(const Binary& row, const Scalar& a, const Tensor& b) {
  return apply(row, make_scalar(a, kDouble), b, float_result_type({a, b}));
}
Tensor apply(const Binary& row, const Tensor& a, const Scalar& b) {
  return apply(row, a, make_scalar(b, kDouble), float_result_type({a, b}));
}

}  // namespace

// ---- Gamma functions ----

namespace {

void polygamma_loop(void* out, const void* const* inputs, int64_t count, const void* options) {
  const auto n = static_cast<double>(*static_cast<const int64_t*>(options));
  const double factor = std::copysign(std::tgamma(n + 1), std::fmod(n, 2) == 0 ? -1.0 : 1.0);
  const double* const x = static_cast<const double*>(inputs[0]);
  for (int64_t i = 0; i < count; ++i) static_cast<double*>(out)[i] = factor * cpu::zeta(n + 1, x[i]);
}

}  // namespace

// The derivative of order n of digamma: (-1)^(n + 1) n! zeta(n + 1, self).
Tensor polygamma(int64_t n, const Tensor& self) {
  impl_of(self, "polygamma");
  check(n >= 0, "polygamma(n, x) does not support negative n.");
  if (n == 0) return self.digamma();
  const ElementwiseKernel kernel = {.loop = polygamma_loop, .options = &n, .dtype = kDouble, .cost = kCost};
  Tensor result = elementwise(kernel, {&self}, float_result_type({self}));
  return record("PolygammaBackward0", std::move(result), {self}, {self},
                [n](Backward& run) { run.set(0, run.grad() * polygamma(n + 1, run.saved(0))); });
}
Tensor Tensor::polygamma(int64_t n) const { return relume::polygamma(n, *this); }

// The regularised lower incomplete gamma function of self at other. There is no gradient with respect to self.
Tensor igamma(const Tensor& self, const Tensor& other) {
  impl_of(self, "igamma");
  impl_of(other, "igamma");
  return apply(kLowerGamma, self, other);
}
Tensor& igamma_(Tensor& self, const Tensor& other) { return become_result(self, igamma(kept(self), other)); }

// The regularised upper incomplete gamma function of self at other. There is no gradient with respect to self.
Tensor igammac(const Tensor& self, const Tensor& other) {
  impl_of(self, "igammac");
  impl_of(other, "igammac");
  return apply(kUpperGamma, self, other);
}
Tensor& igammac_(Tensor& self, const Tensor& other) { return become_result(self, igammac(kept(self), other)); }

// The logarithm of the multivariate gamma function of dimension p: p (p - 1) / 4 log(pi) + the sum of
// lgamma(self - j / 2) over j from 0 to p - 1.
Tensor mvlgamma(const Tensor& self, int64_t p) {
  impl_of(self, "mvlgamma");
  check(p >= 1, "p has to be greater than or equal to 1");
  const auto order = static_cast<double>(p);
  const Tensor terms = (self.unsqueeze(-1) - arange(p, self.options().dtype(float_result_type({self}))) / 2).lgamma();
  return named("MvlgammaBackward0", terms.sum(-1) + order * (order - 1) / 4 * std::log(M_PI));
}
Tensor& mvlgamma_(Tensor& self, int64_t p) { return become_result("MvlgammaBackward0", self, mvlgamma(kept(self), p)); }

// Hurwitz's zeta function: the sum of (other + k)^-self over k = 0, 1, ... There is no gradient with respect to self.
Tensor special_zeta(const Tensor& self, const Tensor& other) { return apply(kZeta, self, other); }
Tensor special_zeta(const Scalar& self, const Tensor& other) { return apply(kZeta, self, other); }
Tensor special_zeta(const Tensor& self, const Scalar& other) { return apply(kZeta, self, other); }

// ---- Distributions and entropies ----

// The distribution function of the standard normal distribution.
Tensor special_ndtr(const Tensor& self) {
  impl_of(self, "special_ndtr");
  return (self * -kRootOfHalf).erfc() * 0.5;
}

// -x log(x) for x > 0, 0 at 0, and minus infinity below.
Tensor special_entr(const Tensor& self) {
  impl_of(self, "special_entr");
  const Tensor x = self.detach(), below = where(x < 0, -std::numeric_limits<double>::infinity(), -xlogy(x, x));
  Tensor result = where(x == 0, 0, below).to(float_result_type({self}));
  return record("SpecialEntrBackward0", std::move(result), {self}, {self},
                [](Backward& run) { run.set(0, run.grad() * (-run.saved(0).log() - 1)); });
}

namespace {

Tensor times_log_after(const Tensor& self, const Tensor& other, const Tensor& product) {
  const Tensor zero = logical_and(self == 0, isnan(other).logical_not());
  return named("SpecialXlog1PyBackward0", where(zero, 0, product));
}

}  // namespace

// self log(1 + other), and 0 where self is 0 and other is no NaN.
Tensor special_xlog1py(const Tensor& self, const Tensor& other) {
  impl_of(self, "special_xlog1py");
  impl_of(other, "special_xlog1py");
  const Tensor y = other.to(float_result_type({self, other}));
  return times_log_after(self, y, self * y.log1p());
}
Tensor special_xlog1py(const Scalar& self, const Tensor& other) {
  impl_of(other, "special_xlog1py");
  return special_xlog1py(make_scalar(self, float_result_type({self, other})), other);
}
Tensor special_xlog1py(const Tensor& self, const Scalar& other) {
  impl_of(self, "special_xlog1py");
  return special_xlog1py(self, make_scalar(other, float_result_type({self, other})));
}

// ---- Functions of one tensor ----

#define RELUME_SPECIAL(name, row)   \
  Tensor name(const Tensor& self) { \
    impl_of(self, #name);           \
    return apply(row, self);        \
  }

// The modified Bessel function of the first kind of order 0.
RELUME_SPECIAL(i0, kI0)
Tensor& i0_(Tensor& self) { return become_result("I0Backward0", self, i0(kept(self))); }
RELUME_SPECIAL(special_i0e, kI0e)
RELUME_SPECIAL(special_i1, kI1)
RELUME_SPECIAL(special_i1e, kI1e)
RELUME_SPECIAL(special_erfcx, kErfcx)
RELUME_SPECIAL(special_log_ndtr, kLogNdtr)
RELUME_SPECIAL(special_ndtri, kNdtri)

// Without gradients.
#define RELUME_PLAIN(name, function)                       \
  Tensor name(const Tensor& self) {                        \
    static constexpr Unary kRow = {"", function, nullptr}; \
    impl_of(self, #name);                                  \
    return apply(kRow, self);                              \
  }
RELUME_PLAIN(special_bessel_j0, ::j0)
RELUME_PLAIN(special_bessel_j1, ::j1)
RELUME_PLAIN(special_bessel_y0, ::y0)
RELUME_PLAIN(special_bessel_y1, ::y1)
RELUME_PLAIN(special_modified_bessel_i0, kI0.function)
RELUME_PLAIN(special_modified_bessel_i1, kI1.function)
RELUME_PLAIN(special_modified_bessel_k0, cpu::bessel_k0)
RELUME_PLAIN(special_modified_bessel_k1, cpu::bessel_k1)
RELUME_PLAIN(special_scaled_modified_bessel_k0, cpu::scaled_bessel_k0)
RELUME_PLAIN(special_scaled_modified_bessel_k1, cpu::scaled_bessel_k1)
RELUME_PLAIN(special_spherical_bessel_j0, cpu::spherical_bessel_j0)
RELUME_PLAIN(special_airy_ai, cpu::airy_ai)

// ---- Polynomials, without gradients ----

#define RELUME_POLYNOMIAL(name, polynomial)                                                \
  namespace {                                                                              \
  constexpr Binary kRow_##name = {"", "", polynomial, nullptr};                            \
  }                                                                                        \
  Tensor name(const Tensor& self, const Tensor& n) { return apply(kRow_##name, self, n); } \
  Tensor name(const Scalar& self, const Tensor& n) { return apply(kRow_##name, self, n); } \
  Tensor name(const Tensor& self, const Scalar& n) { return apply(kRow_##name, self, n); }
#define RELUME_SHIFTED(name, polynomial) \
  RELUME_POLYNOMIAL(name, [](double x, double n) { return polynomial(2 * x - 1, n); })

RELUME_POLYNOMIAL(special_chebyshev_polynomial_t, cpu::chebyshev_t)
RELUME_POLYNOMIAL(special_chebyshev_polynomial_u, cpu::chebyshev_u)
RELUME_POLYNOMIAL(special_chebyshev_polynomial_v, cpu::chebyshev_v)
RELUME_POLYNOMIAL(special_chebyshev_polynomial_w, cpu::chebyshev_w)
RELUME_POLYNOMIAL(special_hermite_polynomial_h, cpu::hermite_h)
RELUME_POLYNOMIAL(special_hermite_polynomial_he, cpu::hermite_he)
RELUME_POLYNOMIAL(special_laguerre_polynomial_l, cpu::laguerre_l)
RELUME_POLYNOMIAL(special_legendre_polynomial_p, cpu::legendre_p)
RELUME_SHIFTED(special_shifted_chebyshev_polynomial_t, cpu::chebyshev_t)
RELUME_SHIFTED(special_shifted_chebyshev_polynomial_u, cpu::chebyshev_u)
RELUME_SHIFTED(special_shifted_chebyshev_polynomial_v, cpu::chebyshev_v)
RELUME_SHIFTED(special_shifted_chebyshev_polynomial_w, cpu::chebyshev_w)

}  // namespace relume
