// Householder's reflections I - t v v^T, v[0] = 1, one by one and in blocks: what QR and the reductions to tridiagonal
// and bidiagonal matrices are made of.
#pragma once

#include <cstdint>

#include "cpu/scratch.h"

namespace relume::cpu {

// A matrix whose elements are `row` and `col` apart.
template <class T>
struct Strided {
  const T* data;
  int64_t row, col = 1;
  Strided turned() const { return {data, col, row}; }
};

// C = alpha A B + beta C, A [m, k], B [k, n], C [m, n] with rows of neighbours c_row apart; the same bits for any
// number of threads.
template <class T>
void multiply(double alpha, Strided<T> a, Strided<T> b, double beta, T* c, int64_t c_row, int64_t m, int64_t n,
              int64_t k);

// Makes the reflection that turns x [n] into (b, 0, ..., 0): x becomes (b, v[1], ...). b has the sign that x[0] has
// not; returns t, which is 0 where there is nothing to turn.
template <class T>
T make_reflection(T* x, int64_t n);

// Columns or rows that are reduced together, before the rest of the matrix follows in products.
inline constexpr int64_t kBlock = 32;

// (I - t0 v0 v0^T) (I - t1 v1 v1^T) ... = I - V^T F V of `count` reflections, at most kBlock, whose vectors are the
// rows of V [count, n], zeros before their first 1 (Schreiber and Van Loan, 1989: the compact WY form).
template <class T>
class BlockReflection {
 public:
  BlockReflection(const T* vectors, int64_t row, int64_t count, int64_t n, const T* factors);

  // C [n, columns] becomes this times C, or its transpose times C.
  void apply(T* c, int64_t c_row, int64_t columns, bool transposed) const;
  // C [rows, n] becomes C times the transpose of this: rows are turned as columns by apply().
  void apply_to_rows(T* c, int64_t c_row, int64_t rows) const;

 private:
  const Strided<T> vectors_;
  const int64_t count_, n_;
  T triangle_[kBlock * kBlock];  // F, upper
};

// The rows [count, n] of C are turned by all reflections, the last first: those of rows `begin` + i of V have their 1
// at place i + `first`, and are taken in the blocks that they were made in.
void reflect_rows(const double* vectors, int64_t row, int64_t reflections, int64_t first, const double* factors,
                  double* c, int64_t c_row, int64_t count, int64_t n);

// Q^T A Q = T for symmetric A [n, n], of which the upper half is read: T has diagonal d [n] and beside it e [n - 1].
// Row j of A becomes v of the reflection j, from column j + 1 on and zeros in front, for reflect_rows with `factors` [n
// - 1] and first = 1.
void tridiagonalize(double* a, int64_t n, double* d, double* e, double* factors);

// Q^T A P = B for A [rows, n], rows >= n: B has diagonal d [n] and above it e [n - 1]. The reflections that Q is made
// of are the rows of `left` [n, rows], first = 0, those of P the rows of `right` [n, n], first = 1; their factors are
// [n] both.
void bidiagonalize(double* a, int64_t rows, int64_t n, double* d, double* e, double* left, double* left_factors,
                   double* right, double* right_factors);

}  // namespace relume::cpu
