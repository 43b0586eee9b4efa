// What layers over one, two or three spatial dimensions share: lists of options, and memory formats.
#pragma once

#include <string>

#include "core/check.h"
#include "core/tensor_impl.h"
#include "kernels/layout.h"
#include "relume/tensor.h"

namespace relume {

// Sizes joined as PyTorch writes them in errors: "(4 x 3)".
std::string joined(IntArrayRef sizes);

// The format of an activation [batch, channels, spatial...] that is channels-last in memory and not plain as well; else
// Contiguous.
MemoryFormat activation_format(const Tensor& tensor);

// The tensor itself, or a plain copy where it is dense in neither layout.
Tensor dense_activation(const Tensor& tensor);
cpu::Layout layout_of(const Tensor& dense);

// The tensor as a dense one of the layout, copied where it is none.
Tensor in_layout(const Tensor& tensor, cpu::Layout layout);
// A new activation with undefined contents.
Tensor make_in_layout(IntArrayRef sizes, ScalarType dtype, cpu::Layout layout);

}  // namespace relume
