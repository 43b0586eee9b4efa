// The methods of Tensor that tell about shape, kind and memory.
#include "relume/tensor.h"

#include <cstdio>

#include "core/check.h"
#include "core/tensor_impl.h"

namespace relume {

using detail::TensorImpl;

int64_t Tensor::use_count() const noexcept { return impl_ ? impl_->refs.load(std::memory_order_relaxed) : 0; }
namespace {
constexpr int64_t kUndefinedSizes[] = {0};
}
int64_t Tensor::dim() const { return impl_ ? impl_->dim() : 1; }
IntArrayRef Tensor::sizes() const { return impl_ ? IntArrayRef(impl_->sizes) : IntArrayRef(kUndefinedSizes); }
IntArrayRef Tensor::strides() const { return impl_of(*this, "strides").strides; }
int64_t Tensor::numel() const { return impl_ ? impl_->numel : 0; }
int64_t Tensor::storage_offset() const { return impl_of(*this, "storage_offset").offset; }
ScalarType Tensor::scalar_type() const { return impl_ ? impl_->dtype : ScalarType::Undefined; }

Device Tensor::device() const {
  impl_of(*this, "device");
  return Device(DeviceType::CPU);
}

namespace {

int64_t dim_of_nonscalar(int64_t dim, int64_t rank) {
  check<IndexError>(rank > 0, "Dimension specified as {} but tensor has no dimensions", dim);
  return wrap_dim(dim, rank);
}

}  // namespace

int64_t Tensor::size(int64_t dim) const {
  const TensorImpl& impl = impl_of(*this, "size");
  return impl.sizes[static_cast<size_t>(dim_of_nonscalar(dim, impl.dim()))];
}

int64_t Tensor::stride(int64_t dim) const {
  const TensorImpl& impl = impl_of(*this, "stride");
  return impl.strides[static_cast<size_t>(dim_of_nonscalar(dim, impl.dim()))];
}

namespace {

bool has_strides_of(const TensorImpl& impl, MemoryFormat format) {
  const DimVector wanted = format_strides(impl.sizes, format);
  for (size_t i = 0; i < wanted.size(); ++i)
    if (impl.sizes[i] != 1 && impl.strides[i] != wanted[i]) return false;
  return true;
}

}  // namespace

bool Tensor::is_contiguous(MemoryFormat format) const {
  const TensorImpl& impl = impl_of(*this, "is_contiguous");
  if (format == MemoryFormat::Contiguous || format == MemoryFormat::Preserve) return impl.contiguous;
  const int64_t rank = format == MemoryFormat::ChannelsLast ? 4 : 5;
  return impl.dim() == rank && (impl.numel == 0 || has_strides_of(impl, format));
}

bool Tensor::is_non_overlapping_and_dense() const {
  const TensorImpl& impl = impl_of(*this, "is_non_overlapping_and_dense");
  if (impl.contiguous) return true;
  DimVector order;  // dims of more than one element, by ascending stride
  for (size_t i = 0; i < impl.sizes.size(); ++i) {
    if (impl.sizes[i] == 1) continue;
    size_t at = 0;
    while (at < order.size() && impl.strides[static_cast<size_t>(order[at])] <= impl.strides[i]) ++at;
    order.insert(at, static_cast<int64_t>(i));
  }
  int64_t expected = 1;
  for (const int64_t d : order) {
    if (impl.strides[static_cast<size_t>(d)] != expected) return false;
    expected *= impl.sizes[static_cast<size_t>(d)];
  }
  return true;
}

MemoryFormat Tensor::suggest_memory_format() const {
  const TensorImpl& impl = impl_of(*this, "suggest_memory_format");
  if (impl.contiguous) return MemoryFormat::Contiguous;
  if (impl.dim() == 4 && has_strides_of(impl, MemoryFormat::ChannelsLast)) return MemoryFormat::ChannelsLast;
  if (impl.dim() == 5 && has_strides_of(impl, MemoryFormat::ChannelsLast3d)) return MemoryFormat::ChannelsLast3d;
  return MemoryFormat::Contiguous;
}

TensorOptions Tensor::options() const { return TensorOptions(scalar_type()).device(device()).layout(Layout::Strided); }

std::string Tensor::toString() const {
  return defined() ? std::string("CPU") + to_string(scalar_type()) + "Type" : "UndefinedType";
}

void Tensor::print() const {
  if (defined())
    std::fprintf(stderr, "[%s %s]\n", toString().c_str(), relume::to_string(sizes()).c_str());
  else
    std::fprintf(stderr, "[UndefinedTensor]\n");
}

void* Tensor::data_ptr() const {
  const TensorImpl& impl = impl_of(*this, "data_ptr");
  return impl.storage->expose() ? impl.data() : nullptr;
}

void* Tensor::checked_data(ScalarType dtype) const {
  const TensorImpl& impl = impl_of(*this, "data_ptr");
  check(impl.dtype == dtype, "expected scalar type {} but found {}", relume::to_string(dtype),
        relume::to_string(impl.dtype));
  return data_ptr();
}

void Tensor::check_accessor(int64_t rank) const {
  check(dim() == rank, "TensorAccessor expected {} dims but tensor has {}", rank, dim());
}

bool Tensor::is_alias_of(const Tensor& other) const {
  return impl_of(*this, "is_alias_of").storage == impl_of(other, "is_alias_of").storage;
}

bool Tensor::is_set_to(const Tensor& other) const {
  return is_alias_of(other) && sizes() == other.sizes() && strides() == other.strides() &&
         storage_offset() == other.storage_offset();
}

void* Storage::mutable_data() const { return impl_of(owner_, "data").storage->data(); }
size_t Storage::nbytes() const { return impl_of(owner_, "nbytes").storage->bytes(); }
size_t Storage::use_count() const { return impl_of(owner_, "use_count").storage->owners(); }

const std::string& Tensor::name() const {
  static const std::string none;
  return none;
}

}  // namespace relume
