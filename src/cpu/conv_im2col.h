// Convolutions of any dtype as matrix products over unfolded windows.
#pragma once

#include "kernels/conv.h"

namespace relume::cpu::im2col {

// As in kernels/conv.h, for one element type. The passes backwards add to what the result holds.
template <class T>
void conv_forward(const Conv& conv, const T* input, const T* weight, T* output);
template <class T>
void conv_backward_input(const Conv& conv, const T* grad_output, const T* weight, T* grad_input);
template <class T>
void conv_backward_weight(const Conv& conv, const T* input, const T* grad_output, T* grad_weight);

}  // namespace relume::cpu::im2col
