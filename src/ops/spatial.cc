// How activations lie in memory, and the texts of their sizes.
#include "ops/spatial.h"

#include "kernels/copy.h"
#include "relume/autograd.h"

namespace relume {
namespace {

MemoryFormat channels_last_of(int64_t rank) {
  return rank == 4 ? MemoryFormat::ChannelsLast : rank == 5 ? MemoryFormat::ChannelsLast3d : MemoryFormat::Contiguous;
}

}  // namespace

std::string joined(IntArrayRef sizes) {
  std::string text = "(";
  for (size_t i = 0; i < sizes.size(); ++i) text += (i ? " x " : "") + std::to_string(sizes[i]);
  return text + ")";
}

Form form_of(const Tensor& tensor) {
  const detail::TensorImpl& impl = *tensor.impl();
  if (impl.storage->is_hidden()) return Form::Hidden;
  if (impl.contiguous) return Form::Plain;
  const MemoryFormat format = channels_last_of(impl.dim());
  return format != MemoryFormat::Contiguous && tensor.is_contiguous(format) ? Form::ChannelsLast : Form::Plain;
}

Tensor make_activation(IntArrayRef sizes, ScalarType dtype, Form form) {
  if (form == Form::Plain) return make_tensor(sizes, dtype);
  if (form == Form::Hidden) return make_hidden(sizes, dtype);
  return make_strided(sizes, format_strides(sizes, channels_last_of(static_cast<int64_t>(sizes.size()))), dtype);
}

namespace {

// A copy in channels-last order.
Tensor hidden_copy(const Tensor& tensor) {
  const detail::TensorImpl& from = *tensor.impl();
  Tensor result = make_hidden(from.sizes, from.dtype);
  const HiddenPin pin(*result.impl()->storage);
  if (!pin.elements()) return tensor.contiguous();
  DimVector strides(from.sizes.size());
  int64_t stride = from.sizes[1];
  for (size_t d = strides.size(); d-- > 2; stride *= from.sizes[d]) strides[d] = stride;
  strides[0] = stride, strides[1] = 1;
  cpu::copy_strided(from.sizes, pin.elements()->data, strides.data(), from.dtype, from.data(), from.strides.data(),
                    from.dtype);
  return result;
}

}  // namespace

Tensor make_filled_activation(IntArrayRef sizes, const Tensor& element, Form form) {
  Tensor result = make_activation(sizes, element.scalar_type(), form);
  const DenseActivation target(result);
  constexpr int64_t kDense = 1;
  cpu::fill_strided(result.numel(), target.data(), &kDense, element.scalar_type(), element.impl()->data());
  return result;
}

DenseActivation::DenseActivation(const Tensor& tensor) {
  const NoGradGuard unrecorded;
  if (pin(tensor)) return;
  form_ = form_of(tensor);
  take(form_ == Form::ChannelsLast ? tensor : tensor.contiguous());
}

DenseActivation::DenseActivation(const Tensor& tensor, cpu::Layout layout) {
  const NoGradGuard unrecorded;
  if (layout == cpu::Layout::Plain) {
    take(tensor.contiguous());
  } else if (!pin(tensor)) {
    form_ = Form::ChannelsLast;
    const Tensor dense = form_of(tensor) == form_ ? tensor : hidden_copy(tensor);
    if (!pin(dense)) take(dense);
  }
}

bool DenseActivation::pin(const Tensor& tensor) {
  tensor_ = tensor;
  pin_.emplace(*tensor_.impl()->storage);
  if (pin_->elements()) {
    data_ = pin_->elements()->data;
    form_ = Form::Hidden;
    return true;
  }
  pin_.reset();
  return false;
}

void DenseActivation::take(const Tensor& tensor) {
  tensor_ = tensor;
  data_ = tensor_.data_ptr();
}

}  // namespace relume
