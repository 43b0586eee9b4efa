// Gradients of tables of rows, for embedding and embedding_bag.
#pragma once

#include "kernels/embedding.h"
#include "relume/ops.h"

namespace relume {

struct TableGradient {
  int64_t rows;
  int64_t padding;  // the number of the row that gets no gradient, or -1
  bool scale_by_frequency;
};

cpu::Embedding describe_embedding(const Tensor& indices, ScalarType dtype, int64_t rows, int64_t columns);

// The gradient of the table whose rows the indices took, or, if it is defined, put into the bags [indices.numel()] that
// `grad` has a row each for. It is linear in `grad`: its own gradient is a look-up again.
Tensor table_gradient(const Tensor& grad, const Tensor& indices, const Tensor& bag, TableGradient options);

}  // namespace relume
