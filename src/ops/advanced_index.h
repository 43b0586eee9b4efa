// Indexing by index tensors and masks, one a dimension, as x[rows, columns] does.
#pragma once

#include <vector>

#include "ops/pick.h"

namespace relume {

// The places of the elements that the indices name. Undefined indices, and those left out at the end, stand for whole
// dimensions; a mask covers as many as it has itself. Index tensors broadcast together; their dimensions come where the
// first of them stands, or first of all where a whole dimension is between them. Throws IndexError.
PlacesFor index_places(const Tensor& self, std::vector<Tensor> indices);

}  // namespace relume
