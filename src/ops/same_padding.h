// Convolutions that keep sizes.
#pragma once

#include "relume/tensor.h"

namespace relume {

// conv1d, conv2d or conv3d, as `dims` says, padded so that the result has the sizes of the input: of an odd number of
// elements the one over goes after. Throws Error where a stride is not 1.
Tensor convolution_same(size_t dims, const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
                        IntArrayRef dilation, int64_t groups);

}  // namespace relume
