// Elements picked from a tensor by offsets: what every op that takes index tensors comes down to, with its gradients.
#pragma once

#include <functional>

#include "core/tensor_impl.h"
#include "kernels/index.h"
#include "ops/elementwise.h"
#include "relume/tensor.h"

namespace relume {

// Which elements: the one at `at` lies sum(at * strides) + offsets[sum(at * offset_strides)] behind the first.
struct Picks {
  DimVector sizes;           // of what is picked
  DimVector strides;         // of the tensor; 0 in the dimensions that the offsets cover
  DimVector offset_strides;  // of the offsets; 0 in the others
  cpu::OffsetUnits units = {};
};
struct PickedPlaces {
  Picks picks;
  Tensor offsets;                            // int64, dense
  std::function<void(int64_t)> refuse = {};  // throws, for an offset that is out of range of the units
};

// Makes the places for a tensor with these strides; throws for an index out of range.
using PlacesFor = std::function<PickedPlaces(IntArrayRef strides)>;

// The picked elements as a new tensor. `index`, where given, must not be written to before the backward.
Tensor pick(const char* grad_fn, const Tensor& self, const PlacesFor& places, const Tensor& index = {});

// How picked elements are written.
struct PutRow {
  const char* in_place;             // "index_put_"
  const char* grad_fn;              // "IndexPutBackward0"
  bool accumulate;                  // adds to what is there
  const char* shared_as = nullptr;  // how programs write to elements that share a place, where that is allowed
  Overlap overlap = Overlap::None;  // of self and the values or the index, as far as it is allowed
};
// self with the values, broadcast, in the picked places. Values have self's dtype.
Tensor put(const PutRow& row, const Tensor& self, const Tensor& values, const PlacesFor& places,
           const Tensor& index = {});
Tensor& put_into(const PutRow& row, Tensor& self, const Tensor& values, const PlacesFor& places,
                 const Tensor& index = {});

// Reduces the values, which have self's dtype and no gradient, into the picked places of self.
void reduce_into(cpu::IndexedOp op, const Tensor& self, const Tensor& values, const PlacesFor& places);

// An index tensor as int64 without gaps.
Tensor dense_index(const Tensor& index);

// offsets += index * stride, both dense. Returns the first index that is out of range, if there is one. Indices below 0
// count from the end where `wrap` is set.
std::optional<int64_t> add_offsets(const Tensor& offsets, const Tensor& index, int64_t size, int64_t stride, bool wrap);

}  // namespace relume
