// The tensor arithmetic that autograd itself needs. It is declared here and defined above, by ops/, so that autograd
// depends on no op. All of it is recorded where grad mode is on.
#pragma once

#include "autograd/node.h"
#include "relume/tensor.h"

namespace relume::autograd {

// A view: which elements of which storage it shows.
struct Geometry {
  explicit Geometry(const Tensor& tensor)
      : sizes(tensor.sizes()), strides(tensor.strides()), offset(tensor.storage_offset()) {}
  DimVector sizes, strides;
  int64_t offset;
};

Tensor add(const Tensor& a, const Tensor& b);
// Writes a + b into a, unrecorded.
void add_in_place(const Tensor& a, const Tensor& b);
Tensor zeros(IntArrayRef sizes, ScalarType dtype);
Tensor ones(IntArrayRef sizes, ScalarType dtype);
// The sum of `grad` over the dimensions in which `sizes` was broadcast to its shape.
Tensor sum_to(const Tensor& grad, IntArrayRef sizes);
Tensor cast(const Tensor& tensor, ScalarType dtype);
// A copy that is dense, with the strides of `like` where that is dense.
Tensor copy_like(const Tensor& tensor, const Tensor& like);
// The elements alone, without history, row-major.
Tensor copy_detached(const Tensor& tensor);
bool has_nan(const Tensor& tensor);
// A node that takes a gradient of the view to one of the base.
NodePtr make_as_strided_node(const Tensor& base, const Geometry& view);
// The backward of an in-place op on a view of a base. `grad` is the gradient of the base after the write. Returns the
// base's gradient before the write: `slice(g)` maps the gradient of the view after the write to the one before it.
struct SliceFunction {
  virtual Tensor call(const Tensor& grad) = 0;

 protected:
  ~SliceFunction() = default;
};
Tensor copy_slices_backward(const Tensor& grad, const Geometry& base, const Geometry& view, SliceFunction& slice);

}  // namespace relume::autograd
