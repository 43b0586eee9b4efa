// Tables of embeddings whose rows have a largest norm.
#pragma once

#include "relume/tensor.h"

namespace relume::nn::detail {

// Scales the rows that `indices` name down to max_norm, in place, where they are longer.
void renormalise_rows(Tensor weight, const Tensor& indices, double max_norm, double norm_type);

}  // namespace relume::nn::detail
