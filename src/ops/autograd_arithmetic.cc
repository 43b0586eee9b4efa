// What autograd needs of the ops: see autograd/arithmetic.h.
#include "autograd/arithmetic.h"
#include "autograd/record.h"
#include "ops/elementwise.h"
#include "ops/methods.h"
#include "ops/views.h"

namespace relume {
namespace autograd {

Tensor add(const Tensor& a, const Tensor& b) { return relume::add(a, b); }
void add_in_place(const Tensor& a, const Tensor& b) {
  const NoGradGuard unrecorded;
  a.add_(b);
}
Tensor zeros(IntArrayRef sizes, ScalarType dtype) { return relume::zeros(sizes, dtype); }
Tensor ones(IntArrayRef sizes, ScalarType dtype) {
  return sizes.empty() ? make_scalar(1, dtype) : relume::ones(sizes, dtype);
}

Tensor sum_to(const Tensor& grad, IntArrayRef sizes) {
  const size_t extra = grad.sizes().size() - sizes.size();
  DimVector dims;
  for (size_t i = 0; i < grad.sizes().size(); ++i)
    if (i < extra || (sizes[i - extra] == 1 && grad.sizes()[i] != 1)) dims.push_back(static_cast<int64_t>(i));
  if (dims.size() == extra) return grad.sum(dims);  // the others stay as they are
  const Tensor summed = grad.sum(dims, /*keepdim=*/true);
  return extra > 0 ? summed.reshape(sizes) : summed;
}

Tensor cast(const Tensor& tensor, ScalarType dtype) { return tensor.to(dtype); }

Tensor copy_like(const Tensor& tensor, const Tensor& like) {
  if (!like.is_non_overlapping_and_dense() || tensor.sizes() != like.sizes())
    return tensor.clone(MemoryFormat::Contiguous);
  if (GradMode::is_enabled()) return tensor.clone();
  Tensor result = make_strided(like.sizes(), like.strides(), tensor.scalar_type());
  result.copy_(tensor);
  return result;
}

Tensor copy_detached(const Tensor& tensor) {
  const NoGradGuard unrecorded;
  return tensor.clone();
}

bool has_nan(const Tensor& tensor) {
  const NoGradGuard unrecorded;
  return is_floating_point(tensor.scalar_type()) && tensor.isnan().any().item().toBool();
}

NodePtr make_as_strided_node(const Tensor& base, const Geometry& view) {
  const Geometry whole(base);
  return new_function_node("AsStridedBackward0", {base},
                           [whole, view](Backward& run) { run.set(0, as_strided_backward(run.grad(), whole, view)); });
}

Tensor copy_slices_backward(const Tensor& grad, const Geometry& base, const Geometry& view, SliceFunction& slice) {
  Tensor result = make_strided(base.sizes, base.strides, grad.scalar_type());
  result.copy_(grad);
  Tensor shown = result.as_strided(view.sizes, view.strides, view.offset - base.offset);
  const Tensor before = slice.call(shown.clone());
  if (before.defined())
    shown.copy_(before);
  else
    shown.zero_();
  return result;
}

}  // namespace autograd

namespace {

// For each element that the view shows, in order, its number in the base; the base's strides say where its elements
// lie.
Tensor elements_shown(const autograd::Geometry& base, const autograd::Geometry& view) {
  const size_t extent = storage_bytes(base.sizes, base.strides, kByte);
  std::vector<int64_t> number(extent, -1);
  const auto visit = [](const autograd::Geometry& geometry, int64_t origin, auto&& body) {
    const int64_t numel = checked_numel(geometry.sizes, kByte);
    DimVector at(geometry.sizes.size());
    int64_t offset = geometry.offset - origin;
    for (int64_t i = 0; i < numel; ++i) {
      body(i, offset);
      for (size_t d = at.size(); d-- > 0;) {
        offset += geometry.strides[d];
        if (++at[d] < geometry.sizes[d]) break;
        offset -= at[d] * geometry.strides[d];
        at[d] = 0;
      }
    }
  };
  visit(base, base.offset, [&](int64_t i, int64_t offset) { number[static_cast<size_t>(offset)] = i; });
  Tensor shown = make_tensor({checked_numel(view.sizes, kByte)}, kLong);
  int64_t* out = shown.data_ptr<int64_t>();
  visit(view, base.offset, [&](int64_t i, int64_t offset) {
    const bool inside = offset >= 0 && static_cast<size_t>(offset) < extent;
    const int64_t found = inside ? number[static_cast<size_t>(offset)] : -1;
    check(found >= 0, "as_strided: the view shows memory that its base {} with strides {} does not",
          IntArrayRef(base.sizes), IntArrayRef(base.strides));
    out[i] = found;
  });
  return shown;
}

}  // namespace

Tensor as_strided_backward(const Tensor& grad, const autograd::Geometry& base, const autograd::Geometry& view) {
  const Tensor index = elements_shown(base, view);
  const int64_t numel = checked_numel(base.sizes, kByte);
  return relume::zeros({numel}, grad.scalar_type()).index_add(0, index, grad.reshape({-1})).reshape(base.sizes);
}

}  // namespace relume
