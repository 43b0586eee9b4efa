// Views that keep every element, or pick some by strides: view, transpose, expand, select, slice, as_strided, ...
#include "ops/views.h"

#include <algorithm>

#include "autograd/record.h"
#include "core/warn_once.h"
#include "ops/dims.h"
#include "ops/methods.h"

namespace relume {

std::optional<DimVector> view_strides(IntArrayRef sizes, IntArrayRef strides, IntArrayRef shape) {
  int64_t numel = 1;
  for (const int64_t size : sizes) numel *= size;
  if (numel == 0) return IntArrayRef(sizes) == shape ? DimVector(strides) : contiguous_strides(shape);
  DimVector result(shape.size());
  // Runs of dimensions that lie in memory as one are matched, from the last, with runs of the new shape.
  int64_t next = static_cast<int64_t>(shape.size()) - 1;
  int64_t run = 1, covered = 1;
  int64_t run_stride = strides.empty() ? 1 : strides.back();
  for (size_t d = sizes.size(); d-- > 0;) {
    run *= sizes[d];
    const bool ends = d == 0 || (sizes[d - 1] != 1 && strides[d - 1] != run * run_stride);
    if (!ends) continue;
    while (next >= 0 && (covered < run || shape[static_cast<size_t>(next)] == 1)) {
      result[static_cast<size_t>(next)] = covered * run_stride;
      covered *= shape[static_cast<size_t>(next)];
      --next;
    }
    if (covered != run) return std::nullopt;
    if (d > 0) {
      run_stride = strides[d - 1];
      run = covered = 1;
    }
  }
  if (sizes.empty())
    for (; next >= 0; --next) result[static_cast<size_t>(next)] = 1;
  return next < 0 ? std::optional<DimVector>(result) : std::nullopt;
}

DimVector infer_shape(IntArrayRef shape, int64_t numel) {
  DimVector result(shape);
  int64_t known = 1;
  std::optional<size_t> open;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == -1) {
      check(!open, "only one dimension can be inferred");
      open = i;
    } else {
      check(shape[i] >= 0, "invalid shape dimension {} at index {} of shape {}", shape[i], i, shape);
      check(!__builtin_mul_overflow(known, shape[i], &known), "shape '{}' is invalid for input of size {}", shape,
            numel);
    }
  }
  if (open) {
    check(known != 0 || numel != 0,
          "cannot reshape tensor of 0 elements into shape {} because the unspecified dimension size -1 can be any "
          "value and "
          "is ambiguous",
          shape);
    check(known != 0 && numel % known == 0, "shape '{}' is invalid for input of size {}", shape, numel);
    result[*open] = numel / known;
  } else {
    check(known == numel, "shape '{}' is invalid for input of size {}", shape, numel);
  }
  return result;
}

namespace {

// The op "view" of the given strides: the gradient is reshaped back.
Tensor viewed(const Tensor& self, IntArrayRef shape, IntArrayRef strides) {
  return record_view("ViewBackward0", make_alias(self, shape, strides, self.storage_offset()), self,
                     [sizes = DimVector(self.sizes())](Backward& run) { run.set(0, run.grad().reshape(sizes)); });
}

Tensor alias_of(const Tensor& self) {
  return record_view("AliasBackward0", make_alias(self), self, [](Backward& run) { run.set(0, run.grad()); });
}

}  // namespace

