// torch::cuda, which has no device.
#pragma once

#include <torch/types.h>
