// Max and average pooling over one, two or three spatial dimensions, with fixed or adaptive windows, both directions.
#pragma once

#include <cstdint>

#include "kernels/layout.h"
#include "relume/dtype.h"

namespace relume::cpu {

// Windows over activations [batch, channels, spatial...]. A fixed window starts at o * stride - padding and has
// `kernel` elements `dilation` apart; an adaptive one covers [floor(o * input / output), ceil((o + 1) * input /
// output)). Unused spatial entries hold 1 (padding: 0). The caller has checked that sizes fit.
struct Pool {
  ScalarType dtype = kFloat;
  bool adaptive = false;
  int64_t batch = 0, channels = 0;
  int64_t input[kMaxSpatial] = {1, 1, 1};
  int64_t output[kMaxSpatial] = {1, 1, 1};
  int64_t kernel[kMaxSpatial] = {1, 1, 1};  // adaptive: set by set_adaptive_windows
  int64_t stride[kMaxSpatial] = {1, 1, 1};
  int64_t padding[kMaxSpatial] = {0, 0, 0};
  int64_t dilation[kMaxSpatial] = {1, 1, 1};
  Layout layout = Layout::Plain;  // of input and output
  bool relu = false;              // of float32 and float64 in ChannelsLast: the input's elements are max(x, 0)

  int64_t input_pixels() const { return input[0] * input[1] * input[2]; }
  int64_t output_pixels() const { return output[0] * output[1] * output[2]; }
  int64_t kernel_pixels() const { return kernel[0] * kernel[1] * kernel[2]; }
};

// Makes the windows adaptive, `kernel` the largest of them.
void set_adaptive_windows(Pool& pool);

// Where the largest element of each window was, in the layout of the output: as its place in the input's image
// (int64, what max_pool returns to users) or as its number in the window (uint8: enough for the backward pass).
struct PoolIndex {
  enum class Form { None, Pixel, Tap };
  Form form = Form::None;
  void* data = nullptr;
};

// Whether the numbers of a window's elements fit into PoolIndex::Form::Tap.
inline bool taps_fit(const Pool& pool) { return pool.kernel_pixels() < 255; }

// Whether max_pool_forward() with `relu` can tell places, and write the mask of that ReLU (see kernels/relu_mask.h).
bool pools_with_relu(const Pool& pool);

// The largest element of each window; the first of equal ones, and a NaN before all. Floating types and integers.
void max_pool_forward(const Pool& pool, const void* input, void* output, PoolIndex index, uint8_t* relu_mask = nullptr);
// grad_input[index[o]] += grad_output[o], from zero.
void max_pool_backward(const Pool& pool, const void* grad_output, PoolIndex index, void* grad_input);
// output[o] = input[index[o]].
void max_pool_gather(const Pool& pool, const void* input, PoolIndex index, void* output);

// The divisor of an average: the window's elements, with the padding or without, or a given number unless 0.
struct AverageDivisor {
  bool count_include_pad = true;
  int64_t override_with = 0;
};

// The sum of each window over its divisor. Floating types, and int64 (which truncates).
void avg_pool_forward(const Pool& pool, AverageDivisor divisor, const void* input, void* output);
void avg_pool_backward(const Pool& pool, AverageDivisor divisor, const void* grad_output, void* grad_input);

}  // namespace relume::cpu