namespace method {

Tensor view(const Tensor& self, IntArrayRef size) {
  const detail::TensorImpl& impl = impl_of(self, "view");
  const DimVector shape = infer_shape(size, impl.numel);
  const std::optional<DimVector> strides = view_strides(impl.sizes, impl.strides, shape);
  check(strides.has_value(),
        "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
        "contiguous subspaces). Use .reshape(...) instead.");
  return viewed(self, shape, *strides);
}

// The same bytes as another dtype: the last dimension grows or shrinks by the ratio of the element sizes.
Tensor view(const Tensor& self, ScalarType dtype) {
  const detail::TensorImpl& impl = impl_of(self, "view");
  const int64_t from = element_size(impl.dtype), to = element_size(dtype);
  check(to > 0, "view: expected a dtype, got Undefined");
  DimVector sizes = impl.sizes, strides = impl.strides;
  int64_t offset = impl.offset;
  if (from != to) {
    check(!sizes.empty(), "self.dim() cannot be 0 to view {} as {} (different element sizes)", to_string(impl.dtype),
          to_string(dtype));
    check(strides.back() == 1, "self.stride(-1) must be 1 to view {} as {} (different element sizes), but got {}",
          to_string(impl.dtype), to_string(dtype), strides.back());
    const int64_t grow = from / to, shrink = to / from;
    for (size_t i = 0; i < sizes.size(); ++i) {
      const bool last = i + 1 == sizes.size();
      int64_t& scaled = last ? sizes[i] : strides[i];
      if (shrink > 1) {
        check(scaled % shrink == 0,
              "self.{}({}) must be divisible by {} to view {} as {} (different element sizes), but got {}",
              last ? "size" : "stride", i, shrink, to_string(impl.dtype), to_string(dtype), scaled);
        scaled /= shrink;
      } else {
        scaled *= grow;
      }
    }
    check(shrink <= 1 || offset % shrink == 0, "self.storage_offset() must be divisible by {}", shrink);
    offset = shrink > 1 ? offset / shrink : offset * grow;
  }
  Tensor result = make_alias(self, sizes, strides, offset);
  result.impl()->dtype = dtype;
  return result;
}

Tensor view_as(const Tensor& self, const Tensor& other) { return view(self, other.sizes()); }
Tensor reshape_as(const Tensor& self, const Tensor& other) { return self.reshape(other.sizes()); }

}  // namespace method

Tensor reshape(const Tensor& self, IntArrayRef size) {
  const detail::TensorImpl& impl = impl_of(self, "reshape");
  const DimVector shape = infer_shape(size, impl.numel);
  if (const std::optional<DimVector> strides = view_strides(impl.sizes, impl.strides, shape))
    return viewed(self, shape, *strides);
  const Tensor dense = self.clone(MemoryFormat::Contiguous);
  return record("UnsafeViewBackward0", make_alias(dense, shape, contiguous_strides(shape), 0), {dense}, {},
                [sizes = DimVector(impl.sizes)](Backward& run) { run.set(0, run.grad().reshape(sizes)); });
}

Tensor ravel(const Tensor& self) { return self.contiguous().view({-1}); }
Tensor alias(const Tensor& self) {
  impl_of(self, "alias");
  return alias_of(self);
}

Tensor flatten(const Tensor& self, int64_t start_dim, int64_t end_dim) {
  const detail::TensorImpl& impl = impl_of(self, "flatten");
  const int64_t start = wrap_dim(start_dim, impl.dim()), end = wrap_dim(end_dim, impl.dim());
  check(start <= end, "flatten() has invalid args: start_dim cannot come after end_dim");
  if (impl.dim() == 0) return self.reshape({1});
  if (start == end) return self;
  DimVector shape;
  int64_t merged = 1;
  for (int64_t i = 0; i < impl.dim(); ++i) {
    const int64_t size = impl.sizes[static_cast<size_t>(i)];
    if (i < start || i > end)
      shape.push_back(size);
    else
      merged *= size;
    if (i == end) shape.push_back(merged);
  }
  return self.reshape(shape);
}

Tensor unflatten(const Tensor& self, int64_t dim, IntArrayRef sizes) {
  const detail::TensorImpl& impl = impl_of(self, "unflatten");
  const size_t at = static_cast<size_t>(wrap_dim(dim, impl.dim()));
  check(!sizes.empty(), "unflatten: sizes must be non-empty");
  check(impl.dim() > 0, "unflatten: expected a tensor with dimensions, got a 0-dim one");
  DimVector part(sizes);
  int64_t known = 1, open = -1;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1)
      open = static_cast<int64_t>(i);
    else
      known *= sizes[i];
  }
  if (open >= 0 && known > 0) part[static_cast<size_t>(open)] = impl.sizes[at] / known;
  int64_t product = 1;
  for (const int64_t size : part) product *= size;
  check(product == impl.sizes[at],
        "unflatten: Provided sizes {} don't multiply up to the size of dim {} ({}) in the input tensor", sizes, at,
        impl.sizes[at]);
  DimVector shape;
  for (size_t i = 0; i < impl.sizes.size(); ++i) {
    if (i != at)
      shape.push_back(impl.sizes[i]);
    else
      for (const int64_t size : part) shape.push_back(size);
  }
  return self.view(shape);
}

