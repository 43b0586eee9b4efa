// The point-wise activations as functions of tensors: relu(x) makes a tensor, relu_(x) overwrites x. The rows and the
// formulas are in activations.inc.
#pragma once

#include "relume/activation_rows.h"
#include "relume/export.h"
#include "relume/tensor.h"

namespace relume {

// Each keeps the shape and, of floating-point tensors, the dtype. Integers are kept by relu, relu6, hardtanh and
// threshold, and give the default dtype with sigmoid, tanh, softsign and tanhshrink; elsewhere they throw
// NotImplementedError.
#define RELUME_OPTION(type, name, value) (type, name, value)
#define RELUME_ACTIVATION(function, Module, in_place, options)                  \
  RELUME_API Tensor function(const Tensor& self RELUME_EACH(FURTHER, options)); \
  RELUME_IF_IN_PLACE_##in_place(RELUME_API Tensor& function##_(Tensor& self RELUME_EACH(FURTHER, options));)
#include "relume/activations.inc"

}  // namespace relume
