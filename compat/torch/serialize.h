// torch::save and torch::load, of modules, optimizers and tensors. The files written are safetensors; those of libtorch
// and PyTorch are read too.
#pragma once

#include <torch/types.h>

namespace torch {
namespace serialize {
using namespace relume::serialize;
}

using relume::serialize::pickle_load;
using relume::serialize::pickle_save;
}  // namespace torch
