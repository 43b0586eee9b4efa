// torch::data: datasets, samplers, transforms and the data loader.
#pragma once

#include <torch/types.h>

namespace torch {
namespace data {
#include <torch/names/data.inc>
namespace example {
using namespace relume::data::example;
}
namespace datasets {
using namespace relume::data::datasets;
}
namespace samplers {
using namespace relume::data::samplers;
}
namespace transforms {
using namespace relume::data::transforms;
}
}  // namespace data
}  // namespace torch

#include <torch/chunk.h>
