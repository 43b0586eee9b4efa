// Derivatives of activations beyond those that kernels compute.
#pragma once

#include "kernels/activations.h"
#include "relume/tensor.h"

namespace relume {

// The second derivative of f' by `saved`, the result of the activation or its input, which f' is written in terms of.
// `options` is the activation's formula. In grad mode it can be differentiated again.
Tensor derivative_of_curvature(Activation activation, const void* options, bool of_result, const Tensor& saved);

}  // namespace relume
