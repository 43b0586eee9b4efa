// The derivatives of digamma, for its own backward and for torch.polygamma.
#pragma once

#include <cstdint>

#include "relume/tensor.h"

namespace relume {

// The derivative of order n of digamma: (-1)^(n + 1) n! zeta(n + 1, x); digamma itself for n = 0. In the dtype of x,
// integers in the default dtype. Throws Error for n < 0.
Tensor polygamma(int64_t n, const Tensor& x);

}  // namespace relume
