// linear() as a module calls it.
#pragma once

#include "relume/tensor.h"

namespace relume {

// linear(input, weight, bias) with a weight that lives as long as its module: where nothing is recorded, a copy in the
// order that products like best is kept until the weight is written.
Tensor linear_of_module(const Tensor& input, const Tensor& weight, const Tensor& bias);

}  // namespace relume
