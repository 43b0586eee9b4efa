// torch::OrderedDict.
#pragma once

#include <torch/nn.h>
