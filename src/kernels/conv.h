// Convolutions over one, two or three spatial dimensions: the forward pass and its two gradients. A transposed
// convolution is the gradient of its input, called forward.
#pragma once

#include <cstdint>
#include <memory>

#include "core/tensor_impl.h"
#include "kernels/layout.h"
#include "relume/dtype.h"

namespace relume::cpu {

// A convolution y[n, o, p] = bias[o] + sum_{i, q} w[o, i, q] x[n, i, p * stride - padding + q * dilation], in `groups`
// independent groups of channels. The padding after the last element is whatever `output` implies.
// Weights are [out_channels, in_channels / groups, kernel...], dense. Unused spatial entries hold 1 (padding: 0).
struct Conv {
  ScalarType dtype = kFloat;
  int spatial = 2;
  int64_t batch = 0, in_channels = 0, out_channels = 0, groups = 1;
  int64_t input[kMaxSpatial] = {1, 1, 1};
  int64_t kernel[kMaxSpatial] = {1, 1, 1};
  int64_t output[kMaxSpatial] = {1, 1, 1};
  int64_t stride[kMaxSpatial] = {1, 1, 1};
  int64_t padding[kMaxSpatial] = {0, 0, 0};  // before the first element
  int64_t dilation[kMaxSpatial] = {1, 1, 1};
  Layout input_layout = Layout::Plain, output_layout = Layout::Plain;
  // Not null where the weight stays as it is for later forward passes: what was kept of it, to be used and replaced.
  std::shared_ptr<const detail::Derived>* kept_weight = nullptr;
  // A forward pass in a compiled module, which need not have the digits of others.
  bool inference = false;

  int64_t input_pixels() const { return input[0] * input[1] * input[2]; }
  int64_t output_pixels() const { return output[0] * output[1] * output[2]; }
  int64_t kernel_pixels() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t weight_count() const { return groups == 0 ? 0 : out_channels * (in_channels / groups) * kernel_pixels(); }
};

// What is kept of a weight that was kept for no pass yet.
std::shared_ptr<const detail::Derived> no_packed_weights();
// Whether it is that, or copies of a weight in other orders.
bool are_packed_weights(const detail::Derived* derived);

// Packs the weight of a float32 convolution with channels-last activations for conv_forward_packed(), into
// *kept_weight. False where that can't or shouldn't be done.
bool conv_pack(const Conv& conv, const void* weight, bool with_bias);
// The forward pass of such a convolution on one thread, with the weight that *kept_weight has.
void conv_forward_packed(const Conv& conv, const void* input, const void* bias, void* output);
// Remembers that it did not pay to put convolutions with this weight off: conv_pack() returns false from now on.
void conv_pack_no_more(const detail::Derived& kept);

// Whether the forward pass, or the gradient of the input, is fastest with activations in channels-last order.
bool conv_likes_channels_last(const Conv& conv, bool forward);

// output = conv(input, weight) + bias; bias may be null. All dtypes that gemm takes; half types are rounded once.
void conv_forward(const Conv& conv, const void* input, const void* weight, const void* bias, void* output);

// grad_input = the gradient of the input, plus `bias` a channel of the input unless null: with the roles of input and
// output exchanged this is the forward pass of a transposed convolution.
void conv_backward_input(const Conv& conv, const void* grad_output, const void* weight, const void* bias,
                         void* grad_input);

// grad_weight and, unless null, grad_bias.
void conv_backward_weight(const Conv& conv, const void* input, const void* grad_output, void* grad_weight,
                          void* grad_bias);

// The windows of images [batch, in_channels, input], dense, as columns [batch, in_channels, kernel, output], and
// columns added up to images, where the windows were. Floating dtypes and bool, whose sum is whether any is true;
// groups, layouts and output channels do not matter.
void unfold_windows(const Conv& conv, const void* images, void* columns);
void fold_windows(const Conv& conv, const void* columns, void* images);

}  // namespace relume::cpu
