// Views of parts: split, chunk, unbind. Their results are several views of one op, which may not be written in place.
#include <algorithm>

#include "autograd/record.h"
#include "ops/methods.h"
#include "ops/views.h"

namespace relume {
namespace {

// Records views that one op made of `base`; `backward` gets a gradient for each.
template <class F>
std::vector<Tensor> record_views(const char* name, std::vector<Tensor> views, const Tensor& base, F backward) {
  if (recording({base}) && !views.empty()) {
    const autograd::NodePtr handle = autograd::new_function_node(name, {base}, std::move(backward));
    for (const Tensor& view : views) autograd::set_history(view, static_cast<autograd::GraphNode*>(handle.get()));
  }
  for (const Tensor& view : views) autograd::set_view(view, base, /*multi_output=*/true);
  return views;
}

std::vector<Tensor> gradients(Backward& run, size_t count) {
  std::vector<Tensor> grads;
  for (size_t i = 0; i < count; ++i) grads.push_back(run.grad(i));
  return grads;
}

std::vector<Tensor> split_at(const char* name, const Tensor& self, IntArrayRef lengths, size_t at) {
  const detail::TensorImpl& impl = *self.impl();
  std::vector<Tensor> parts;
  int64_t start = 0;
  for (const int64_t length : lengths) {
    DimVector sizes = impl.sizes;
    sizes[at] = length;
    parts.push_back(make_alias(self, sizes, impl.strides, impl.offset + start * impl.strides[at]));
    start += length;
  }
  return record_views(name, std::move(parts), self,
                      [count = lengths.size(), dim = static_cast<int64_t>(at)](Backward& run) {
                        run.set(0, cat(gradients(run, count), dim));
                      });
}

}  // namespace

std::vector<Tensor> split(const Tensor& self, int64_t split_size, int64_t dim) {
  const detail::TensorImpl& impl = impl_of(self, "split");
  check(impl.dim() > 0, "split expects at least a 1-dimensional tensor");
  check(split_size >= 0, "split expects split_size be non-negative, but got split_size={}", split_size);
  const size_t at = static_cast<size_t>(wrap_dim(dim, impl.dim()));
  const int64_t size = impl.sizes[at];
  check(split_size > 0 || size == 0, "split_size can only be 0 if dimension size is 0, but got dimension size of {}",
        size);
  DimVector lengths;
  for (int64_t left = size; left > 0 || lengths.empty(); left -= split_size) {
    lengths.push_back(std::min(left, split_size));
    if (split_size == 0) break;
  }
  return split_at("SplitBackward0", self, lengths, at);
}

std::vector<Tensor> split_with_sizes(const Tensor& self, IntArrayRef split_sizes, int64_t dim) {
  const detail::TensorImpl& impl = impl_of(self, "split_with_sizes");
  check(impl.dim() > 0, "split expects at least a 1-dimensional tensor");
  const size_t at = static_cast<size_t>(wrap_dim(dim, impl.dim()));
  int64_t sum = 0;
  for (const int64_t length : split_sizes) {
    check(length >= 0, "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={}",
          split_sizes);
    sum += length;
  }
  check(sum == impl.sizes[at],
        "split_with_sizes expects split_sizes to sum exactly to {} (input tensor's size at dimension {}), but got "
        "split_sizes={}",
        impl.sizes[at], at, split_sizes);
  return split_at("SplitWithSizesBackward0", self, split_sizes, at);
}
std::vector<Tensor> split(const Tensor& self, IntArrayRef split_sizes, int64_t dim) {
  return split_with_sizes(self, split_sizes, dim);
}

std::vector<Tensor> chunk(const Tensor& self, int64_t chunks, int64_t dim) {
  const detail::TensorImpl& impl = impl_of(self, "chunk");
  check(impl.dim() > 0, "chunk expects at least a 1-dimensional tensor");
  check(chunks > 0, "chunk expects `chunks` to be greater than 0, got: {}", chunks);
  const size_t at = static_cast<size_t>(wrap_dim(dim, impl.dim()));
  const int64_t size = impl.sizes[at];
  if (size == 0) return split_with_sizes(self, DimVector(static_cast<size_t>(chunks), 0), dim);
  return split(self, (size + chunks - 1) / chunks, dim);
}

// Parts of nearly equal length; the first ones are longer by one.
std::vector<Tensor> tensor_split(const Tensor& self, int64_t sections, int64_t dim) {
  const detail::TensorImpl& impl = impl_of(self, "tensor_split");
  check(impl.dim() > 0, "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims");
  check(sections > 0, "number of sections must be larger than 0, got {}", sections);
  const int64_t size = impl.sizes[static_cast<size_t>(wrap_dim(dim, impl.dim()))];
  std::vector<Tensor> parts;
  for (int64_t i = 0, start = 0; i < sections; ++i) {
    const int64_t end = start + size / sections + (i < size % sections);
    parts.push_back(self.slice(dim, start, end));
    start = end;
  }
  return parts;
}

std::vector<Tensor> unbind(const Tensor& self, int64_t dim) {
  const detail::TensorImpl& impl = impl_of(self, "unbind");
  check<IndexError>(impl.dim() > 0, "Dimension specified as {} but tensor has no dimensions", dim);
  const size_t at = static_cast<size_t>(wrap_dim(dim, impl.dim()));
  DimVector sizes = impl.sizes, strides = impl.strides;
  sizes.erase(at);
  strides.erase(at);
  std::vector<Tensor> rows;
  const int64_t count = impl.sizes[at];
  for (int64_t i = 0; i < count; ++i)
    rows.push_back(make_alias(self, sizes, strides, impl.offset + i * impl.strides[at]));
  return record_views("UnbindBackward0", std::move(rows), self,
                      [count = static_cast<size_t>(count), dim = static_cast<int64_t>(at)](Backward& run) {
                        run.set(0, stack(gradients(run, count), dim));
                      });
}

}  // namespace relume
