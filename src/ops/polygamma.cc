// The derivatives of digamma, by Hurwitz's zeta function.
#include "ops/polygamma.h"

#include <cmath>

#include "autograd/record.h"
#include "kernels/special_functions.h"
#include "ops/elementwise.h"
#include "relume/ops.h"

namespace relume {
namespace {

void polygamma_loop(void* out, const void* const* inputs, int64_t count, const void* options) {
  const auto n = static_cast<double>(*static_cast<const int64_t*>(options));
  const double factor = std::copysign(std::tgamma(n + 1), std::fmod(n, 2) == 0 ? -1.0 : 1.0);
  const double* const x = static_cast<const double*>(inputs[0]);
  for (int64_t i = 0; i < count; ++i) static_cast<double*>(out)[i] = factor * cpu::zeta(n + 1, x[i]);
}

}  // namespace

// The derivative of order n of digamma: (-1)^(n + 1) n! zeta(n + 1, self).
Tensor polygamma(int64_t n, const Tensor& x) {
  impl_of(x, "polygamma");
  check(n >= 0, "polygamma(n, x) does not support negative n.");
  if (n == 0) return x.digamma();
  const ElementwiseKernel kernel = {.loop = polygamma_loop, .options = &n, .dtype = kDouble, .cost = 100};
  const Tensor result = elementwise(kernel, {&x}, float_result_type({x}));
  return record("PolygammaBackward0", result, {x}, {x},
                [n](Backward& run) { run.set(0, run.grad() * polygamma(n + 1, run.saved(0))); });
}

Tensor Tensor::polygamma(int64_t n) const { return relume::polygamma(n, *this); }

}  // namespace relume
