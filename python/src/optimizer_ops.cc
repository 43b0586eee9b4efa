// Rows for optimizers: one pass over a parameter, its gradient and its state.
#include "ops/optimizer_step.h"

#include "arguments.h"
#include "tables.h"

namespace relume::python {

namespace {

using cpu::OptimizerNumbers;
using cpu::OptimizerStep;

// Steps the parameter and gradient in the first two arguments, and the states in those after them.
template <size_t states>
PyObject* step(Arguments& a, OptimizerStep kind, const OptimizerNumbers& numbers) {
  static_assert(states >= 1 && states <= 3);
  const Tensor *s1 = &a.optional_tensor(2), *s2 = nullptr, *s3 = nullptr;
  if constexpr (states > 1) s2 = &a.optional_tensor(3);
  if constexpr (states > 2) s3 = &a.optional_tensor(4);
  {
    const Unlocked unlocked(a.large());
    if constexpr (states == 1) optimizer_step(kind, a.tensor(0), a.tensor(1), {s1}, numbers);
    if constexpr (states == 2) optimizer_step(kind, a.tensor(0), a.tensor(1), {s1, s2}, numbers);
    if constexpr (states == 3) optimizer_step(kind, a.tensor(0), a.tensor(1), {s1, s2, s3}, numbers);
  }
  return none();
}

PyObject* sgd_step(Arguments& a) {
  OptimizerNumbers numbers;
  numbers.rate = a.number(3);
  numbers.weight_decay = a.number(4);
  numbers.maximize = a.boolean(5);
  numbers.momentum = a.number(6);
  numbers.dampening = a.number(7);
  numbers.nesterov = a.boolean(8);
  numbers.first = a.boolean(9);
  return step<1>(a, OptimizerStep::Sgd, numbers);
}

PyObject* adam_step(Arguments& a) {
  OptimizerNumbers numbers;
  numbers.rate = a.number(5);
  numbers.weight_decay = a.number(6);
  numbers.maximize = a.boolean(7);
  numbers.beta1 = a.number(8);
  numbers.beta2 = a.number(9);
  numbers.eps = a.number(10);
  numbers.root = a.number(11);
  numbers.keep = a.number(12);
  numbers.amsgrad = a.has(4);
  return step<3>(a, OptimizerStep::Adam, numbers);
}

PyObject* rmsprop_step(Arguments& a) {
  OptimizerNumbers numbers;
  numbers.rate = a.number(5);
  numbers.weight_decay = a.number(6);
  numbers.maximize = a.boolean(7);
  numbers.alpha = a.number(8);
  numbers.eps = a.number(9);
  numbers.momentum = a.number(10);
  numbers.centered = a.has(3);
  return step<3>(a, OptimizerStep::RmsProp, numbers);
}

PyObject* adagrad_step(Arguments& a) {
  OptimizerNumbers numbers;
  numbers.rate = a.number(3);
  numbers.weight_decay = a.number(4);
  numbers.maximize = a.boolean(5);
  numbers.eps = a.number(6);
  return step<1>(a, OptimizerStep::Adagrad, numbers);
}

const Op kOptimizerOps[] = {
    {"_sgd_step",
     "_sgd_step(parameter, gradient, momentum_buffer, ...)\n\nSee relume.optim.SGD.\n",
     {{kFunction,
       "Tensor parameter, Tensor gradient, Tensor? momentum_buffer, float lr, float weight_decay, bool maximize, float "
       "momentum, float dampening, bool nesterov, bool first",
       sgd_step}}},
    {"_adam_step",
     "_adam_step(parameter, gradient, exp_avg, exp_avg_sq, max_exp_avg_sq, ...)\n\nSee relume.optim.Adam.\n",
     {{kFunction,
       "Tensor parameter, Tensor gradient, Tensor exp_avg, Tensor exp_avg_sq, Tensor? max_exp_avg_sq, float lr, float "
       "weight_decay, bool maximize, float beta1, float beta2, float eps, float root, float keep",
       adam_step}}},
    {"_rmsprop_step",
     "_rmsprop_step(parameter, gradient, square_avg, grad_avg, momentum_buffer, ...)\n\nSee relume.optim.RMSprop.\n",
     {{kFunction,
       "Tensor parameter, Tensor gradient, Tensor square_avg, Tensor? grad_avg, Tensor? momentum_buffer, float lr, "
       "float weight_decay, bool maximize, float alpha, float eps, float momentum",
       rmsprop_step}}},
    {"_adagrad_step",
     "_adagrad_step(parameter, gradient, sum, ...)\n\nSee relume.optim.Adagrad.\n",
     {{kFunction,
       "Tensor parameter, Tensor gradient, Tensor sum, float lr, float weight_decay, bool maximize, float eps",
       adagrad_step}}},
};

}  // namespace

void append_optimizer_ops(std::vector<OpEntry>& entries) { append_entries<kOptimizerOps>(entries); }

}  // namespace relume::python
