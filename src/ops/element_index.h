// An index for each element: what gather, scatter and their reductions share.
#pragma once

#include "ops/pick.h"

namespace relume {

// out[i][j] = self[index[i][j]][j]: an index along dim, the element's own place along the others.
struct ElementIndex {
  const Tensor& self;
  int64_t dim;
  Tensor index;

  PickedPlaces operator()(IntArrayRef strides) const;
};

// Throws where the index fits no tensor of self's dimensions; `of` is what the text calls self.
ElementIndex element_index(const char* op, const char* of, const Tensor& self, int64_t dim, const Tensor& index);

// The part of the source that the index covers.
Tensor checked_scatter_source(const char* op, const ElementIndex& places, const Tensor& source);

}  // namespace relume
