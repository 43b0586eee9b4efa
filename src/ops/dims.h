// Lists of dimensions, as reductions and index ops take them.
#pragma once

#include <cstdint>

#include "core/check.h"
#include "core/tensor_impl.h"

namespace relume {

// Dimensions of a tensor as bits: bit d is set for dimension d.
using DimSet = uint64_t;

inline bool contains(DimSet dims, size_t d) { return dims >> d & 1; }

// The set of a list of dimensions, which may count from the end; all of them where the list is empty. Throws IndexError
// for one out of range, Error for one that comes twice.
DimSet dim_set(IntArrayRef dims, int64_t rank);

// Sizes after a reduction of the dimensions: without them, or with 1 in their place.
DimVector reduced_sizes(IntArrayRef sizes, DimSet dims, bool keepdim);

// Product of the sizes in the set.
int64_t numel_of(IntArrayRef sizes, DimSet dims);

// The sizes of a batch of matrices, without those of the matrices.
inline IntArrayRef batch_sizes(const Tensor& matrices) {
  return IntArrayRef(matrices.sizes().data(), matrices.sizes().size() - 2);
}

// The sizes of a tensor with the last `count` replaced.
inline DimVector with_last(const Tensor& tensor, size_t count, std::initializer_list<int64_t> sizes) {
  DimVector result;
  for (size_t d = 0; d + count < tensor.sizes().size(); ++d) result.push_back(tensor.sizes()[d]);
  for (const int64_t size : sizes) result.push_back(size);
  return result;
}

// A reduced tensor with its reduced dimensions, of size 1, in place again; as it is where they were kept.
Tensor with_dims(const Tensor& reduced, IntArrayRef sizes, DimSet dims);

// The gradient of values that were picked by `indices` along dim, in a tensor of `sizes`.
Tensor selected_backward(const Tensor& grad, IntArrayRef sizes, int64_t dim, const Tensor& indices);

}  // namespace relume
