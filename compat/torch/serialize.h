// torch::save and torch::load, of modules, optimizers and tensors. The files are safetensors, not libtorch's archives.
#pragma once

#include <torch/types.h>

namespace torch {
namespace serialize {
using namespace relume::serialize;
}
}  // namespace torch
