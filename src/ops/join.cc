// New tensors from several, or from one several times: cat, stack, repeat, tile, meshgrid, padding, diagonals.
#include <algorithm>

#include "autograd/record.h"
#include "kernels/copy.h"
#include "ops/composed.h"
#include "ops/elementwise.h"
#include "ops/methods.h"

namespace relume {
namespace {

// PyTorch ignores 1-D tensors without elements in cat, whatever the shape of the others.
bool is_legacy_empty(const Tensor& tensor) { return tensor.dim() == 1 && tensor.numel() == 0; }

MemoryFormat common_format(TensorList tensors) {
  const MemoryFormat format = tensors[0].suggest_memory_format();
  for (const Tensor& tensor : tensors)
    if (tensor.suggest_memory_format() != format) return MemoryFormat::Contiguous;
  return format;
}

ScalarType common_dtype(TensorList tensors) {
  ScalarType dimensioned = ScalarType::Undefined;
  for (const Tensor& tensor : tensors)
    dimensioned =
        dimensioned == ScalarType::Undefined ? tensor.scalar_type() : promote_types(dimensioned, tensor.scalar_type());
  return dimensioned;
}

struct CatPlan {
  DimVector sizes;
  size_t dim = 0;
};

CatPlan plan_cat(TensorList tensors, int64_t dim) {
  check<ValueError>(!tensors.empty(), "torch.cat(): expected a non-empty list of Tensors");
  const Tensor* first = nullptr;
  for (size_t i = 0; i < tensors.size(); ++i) {
    impl_of(tensors[i], "cat");
    check(tensors[i].dim() > 0, "zero-dimensional tensor (at position {}) cannot be concatenated", i);
    if (!first && !is_legacy_empty(tensors[i])) first = &tensors[i];
  }
  if (!first) first = &tensors[0];
  CatPlan plan{first->sizes(), static_cast<size_t>(wrap_dim(dim, first->dim()))};
  plan.sizes[plan.dim] = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& tensor = tensors[i];
    if (is_legacy_empty(tensor)) continue;
    const IntArrayRef sizes = tensor.sizes();
    check(sizes.size() == plan.sizes.size(), "Tensors must have same number of dimensions: got {} and {}", first->dim(),
          tensor.dim());
    for (size_t d = 0; d < sizes.size(); ++d)
      check(d == plan.dim || sizes[d] == plan.sizes[d],
            "Sizes of tensors must match except in dimension {}. Expected size {} but got size {} for tensor number {} "
            "in the "
            "list.",
            plan.dim, plan.sizes[d], sizes[d], i);
    plan.sizes[plan.dim] += sizes[plan.dim];
  }
  return plan;
}

}  // namespace

Tensor cat(TensorList tensors, int64_t dim) {
  const CatPlan plan = plan_cat(tensors, dim);
  Tensor result = empty(plan.sizes, TensorOptions(common_dtype(tensors)), common_format(tensors));
  const detail::TensorImpl& to = *result.impl();
  char* out = to.data();
  for (const Tensor& tensor : tensors) {
    const detail::TensorImpl& from = *tensor.impl();
    if (from.numel == 0) continue;
    cpu::copy_strided(from.sizes, out, to.strides.data(), to.dtype, from.data(), from.strides.data(), from.dtype);
    out += from.sizes[plan.dim] * to.strides[plan.dim] * element_size(to.dtype);
  }
  if (!recording(tensors)) return result;
  constexpr int64_t kIgnored = -1;
  std::vector<int64_t> lengths;
  for (const Tensor& tensor : tensors) lengths.push_back(is_legacy_empty(tensor) ? kIgnored : tensor.sizes()[plan.dim]);
  return record_list("CatBackward0", result, tensors, [at = plan.dim, lengths](Backward& run) {
    int64_t start = 0;
    for (size_t i = 0; i < lengths.size(); ++i) {
      const bool ignored = lengths[i] == kIgnored;
      if (run.needs(i))
        run.set(i, ignored ? zeros({0}, run.grad().scalar_type())
                           : run.grad().narrow(static_cast<int64_t>(at), start, lengths[i]));
      if (!ignored) start += lengths[i];
    }
  });
}

