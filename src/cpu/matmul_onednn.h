// float32 and bfloat16 matrix products by oneDNN: by its batched-reduce kernels, or by its sgemm.
#pragma once

#include "kernels/matmul.h"

namespace relume::cpu::onednn {

// Computes what gemm() does and returns true; or returns false, with nothing done, where oneDNN has no such kernel for
// the product or its own overhead would show.
bool gemm(const Gemm& g);

// C = alpha A B + beta C of float32, with C's rows contiguous; elements of A and B are a[i * a_row + p * a_col] and b[p
// * b_row + j * b_col].
struct FloatProduct {
  int64_t m, n, k;
  const float* a;
  int64_t a_row, a_col;
  const float* b;
  int64_t b_row, b_col;
  float* c;
  int64_t c_row;
  float alpha, beta;
};

// Computes it by oneDNN's sgemm and returns true; or returns false, with nothing done, where the library's own tiles
// are quicker or were asked for.
bool multiply(const FloatProduct& p);

}  // namespace relume::cpu::onednn
