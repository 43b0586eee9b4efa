// Poolings that are no op of table.txt.
#pragma once

#include <tuple>

#include "relume/tensor.h"

namespace relume {

// Maxima of windows that divide [N, C, D, H, W] or [C, D, H, W] into output_size parts, and their places.
std::tuple<Tensor, Tensor> adaptive_max_pool3d(const Tensor& self, IntArrayRef output_size);

}  // namespace relume
