// Copies: clone, contiguous, to, copy_, fill_, and the value of a tensor with one element.
#include "kernels/copy.h"

#include "autograd/record.h"
#include "ops/elementwise.h"
#include "ops/methods.h"

namespace relume {
namespace {

// Writes the elements of `source`, broadcast and converted, into `target`.
void copy_elements(const Tensor& target, const Tensor& source) {
  const detail::TensorImpl& to = *target.impl();
  const detail::TensorImpl& from = *source.impl();
  if (to.numel == 0) return;
  DimVector strides(to.sizes.size());
  const size_t shift = to.sizes.size() - from.sizes.size();
  for (size_t i = 0; i < from.sizes.size(); ++i) strides[i + shift] = from.sizes[i] == 1 ? 0 : from.strides[i];
  const bool same_places = to.data() == from.data() && to.sizes == from.sizes && to.strides == from.strides;
  if (same_places && to.dtype == from.dtype) return;
  cpu::copy_strided(to.sizes, to.data(), to.strides.data(), to.dtype, from.data(), strides.data(), from.dtype);
}

Tensor copied(const Tensor& self, ScalarType dtype, std::optional<MemoryFormat> format) {
  Tensor result = empty_like(self, TensorOptions(dtype), format.value_or(MemoryFormat::Preserve));
  copy_elements(result, self);
  return result;
}

}  // namespace

Tensor clone(const Tensor& self, std::optional<MemoryFormat> memory_format) {
  const ScalarType dtype = impl_of(self, "clone").dtype;
  return record("CloneBackward0", copied(self, dtype, memory_format), {self}, {},
                [](Backward& run) { run.set(0, run.grad()); });
}

namespace method {

Tensor contiguous(const Tensor& self, MemoryFormat memory_format) {
  check(memory_format != MemoryFormat::Preserve, "preserve memory format is unsupported by the contiguous operator");
  return self.is_contiguous(memory_format) ? self : clone(self, memory_format);
}

// Writes src, broadcast and converted, into self.
Tensor& copy_(Tensor& self, const Tensor& src, bool) {
  impl_of(src, "copy_");
  impl_of(self, "copy_");
  const DimVector sizes = broadcast_sizes(self.sizes(), src.sizes());
  check(IntArrayRef(sizes) == self.sizes(), "output with shape {} doesn't match the broadcast shape {}", self.sizes(),
        IntArrayRef(sizes));
  refuse_overlap(self, src);
  InPlace write("copy_", self, {src});
  copy_elements(self, overlap_in_part(self, src) ? copied(src, src.scalar_type(), std::nullopt) : src);
  write.record("torch::autograd::CopyBackwards", {}, [](Backward& run) {
    if (run.needs(0)) run.set(0, zeros_like(run.grad()));
    if (run.needs(1)) run.set(1, run.grad());
  });
  return self;
}

}  // namespace method

namespace {

void fill_elements(const Tensor& self, const void* value) {
  const detail::TensorImpl& impl = *self.impl();
  if (impl.numel > 0) cpu::fill_strided(impl.sizes, impl.data(), impl.strides.data(), impl.dtype, value);
}

Tensor& fill_with(const char* name, Tensor& self, const Scalar& value) {
  impl_of(self, name);
  // PyTorch lets a half type overflow where there is one element.
  const bool overflows = self.numel() == 1 && is_reduced_floating_point(self.scalar_type());
  const Tensor element =
      overflows ? make_scalar(value, self.scalar_type()) : make_finite_scalar(value, self.scalar_type());
  InPlace write(name, self, {}, Shared::Allowed);
  fill_elements(self, element.impl()->data());
  write.record("FillBackward2", {}, [](Backward& run) { run.set(0, zeros_like(run.grad())); });
  return self;
}

}  // namespace

Tensor& fill_(Tensor& self, const Scalar& value) { return fill_with("fill_", self, value); }

Tensor& fill_(Tensor& self, const Tensor& value) {
  check(impl_of(value, "fill_").sizes.empty(),
        "fill_ only supports 0-dimension value tensor but got tensor with {} dimensions.", value.dim());
  impl_of(self, "fill_");
  InPlace write("fill_", self, {value}, Shared::Allowed);
  fill_elements(self, copied(value, self.scalar_type(), std::nullopt).impl()->data());
  write.record("FillBackward3", {}, [](Backward& run) {
    if (run.needs(0)) run.set(0, zeros_like(run.grad()));
    if (run.needs(1)) run.set(1, run.grad().sum());
  });
  return self;
}

Tensor& zero_(Tensor& self) {
  impl_of(self, "zero_");
  const Tensor element = make_scalar(0, self.scalar_type());
  InPlace write("zero_", self, {}, Shared::Allowed);
  fill_elements(self, element.impl()->data());
  write.record("ZeroBackward0", {}, [](Backward& run) { run.set(0, zeros_like(run.grad())); });
  return self;
}

// A copy in another dtype; the tensor itself where there is nothing to convert, unless `copy` is set.
Tensor Tensor::to(ScalarType dtype, bool, bool copy) const {
  const ScalarType from = impl_of(*this, "to").dtype;
  check(dtype != ScalarType::Undefined, "to: expected a dtype, got Undefined");
  if (dtype == from) return copy ? relume::clone(*this) : *this;
  Tensor result = copied(*this, dtype, std::nullopt);
  if (!relume::is_floating_point(dtype)) return result;
  return record("ToCopyBackward0", std::move(result), {*this}, {}, [](Backward& run) { run.set(0, run.grad()); });
}
Tensor Tensor::to(Device device, bool non_blocking, bool copy) const {
  return to(device, impl_of(*this, "to").dtype, non_blocking, copy);
}
Tensor Tensor::to(Device device, ScalarType dtype, bool non_blocking, bool copy) const {
  check(device.is_cpu(), "expected device cpu, got {}: Relume was built without a backend for it", device.str());
  return to(dtype, non_blocking, copy);
}
Tensor Tensor::to(const TensorOptions& options, bool non_blocking, bool copy) const {
  check(!options.requires_grad(),
        "Operators taking TensorOptions cannot take a TensorOptions with options.requires_grad set as true. This isn't "
        "implemented yet.");
  const ScalarType dtype = options.has_dtype() ? ScalarType(options.dtype()) : impl_of(*this, "to").dtype;
  Tensor result = to(options.device(), dtype, non_blocking, copy);
  const auto format = options.memory_format_opt();
  return format && *format != MemoryFormat::Preserve && !result.is_contiguous(*format) ? relume::clone(result, format)
                                                                                       : result;
}
Tensor Tensor::to(const Tensor& other, bool non_blocking, bool copy) const {
  return to(impl_of(other, "to").dtype, non_blocking, copy);
}

Scalar Tensor::item() const {
  const detail::TensorImpl& impl = impl_of(*this, "item");
  check(impl.numel == 1, "a Tensor with {} elements cannot be converted to Scalar", impl.numel);
  switch (impl.dtype) {
#define RELUME_LOAD(type, name, python) \
  case ScalarType::name:                \
    return Scalar(*reinterpret_cast<const type*>(impl.data()));
    RELUME_FORALL_DTYPES(RELUME_LOAD)
#undef RELUME_LOAD
    default:
      return Scalar();
  }
}

// Assigning to a temporary writes through it: x[0] = y.
Tensor& Tensor::operator=(const Tensor& other) && {
  method::copy_(*this, other, false);
  return *this;
}
Tensor& Tensor::operator=(Tensor&& other) && {
  method::copy_(*this, other, false);
  return *this;
}
Tensor& Tensor::operator=(const Scalar& value) && { return relume::fill_(*this, value); }

}  // namespace relume
