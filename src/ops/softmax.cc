// Softmax, its logarithm, and softmin, along one dimension.
#include "kernels/softmax.h"

#include "autograd/record.h"
#include "ops/elementwise.h"
#include "relume/ops.h"

namespace relume {
namespace {

// The kernel's view of a row-major tensor; a 0-dim tensor is one slice of one element.
cpu::Softmax slices_of(const Tensor& tensor, int64_t dim, bool log) {
  cpu::Softmax slices{tensor.scalar_type(), log, 1, tensor.dim() == 0 ? 1 : tensor.size(dim), 1};
  for (int64_t d = 0; d < tensor.dim(); ++d) {
    if (d < dim) slices.outer *= tensor.size(d);
    if (d > dim) slices.inner *= tensor.size(d);
  }
  return slices;
}

// The gradient of the input from that of the output y:  y (g - sum(g y)),  and with log  g - exp(y) sum(g).
Tensor softmax_backward(const Tensor& grad, const Tensor& y, int64_t dim, bool log) {
  const Tensor dense_grad = grad.contiguous(), dense_y = y.contiguous();
  Tensor result = make_tensor(y.sizes(), y.scalar_type());
  if (result.numel() > 0)
    cpu::softmax_backward(slices_of(dense_y, dim, log), dense_grad.data_ptr(), dense_y.data_ptr(), result.data_ptr());
  const char* name = log ? "LogSoftmaxBackwardDataBackward0" : "SoftmaxBackwardDataBackward0";
  return record(name, std::move(result), {grad, y}, {grad, y}, [dim, log](Backward& run) {
    const Tensor g = run.saved(0), y = run.saved(1), v = run.grad();
    const auto sum = [dim](const Tensor& x) { return x.sum(dim, /*keepdim=*/true); };
    if (run.needs(0)) run.set(0, log ? v - sum(v * exp(y)) : y * (v - sum(v * y)));
    if (run.needs(1)) run.set(1, log ? -(exp(y) * sum(g) * v) : v * (g - sum(g * y)) - g * sum(v * y));
  });
}

Tensor softmax_along(const char* op, const char* node, const Tensor& self, int64_t dim, std::optional<ScalarType> dtype,
                     bool log) {
  impl_of(self, op);
  const int64_t at = wrap_dim(dim, self.dim());
  const Tensor input = dtype ? self.to(*dtype) : self;
  if (!input.is_floating_point()) {
    const bool last = at + 1 >= input.dim();
    const std::string kernel = std::string(op) + (last ? "_lastdim_kernel_impl" : "_kernel_impl");
    fail_not_implemented(kernel.c_str(), input.scalar_type());
  }
  const Tensor dense = input.contiguous();
  Tensor result = make_tensor(input.sizes(), input.scalar_type());
  if (result.numel() > 0) cpu::softmax_forward(slices_of(dense, at, log), dense.data_ptr(), result.data_ptr());
  return record(node, result, {input}, {output(result)},
                [at, log](Backward& run) { run.set(0, softmax_backward(run.grad(), run.saved(0), at, log)); });
}

}  // namespace

// exp(x - max) / sum(exp(x - max)).  Floating dtypes; the result is row-major.
Tensor softmax(const Tensor& self, int64_t dim, std::optional<ScalarType> dtype) {
  return softmax_along("softmax", "SoftmaxBackward0", self, dim, dtype, false);
}

// x - max - log(sum(exp(x - max))).
Tensor log_softmax(const Tensor& self, int64_t dim, std::optional<ScalarType> dtype) {
  return softmax_along("log_softmax", "LogSoftmaxBackward0", self, dim, dtype, true);
}

// softmax(-x).
Tensor softmin(const Tensor& self, int64_t dim, std::optional<ScalarType> dtype) { return softmax(-self, dim, dtype); }

}  // namespace relume
