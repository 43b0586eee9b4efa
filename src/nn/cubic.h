// Cubic convolution: the weights of the four neighbours of a place.
#pragma once

#include <array>

#include "relume/tensor.h"

namespace relume::nn::detail {

// Of a place at the distance t after the second of them, with a = -0.75.  Keys, 1981.
std::array<Tensor, 4> cubic_weights(const Tensor& t);

}  // namespace relume::nn::detail
