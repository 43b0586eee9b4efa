// torch::nn: modules, their functional forms, initialisation and utilities.
#pragma once

#include <torch/arg.h>
#include <torch/types.h>

namespace torch {
namespace enumtype {
using namespace relume::enumtype;
}
namespace nn {
#include <torch/names/nn.inc>
namespace functional {
using namespace relume::nn::functional;
}
namespace init {
using namespace relume::nn::init;
}
namespace utils {
using namespace relume::nn::utils;
}
}  // namespace nn
}  // namespace torch

#define TORCH_MODULE(Name) RELUME_MODULE(Name)
#define TORCH_MODULE_IMPL(Name, ImplType) RELUME_MODULE_IMPL(Name, ImplType)
// AnyModule sees by itself which arguments of forward() may be left out.
#define FORWARD_HAS_DEFAULT_ARGS(...)
