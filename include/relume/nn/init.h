// nn::init: initial values of weights. Each function fills the tensor, without recording it, and returns it.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "relume/export.h"
#include "relume/nn/options.h"
#include "relume/tensor.h"

namespace relume {
namespace nn {
namespace init {

using NonlinearityType =
    enumtype::Choice<enumtype::Name::Linear, enumtype::Name::Conv1D, enumtype::Name::Conv2D, enumtype::Name::Conv3D,
                     enumtype::Name::ConvTranspose1D, enumtype::Name::ConvTranspose2D, enumtype::Name::ConvTranspose3D,
                     enumtype::Name::Sigmoid, enumtype::Name::Tanh, enumtype::Name::ReLU, enumtype::Name::LeakyReLU,
                     enumtype::Name::SELU>;
using FanModeType = enumtype::Choice<enumtype::Name::FanIn, enumtype::Name::FanOut>;

// The factor by which a nonlinearity wants its weights larger: sqrt(2) for ReLU, sqrt(2 / (1 + param^2)) for leaky
// ReLU, 5/3 for tanh, 3/4 for SELU, else 1.
RELUME_API double calculate_gain(NonlinearityType nonlinearity, double param = 0.01);
// (fan_in, fan_out) of a weight [out, in, kernel...].
RELUME_API std::tuple<int64_t, int64_t> _calculate_fan_in_and_fan_out(const Tensor& tensor);

RELUME_API Tensor constant_(Tensor tensor, const Scalar& value);
RELUME_API Tensor ones_(Tensor tensor);
RELUME_API Tensor zeros_(Tensor tensor);
// The identity matrix.
RELUME_API Tensor eye_(Tensor matrix);
// Weights of a convolution that passes its channels on, in each of `groups` groups.
RELUME_API Tensor dirac_(Tensor tensor, int64_t groups = 1);
RELUME_API Tensor uniform_(Tensor tensor, double low = 0, double high = 1);
RELUME_API Tensor normal_(Tensor tensor, double mean = 0, double std = 1);
// Normal numbers from [a, b]: others are drawn again.
RELUME_API Tensor trunc_normal_(Tensor tensor, double mean = 0, double std = 1, double a = -2, double b = 2);
// A matrix with orthonormal rows or columns, times gain.  Saxe et al., 2013.
RELUME_API Tensor orthogonal_(Tensor tensor, double gain = 1.0,
                              const std::optional<Generator>& generator = {});
// Normal numbers, of which a share `sparsity` of each column is zero.  Martens, 2010.
RELUME_API Tensor sparse_(Tensor tensor, double sparsity, double std = 0.01);
// Variance gain^2 * 2 / (fan_in + fan_out).  Glorot and Bengio, 2010.
RELUME_API Tensor xavier_uniform_(Tensor tensor, double gain = 1.0);
RELUME_API Tensor xavier_normal_(Tensor tensor, double gain = 1.0);
// Variance gain^2 / fan.  He et al., 2015. `a` is the slope of leaky ReLU.
RELUME_API Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                                   NonlinearityType nonlinearity = kLeakyReLU);
RELUME_API Tensor kaiming_normal_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                                  NonlinearityType nonlinearity = kLeakyReLU);

}  // namespace init
}  // namespace nn
}  // namespace relume
