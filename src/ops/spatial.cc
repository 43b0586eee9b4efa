// Memory formats of activations, and the texts of their sizes.
#include "ops/spatial.h"

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

MemoryFormat activation_format(const Tensor& tensor) {
  const MemoryFormat format = channels_last_of(tensor.dim());
  if (format == MemoryFormat::Contiguous || tensor.is_contiguous()) return MemoryFormat::Contiguous;
  return tensor.is_contiguous(format) ? format : MemoryFormat::Contiguous;
}

Tensor dense_activation(const Tensor& tensor) {
  return activation_format(tensor) == MemoryFormat::Contiguous ? tensor.contiguous() : tensor;
}

cpu::Layout layout_of(const Tensor& dense) {
  return dense.is_contiguous() ? cpu::Layout::Plain : cpu::Layout::ChannelsLast;
}

Tensor in_layout(const Tensor& tensor, cpu::Layout layout) {
  return tensor.contiguous(layout == cpu::Layout::Plain ? MemoryFormat::Contiguous : channels_last_of(tensor.dim()));
}

Tensor make_in_layout(IntArrayRef sizes, ScalarType dtype, cpu::Layout layout) {
  if (layout == cpu::Layout::Plain) return make_tensor(sizes, dtype);
  return make_strided(sizes, format_strides(sizes, channels_last_of(static_cast<int64_t>(sizes.size()))), dtype);
}

}  // namespace relume
