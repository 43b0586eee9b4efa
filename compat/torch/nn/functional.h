// One of torch::nn's headers: all of them are torch/nn.h.
#pragma once

#include <torch/nn.h>
