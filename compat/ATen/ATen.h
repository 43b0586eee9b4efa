// The namespace at: tensors and their functions.
#pragma once

#include <torch/context.h>
#include <torch/types.h>
