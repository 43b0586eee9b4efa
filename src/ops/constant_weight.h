// Weights of convolutions that stay as they are for many calls.
#pragma once

#include "relume/tensor.h"

namespace relume {

// Says that convolutions with this weight are to keep copies of it in the orders that they like best, until it is
// written. Does nothing where somebody has a pointer to its elements.
void keep_packed(const Tensor& weight);

}  // namespace relume
