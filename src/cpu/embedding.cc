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
              const T* grad_out, const int64_t* bag, int64_t padding_index, T* grad_table) {
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
                   const T* const from = grad_out + (bag ? bag[i] : static_cast<int64_t>(i)) * columns + begin;
                   C* const to = sums + rows[i] * width;
                   const C factor = scale.empty() ? C(1) : static_cast<C>(scale[static_cast<size_t>(rows[i])]);
                   for (int64_t j = 0; j < width; ++j) to[j] += static_cast<C>(from[j]) * factor;
                 }
                 for (int64_t r = 0; r < embedding.rows; ++r)
                   for (int64_t j = 0; j < width; ++j)
                     grad_table[r * columns + begin + j] = static_cast<T>(sums[r * width + j]);
               });
}

// body(b, begin, end) for each bag b with the places of its numbers.
template <class Body>
void for_each_bag(const Embedding& embedding, const EmbeddingBags& bags, const Body& body) {
  const int64_t work = embedding.columns * embedding.count * element_size(embedding.dtype);
  parallel_for(bags.count, kGrainBytes * bags.count / std::max<int64_t>(1, work), [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b) body(b, bags.starts[b], bags.starts[b + 1]);
  });
}

// Vectors of as many columns as have their sums in registers.
template <class T>
struct Columns {
  static constexpr int64_t kVectors = 8, kLanes = 16 / sizeof(T), kWidth = kVectors * kLanes;
  using Vector [[gnu::vector_size(16)]] = T;
};

// One bag's sums of `width` columns, from the first that `table` and `out` point to.
template <class T, bool kInRegisters>
void sum_columns(const Embedding& embedding, int64_t padding_index, int64_t begin, int64_t end, const T* table,
                 const T* factors, bool mean, T* out, int64_t width) {
  using C = compute_type<T>;
  const auto* const index = static_cast<const int64_t*>(embedding.index);
  constexpr int64_t kAhead = 6;  // rows that are fetched before they are needed
  int64_t count = 0;
  const auto for_each = [&](const auto& add) {
    for (int64_t i = begin; i < end; ++i) {
      if (i + kAhead < end) {
        const char* const ahead = reinterpret_cast<const char*>(table + index[i + kAhead] * embedding.columns);
        __builtin_prefetch(ahead);
        __builtin_prefetch(ahead + 64);
      }
      if (index[i] == padding_index) continue;
      ++count;
      add(table + index[i] * embedding.columns, factors ? static_cast<C>(factors[i]) : C(1));
    }
  };
  C sums[kColumnPiece];
  if constexpr (kInRegisters) {
    using Vector = typename Columns<T>::Vector;
    constexpr int64_t kVectors = Columns<T>::kVectors;
    Vector parts[kVectors] = {};
    for_each([&](const T* row, C factor) {
#pragma GCC unroll 8
      for (int64_t j = 0; j < kVectors; ++j) {
        Vector x;
        std::memcpy(&x, row + j * Columns<T>::kLanes, sizeof x);
        parts[j] += x * factor;
      }
    });
    std::memcpy(sums, parts, sizeof parts);
  } else {
    std::fill_n(sums, width, C(0));
    for_each([&](const T* row, C factor) {
      for (int64_t j = 0; j < width; ++j) sums[j] += static_cast<C>(row[j]) * factor;
    });
  }
  const C divisor = mean && count > 0 ? static_cast<C>(count) : C(1);
  for (int64_t j = 0; j < width; ++j) out[j] = static_cast<T>(sums[j] / divisor);
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

void embedding_backward(const Embedding& embedding, const void* grad_out, const int64_t* bag, int64_t padding_index,
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
    add_rows(embedding, rows, scale, static_cast<const T*>(grad_out), bag, padding_index, static_cast<T*>(grad_table));
  });
}

void embedding_bag_sums(const Embedding& embedding, const EmbeddingBags& bags, const void* table, const void* factors,
                        bool mean, void* out) {
  dispatch_floating("embedding_bag", embedding.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each_bag(embedding, bags, [&](int64_t b, int64_t begin, int64_t end) {
      for (int64_t c = 0, width = 0; c < embedding.columns; c += width) {
        const int64_t rest = embedding.columns - c;
        const auto sum = [&](auto in_registers) {
          sum_columns<T, decltype(in_registers)::value>(
              embedding, bags.padding_index, begin, end, static_cast<const T*>(table) + c,
              static_cast<const T*>(factors), mean, static_cast<T*>(out) + b * embedding.columns + c, width);
        };
        if constexpr (!is_half_type<T>)
          if (rest >= Columns<T>::kWidth) {
            width = Columns<T>::kWidth;
            sum(std::true_type());
            continue;
          }
        width = std::min(rest, kColumnPiece);
        sum(std::false_type());
      }
    });
  });
}

void embedding_bag_maxima(const Embedding& embedding, const EmbeddingBags& bags, const void* table, int64_t* from) {
  const auto* const index = static_cast<const int64_t*>(embedding.index);
  const int64_t columns = embedding.columns;
  dispatch_floating("embedding_bag", embedding.dtype, [&](auto zero) {
    const auto* const rows = static_cast<const decltype(zero)*>(table);
    for_each_bag(embedding, bags, [&](int64_t b, int64_t begin, int64_t end) {
      int64_t* const best = from + b * columns;
      bool empty = true;
      std::fill_n(best, columns, 0);
      for (int64_t i = begin; i < end; ++i) {
        if (index[i] == bags.padding_index) continue;
        for (int64_t c = 0; c < columns; ++c) {
          const bool larger = rows[index[i] * columns + c] > rows[best[c] * columns + c];
          best[c] = empty || larger ? index[i] : best[c];
        }
        empty = false;
      }
    });
  });
}

}  // namespace relume::cpu
