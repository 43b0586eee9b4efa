// float32 convolutions by oneDNN.
#pragma once

#include "kernels/conv.h"

namespace relume::cpu::onednn {

// Each computes what its namesake in kernels/conv.h does, without the bias of the backward pass, and returns false,
// with nothing done, where oneDNN has no fast code for the convolution. Sizes must not be 0.
bool conv_forward(const Conv& conv, const float* input, const float* weight, const float* bias, float* output);
bool conv_backward_input(const Conv& conv, const float* grad_output, const float* weight, float* grad_input);
bool conv_backward_weight(const Conv& conv, const float* input, const float* grad_output, float* grad_weight,
                          float* grad_bias);

// Whether oneDNN has fast code for this pass with both activations in channels-last order.
bool likes_channels_last(const Conv& conv, bool forward);

}  // namespace relume::cpu::onednn
