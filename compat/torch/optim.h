// torch::optim: optimizers and learning-rate schedulers.
#pragma once

#include <torch/types.h>

namespace torch {
namespace optim {
using namespace relume::optim;
}
}  // namespace torch