Tensor stack(TensorList tensors, int64_t dim) {
  check(!tensors.empty(), "stack expects a non-empty TensorList");
  const DimVector sizes(impl_of(tensors[0], "stack").sizes);
  const int64_t at = wrap_dim(dim, static_cast<int64_t>(sizes.size()) + 1);
  const auto place = static_cast<size_t>(at);
  DimVector row_sizes = sizes;
  row_sizes.insert(place, 1);
  std::vector<Tensor> rows;
  rows.reserve(tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const detail::TensorImpl& impl = impl_of(tensors[i], "stack");
    check(impl.sizes == sizes, "stack expects each tensor to be equal size, but got {} at entry 0 and {} at entry {}",
          IntArrayRef(sizes), tensors[i].sizes(), i);
    DimVector strides = impl.strides;
    strides.insert(place, place < sizes.size() ? sizes[place] * strides[place] : 1);
    rows.push_back(make_alias(tensors[i], row_sizes, strides, impl.offset));
  }
  return record_list("StackBackward0", cat(rows, at), tensors, [at, count = tensors.size()](Backward& run) {
    for (size_t i = 0; i < count; ++i)
      if (run.needs(i)) run.set(i, run.grad().select(at, static_cast<int64_t>(i)));
  });
}

Tensor hstack(TensorList tensors) {
  std::vector<Tensor> rows;
  for (const Tensor& tensor : tensors)
    rows.push_back(impl_of(tensor, "hstack").dim() == 0 ? tensor.reshape({1}) : tensor);
  check(!rows.empty(), "hstack expects a non-empty TensorList");
  return cat(rows, rows[0].dim() == 1 ? 0 : 1);
}

Tensor vstack(TensorList tensors) {
  std::vector<Tensor> rows;
  for (const Tensor& tensor : tensors)
    rows.push_back(impl_of(tensor, "vstack").dim() < 2 ? tensor.reshape({1, -1}) : tensor);
  check(!rows.empty(), "vstack expects a non-empty TensorList");
  return cat(rows, 0);
}

namespace method {

Tensor repeat(const Tensor& self, IntArrayRef repeats) {
  const detail::TensorImpl& impl = impl_of(self, "repeat");
  check(repeats.size() >= impl.sizes.size(),
        "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor");
  const size_t shift = repeats.size() - impl.sizes.size();
  DimVector split, expanded, sizes, repeated_dims, from;  // each dimension becomes (repeats, size)
  for (size_t i = 0; i < repeats.size(); ++i) {
    check(repeats[i] >= 0, "Trying to create tensor with negative dimension {}: {}", repeats[i], repeats);
    const int64_t size = i < shift ? 1 : impl.sizes[i - shift];
    repeated_dims.push_back(static_cast<int64_t>(split.size()));
    split.push_back(1);
    split.push_back(size);
    expanded.push_back(repeats[i]);
    expanded.push_back(size);
    sizes.push_back(repeats[i] * size);
    from.push_back(size);
  }
  Tensor result = make_alias(self).reshape(split).expand(expanded).clone(MemoryFormat::Contiguous).reshape(sizes);
  return record("RepeatBackward0", make_alias(result), {self}, {},
                [expanded, repeated_dims, own = impl.sizes](Backward& run) {
                  const Tensor grad = run.grad().reshape(expanded);
                  run.set(0, (repeated_dims.empty() ? grad : grad.sum(repeated_dims)).reshape(own));
                });
}

}  // namespace method

Tensor tile(const Tensor& self, IntArrayRef dims) {
  DimVector repeats(dims);
  while (static_cast<int64_t>(repeats.size()) < impl_of(self, "tile").dim()) repeats.insert(0, 1);
  return self.repeat(repeats);
}

Tensor repeat_interleave(const Tensor& self, int64_t repeats, std::optional<int64_t> dim) {
  check(repeats >= 0, "Repeats must be non-negative");
  const Tensor source = dim ? self : self.flatten();
  const int64_t at = wrap_dim(dim.value_or(0), impl_of(source, "repeat_interleave").dim());
  DimVector expanded(source.sizes());
  expanded.insert(static_cast<size_t>(at) + 1, repeats);
  return source.unsqueeze(at + 1).expand(expanded).clone(MemoryFormat::Contiguous).flatten(at, at + 1);
}

std::vector<Tensor> broadcast_tensors(TensorList tensors) {
  DimVector sizes;
  for (const Tensor& tensor : tensors) sizes = broadcast_sizes(sizes, impl_of(tensor, "broadcast_tensors").sizes);
  std::vector<Tensor> results;
  for (const Tensor& tensor : tensors)
    results.push_back(tensor.sizes() == IntArrayRef(sizes) ? tensor : tensor.expand(sizes));
  return results;
}

