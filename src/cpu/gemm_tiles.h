// The innermost loops of matrix products, one table of them a SIMD target.
#pragma once

#include <cstdint>

namespace relume::cpu {

// A tile of C: `rows` x one or two vectors of columns, or a small block of dot products.
template <class T>
struct GemmTiles {
  // C tile = alpha * A B + beta * C (C is not read when beta is 0). A's element (r, p) is a[r * a_row + p * a_col];
  // B's row p is one or two full vectors at b + p * b_row. Sums run over p in order, one fused step each.
  using Outer = void (*)(int64_t rows, int64_t k, const T* a, int64_t a_row, int64_t a_col, const T* b, int64_t b_row,
                         T* c, int64_t c_row, T alpha, T beta);
  // out[r * cols + c] = dot(row r of A, row c of B), both contiguous along k.
  using Dot = void (*)(int64_t rows, int64_t cols, int64_t k, const T* a, int64_t a_row, const T* b, int64_t b_row,
                       T* out);

  int64_t lanes;     // columns of a one-vector tile; a wide tile has twice as many
  int64_t max_rows;  // of an outer tile
  int64_t dot_rows;  // largest block of dot products; a single row takes kDotColumns columns
  Outer narrow, wide;
  Dot dot;
  // y[i] = factor * x[i], the sum of one term that a tile forms. Null for integers.
  void (*scaled)(int64_t n, T factor, const T* x, T* y);
  // All of a small product, as Outer computes it: nothing of what is no whole vector is copied. Null where no part of a
  // vector can be read or written, and for other types than float.
  void (*small)(int64_t m, int64_t n, int64_t k, const T* a, int64_t a_row, int64_t a_col, const T* b, int64_t b_row,
                T* c, int64_t c_row, T alpha, T beta);
};

inline constexpr int64_t kMaxTileRows = 12;
inline constexpr int64_t kMaxTileColumns = 32;
inline constexpr int64_t kDotColumns = 4;

// Of the target in use, for T = float, double, int32_t and int64_t.
template <class T>
const GemmTiles<T>& gemm_tiles();

}  // namespace relume::cpu
