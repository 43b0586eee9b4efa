// Matrix products: one general product that covers gemm, gemv, dot and their batches.
#pragma once

#include <cstdint>
#include <memory>

#include "core/tensor_impl.h"
#include "relume/dtype.h"

namespace relume::cpu {

// C = alpha * A B + beta * C + bias, repeated for each matrix of a batch.
// A is m x k and B is k x n, each with any row and column stride (so a transpose is a swap of two strides); C is m x n
// with contiguous rows. Strides are in elements; a batch stride of 0 uses the same matrix for the whole batch.
// C is not read when beta is 0. Half types and small integers are accumulated in a wider type and rounded once.
struct Gemm {
  ScalarType dtype = kFloat;
  int64_t m = 0, n = 0, k = 0;
  const void* a = nullptr;
  int64_t a_row = 0, a_col = 1;
  const void* b = nullptr;
  int64_t b_row = 0, b_col = 1;
  void* c = nullptr;
  int64_t c_row = 0;
  double alpha = 1, beta = 0;
  const void* bias = nullptr;  // n elements, added to every row; null for none
  int64_t batch = 1, a_batch = 0, b_batch = 0, c_batch = 0;
  // Not null where B stays as it is for later products: what was kept of it, to be used and replaced.
  std::shared_ptr<const detail::Derived>* kept_b = nullptr;
  bool repeatable = false;  // the same bits for any number of threads, whatever was asked for
  bool float_c = false;     // C is float32, whatever A and B are: for gemm_to_float()
};

// Throws NotImplementedError for dtypes that PyTorch has no product for (bool, uint16). The same bits come out for any
// number of threads where use_deterministic_algorithms() asks for that.
void gemm(const Gemm& problem);

// The product of bfloat16 matrices as float32, with beta 0 and no bias; or false, with nothing done, where there are no
// kernels that are faster than products in float32.
bool gemm_to_float(const Gemm& problem);

}  // namespace relume::cpu
