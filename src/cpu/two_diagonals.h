// Eigenvalues of tridiagonal and singular values of bidiagonal matrices, whose elements are of the order of 1.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace relume::cpu {

// The eigenvalues, ascending, of the symmetric matrix [n, n] with d [n] on its diagonal and e [n - 1] beside it: they
// take the place of d, and e, which has room for n, is destroyed. The rows [n, n] become the eigenvectors, unless null.
void tridiagonal_eigen(double* d, double* e, int64_t n, double* rows);

// The singular values, ascending, of the matrix [n, n] with d [n] on its diagonal and e [n - 1] above it: they take the
// place of d, and e is destroyed. The rows [n, n] of left and right become the singular vectors, unless both are null.
void bidiagonal_svd(double* d, double* e, int64_t n, double* left, double* right);

// The same with e below the diagonal, by way of the matrix with e above it that rotations of its rows give; left and
// right are not null.
void lower_bidiagonal_svd(double* d, double* e, int64_t n, double* left, double* right);

// The length of (f, g), none of which is large, to all digits even where squares would lose some to underflow.
inline double length_of(double f, double g) {
  constexpr double kSmall = std::numeric_limits<double>::min() / std::numeric_limits<double>::epsilon();
  const double square = f * f + g * g;
  return square > kSmall ? std::sqrt(square) : std::hypot(f, g);
}

// Problems up to this size are not divided.
inline constexpr int64_t kUndivided = 32;

}  // namespace relume::cpu