namespace {

Tensor permuted(const char* name, const Tensor& self, const DimVector& order) {
  const detail::TensorImpl& impl = *self.impl();
  DimVector sizes(order.size()), strides(order.size()), inverse(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const size_t from = static_cast<size_t>(order[i]);
    sizes[i] = impl.sizes[from];
    strides[i] = impl.strides[from];
    inverse[from] = static_cast<int64_t>(i);
  }
  return record_view(name, make_alias(self, sizes, strides, impl.offset), self,
                     [inverse](Backward& run) { run.set(0, run.grad().permute(inverse)); });
}

DimVector identity_order(int64_t rank) {
  DimVector order(static_cast<size_t>(rank));
  for (int64_t i = 0; i < rank; ++i) order[static_cast<size_t>(i)] = i;
  return order;
}

}  // namespace

Tensor permute(const Tensor& self, IntArrayRef dims) {
  const int64_t rank = impl_of(self, "permute").dim();
  check(static_cast<int64_t>(dims.size()) == rank,
        "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
        "ordering of "
        "dimensions i.e. input.dim() = {} is not equal to len(dims) = {}",
        rank, dims.size());
  DimVector order(dims);
  DimVector seen(dims.size());
  for (int64_t& dim : order) {
    dim = wrap_dim(dim, rank);
    check(!seen[static_cast<size_t>(dim)]++, "permute(): duplicate dims are not allowed.");
  }
  return permuted("PermuteBackward0", self, order);
}

namespace {

Tensor swapped(const char* name, const Tensor& self, int64_t dim0, int64_t dim1) {
  const int64_t rank = self.dim();
  DimVector order = identity_order(rank);
  if (rank > 0) std::swap(order[static_cast<size_t>(dim0)], order[static_cast<size_t>(dim1)]);
  return permuted(name, self, order);
}

}  // namespace

Tensor transpose(const Tensor& self, int64_t dim0, int64_t dim1) {
  const int64_t rank = impl_of(self, "transpose").dim();
  return swapped("TransposeBackward0", self, wrap_dim(dim0, rank), wrap_dim(dim1, rank));
}
Tensor swapaxes(const Tensor& self, int64_t axis0, int64_t axis1) { return transpose(self, axis0, axis1); }
Tensor swapdims(const Tensor& self, int64_t dim0, int64_t dim1) { return transpose(self, dim0, dim1); }

Tensor t(const Tensor& self) {
  const int64_t rank = impl_of(self, "t").dim();
  check(rank <= 2, "t() expects a tensor with <= 2 dimensions, but self is {}D", rank);
  return swapped("TBackward0", self, 0, rank < 2 ? 0 : 1);
}

namespace method {

Tensor numpy_T(const Tensor& self) {
  const int64_t rank = impl_of(self, "numpy_T").dim();
  static std::atomic<bool> warned = false, identity = false;
  if (rank == 0)
    warn_once(&identity, "Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases.");
  else if (rank != 2)
    warn_once(&warned,
              "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
              "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
              "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.");
  DimVector order = identity_order(rank);
  std::reverse(order.begin(), order.end());
  return permuted("PermuteBackward0", self, order);
}
Tensor mT(const Tensor& self) {
  const int64_t rank = impl_of(self, "mT").dim();
  check(rank != 1, "tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.");
  if (rank > 0) return self.transpose(-2, -1);
  static std::atomic<bool> warned = false;
  warn_once(&warned, "Tensor.mT is deprecated on 0-D tensors. This function is the identity in these cases.");
  return self;
}

}  // namespace method

Tensor movedim(const Tensor& self, IntArrayRef source, IntArrayRef destination) {
  const int64_t rank = impl_of(self, "movedim").dim();
  check(source.size() == destination.size(),
        "movedim: Invalid source or destination dims: source ({} dims) should contain the same number of dims as "
        "destination "
        "({} dims)",
        source, destination);
  DimVector order(static_cast<size_t>(rank), 0), taken(static_cast<size_t>(rank), 0);
  for (int64_t& from : order) from = -1;
  for (size_t i = 0; i < source.size(); ++i) {
    const int64_t from = wrap_dim(source[i], rank), to = wrap_dim(destination[i], rank);
    check(!taken[static_cast<size_t>(from)], "movedim: repeated dim in `source` ({})", source);
    check(order[static_cast<size_t>(to)] == -1, "movedim: repeated dim in `destination` ({})", destination);
    taken[static_cast<size_t>(from)] = 1;
    order[static_cast<size_t>(to)] = from;
  }
  int64_t next = 0;
  for (int64_t& from : order) {
    if (from != -1) continue;
    while (taken[static_cast<size_t>(next)]) ++next;
    from = next++;
  }
  return permute(self, order);
}

