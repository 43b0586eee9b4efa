// The tags of torch: kMean, kReLU.
#pragma once

#include <torch/nn.h>
