// The initial values that Linear and the convolutions share.
#pragma once

#include "relume/tensor.h"

namespace relume::nn::detail {

// Draws `weight`, [out, in, kernel...], and then `bias` (which may be undefined): uniform in +-1 / sqrt(fan_in).
void reset_weight_and_bias(const Tensor& weight, const Tensor& bias);

}  // namespace relume::nn::detail
