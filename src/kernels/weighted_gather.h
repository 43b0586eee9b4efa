// Weighted sums of a few elements of a row, the same places and weights for all rows of an image, and their transposes.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume::cpu {

// x [batch, channels, pixels], y [batch, channels, points], weights and index [batch, points, taps], all dense; each
// index is in [0, pixels), or negative where a tap counts nothing.
struct WeightedGather {
  int64_t batch, channels, pixels, points, taps;
  const int64_t* index;
};

// float32 and float64.
// y[n, c, p] = sum over t of weights[n, p, t] * x[n, c, index[n, p, t]].
void weighted_gather(const WeightedGather& work, ScalarType dtype, const void* x, const void* weights, void* y);
// x[n, c, i] = sum of weights[n, p, t] * y[n, c, p] over index[n, p, t] == i.
void weighted_scatter(const WeightedGather& work, ScalarType dtype, const void* y, const void* weights, void* x);
// weights[n, p, t] = sum over c of y[n, c, p] * x[n, c, index[n, p, t]].
void weighted_products(const WeightedGather& work, ScalarType dtype, const void* x, const void* y, void* weights);

}  // namespace relume::cpu
