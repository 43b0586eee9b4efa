// Decompositions of one matrix of float64, whose rows follow each other.
#pragma once

#include <cstdint>
#include <vector>

namespace relume::cpu {

// Gauss's elimination with partial pivoting, in place: L, with ones on its diagonal, below the diagonal, and U on it
// and above. swaps[k] is the row, from k on, with which step k swapped row k; there are min(rows, columns) steps.
void eliminate(double* a, int64_t rows, int64_t columns, int32_t* swaps);

// X [size, width] with T X = B for triangular T [size, size], in place of B; with `unit`, the diagonal of T counts
// as 1. A zero on the diagonal gives infinity.
void substitute(const double* t, double* b, int64_t size, int64_t width, bool upper, bool unit);

// The lower triangle L with L L^T = A; only the lower half of A is read, and the upper one of L is left as it is.
// Returns the order of the first minor that is not positive, 0 where all are.
int32_t cholesky(const double* a, double* lower, int64_t size);

// The eigenvalues of a symmetric matrix, ascending, and the eigenvectors as the columns of `vectors`, by Jacobi's
// method. Destroys a.
void symmetric_eigen(double* a, int64_t size, double* values, double* vectors);

// The singular values, descending, of a matrix with columns of length n, given as `count` rows, count <= n, by
// Hestenes's one-sided Jacobi method: A = left diag(values) right^T. left is [n, n] if it is to be square, else [n,
// count], right [count, count].
void singular_values(std::vector<double> columns, int64_t count, int64_t n, bool square, double* left, double* values,
                     double* right);

}  // namespace relume::cpu
