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

// grad_table[index[i], :] += grad_out[bag ? bag[i] : i, :], from zero, in the order of i. Rows with the number
// padding_index get nothing; with scale_by_frequency a row's gradient is divided by how often it was taken. Floating
// types.
void embedding_backward(const Embedding& embedding, const void* grad_out, const int64_t* bag, int64_t padding_index,
                        bool scale_by_frequency, void* grad_table);

// Bags of rows of a table: bag b has the numbers from starts[b] to before starts[b + 1], but for padding_index.
struct EmbeddingBags {
  const int64_t* starts = nullptr;
  int64_t count = 0;
  int64_t padding_index = -1;
};

// out[b, :] = the sum over bag b of table[index[i], :], times factors[i] if given; divided by how many they are, if
// `mean`. Floating types. Numbers are int64 and in range.
void embedding_bag_sums(const Embedding& embedding, const EmbeddingBags& bags, const void* table, const void* factors,
                        bool mean, void* out);

// from[b, c] = the first number in bag b whose row has the largest element in column c: one that no later one exceeds.
// 0 for an empty bag.
void embedding_bag_maxima(const Embedding& embedding, const EmbeddingBags& bags, const void* table, int64_t* from);

}  // namespace relume::cpu