std::vector<Tensor> meshgrid(TensorList tensors, std::string_view indexing) {
  check(!tensors.empty(), "meshgrid expects a non-empty TensorList");
  check(indexing == "ij" || indexing == "xy",
        "torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: {}", indexing);
  const bool swap = indexing == "xy" && tensors.size() >= 2;
  DimVector sizes;
  for (const Tensor& tensor : tensors) {
    check(impl_of(tensor, "meshgrid").dim() <= 1,
          "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {}", tensor.sizes());
    check(tensor.scalar_type() == tensors[0].scalar_type(),
          "torch.meshgrid expects all tensors to have the same dtype");
    sizes.push_back(tensor.numel());
  }
  if (swap) std::swap(sizes[0], sizes[1]);
  std::vector<Tensor> grids;
  for (size_t i = 0; i < tensors.size(); ++i) {
    DimVector shape(sizes.size(), 1);
    shape[swap && i < 2 ? 1 - i : i] = tensors[i].numel();
    grids.push_back(tensors[i].reshape(shape).expand(sizes));
  }
  return grids;
}

// `pad` holds, from the last dimension on, how many elements to add before and behind; negative numbers remove.
Tensor constant_pad_nd(const Tensor& self, IntArrayRef pad, const Scalar& value) {
  const detail::TensorImpl& impl = impl_of(self, "constant_pad_nd");
  check(pad.size() % 2 == 0, "Length of pad must be even but instead it equals {}", pad.size());
  check(pad.size() / 2 <= impl.sizes.size(),
        "Length of pad should be no more than twice the number of dimensions of the "
        "input. Pad length is {} while the input has {} dimensions.",
        pad.size(), impl.dim());
  DimVector sizes = impl.sizes;
  Tensor kept = make_alias(self);
  for (size_t i = 0; i < pad.size() / 2; ++i) {
    const size_t d = impl.sizes.size() - 1 - i;
    const int64_t before = pad[2 * i], behind = pad[2 * i + 1];
    sizes[d] += before + behind;
    check(sizes[d] >= 0,
          "The input size {}, plus negative padding {} and {} resulted in a negative output size, which is invalid. "
          "Check dimension {} of your input.",
          impl.sizes[d], before, behind, d);
    kept = kept.slice(static_cast<int64_t>(d), std::max<int64_t>(0, -before),
                      impl.sizes[d] + std::min<int64_t>(0, behind));
  }
  Tensor result = full(sizes, value, TensorOptions(impl.dtype).memory_format(self.suggest_memory_format()));
  {
    const NoGradGuard unrecorded;
    Tensor place = make_alias(result);
    for (size_t i = 0; i < pad.size() / 2; ++i) {
      const size_t d = impl.sizes.size() - 1 - i;
      place = place.narrow(static_cast<int64_t>(d), std::min(std::max<int64_t>(0, pad[2 * i]), sizes[d]),
                           kept.size(static_cast<int64_t>(d)));
    }
    place.copy_(kept);
    result = result.variable_data();
  }
  DimVector inverse(pad);
  for (int64_t& amount : inverse) amount = -amount;
  return record("ConstantPadNdBackward0", std::move(result), {self}, {},
                [inverse](Backward& run) { run.set(0, constant_pad_nd(run.grad(), inverse, 0)); });
}

Tensor diag_embed(const Tensor& self, int64_t offset, int64_t dim1, int64_t dim2) {
  const int64_t rank = impl_of(self, "diag_embed").dim() + 1;
  const int64_t row = wrap_dim(dim1, rank), col = wrap_dim(dim2, rank);
  check(row != col, "diagonal dimensions cannot be identical {}, {}", dim1, dim2);
  const int64_t length = self.size(-1) + std::abs(offset);
  DimVector sizes(self.sizes().slice(0, static_cast<size_t>(rank - 2)));
  sizes.insert(static_cast<size_t>(std::min(row, col)), length);
  sizes.insert(static_cast<size_t>(std::max(row, col)), length);
  Tensor result = zeros(sizes, self.scalar_type());
  result.diagonal(offset, row, col).copy_(self);
  return named("DiagEmbedBackward0", result);
}

Tensor diag(const Tensor& self, int64_t diagonal) {
  const int64_t rank = impl_of(self, "diag").dim();
  check(rank == 1 || rank == 2, "diag(): Supports 1D or 2D tensors. Got {}D", rank);
  return rank == 1 ? diag_embed(self, diagonal, 0, 1) : self.diagonal(diagonal).clone();
}

}  // namespace relume
