// Tensors as text: operator<< and print as libtorch, repr as Python.
#include <cstdio>
#include <limits>
#include <ostream>

#include "autograd/variable.h"
#include "core/printing.h"
#include "relume/indexing.h"

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
  try {
    if (const autograd::NodePtr node = tensor.grad_fn()) {
      const std::string name = autograd::python_name(*node);
      source.grad_fn = name.substr(name.rfind(':') + 1);  // npos + 1 is 0
    }
  } catch (const Error&) {  // a view that may not be used any more
    source.grad_fn = "Invalid";
  }
  return python_text(source);
}

std::ostream& operator<<(std::ostream& stream, const Tensor& tensor) { return stream << text_of(tensor, 80); }

std::ostream& operator<<(std::ostream& stream, TensorList tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) stream << (i ? ", " : "[") << tensors[i];
  return stream << (tensors.empty() ? "[]" : "]");
}

namespace indexing {

std::ostream& operator<<(std::ostream& stream, const Slice& slice) {
  constexpr int64_t kOpen = std::numeric_limits<int64_t>::max() / 2;  // as libtorch writes an end that is left out
  return stream << slice.start().value_or(0) << ':' << slice.stop().value_or(kOpen) << ':' << slice.step();
}

std::ostream& operator<<(std::ostream& stream, const TensorIndex& index) {
  switch (index.type()) {
    case TensorIndexType::None:
      return stream << "None";
    case TensorIndexType::Ellipsis:
      return stream << "...";
    case TensorIndexType::Integer:
      return stream << index.integer();
    case TensorIndexType::Boolean:
      return stream << (index.boolean() ? "true" : "false");
    case TensorIndexType::Slice:
      return stream << index.slice();
    default:
      return stream << index.tensor();
  }
}

std::ostream& operator<<(std::ostream& stream, const std::vector<TensorIndex>& indices) {
  for (size_t i = 0; i < indices.size(); ++i) stream << (i ? ", " : "(") << indices[i];
  return stream << (indices.empty() ? "()" : ")");
}

}  // namespace indexing

std::ostream& print(std::ostream& stream, const Tensor& tensor, int64_t linewidth) {
  return stream << text_of(tensor, linewidth);
}

void print(const Tensor& tensor, int64_t linewidth) { std::fputs(text_of(tensor, linewidth).c_str(), stdout); }

}  // namespace relume
