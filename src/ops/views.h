// The arithmetic of views that other ops need.
#pragma once

#include <optional>

#include "autograd/arithmetic.h"
#include "core/check.h"
#include "core/tensor_impl.h"

namespace relume {

// Strides with which elements of these sizes and strides can be seen in another shape without copying, if there are
// any.
std::optional<DimVector> view_strides(IntArrayRef sizes, IntArrayRef strides, IntArrayRef shape);

// The shape with its -1, if any, replaced so that it holds numel elements. Throws Error where that cannot be.
DimVector infer_shape(IntArrayRef shape, int64_t numel);

// The gradient with respect to a base of the gradient of a view of it, for any strides: elements of the base that the
// view shows several times get the sum, the others 0.
Tensor as_strided_backward(const Tensor& grad, const autograd::Geometry& base, const autograd::Geometry& view);

}  // namespace relume
