// Convolutions and max poolings that are put off until somebody wants their result. It is then made a few images at a
// time, each thread taking its own from the first layer to the last, so that what is between them stays in the caches.
#pragma once

#include "kernels/conv.h"
#include "kernels/pool.h"
#include "relume/tensor.h"

namespace relume {

// The result of a forward pass in a PutOffScope that records nothing, whose weight is kept; undefined where it has to
// be computed now.
Tensor put_off_convolution(const cpu::Conv& conv, IntArrayRef sizes, const Tensor& input, const Tensor& weight,
                           const Tensor& bias);

// The same of the maxima of an input that was itself put off.
Tensor put_off_max_pool(const cpu::Pool& pool, const Tensor& input, IntArrayRef sizes);

}  // namespace relume
