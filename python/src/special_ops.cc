// Rows for torch.special: functions computed number by number in float64, with the gradients that PyTorch has.
#include <math.h>  // j0 and its like are POSIX

#include <cmath>

#include "arguments.h"
#include "autograd/record.h"
#include "kernels/special_functions.h"
#include "ops/elementwise.h"
#include "ops/polygamma.h"
#include "relume/ops.h"
#include "tables.h"

namespace relume::python {

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
  const Tensor result = elementwise(kernel, {&x}, float_result_type({x}));
  if (!row.derivative) return result;
  return autograd::record(row.grad_fn, result, {x}, {x}, [derivative = row.derivative](autograd::Backward& run) {
    run.set(0, run.grad() * derivative(run.saved(0)));
  });
}

template <const Unary& row>
PyObject* unary(Arguments& a) {
  return wrap(RELUME_RESULT(apply(row, a.tensor(0))));
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
const Unary kBesselJ0 = {"", ::j0, nullptr}, kBesselJ1 = {"", ::j1, nullptr};
const Unary kBesselY0 = {"", ::y0, nullptr}, kBesselY1 = {"", ::y1, nullptr};

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
  const Tensor result = elementwise(kernel, {&a, &b}, dtype);
  return autograd::record(row.grad_fn, result, {a, b}, {a, b}, [&row](autograd::Backward& run) {
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

template <const Binary& row>
PyObject* binary(Arguments& a) {
  return wrap(RELUME_RESULT(apply(row, a.tensor(0), a.tensor(1), float_result_type({a.tensor(0), a.tensor(1)}))));
}

PyObject* zeta_of_number(Arguments& a) {
  const Scalar s = a.scalar(0);
  return wrap(apply(kZeta, make_scalar(s, kDouble), a.tensor(1), float_result_type({s, a.tensor(1)})));
}

PyObject* zeta_at_number(Arguments& a) {
  const Scalar q = a.scalar(1);
  return wrap(apply(kZeta, a.tensor(0), make_scalar(q, kDouble), float_result_type({a.tensor(0), q})));
}

PyObject* polygamma_of(Arguments& a, size_t n, size_t x) {
  const int64_t order = a.integer(n);
  return wrap(RELUME_RESULT(relume::polygamma(order, a.tensor(x))));
}
PyObject* polygamma(Arguments& a) { return polygamma_of(a, 0, 1); }
PyObject* polygamma_method(Arguments& a) { return polygamma_of(a, 1, 0); }

const Op kSpecialOps[] = {
    {"i0",
     "i0(input)\n\nThe modified Bessel function of the first kind of order 0.\n",
     {{kFunction | kMethod, "Tensor input", unary<kI0>}}},
    {"polygamma",
     "polygamma(n, input)\n\nThe derivative of order n of digamma: (-1)^(n + 1) n! zeta(n + 1, input).\n",
     {{kFunction, "int n, Tensor input", polygamma}, {kMethod, "Tensor input, int n", polygamma_method}}},
    {"igamma",
     "igamma(input, other)\n\nThe regularised lower incomplete gamma function of input at other.\n",
     {{kFunction | kMethod, "Tensor input, Tensor other", binary<kLowerGamma>}}},
    {"igammac",
     "igammac(input, other)\n\nThe regularised upper incomplete gamma function of input at other.\n",
     {{kFunction | kMethod, "Tensor input, Tensor other", binary<kUpperGamma>}}},
    {"special_i0e", "special_i0e(input)\n\ni0(x) exp(-|x|)\n", {{kFunction, "Tensor input", unary<kI0e>}}},
    {"special_i1",
     "special_i1(input)\n\nThe modified Bessel function of the first kind of order 1.\n",
     {{kFunction, "Tensor input", unary<kI1>}}},
    {"special_i1e", "special_i1e(input)\n\ni1(x) exp(-|x|)\n", {{kFunction, "Tensor input", unary<kI1e>}}},
    {"special_erfcx", "special_erfcx(input)\n\nexp(x^2) erfc(x)\n", {{kFunction, "Tensor input", unary<kErfcx>}}},
    {"special_log_ndtr",
     "special_log_ndtr(input)\n\nThe logarithm of the standard normal distribution function.\n",
     {{kFunction, "Tensor input", unary<kLogNdtr>}}},
    {"special_ndtri",
     "special_ndtri(input)\n\nThe inverse of the standard normal distribution function.\n",
     {{kFunction, "Tensor input", unary<kNdtri>}}},
    {"special_bessel_j0",
     "special_bessel_j0(input)\n\nThe Bessel function of the first kind of order 0.\n",
     {{kFunction, "Tensor input", unary<kBesselJ0>}}},
    {"special_bessel_j1",
     "special_bessel_j1(input)\n\nThe Bessel function of the first kind of order 1.\n",
     {{kFunction, "Tensor input", unary<kBesselJ1>}}},
    {"special_bessel_y0",
     "special_bessel_y0(input)\n\nThe Bessel function of the second kind of order 0.\n",
     {{kFunction, "Tensor input", unary<kBesselY0>}}},
    {"special_bessel_y1",
     "special_bessel_y1(input)\n\nThe Bessel function of the second kind of order 1.\n",
     {{kFunction, "Tensor input", unary<kBesselY1>}}},
    {"special_zeta",
     "special_zeta(input, other)\n\nHurwitz's zeta function: the sum of (other + k)^-input over k = 0, 1, ...\n",
     {{kFunction, "Tensor input, Tensor other", binary<kZeta>},
      {kFunction, "Number self, Tensor other", zeta_of_number},
      {kFunction, "Tensor input, Number other", zeta_at_number}}},
};

}  // namespace

void append_special_ops(std::vector<OpEntry>& entries) { append_entries<kSpecialOps>(entries); }

}  // namespace relume::python
