// gradcheck and gradgradcheck: compare gradients with finite differences.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/autograd.h"

namespace relume::autograd {

// A gradient that is not what finite differences say, or that differs from one backward pass to the next.
class RELUME_API GradcheckError : public Error {
 public:
  using Error::Error;
  ~GradcheckError() override;
};

// Central differences with step eps; a gradient a agrees with a difference n where |a - n| <= atol + rtol |n|.
struct GradcheckOptions {
  double eps = 1e-6;
  double atol = 1e-5;
  double rtol = 1e-3;
  bool raise_exception = true;  // else false is returned
  double nondet_tol = 0;        // by how much two backward passes may differ
};

namespace checks {

// A function of tensors, whatever its type.
struct DifferentiableFunction {
  virtual variable_list call(const variable_list& inputs) = 0;

 protected:
  ~DifferentiableFunction() = default;
};

template <class F>
struct DifferentiableFunctionOf final : DifferentiableFunction {
  explicit DifferentiableFunctionOf(F& function) : function(function) {}
  variable_list call(const variable_list& inputs) override {
    if constexpr (std::is_same_v<std::decay_t<decltype(function(inputs))>, Tensor>)
      return {function(inputs)};
    else
      return function(inputs);
  }
  F& function;
};

RELUME_API bool gradcheck(DifferentiableFunction& function, const variable_list& inputs,
                          const GradcheckOptions& options);
RELUME_API bool gradgradcheck(DifferentiableFunction& function, const variable_list& inputs,
                              const variable_list& grad_outputs, const GradcheckOptions& options);

}  // namespace checks

// Whether the gradients of function(inputs), a callable that takes a variable_list and returns a Tensor or a
// variable_list, agree with finite differences for every element of each output and of each input that requires grad.
// Inputs are float64 (float32 needs a larger eps and tolerances) without overlapping elements; their elements are
// changed while it runs. Throws GradcheckError, which says for which elements they disagree.
template <class F>
bool gradcheck(F&& function, const variable_list& inputs, const GradcheckOptions& options = {}) {
  checks::DifferentiableFunctionOf<std::remove_reference_t<F>> erased(function);
  return checks::gradcheck(erased, inputs, options);
}

// The same for the gradients of the gradients, with respect to inputs and to grad_outputs (some numbers, where it is
// empty), which weight the outputs.
template <class F>
bool gradgradcheck(F&& function, const variable_list& inputs, const variable_list& grad_outputs = {},
                   const GradcheckOptions& options = {}) {
  checks::DifferentiableFunctionOf<std::remove_reference_t<F>> erased(function);
  return checks::gradgradcheck(erased, inputs, grad_outputs, options);
}

}  // namespace relume::autograd
