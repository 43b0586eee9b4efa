// One dimension in another size: each element of the result is a weighted sum of a few of the input.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume::cpu {

// y[a, o, b] = sum of weights[o, t] * x[a, index[o, t]] over the taps t of o, for x [outer, in, inner] and y [outer,
// out, inner], both dense. Sums begin with the first tap.
struct Resample {
  int64_t outer = 0, in = 0, out = 0, inner = 0;
  int64_t taps = 1;                // of an element at most; rows of index and weights
  const int64_t* index = nullptr;  // [out, taps]
  const void* weights = nullptr;   // [out, taps], of the dtype
  const int64_t* count = nullptr;  // [out], the taps in use; null where all are
  // Which of rows_in rows of x each of rows_out rows of y, among the outer ones, is of; null where each is of its own.
  // For resample_nearest, with inner == 1.
  const int64_t* rows = nullptr;
  int64_t rows_in = 1, rows_out = 1;
};

// float32 and float64.
void resample(const Resample& work, ScalarType dtype, const void* x, void* y);
// y[a, o, b] = x[a, index[o], b], for one tap and any dtype; weights are not read.
void resample_nearest(const Resample& work, ScalarType dtype, const void* x, void* y);

}  // namespace relume::cpu
