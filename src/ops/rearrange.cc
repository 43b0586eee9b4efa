// Elements in other places, or left out: flip, roll, rot90, tril, triu, and counts of values: one_hot, bincount.
#include <algorithm>

#include "autograd/arithmetic.h"
#include "autograd/record.h"
#include "kernels/copy.h"
#include "kernels/index.h"
#include "ops/composed.h"
#include "ops/dims.h"
#include "ops/elementwise.h"
#include "ops/methods.h"

namespace relume {

// self with the order of the elements along each of dims reversed.
Tensor flip(const Tensor& self, IntArrayRef dims) {
  const detail::TensorImpl& impl = impl_of(self, "flip");
  const DimSet set = dims.empty() ? 0 : dim_set(dims, impl.dim());
  Tensor result = make_result(impl.sizes, impl.dtype, {&self});
  DimVector strides = impl.strides;
  int64_t offset = 0;
  for (size_t d = 0; d < strides.size(); ++d) {
    if (!contains(set, d)) continue;
    offset += (impl.sizes[d] - 1) * strides[d];
    strides[d] = -strides[d];
  }
  if (impl.numel > 0)
    cpu::copy_strided(impl.sizes, result.impl()->data(), result.impl()->strides.data(), impl.dtype,
                      impl.data() + offset * element_size(impl.dtype), strides.data(), impl.dtype);
  return record("FlipBackward0", std::move(result), {self}, {},
                [dims = DimVector(dims)](Backward& run) { run.set(0, run.grad().flip(dims)); });
}

// Flips the second dimension, or the first.
Tensor fliplr(const Tensor& self) {
  check(impl_of(self, "fliplr").dim() >= 2, "Input must be >= 2-d.");
  return flip(self, {1});
}
Tensor flipud(const Tensor& self) {
  check(impl_of(self, "flipud").dim() >= 1, "Input must be >= 1-d.");
  return flip(self, {0});
}

namespace {

Tensor rolled_along(const Tensor& self, int64_t shift, int64_t dim) {
  const int64_t size = self.size(dim);
  if (size == 0) return self;
  const int64_t start = ((size - shift) % size + size) % size;
  if (start == 0) return self;
  return cat({self.narrow(dim, start, size - start), self.narrow(dim, 0, start)}, dim);
}

}  // namespace

// self with the elements moved by shifts[i] along dims[i], those that leave coming in on the other side; of the
// flattened self where dims is empty.
Tensor roll(const Tensor& self, IntArrayRef shifts, IntArrayRef dims) {
  impl_of(self, "roll");
  check(!shifts.empty(), "`shifts` required");
  check(dims.size() == shifts.size() || (dims.empty() && shifts.size() == 1),
        "shifts and dimensions must align. shifts: {}, dims:{}", shifts.size(), dims.size());
  Tensor result = [&] {
    const NoGradGuard unrecorded;
    if (dims.empty())  // no view to those who write to it
      return rolled_along(self.reshape({-1}), shifts[0], 0).reshape(self.sizes()).variable_data();
    Tensor rolled = self;
    for (size_t i = 0; i < dims.size(); ++i) rolled = rolled_along(rolled, shifts[i], dims[i]);
    return rolled;
  }();
  if (result.is_alias_of(self)) result = autograd::copy_detached(result);
  DimVector back(shifts);
  for (int64_t& shift : back) shift = -shift;
  return record("RollBackward0", std::move(result), {self}, {},
                [back, dims = DimVector(dims)](Backward& run) { run.set(0, run.grad().roll(back, dims)); });
}

// self turned by k quarter turns in the plane of two dimensions, from the first to the second.
Tensor rot90(const Tensor& self, int64_t k, IntArrayRef dims) {
  const int64_t rank = impl_of(self, "rot90").dim();
  check(dims.size() == 2, "expected total rotation dims == 2, but got dims = {}", dims.size());
  check(rank >= 2, "expected total dims >= 2, but got total dims = {}", rank);
  const int64_t first = wrap_dim(dims[0], rank), second = wrap_dim(dims[1], rank);
  check(first != second, "expected rotation dims to be different, but got dim0 = {} and dim1 = {}", dims[0], dims[1]);
  switch ((k % 4 + 4) % 4) {
    case 1:
      return named("Rot90Backward0", self.flip({second}).transpose(first, second));
    case 2:
      return named("Rot90Backward0", self.flip({first, second}));
    case 3:
      return named("Rot90Backward0", self.flip({first}).transpose(first, second));
    default:
      return named("Rot90Backward0", clone(self, MemoryFormat::Contiguous));
  }
}

// ---- Triangles ---------------------------------------------------------------------------------------------------

namespace {

struct Triangle {
  const char *name, *in_place, *grad_fn;
  bool lower;
};
constexpr Triangle kTril = {"tril", "tril_", "TrilBackward0", true};
constexpr Triangle kTriu = {"triu", "triu_", "TriuBackward0", false};

void check_matrix(const Triangle& triangle, const Tensor& self) {
  check(impl_of(self, triangle.name).dim() >= 2, "{}: input tensor must have at least 2 dimensions", triangle.name);
}

// Where a matrix keeps its elements.
Tensor triangle_mask(const Triangle& triangle, const Tensor& self, int64_t diagonal) {
  check_matrix(triangle, self);
  const NoGradGuard unrecorded;
  const Tensor row = arange(self.size(-2), kLong).unsqueeze(1), column = arange(self.size(-1), kLong) - diagonal;
  return triangle.lower ? column <= row : column >= row;
}

auto triangle_backward(const Triangle& triangle, int64_t diagonal) {
  return [lower = triangle.lower, diagonal](Backward& run) {
    run.set(0, lower ? run.grad().tril(diagonal) : run.grad().triu(diagonal));
  };
}

Tensor triangle_of(const Triangle& triangle, const Tensor& self, int64_t diagonal) {
  check_matrix(triangle, self);
  Tensor result = make_tensor(self.sizes(), self.scalar_type());
  if (self.numel() > 0) {
    const NoGradGuard unrecorded;
    const Tensor dense = self.contiguous();
    const int64_t rows = self.size(-2), columns = self.size(-1);
    cpu::copy_triangles({self.numel() / (rows * columns), rows, columns, diagonal, triangle.lower},
                        element_size(self.scalar_type()), dense.impl()->data(), result.impl()->data());
  }
  return record(triangle.grad_fn, std::move(result), {self}, {}, triangle_backward(triangle, diagonal));
}

Tensor& keep_triangle(const Triangle& triangle, Tensor& self, int64_t diagonal) {
  const Tensor outside = triangle_mask(triangle, self, diagonal).logical_not();
  InPlace write(triangle.in_place, self);
  {
    const NoGradGuard unrecorded;
    make_alias(self).masked_fill_(outside, 0);
  }
  write.record(triangle.grad_fn, {}, triangle_backward(triangle, diagonal));
  return self;
}

}  // namespace

// Matrices with the elements above (tril) or below (triu) the diagonal-th diagonal set to 0.
Tensor tril(const Tensor& self, int64_t diagonal) { return triangle_of(kTril, self, diagonal); }
Tensor& tril_(Tensor& self, int64_t diagonal) { return keep_triangle(kTril, self, diagonal); }
Tensor triu(const Tensor& self, int64_t diagonal) { return triangle_of(kTriu, self, diagonal); }
Tensor& triu_(Tensor& self, int64_t diagonal) { return keep_triangle(kTriu, self, diagonal); }

namespace method {

// Sets the elements whose indices are all alike; of a tall matrix with `wrap` again from every row that follows a whole
// turn.
Tensor& fill_diagonal_(Tensor& self, const Scalar& fill_value, bool wrap) {
  const detail::TensorImpl& impl = impl_of(self, "fill_diagonal_");
  check(impl.dim() >= 2, "dimensions must larger than 1");
  int64_t length = impl.sizes[0], stride = 0;
  for (size_t d = 0; d < impl.sizes.size(); ++d) {
    check(impl.dim() == 2 || impl.sizes[d] == impl.sizes[0], "all dimensions of input must be of equal length");
    length = std::min(length, impl.sizes[d]);
    stride += impl.strides[d];
  }
  if (impl.dim() > 2) {
    self.as_strided({length}, {stride}, impl.offset).fill_(fill_value);
    return self;
  }
  const int64_t rows = impl.sizes[0], turn = impl.sizes[1] + 1;
  for (int64_t row = 0; row < (wrap ? rows : 1); row += turn) self.slice(0, row).diagonal().fill_(fill_value);
  return self;
}

}  // namespace method

// ---- Counts of values --------------------------------------------------------------------------------------------

// int64 [..., num_classes] with 1 at the class that each element of self names, 0 elsewhere. num_classes -1: one more
// than the largest.
Tensor one_hot(const Tensor& self, int64_t num_classes) {
  check(impl_of(self, "one_hot").dtype == kLong, "one_hot is only applicable to index tensor of type LongTensor.");
  DimVector sizes(self.sizes());
  if (self.numel() == 0) {
    check(num_classes > 0, "Can not infer total number of classes from empty tensor.");
    sizes.push_back(num_classes);
    return zeros(sizes, kLong);
  }
  check(self.min().item().toLong() >= 0, "Class values must be non-negative.");
  const int64_t largest = self.max().item().toLong();
  check(num_classes == -1 || num_classes > 0, "num_classes should be positive");
  check(num_classes == -1 || largest < num_classes, "Class values must be smaller than num_classes.");
  sizes.push_back(num_classes == -1 ? largest + 1 : num_classes);
  return zeros(sizes, kLong).scatter_(-1, self.unsqueeze(-1), 1);
}

// How often each value from 0 on comes in a vector, or the sum of the weights with which it comes.
Tensor bincount(const Tensor& self, const Tensor& weights, int64_t minlength) {
  const NoGradGuard unrecorded;
  const detail::TensorImpl& impl = impl_of(self, "bincount");
  if (is_floating_point(impl.dtype) || impl.dtype == kBool) fail_not_implemented("bincount_cpu", impl.dtype);
  check(minlength >= 0, "minlength should be >= 0");
  check(impl.dim() == 1 && (impl.numel == 0 || self.min().item().toLong() >= 0),
        "bincount only supports 1-d non-negative integral inputs.");
  check(!weights.defined() || weights.sizes() == IntArrayRef(impl.sizes),
        "weights should be 1-d and have the same length as input");
  const int64_t length = std::max(minlength, impl.numel == 0 ? 0 : self.max().item().toLong() + 1);
  const Tensor values = self.to(kLong).contiguous();
  if (!weights.defined()) {
    const Tensor counts = zeros({length}, kLong);
    cpu::count_values(counts.data_ptr<int64_t>(), values.data_ptr<int64_t>(), impl.numel);
    return counts;
  }
  const Tensor sums = zeros({length}, kDouble), summands = weights.to(kDouble).contiguous();
  cpu::count_values(sums.data_ptr<double>(), values.data_ptr<int64_t>(), summands.data_ptr<double>(), impl.numel);
  return weights.scalar_type() == kFloat ? sums.to(kFloat) : sums;
}

// The slices of self along dim (of the flattened self where it is left out), the i-th repeated repeats[i] times.
Tensor repeat_interleave(const Tensor& self, const Tensor& repeats, std::optional<int64_t> dim) {
  check(impl_of(repeats, "repeat_interleave").dim() <= 1, "repeats must be 0-dim or 1-dim tensor");
  if (repeats.scalar_type() != kLong && repeats.scalar_type() != kInt)
    fail_not_implemented("repeat_interleave_cpu", repeats.scalar_type());
  const Tensor source = dim ? self : self.flatten();
  const int64_t d = wrap_dim(dim.value_or(0), impl_of(source, "repeat_interleave").dim());
  const int64_t size = source.dim() == 0 ? 1 : source.size(d);
  check(repeats.numel() == 1 || repeats.numel() == size,
        "repeats must have the same size as input along dim, but got repeats.size(0) = {} and input.size({}) = {}",
        repeats.numel(), d, size);
  const Tensor counts = repeats.to(kLong).reshape({-1}).expand({size}).contiguous();
  check(size == 0 || counts.min().item().toLong() >= 0, "repeats can not be negative");
  const Tensor index = make_tensor({size == 0 ? 0 : counts.sum().item().toLong()}, kLong);
  int64_t* out = index.data_ptr<int64_t>();
  for (int64_t i = 0; i < size; ++i) out = std::fill_n(out, counts.data_ptr<int64_t>()[i], i);
  return index_select(source, d, index);
}

}  // namespace relume
