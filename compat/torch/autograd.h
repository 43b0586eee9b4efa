// torch::autograd: gradients, functions of one's own, anomaly detection.
#pragma once

#include <torch/types.h>

namespace torch {
namespace autograd {
using namespace relume::autograd;
using optional_variable_list = std::vector<std::optional<Variable>>;

// A tensor of the same elements with a place of its own in the graph, as a leaf.
inline Variable make_variable(Tensor data, bool requires_grad = false) {
  return data.defined() ? data.detach().set_requires_grad(requires_grad) : Variable();
}
}  // namespace autograd
}  // namespace torch
