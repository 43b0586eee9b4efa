// Embeddings: rows of a table by their numbers, and the gradient of the table.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume::cpu {

// A table of rows x columns, and `count` row numbers of dtype int32 or int64.
struct Embedding {
  ScalarType dtype = kFloat;
  int64_t rows = 0, columns = 0;
  ScalarType index_dtype = kLong;
  const void* index = nullptr;
  int64_t count = 0;
};

// out[i, :] = table[index[i], :]. Any dtype. Throws IndexError for numbers outside [0, rows).
void embedding_forward(const Embedding& embedding, const void* table, void* out);

// grad_table[index[i], :] += grad_out[i, :], from zero, in the order of i. Rows with the number padding_index get
// nothing; with scale_by_frequency a row's gradient is divided by how often it was taken. Floating types.
void embedding_backward(const Embedding& embedding, const void* grad_out, int64_t padding_index,
                        bool scale_by_frequency, void* grad_table);

}  // namespace relume::cpu