namespace {

// Drops the marked dimensions where they have size 1.
Tensor squeezed(const char* name, const Tensor& self, const DimVector& drop) {
  const detail::TensorImpl& impl = *self.impl();
  DimVector sizes, strides;
  for (size_t i = 0; i < impl.sizes.size(); ++i) {
    if (drop[i] && impl.sizes[i] == 1) continue;
    sizes.push_back(impl.sizes[i]);
    strides.push_back(impl.strides[i]);
  }
  return record_view(name, make_alias(self, sizes, strides, impl.offset), self,
                     [from = impl.sizes](Backward& run) { run.set(0, run.grad().reshape(from)); });
}

}  // namespace

Tensor squeeze(const Tensor& self) {
  return squeezed("SqueezeBackward0", self, DimVector(impl_of(self, "squeeze").sizes.size(), 1));
}
Tensor squeeze(const Tensor& self, int64_t dim) {
  const detail::TensorImpl& impl = impl_of(self, "squeeze");
  DimVector drop(impl.sizes.size(), 0);
  const int64_t at = wrap_dim(dim, impl.dim());
  if (!drop.empty()) drop[static_cast<size_t>(at)] = 1;
  return squeezed("SqueezeBackward1", self, drop);
}
Tensor squeeze(const Tensor& self, IntArrayRef dim) {
  const detail::TensorImpl& impl = impl_of(self, "squeeze");
  const DimSet named = dim.empty() ? 0 : dim_set(dim, impl.dim());
  DimVector drop;
  for (size_t d = 0; d < impl.sizes.size(); ++d) drop.push_back(contains(named, d));
  return squeezed("SqueezeBackward2", self, drop);
}

Tensor unsqueeze(const Tensor& self, int64_t dim) {
  const detail::TensorImpl& impl = impl_of(self, "unsqueeze");
  const size_t at = static_cast<size_t>(wrap_dim(dim, impl.dim() + 1));
  DimVector sizes = impl.sizes, strides = impl.strides;
  const int64_t stride = at < sizes.size() ? sizes[at] * strides[at] : 1;
  sizes.insert(at, 1);
  strides.insert(at, stride);
  return record_view("UnsqueezeBackward0", make_alias(self, sizes, strides, impl.offset), self,
                     [at](Backward& run) { run.set(0, run.grad().squeeze(static_cast<int64_t>(at))); });
}

namespace method {

// Dimensions of size 1 are repeated without copying; -1 keeps a size. New dimensions come in front.
Tensor expand(const Tensor& self, IntArrayRef size, bool) {
  const detail::TensorImpl& impl = impl_of(self, "expand");
  check(size.size() >= impl.sizes.size(),
        "expand({}{{{}}}, size={}): the number of sizes provided ({}) must be greater or equal to the number of "
        "dimensions in "
        "the tensor ({})",
        self.toString(), IntArrayRef(impl.sizes), size, size.size(), impl.sizes.size());
  const size_t shift = size.size() - impl.sizes.size();
  DimVector sizes(size), strides(size.size());
  for (size_t i = 0; i < size.size(); ++i) {
    if (i < shift) {
      check(size[i] >= 0, "The expanded size of the tensor ({}) isn't allowed in a leading, non-existing dimension {}",
            size[i], i);
      continue;
    }
    const int64_t from = impl.sizes[i - shift];
    check(size[i] >= -1, "expand: expected sizes of at least 0, or -1 for one that stays, got {}", size);
    if (sizes[i] == -1) sizes[i] = from;
    check(
        sizes[i] == from || from == 1,
        "The expanded size of the tensor ({}) must match the existing size ({}) at non-singleton dimension {}.  Target "
        "sizes: {}.  Tensor sizes: {}",
        sizes[i], from, i, size, IntArrayRef(impl.sizes));
    strides[i] = sizes[i] == from ? impl.strides[i - shift] : 0;
  }
  return record_view("ExpandBackward0", make_alias(self, sizes, strides, impl.offset), self,
                     [](Backward& run) { run.set(0, run.grad()); });
}
Tensor expand_as(const Tensor& self, const Tensor& other) { return self.expand(other.sizes()); }

}  // namespace method

