// The kernels of the negative log-likelihood: picking one number a sample, and the gradient of that.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume::cpu {

// Log-probabilities [batch, classes, inner] and classes [batch, inner], all dense and row-major.
struct NllArguments {
  int64_t batch, classes, inner;
  const int64_t* target;
  const void* weight;  // one number a class, of the same dtype; null: all 1
  int64_t ignore_index;
};

// The result of a forward pass; where it found a target that is no class, that target's place.
struct NllSums {
  double loss = 0;    // sum of -weight[t] * input[t]
  double weight = 0;  // sum of weight[t]
  int64_t bad_target = -1;
};

// Computes the sums and, where `losses` is not null, the losses [batch, inner]. float16 and bfloat16 are computed in
// float32, sums in float64.
NllSums nll_forward(ScalarType dtype, const NllArguments& arguments, const void* input, void* losses);

// Writes -weight[t] * grad * scale to the place of the target, into `result` [batch, classes, inner], which is zero.
// `grad` has one element for all samples, or one each.
void nll_backward(ScalarType dtype, const NllArguments& arguments, const void* grad, bool grad_is_one, double scale,
                  void* result);

}  // namespace relume::cpu
