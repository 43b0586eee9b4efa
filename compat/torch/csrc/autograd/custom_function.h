// One of torch::autograd's headers: all of them are torch/autograd.h.
#pragma once

#include <torch/autograd.h>
