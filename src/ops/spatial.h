// What layers over one, two or three spatial dimensions share: how activations lie in memory, and the texts of their
// sizes.
#pragma once

#include <optional>
#include <string>

#include "core/check.h"
#include "core/hidden_layout.h"
#include "kernels/layout.h"
#include "relume/tensor.h"

namespace relume {

// Sizes joined as PyTorch writes them in errors: "(4 x 3)".
std::string joined(IntArrayRef sizes);

// How a dense activation [batch, channels, spatial...] lies in memory: row-major, channels-last as its strides say, or
// channels-last while its strides say row-major (see core/hidden_layout.h). What is both row-major and channels-last
// counts as Plain.
enum class Form { Plain, ChannelsLast, Hidden };

// Of a tensor; Plain where it is not dense in any of these ways.
Form form_of(const Tensor& tensor);
inline cpu::Layout layout_of(Form form) { return form == Form::Plain ? cpu::Layout::Plain : cpu::Layout::ChannelsLast; }
// A new activation with undefined contents.
Tensor make_activation(IntArrayRef sizes, ScalarType dtype, Form form);
// The same, each element that of a 0-dim tensor.
Tensor make_filled_activation(IntArrayRef sizes, const Tensor& element, Form form);

// The elements of an activation for the time of a kernel, dense in either layout; hidden ones are pinned.
class DenseActivation {
 public:
  // As the tensor has them, or copied where they are not dense.
  explicit DenseActivation(const Tensor& tensor);
  // In this layout, copied where they have another. What is both row-major and channels-last may have either form.
  DenseActivation(const Tensor& tensor, cpu::Layout layout);

  void* data() const { return data_; }
  Form form() const { return form_; }
  cpu::Layout layout() const { return layout_of(form_); }

 private:
  // Pins the tensor's elements if they are hidden.
  bool pin(const Tensor& tensor);
  void take(const Tensor& tensor);

  Tensor tensor_;
  std::optional<HiddenPin> pin_;  // after tensor_, which keeps the storage
  void* data_ = nullptr;
  Form form_ = Form::Plain;
};

}  // namespace relume
