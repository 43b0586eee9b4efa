// optimizer_step(): the kernels of optimizers applied to tensors.
#include "ops/optimizer_step.h"

#include "autograd/record.h"
#include "core/check.h"
#include "relume/autograd.h"
#include "relume/ops.h"

namespace relume {
namespace {

constexpr size_t kMaxArrays = 5;

bool is_plain(const Tensor& tensor, ScalarType dtype) {
  return tensor.scalar_type() == dtype && tensor.is_contiguous();
}

}  // namespace

void optimizer_step(cpu::OptimizerStep step, const Tensor& parameter, const Tensor& gradient,
                    std::initializer_list<const Tensor*> states, const cpu::OptimizerNumbers& numbers) {
  check(is_floating_point(parameter.scalar_type()), "optimizer: expected a floating-point parameter, got {}",
        to_string(parameter.scalar_type()));
  check(gradient.sizes() == parameter.sizes(), "optimizer: expected a gradient of shape {}, got {}", parameter.sizes(),
        gradient.sizes());
  const ScalarType dtype = parameter.scalar_type() == kDouble ? kDouble : kFloat;
  const NoGradGuard no_grad;
  const InPlace write("step", parameter);
  const Tensor* tensors[kMaxArrays] = {&parameter, &gradient};
  size_t count = 2;
  for (const Tensor* state : states) tensors[count++] = state;

  Tensor copies[kMaxArrays];
  void* arrays[kMaxArrays] = {};
  for (size_t i = 0; i < count; ++i) {
    if (!tensors[i]->defined()) continue;
    copies[i] = is_plain(*tensors[i], dtype) ? *tensors[i] : tensors[i]->to(dtype).contiguous();
    arrays[i] = copies[i].data_ptr();
  }
  cpu::run_optimizer_step(step, dtype, arrays, parameter.numel(), numbers);
  for (size_t i = 0; i < count; ++i) {
    if (i == 1 || !tensors[i]->defined() || copies[i].is_same(*tensors[i])) continue;
    Tensor target = tensors[i]->detach();
    target.copy_(copies[i]);
  }
}

}  // namespace relume
