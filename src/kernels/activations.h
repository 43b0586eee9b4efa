// The kernels of every activation: a table made from relume/activations.inc, by activation and compute dtype.
#pragma once

#include "kernels/activation_traits.h"
#include "kernels/elementwise.h"
#include "relume/dtype.h"

// A member function template over V, inlined even into very large loops.
#ifndef RELUME_FORMULA
#define RELUME_FORMULA \
  template <class V>   \
  inline __attribute__((always_inline)) V
#endif

namespace relume {

// The rows, in order: Activation::relu, Activation::leaky_relu, ...
enum class Activation : int {
#define RELUME_OPTION(type, name, default)
#define RELUME_ACTIVATION(function, Module, in_place, options) function,
#include "relume/activations.inc"
};
inline constexpr int kNumActivations = 0
#define RELUME_OPTION(type, name, default)
#define RELUME_ACTIVATION(function, Module, in_place, options) +1
#include "relume/activations.inc"
    ;

// One struct a row, which holds its options: formulas::LeakyReLU{0.2}. Kernels take a pointer to it as `options`.
namespace formulas {
#define RELUME_ACTIVATION_FORMULAS
#include "relume/activations.inc"
}  // namespace formulas

// Whether the backward pass of formula F keeps the result; else it keeps the input.
template <class F>
constexpr bool saves_result(const F& formula) {
  if constexpr (requires { &F::template derivative_from_result<double>; }) {
    if constexpr (requires { formula.invertible(); }) return formula.invertible();
    return true;
  }
  return false;
}

namespace cpu {

// With f the formula and s what backward saved (see saves_result()), the loops compute
//   forward   f(x)                       from {x}
//   backward  grad * f'                  from {grad, s}
//   second    grad * grad_grad * df'/ds  from {grad, grad_grad, s}
// where f' is written in terms of s: with s the result, df'/ds is the derivative by the result. The forms *_from_input
// are for formulas that decide by their options whether they save the input; elsewhere they are null. Half types are
// computed through the loops of float where they are null; all are for the other dtypes that the activation does not
// support.
struct ActivationLoops {
  ElementwiseLoop forward = nullptr;
  ElementwiseLoop backward = nullptr;
  ElementwiseLoop second = nullptr;
  ElementwiseLoop backward_from_input = nullptr;
  ElementwiseLoop second_from_input = nullptr;
};

struct ActivationKernels {
  ActivationLoops loops[kNumActivations][kNumDtypes];

  constexpr const ActivationLoops& at(Activation activation, ScalarType dtype) const {
    return loops[static_cast<int>(activation)][static_cast<int>(dtype)];
  }
};

enum class Target : int;
const ActivationKernels& activation_kernels();               // for this machine
const ActivationKernels& activation_kernels(Target target);  // for one of supported_targets()

}  // namespace cpu
}  // namespace relume
