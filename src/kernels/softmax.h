// Softmax and log-softmax over one dimension of a dense tensor, forward and backward.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume::cpu {

// A dense tensor seen as [outer, size, inner], normalised over `size`.
struct Softmax {
  ScalarType dtype = kFloat;  // a floating-point one; half types are computed in float and rounded once
  bool log = false;
  int64_t outer = 0;
  int64_t size = 0;
  int64_t inner = 1;
};

// output = exp(x - max) / sum(exp(x - max)), or its logarithm. Input and output may be the same memory.
// A slice that has NaN or +inf in it, or nothing but -inf, becomes NaN.
void softmax_forward(const Softmax& softmax, const void* input, void* output);

// From the gradient g of the output y: grad_input = y * (g - sum(g * y)), or with log g - exp(y) * sum(g).
void softmax_backward(const Softmax& softmax, const void* grad, const void* output, void* grad_input);

}  // namespace relume::cpu