Tensor broadcast_to(const Tensor& self, IntArrayRef size) { return self.expand(size); }

namespace {

// The gradient of a view that shows some elements of a tensor of the given sizes: zeros, but for what `show` shows.
template <class Show>
Tensor embed(const char* name, const Tensor& grad, const DimVector& sizes, Show show) {
  Tensor result = zeros(sizes, grad.scalar_type());
  {
    const NoGradGuard unrecorded;
    show(result).copy_(grad);
  }
  return record(name, std::move(result), {grad}, {}, [show](Backward& run) { run.set(0, show(run.grad())); });
}

}  // namespace

Tensor select(const Tensor& self, int64_t dim, int64_t index) {
  const detail::TensorImpl& impl = impl_of(self, "select");
  check<IndexError>(impl.dim() > 0, "select() cannot be applied to a 0-dim tensor.");
  const size_t at = static_cast<size_t>(wrap_dim(dim, impl.dim()));
  const int64_t size = impl.sizes[at];
  check<IndexError>(index >= -size && index < size,
                    "select(): index {} out of range for tensor of size {} at dimension {}", index,
                    IntArrayRef(impl.sizes), at);
  const int64_t i = index < 0 ? index + size : index;
  DimVector sizes = impl.sizes, strides = impl.strides;
  sizes.erase(at);
  strides.erase(at);
  return record_view("SelectBackward0", make_alias(self, sizes, strides, impl.offset + i * impl.strides[at]), self,
                     [from = impl.sizes, at = static_cast<int64_t>(at), i](Backward& run) {
                       run.set(0, embed("SelectBackwardBackward0", run.grad(), from,
                                        [at, i](const Tensor& x) { return x.select(at, i); }));
                     });
}

Tensor slice(const Tensor& self, int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end, int64_t step) {
  const detail::TensorImpl& impl = impl_of(self, "slice");
  check(impl.dim() > 0, "slice() cannot be applied to a 0-dim tensor.");
  check(step > 0, "slice step must be positive");
  const size_t at = static_cast<size_t>(wrap_dim(dim, impl.dim()));
  const int64_t size = impl.sizes[at];
  const auto bound = [size](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + size : i, 0, size); };
  const int64_t first = bound(start.value_or(0)), last = std::max(first, bound(end.value_or(size)));
  DimVector sizes = impl.sizes, strides = impl.strides;
  sizes[at] = (last - first) / step + ((last - first) % step != 0);
  strides[at] *= step;
  return record_view("SliceBackward0", make_alias(self, sizes, strides, impl.offset + first * impl.strides[at]), self,
                     [from = impl.sizes, at = static_cast<int64_t>(at), first, last, step](Backward& run) {
                       run.set(0, embed("SliceBackwardBackward0", run.grad(), from,
                                        [=](const Tensor& x) { return x.slice(at, first, last, step); }));
                     });
}

Tensor narrow(const Tensor& self, int64_t dim, int64_t start, int64_t length) {
  const detail::TensorImpl& impl = impl_of(self, "narrow");
  check(impl.dim() > 0, "narrow() cannot be applied to a 0-dim tensor.");
  check(length >= 0, "narrow(): length must be non-negative.");
  const int64_t size = impl.sizes[static_cast<size_t>(wrap_dim(dim, impl.dim()))];
  check<IndexError>(start >= -size && start <= size,
                    "start out of range (expected to be in range of [{}, {}], but got {})", -size, size, start);
  const int64_t first = start < 0 ? start + size : start;
  check(first <= size - length, "start ({}) + length ({}) exceeds dimension size ({}).", first, length, size);
  return self.slice(dim, first, first + length, 1);
}

