// The innermost loops of resampling, one table of them a SIMD target.
#pragma once

#include "kernels/resample.h"

namespace relume::cpu {

struct ResampleLoops {
  // A line of `in` elements to one of `out`.
  void (*line)(const Resample& work, const void* x, void* y);
  // y[j] = sum over the taps of weights[t] * x[index[t] * n + j], for n neighbours j.
  void (*rows)(const void* x, const int64_t* index, const void* weights, int64_t taps, int64_t n, void* y);
};

// Of the target in use, for T = float and double.
template <class T>
const ResampleLoops& resample_loops();

}  // namespace relume::cpu
