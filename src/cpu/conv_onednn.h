// float32 and bfloat16 convolutions by oneDNN.
#pragma once

#include "kernels/conv.h"

namespace relume::cpu::onednn {

// Each computes what its namesake in kernels/conv.h does, without the bias of the backward pass, and returns false,
// with nothing done, where oneDNN has no fast code for the convolution. Sizes must not be 0.
bool conv_forward(const Conv& conv, const void* input, const void* weight, const void* bias, void* output);
bool conv_backward_input(const Conv& conv, const void* grad_output, const void* weight, void* grad_input);
bool conv_backward_weight(const Conv& conv, const void* input, const void* grad_output, void* grad_weight,
                          void* grad_bias);

// See kernels/conv.h.
bool conv_pack(const Conv& conv, const void* weight, bool with_bias);
void conv_forward_packed(const Conv& conv, const void* input, const void* bias, void* output);
void conv_pack_no_more(const detail::Derived& kept);
std::shared_ptr<const detail::Derived> no_packed_weights();
bool are_packed_weights(const detail::Derived* derived);

// Whether oneDNN has fast code for this pass with both activations in channels-last order.
bool likes_channels_last(const Conv& conv, bool forward);

}  // namespace relume::cpu::onednn