Tensor diagonal(const Tensor& self, int64_t offset, int64_t dim1, int64_t dim2) {
  const detail::TensorImpl& impl = impl_of(self, "diagonal");
  const size_t row = static_cast<size_t>(wrap_dim(dim1, impl.dim())),
               col = static_cast<size_t>(wrap_dim(dim2, impl.dim()));
  check(row != col, "diagonal dimensions cannot be identical {}, {}", dim1, dim2);
  const int64_t length = offset >= 0 ? std::min(impl.sizes[row], impl.sizes[col] - offset)
                                     : std::min(impl.sizes[row] + offset, impl.sizes[col]);
  int64_t start = impl.offset;
  if (length > 0) start += offset >= 0 ? offset * impl.strides[col] : -offset * impl.strides[row];
  DimVector sizes = impl.sizes, strides = impl.strides;
  for (const size_t dim : {std::max(row, col), std::min(row, col)}) {
    sizes.erase(dim);
    strides.erase(dim);
  }
  sizes.push_back(std::max<int64_t>(length, 0));
  strides.push_back(impl.strides[row] + impl.strides[col]);
  return record_view("DiagonalBackward0", make_alias(self, sizes, strides, start), self,
                     [from = impl.sizes, offset, dim1, dim2](Backward& run) {
                       run.set(0, embed("DiagonalBackwardBackward0", run.grad(), from,
                                        [=](const Tensor& x) { return x.diagonal(offset, dim1, dim2); }));
                     });
}

namespace {

void check_geometry(const detail::TensorImpl& impl, IntArrayRef size, IntArrayRef stride, int64_t offset) {
  check(size.size() == stride.size(), "mismatch in length of strides and shape");
  for (const int64_t s : stride)
    check(s >= 0, "as_strided: Negative strides are not supported at the moment, got strides: {}", stride);
  check(offset >= 0, "Tensor: invalid storage offset {}", offset);
  checked_numel(size, impl.dtype);
  const size_t bytes = storage_bytes(size, stride, impl.dtype);
  const size_t start = static_cast<size_t>(offset * element_size(impl.dtype));
  check(bytes == 0 || bytes + start <= impl.storage->bytes(),
        "setStorage: sizes {}, strides {}, storage offset {}, and itemsize {} requiring a storage size of {} are out "
        "of bounds "
        "for storage of size {}",
        size, stride, offset, element_size(impl.dtype), bytes + start, impl.storage->bytes());
}

}  // namespace

Tensor as_strided(const Tensor& self, IntArrayRef size, IntArrayRef stride, std::optional<int64_t> storage_offset) {
  const detail::TensorImpl& impl = impl_of(self, "as_strided");
  const int64_t offset = storage_offset.value_or(impl.offset);
  check_geometry(impl, size, stride, offset);
  Tensor view = make_alias(self, size, stride, offset);
  const autograd::Geometry base(self), shown(view);
  return record_view("AsStridedBackward0", view, self,
                     [base, shown](Backward& run) { run.set(0, as_strided_backward(run.grad(), base, shown)); });
}

namespace method {

Tensor& as_strided_(Tensor& self, IntArrayRef size, IntArrayRef stride, std::optional<int64_t> storage_offset) {
  detail::TensorImpl& impl = impl_of(self, "as_strided_");
  const int64_t offset = storage_offset.value_or(impl.offset);
  check_geometry(impl, size, stride, offset);
  const autograd::Geometry base(self);
  InPlace write("as_strided_", self, {}, Shared::Allowed);
  impl.set_sizes_and_strides(size, stride);
  impl.offset = offset;
  const autograd::Geometry shown(self);
  write.record("AsStridedBackward1", {},
               [base, shown](Backward& run) { run.set(0, as_strided_backward(run.grad(), base, shown)); });
  return self;
}

// Windows of `size` elements along a dimension, `step` apart, as a last dimension.
Tensor unfold(const Tensor& self, int64_t dimension, int64_t size, int64_t step) {
  const detail::TensorImpl& impl = impl_of(self, "unfold");
  const size_t at = static_cast<size_t>(wrap_dim(dimension, impl.dim()));
  const int64_t length = impl.sizes.empty() ? 1 : impl.sizes[at];
  check(size >= 0, "size is {} but must be >= 0", size);
  check(size <= length, "maximum size for tensor at dimension {} is {} but size is {}", at, length, size);
  check(step > 0, "step is {} but must be > 0", step);
  DimVector sizes = impl.sizes, strides = impl.strides;
  const int64_t stride = sizes.empty() ? 1 : strides[at];
  if (!sizes.empty()) {
    sizes[at] = (length - size) / step + 1;
    strides[at] = step * stride;
  }
  sizes.push_back(size);
  strides.push_back(stride);
  Tensor view = make_alias(self, sizes, strides, impl.offset);
  const autograd::Geometry base(self), shown(view);
  return record_view("UnfoldBackward0", view, self,
                     [base, shown](Backward& run) { run.set(0, as_strided_backward(run.grad(), base, shown)); });
}

}  // namespace method
}  // namespace relume
