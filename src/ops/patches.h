// Patches of images as columns, which functions and modules of both languages share.
#pragma once

#include <array>

#include "relume/tensor.h"

namespace relume {

// How windows lie in an image; by dimension, height first.
struct Patches {
  std::array<int64_t, 2> kernel, dilation, padding, stride;

  int64_t kernel_elements() const { return kernel[0] * kernel[1]; }
  // How many fit dimension d of `size` pixels.
  int64_t count(size_t d, int64_t size) const {
    return (size + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1) / stride[d] + 1;
  }
};

// The windows of input [*, C, H, W] as columns [*, C * kernel elements, windows].
Tensor im2col(const Tensor& input, const Patches& patches);
// Columns added up to [*, C, *size], where the windows were. Sizes must fit: there are as many windows as there are
// columns.
Tensor col2im(const Tensor& columns, const std::array<int64_t, 2>& size, const Patches& patches);

}  // namespace relume
