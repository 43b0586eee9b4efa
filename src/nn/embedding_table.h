// Tables of embeddings, of Embedding and EmbeddingBag.
#pragma once

#include "relume/ops.h"

namespace relume::nn::detail {

// The row of a table of `rows` that padding_idx names, which may count from the end. Throws Error where there is none.
int64_t padding_row(int64_t padding_idx, int64_t rows);

// `given`, checked to be [rows, width], or where it is undefined a table of that shape without values. An error calls
// it `name`.
Tensor make_table(const char* name, const Tensor& given, int64_t rows, int64_t width);

// embedding_renorm_() of a parameter.
inline void shorten_rows(const Tensor& weight, const Tensor& indices, double max_norm, double norm_type) {
  Tensor table = weight.detach();
  embedding_renorm_(table, indices, max_norm, norm_type);
}

}  // namespace relume::nn::detail
