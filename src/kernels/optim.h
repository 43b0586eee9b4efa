// The steps of optimizers over one parameter: every element's arithmetic in a single pass.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume::cpu {

enum class Target : int;

// p: parameter, g: its gradient (negated by `maximize`), to which weight_decay * p is added first. What each step does
// to them and to its state, in this order, rounded as written and with x y + z rounded once:
enum class OptimizerStep : int {
  // d = g; with momentum: b = momentum b + (1 - dampening) g, d = b, or d = g + momentum b with nesterov;
  // p -= rate d.  State: b.
  Sgd,
  // m += (1 - beta1)(g - m); v = beta2 v + (1 - beta2) g g; p -= rate m / (sqrt(v) / root + eps), after p *= keep.
  // With amsgrad the largest v so far takes its place under the root.  State: m, v, with amsgrad the largest v.
  Adam,
  // s = alpha s + (1 - alpha) g g; q = sqrt(s), or sqrt(s - a a) with centered, a += (1 - alpha)(g - a);
  // p -= rate g / (q + eps), or with momentum b = momentum b + g / (q + eps), p -= rate b.  State: s, a, b.
  RmsProp,
  // s += g g; p -= rate g / (sqrt(s) + eps).  State: s.
  Adagrad,
  count
};

// The numbers of a step; each uses those that its formula names.
struct OptimizerNumbers {
  double rate = 0, weight_decay = 0, eps = 0;
  double momentum = 0, dampening = 0;
  double beta1 = 0, beta2 = 0, root = 1, keep = 1;
  double alpha = 0;
  bool maximize = false, nesterov = false, first = false, amsgrad = false, centered = false;
};

// arrays: the parameter, the gradient, then the state in the order above (null where it is not used), each with `count`
// elements of `dtype`, a floating-point one.
inline constexpr int kOptimizerArrays = 5;
void run_optimizer_step(OptimizerStep step, ScalarType dtype, void* const* arrays, int64_t count,
                        const OptimizerNumbers& numbers);
void run_optimizer_step(Target target, OptimizerStep step, ScalarType dtype, void* const* arrays, int64_t count,
                        const OptimizerNumbers& numbers);

}  // namespace relume::cpu
