// Evenly spaced numbers.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume::cpu {

// out[i] = first + i * step for i in [0, n), of float32 and float64 in double, of int64 wrapping around.
void fill_ramp(float* out, int64_t n, double first, double step);
void fill_ramp(double* out, int64_t n, double first, double step);
void fill_ramp(int64_t* out, int64_t n, int64_t first, int64_t step);

// out[i] = first + i * step in the first half and last - (n - 1 - i) * step in the other, each rounded once.
void fill_between(float* out, int32_t n, float first, float last, float step);

}  // namespace relume::cpu
