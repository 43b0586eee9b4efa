// Decompositions of batches of matrices [..., M, N] as tensors, without gradients: computed in float64 where the
// matrices are of float64 or where it says so, else in float32.
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

// Q [..., M, width], width = min(M, N) or M, and R [..., width, N].
std::tuple<Tensor, Tensor> qr_factors(const Tensor& matrices, int64_t width);

// R [..., N, N] and Q^T B [..., N, K] for matrices [..., M, N], M >= N, and B [..., M, K] of the same batch.
std::tuple<Tensor, Tensor> qr_reduced(const Tensor& matrices, const Tensor& right);

// The eigenvalues, ascending, and eigenvectors of symmetric matrices, of which the upper half is read, in float64: NaN
// of one that is not finite. The eigenvectors are undefined where they are not wanted.
std::tuple<Tensor, Tensor> eigh_factors(const Tensor& matrices, bool vectors = true);

// U, the singular values, descending, and V^T, in float64; which vectors are wanted: none (U and V are undefined), as
// many as there are values, or square matrices. Throws LinAlgError for a matrix with NaN; one with infinities has NaN
// for factors.
enum class Vectors { kNone, kThin, kSquare };
std::tuple<Tensor, Tensor, Tensor> svd_factors(const Tensor& matrices, Vectors vectors);

}  // namespace relume
