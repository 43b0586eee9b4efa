// torch::autograd: gradients, functions of one's own, anomaly detection.
#pragma once

#include <torch/types.h>

namespace torch {
namespace autograd {
using namespace relume::autograd;
}
}  // namespace torch
