// Decompositions of batches of float64 matrices [..., M, N], as tensors, without gradients.
#pragma once

#include <tuple>

#include "relume/tensor.h"

namespace relume {

// A = P L U. `packed` holds L, with ones on its diagonal, below the diagonal, and U on it and above; swaps, int32,
// which row each step swapped with; order, int64, the rows of A in the order that this makes; sign that of the
// permutation.
struct LuFactors {
  Tensor packed, swaps, order, sign;
  Tensor pivots() const { return packed.diagonal(0, -2, -1); }
};
LuFactors lu_factors(const Tensor& matrices);

// The order of that many rows, int64, that swapping row k with row swaps[k], for each k in turn, makes.
Tensor row_order(const Tensor& swaps, int64_t rows);

// The place of the first pivot that is 0, from 1, or 0 where none is; int32.
Tensor zero_pivots(const LuFactors& factors);

// X with A X = B for square A and B [..., N, K] of the same batch.
Tensor lu_solution(const LuFactors& factors, const Tensor& right);

// X with T X = B for triangular T; with `unit`, the diagonal of T counts as 1.
Tensor triangular_solution(const Tensor& triangles, const Tensor& right, bool upper, bool unit);

// The lower factor, and the order of the first minor that is not positive (0 where all are), int32.
std::tuple<Tensor, Tensor> cholesky_factors(const Tensor& matrices);

// The eigenvalues, ascending, and eigenvectors of symmetric matrices: NaN of one that is not finite.
std::tuple<Tensor, Tensor> eigh_factors(const Tensor& matrices);

// U, the singular values, descending, and V^T; with `square`, U and V are. Throws LinAlgError for a matrix with NaN;
// one with infinities has NaN for factors.
std::tuple<Tensor, Tensor, Tensor> svd_factors(const Tensor& matrices, bool square);

}  // namespace relume
