// optimizer_step(): the kernels of optimizers applied to tensors.
#include "ops/optimizer_step.h"

#include "autograd/record.h"
#include "core/check.h"
#include "relume/autograd.h"
#include "relume/ops.h"

namespace relume {
namespace {

bool is_plain(const Tensor& tensor, ScalarType dtype) {
  return tensor.scalar_type() == dtype && tensor.is_contiguous();
}

// The dtype of the parameter, unless something else has another one: then float.
ScalarType dtype_of_step(const Tensor* const* tensors, size_t count) {
  const ScalarType dtype = tensors[0]->scalar_type();
  for (size_t i = 1; i < count; ++i)
    if (tensors[i]->defined() && tensors[i]->scalar_type() != dtype && dtype != kDouble) return kFloat;
  return dtype;
}

}  // namespace

void optimizer_step(cpu::OptimizerStep step, const Tensor& parameter, const Tensor& gradient,
                    std::initializer_list<const Tensor*> states, const cpu::OptimizerNumbers& numbers) {
  if (!is_floating_point(parameter.scalar_type()))
    fail("optimizer: expected a floating-point parameter, got {}", to_string(parameter.scalar_type()));
  check(gradient.sizes() == parameter.sizes(), "optimizer: expected a gradient of shape {}, got {}", parameter.sizes(),
        gradient.sizes());
  const Tensor* tensors[cpu::kOptimizerArrays] = {&parameter, &gradient};
  size_t count = 2;
  for (const Tensor* state : states) tensors[count++] = state;
  const ScalarType dtype = dtype_of_step(tensors, count);
  const NoGradGuard no_grad;
  InPlace write("step", parameter);

  Tensor copies[cpu::kOptimizerArrays];  // of tensors that the kernel cannot take as they are
  void* arrays[cpu::kOptimizerArrays] = {};
  for (size_t i = 0; i < count; ++i) {
    if (!tensors[i]->defined()) continue;
    if (!is_plain(*tensors[i], dtype)) copies[i] = tensors[i]->to(dtype).contiguous();
    arrays[i] = (copies[i].defined() ? copies[i] : *tensors[i]).impl()->data();
  }
  cpu::run_optimizer_step(step, dtype, arrays, parameter.numel(), numbers);
  for (size_t i = 0; i < count; ++i) {
    if (i == 1 || !copies[i].defined()) continue;
    Tensor target = tensors[i]->detach();
    target.copy_(copies[i]);
  }
  write.written();
}

}  // namespace relume
