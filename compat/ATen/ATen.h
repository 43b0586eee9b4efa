// The namespace at: tensors and their functions.
#pragma once

#include <torch/types.h>
