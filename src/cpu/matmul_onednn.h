// float32 and bfloat16 matrix products by oneDNN's batched-reduce kernels.
#pragma once

#include "kernels/matmul.h"

namespace relume::cpu::onednn {

// Computes what gemm() does and returns true; or returns false, with nothing done, where oneDNN has no such kernel for
// the product or its own overhead would show.
bool gemm(const Gemm& g);

}  // namespace relume::cpu::onednn
