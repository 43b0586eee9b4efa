// Eigenvalues of tridiagonal and singular values of bidiagonal matrices, whose elements are of the order of 1.
#pragma once

#include <cstdint>

namespace relume::cpu {

// The eigenvalues, ascending, of the symmetric matrix [n, n] with d [n] on its diagonal and e [n - 1] beside it: they
// take the place of d, and e, which has room for n, is destroyed. The rows [n, n] become the eigenvectors, unless null.
void tridiagonal_eigen(double* d, double* e, int64_t n, double* rows);

// The singular values, ascending, of the matrix [n, n] with d [n] on its diagonal and e [n - 1] above it: they take the
// place of d, and e is destroyed. The rows [n, n] of left and right become the singular vectors, unless both are null.
void bidiagonal_svd(double* d, double* e, int64_t n, double* left, double* right);

// Problems up to this size are not divided.
inline constexpr int64_t kUndivided = 32;

}  // namespace relume::cpu
