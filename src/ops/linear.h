// Products that are not ops: linear() as a module calls it, and those that others are made of.
#pragma once

#include "relume/tensor.h"

namespace relume {

// linear(input, weight, bias) with a weight that lives as long as its module: where nothing is recorded, a copy in the
// order that products like best is kept until the weight is written.
Tensor linear_of_module(const Tensor& input, const Tensor& weight, const Tensor& bias);

// The products of bfloat16 matrices [..., N, K] and [..., K, M] as float32, not recorded. Undefined where that is not
// faster than products of float32, for other dtypes, and where sizes do not fit.
Tensor product_as_float(const Tensor& a, const Tensor& b);

}  // namespace relume
