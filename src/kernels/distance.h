// Euclidean distances between the rows of a matrix.
#pragma once

#include <cstdint>

namespace relume::cpu {

// out[k] = |x_i - x_j| for the pairs i < j of rows of x [rows, columns], dense, in row-major order.
void pair_distances(const float* x, int64_t rows, int64_t columns, float* out);

// out_i = the sum over j of ratio * (x_i - x_j), with the ratio grads[k] / distances[k] of the pair, 0 where the
// distance is 0: the gradient of distances.
void pair_distances_backward(const float* x, int64_t rows, int64_t columns, const float* grads, const float* distances,
                             float* out);

}  // namespace relume::cpu
