// The point-wise activations of tensors that the caller gives up: where nobody else can see the elements, the result
// takes their place.
#pragma once

#include "relume/activation_rows.h"
#include "relume/tensor.h"

namespace relume::consuming {

#define RELUME_OPTION(type, name, value) (type, name, value)
#define RELUME_ACTIVATION(function, Module, in_place, options) \
  Tensor function(Tensor self RELUME_EACH(FURTHER, options));
#include "relume/activations.inc"

}  // namespace relume::consuming
