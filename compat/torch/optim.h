// torch::optim: optimizers and learning-rate schedulers.
#pragma once

#include <torch/types.h>

namespace relume::optim {}

namespace torch {
namespace optim {
using namespace relume::optim;
}
}  // namespace torch
