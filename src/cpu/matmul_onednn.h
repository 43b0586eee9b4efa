// float32 and bfloat16 matrix products by oneDNN: by its batched-reduce kernels, or by its sgemm.
#pragma once

#include "kernels/matmul.h"

namespace relume::cpu::onednn {

// Computes what gemm() does and returns true; or returns false, with nothing done, where oneDNN has no such kernel for
// the product or its own overhead would show.
bool gemm(const Gemm& g);

// C = alpha A B + beta C: elements of A, B and C are a[i * a_row + p * a_col], b[p * b_row + j * b_col] and c[i * c_row
// + j * c_col].
template <class T>
struct Product {
  int64_t m, n, k;
  const T* a;
  int64_t a_row, a_col;
  const T* b;
  int64_t b_row, b_col;
  T* c;
  int64_t c_row;
  T alpha, beta;
  bool repeatable = false;  // the same bits for any number of threads
  int64_t c_col = 1;
};

// Computes it by oneDNN's sgemm and returns true; or returns false, with nothing done, where the library's own tiles
// are quicker or were asked for.
bool sgemm(const Product<float>& p);

}  // namespace relume::cpu::onednn
