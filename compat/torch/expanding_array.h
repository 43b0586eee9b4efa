// torch::ExpandingArray.
#pragma once

#include <torch/nn.h>
