// optimizer_step(): the kernels of optimizers applied to tensors.
#pragma once

#include <initializer_list>

#include "kernels/optim.h"
#include "relume/tensor.h"

namespace relume {

// Updates `parameter` and the states, which have its sizes (undefined where the step does without), by its gradient.
// Not recorded, but counted as a write. Half types are computed in float32; arrays of other
// strides go by way of copies.
void optimizer_step(cpu::OptimizerStep step, const Tensor& parameter, const Tensor& gradient,
                    std::initializer_list<const Tensor*> states, const cpu::OptimizerNumbers& numbers);

}  // namespace relume
