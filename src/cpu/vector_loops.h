// The innermost loops of decompositions of matrices over vectors of neighbours, for each SIMD target.
#pragma once

#include <cstdint>

namespace relume::cpu {

// Sums run in an order that depends on the target alone. Matrices have `rows` rows of n neighbours, `row` elements
// apart; x and y are vectors of neighbours too.
template <class T>
struct VectorLoops {
  T (*dot)(const T* x, const T* y, int64_t n);
  void (*add)(const T* x, T factor, int64_t n, T* y);                                      // y += factor * x
  void (*rows_times)(const T* a, int64_t row, int64_t rows, int64_t n, const T* x, T* y);  // y = A x
  void (*add_rows)(const T* a, int64_t row, int64_t rows, int64_t n, const T* x, T* y);    // y += x A

  // Those that follow are for double alone, and null for float.
  void (*scale)(T factor, int64_t n, T* x);  // x *= factor
  // (x, y) = (c x - s y, s x + c y)
  void (*rotate)(T* x, T* y, T c, T s, int64_t n);
  // y += A x for the symmetric matrix [n, n] that has these first rows, of which only the upper half is read, and is
  // zero elsewhere.
  void (*add_symmetric)(const T* a, int64_t row, int64_t rows, int64_t n, const T* x, T* y);
  // The sums of z[i] / d[i] and of z[i] / d[i]^2.
  void (*secular)(const T* z, const T* d, int64_t n, T* sum, T* slope);
};

// Of the target in use, for T = float and double.
template <class T>
const VectorLoops<T>& vector_loops();

}  // namespace relume::cpu
