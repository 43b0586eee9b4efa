// Patches of images as columns, and back: each is linear, and the gradient of the other.
#include "ops/patches.h"

#include <algorithm>

#include "autograd/record.h"
#include "kernels/conv.h"
#include "ops/elementwise.h"
#include "relume/ops.h"

namespace relume {
namespace {

// The windows of each channel of each image by itself.
cpu::Conv windows_of(int64_t images, ScalarType dtype, const std::array<int64_t, 2>& size, const Patches& patches) {
  cpu::Conv conv;
  conv.dtype = dtype;
  conv.batch = images;
  conv.in_channels = 1;
  for (size_t d = 0; d < 2; ++d) {
    conv.input[d] = size[d];
    conv.kernel[d] = patches.kernel[d];
    conv.output[d] = patches.count(d, size[d]);
    conv.stride[d] = patches.stride[d];
    conv.padding[d] = patches.padding[d];
    conv.dilation[d] = patches.dilation[d];
  }
  return conv;
}

void check_dtype(const char* kernel, const Tensor& tensor) {
  const ScalarType dtype = tensor.scalar_type();
  if (!is_floating_point(dtype) && dtype != kBool) fail_not_implemented(kernel, dtype);
}

}  // namespace

Tensor im2col(const Tensor& input, const Patches& patches) {
  check_dtype("im2col_out_cpu", input);
  const Tensor x = input.contiguous();
  const std::array<int64_t, 2> size = {x.size(-2), x.size(-1)};
  DimVector sizes(x.sizes().slice(0, static_cast<size_t>(x.dim() - 2)));
  sizes.back() *= patches.kernel_elements();
  sizes.push_back(patches.count(0, size[0]) * patches.count(1, size[1]));
  Tensor result = make_tensor(sizes, x.scalar_type());
  const int64_t images = x.numel() / std::max<int64_t>(1, size[0] * size[1]);
  cpu::unfold_windows(windows_of(images, x.scalar_type(), size, patches), x.data_ptr(), result.data_ptr());
  return record("Im2ColBackward0", std::move(result), {input}, {},
                [=](Backward& run) { run.set(0, col2im(run.grad(), size, patches)); });
}

Tensor col2im(const Tensor& columns, const std::array<int64_t, 2>& size, const Patches& patches) {
  check_dtype("col2im_out_cpu", columns);
  const Tensor x = columns.contiguous();
  DimVector sizes(x.sizes().slice(0, static_cast<size_t>(x.dim() - 1)));
  sizes.back() /= patches.kernel_elements();
  sizes.push_back(size[0]);
  sizes.push_back(size[1]);
  Tensor result = make_tensor(sizes, x.scalar_type());
  const int64_t images = result.numel() / std::max<int64_t>(1, size[0] * size[1]);
  cpu::fold_windows(windows_of(images, x.scalar_type(), size, patches), x.data_ptr(), result.data_ptr());
  return record("Col2ImBackward0", std::move(result), {columns}, {},
                [=](Backward& run) { run.set(0, im2col(run.grad(), patches)); });
}

}  // namespace relume
