// Embeddings on the CPU: rows are copied by bytes; gradients are added up column by column piece, so that no two
// threads meet and the order of sums is that of the indices.
#include "kernels/embedding.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "cpu/convert.h"
#include "cpu/dispatch.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"

namespace relume::cpu {
namespace {

constexpr int64_t kGrainBytes = 1 << 16;  // that a thread copies at least
constexpr int64_t kColumnPiece = 64;

// The row numbers as int64, checked.
std::vector<int64_t> checked_rows(const Embedding& embedding) {
  std::vector<int64_t> rows(static_cast<size_t>(embedding.count));
  dispatch<int64_t, int32_t>("embedding", embedding.index_dtype, [&](auto zero) {
    const auto* const index = static_cast<const decltype(zero)*>(embedding.index);
    for (int64_t i = 0; i < embedding.count; ++i) {
      check<IndexError>(index[i] >= 0 && index[i] < embedding.rows, "index out of range in self");
      rows[static_cast<size_t>(i)] = index[i];
    }
  });
  return rows;
}

template <class T>
void add_rows(const Embedding& embedding, const std::vector<int64_t>& rows, const std::vector<double>& scale,
              const T* grad_out, int64_t padding_index, T* grad_table) {
  using C = compute_type<T>;
  const int64_t columns = embedding.columns;
  parallel_for(columns, std::max(kColumnPiece, (1 << 14) / std::max<int64_t>(1, embedding.count)),
               [&](int64_t begin, int64_t end) {
                 const int64_t width = end - begin;
                 const Scratch scratch(embedding.rows * width * static_cast<int64_t>(sizeof(C)));
                 C* const sums = scratch.as<C>();
                 std::fill_n(sums, embedding.rows * width, C(0));
                 for (size_t i = 0; i < rows.size(); ++i) {
                   if (rows[i] == padding_index) continue;
                   const T* const from = grad_out + static_cast<int64_t>(i) * columns + begin;
                   C* const to = sums + rows[i] * width;
                   const C factor = scale.empty() ? C(1) : static_cast<C>(scale[static_cast<size_t>(rows[i])]);
                   for (int64_t j = 0; j < width; ++j) to[j] += static_cast<C>(from[j]) * factor;
                 }
                 for (int64_t r = 0; r < embedding.rows; ++r)
                   for (int64_t j = 0; j < width; ++j)
                     grad_table[r * columns + begin + j] = static_cast<T>(sums[r * width + j]);
               });
}

}  // namespace

void embedding_forward(const Embedding& embedding, const void* table, void* out) {
  const std::vector<int64_t> rows = checked_rows(embedding);
  const int64_t bytes = embedding.columns * element_size(embedding.dtype);
  if (bytes == 0) return;
  parallel_for(embedding.count, std::max<int64_t>(1, kGrainBytes / bytes), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      std::memcpy(static_cast<char*>(out) + i * bytes,
                  static_cast<const char*>(table) + rows[static_cast<size_t>(i)] * bytes, static_cast<size_t>(bytes));
  });
}

void embedding_backward(const Embedding& embedding, const void* grad_out, int64_t padding_index,
                        bool scale_by_frequency, void* grad_table) {
  const std::vector<int64_t> rows = checked_rows(embedding);
  std::vector<double> scale;
  if (scale_by_frequency) {
    scale.resize(static_cast<size_t>(embedding.rows));
    for (int64_t row : rows) ++scale[static_cast<size_t>(row)];
    for (double& value : scale) value = 1 / value;
  }
  dispatch_floating("embedding_backward", embedding.dtype, [&](auto zero) {
    using T = decltype(zero);
    add_rows(embedding, rows, scale, static_cast<const T*>(grad_out), padding_index, static_cast<T*>(grad_table));
  });
}

}  // namespace relume::cpu
