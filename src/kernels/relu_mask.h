// ReLU with a mask, a bit an element, from which its backward pass is computed in place of the result.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume::cpu {

// y = max(x, 0), where y may be x or null; bit i % 8 of mask[i / 8] says whether the gradient of element i passes: y is
// positive or NaN. Floating types.
void relu_forward(ScalarType dtype, const void* x, int64_t count, void* y, uint8_t* mask);
// The gradient where the mask lets it pass, else 0; `result` may be `grad`.
void relu_backward(ScalarType dtype, const void* grad, const uint8_t* mask, int64_t count, void* result);

}  // namespace relume::cpu
