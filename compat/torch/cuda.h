// torch::cuda, which has no device.
#pragma once

#include <torch/context.h>
