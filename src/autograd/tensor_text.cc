// Tensors as text: operator<< and print as libtorch, repr as Python.
#include <cstdio>
#include <ostream>

#include "autograd/variable.h"
#include "core/printing.h"

namespace relume {
namespace {

PrintSource source_of(const Tensor& tensor) {
  const detail::TensorImpl& impl = *tensor.impl();
  PrintSource source;
  source.data = impl.numel > 0 ? impl.data() : nullptr;
  source.dtype = impl.dtype;
  source.sizes = impl.sizes;
  source.strides = impl.strides;
  source.device = tensor.device().str();
  return source;
}

std::string text_of(const Tensor& tensor, int64_t linewidth) {
  return tensor.defined() ? libtorch_text(source_of(tensor), linewidth) : kUndefinedText;
}

}  // namespace

std::string repr(const Tensor& tensor) {
  if (!tensor.defined()) return kUndefinedText;
  PrintSource source = source_of(tensor);
  source.default_dtype = get_default_dtype();
  source.requires_grad = tensor.requires_grad();
  if (const autograd::NodePtr node = tensor.grad_fn()) {
    const std::string name = node->name();
    source.grad_fn = name.substr(name.rfind(':') + 1);  // npos + 1 is 0
  }
  return python_text(source);
}

std::ostream& operator<<(std::ostream& stream, const Tensor& tensor) { return stream << text_of(tensor, 80); }

std::ostream& operator<<(std::ostream& stream, TensorList tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) stream << (i > 0 ? " " : "") << tensors[i];
  return stream;
}

std::ostream& print(std::ostream& stream, const Tensor& tensor, int64_t linewidth) {
  return stream << text_of(tensor, linewidth);
}

void print(const Tensor& tensor, int64_t linewidth) { std::fputs(text_of(tensor, linewidth).c_str(), stdout); }

}  // namespace relume
