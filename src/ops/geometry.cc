// Ops that change the sizes and strides of a tensor itself: t_, transpose_, squeeze_, unsqueeze_, resize_.
#include "autograd/record.h"
#include "ops/methods.h"
#include "ops/views.h"

namespace relume::method {
namespace {

// Gives self the geometry of `view`, a view of it; `back` takes a gradient to the old shape.
template <class F>
Tensor& become(const char* op, const char* name, Tensor& self, const Tensor& view, F back) {
  InPlace write(op, self, {}, Shared::Allowed);
  self.impl()->set_sizes_and_strides(view.sizes(), view.strides());
  write.record(name, {}, [back](Backward& run) { run.set(0, back(run.grad())); });
  return self;
}

Tensor& become_reshaped(const char* op, const char* name, Tensor& self, const Tensor& view) {
  const DimVector sizes(self.sizes());
  return become(op, name, self, view, [sizes](const Tensor& grad) { return grad.reshape(sizes); });
}

Tensor unrecorded_view(const Tensor& self) { return make_alias(self); }

}  // namespace

Tensor& t_(Tensor& self) {
  const int64_t rank = impl_of(self, "t_").dim();
  check(rank <= 2, "t_() expects a tensor with <= 2 dimensions, but self is {}D", rank);
  return become("t_", "TBackward1", self, unrecorded_view(self).t(), [](const Tensor& grad) { return grad.t(); });
}

Tensor& transpose_(Tensor& self, int64_t dim0, int64_t dim1) {
  impl_of(self, "transpose_");
  return become("transpose_", "TransposeBackward1", self, unrecorded_view(self).transpose(dim0, dim1),
                [dim0, dim1](const Tensor& grad) { return grad.transpose(dim0, dim1); });
}

Tensor& squeeze_(Tensor& self) {
  impl_of(self, "squeeze_");
  return become_reshaped("squeeze_", "SqueezeBackward3", self, unrecorded_view(self).squeeze());
}
Tensor& squeeze_(Tensor& self, int64_t dim) {
  impl_of(self, "squeeze_");
  return become_reshaped("squeeze_", "SqueezeBackward4", self, unrecorded_view(self).squeeze(dim));
}
Tensor& squeeze_(Tensor& self, IntArrayRef dim) {
  impl_of(self, "squeeze_");
  return become_reshaped("squeeze_", "SqueezeBackward5", self, unrecorded_view(self).squeeze(dim));
}

Tensor& unsqueeze_(Tensor& self, int64_t dim) {
  impl_of(self, "unsqueeze_");
  return become_reshaped("unsqueeze_", "UnsqueezeBackward1", self, unrecorded_view(self).unsqueeze(dim));
}

// Row-major, of the given sizes; elements that exist stay where they are in memory, new ones are undefined.
Tensor& resize_(Tensor& self, IntArrayRef size) {
  detail::TensorImpl& impl = impl_of(self, "resize_");
  check(!autograd::requires_grad(self), "cannot resize variables that require grad");
  const int64_t numel = checked_numel(size, impl.dtype);
  const size_t bytes = static_cast<size_t>((numel + impl.offset) * element_size(impl.dtype));
  if (numel > 0 && bytes > impl.storage->bytes()) {
    check(!impl.storage->is_external(), "Trying to resize storage that is not resizable");
    impl.storage->grow(bytes);
  }
  impl.set_sizes_and_strides(size, contiguous_strides(size));
  return self;
}
Tensor& resize_as_(Tensor& self, const Tensor& other) { return resize_(self, other.sizes()); }

}  // namespace relume::method
