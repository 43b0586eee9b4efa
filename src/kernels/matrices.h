// Decompositions of one matrix, whose rows follow each other. T is float or double.
#pragma once

#include <cstdint>

namespace relume::cpu {

// Gauss's elimination with partial pivoting, in place: L, with ones on its diagonal, below the diagonal, and U on it
// and above. swaps[k] is the row, from k on, with which step k swapped row k; there are min(rows, columns) steps.
template <class T>
void eliminate(T* a, int64_t rows, int64_t columns, int32_t* swaps);

// X [size, width] with T X = B for triangular T [size, size], in place of B; with `unit`, the diagonal of T counts
// as 1. A zero on the diagonal gives infinity.
template <class T>
void substitute(const T* t, T* b, int64_t size, int64_t width, bool upper, bool unit);

// The lower triangle L with L L^T = A, in place; only the lower half is read, and the upper one must be zeros. Returns
// the order of the first minor that is not positive, 0 where all are.
template <class T>
int32_t cholesky(T* a, int64_t size);

// A [rows, columns] becomes Q^T A by Householder's reflections, whose first `steps` <= rows columns are upper
// triangular, with a diagonal of either sign. Q [rows, width], steps <= width <= rows, has orthonormal columns; it may
// be null.
template <class T>
void qr(T* a, int64_t rows, int64_t columns, int64_t steps, T* q, int64_t width);

// The eigenvalues of a symmetric matrix, of which the upper half is read, ascending, and the eigenvectors as the rows
// of `vectors`, unless that is null. Destroys a.
void symmetric_eigen(double* a, int64_t size, double* values, double* vectors);

// The singular values, descending, of a [rows, n], rows >= n. The rows of left, [rows, rows] if it is to be square,
// else [n, rows], and of right [n, n] become the singular vectors, unless both are null. Their signs are LAPACK's of a,
// or of its transpose with `turned`. Destroys a.
void singular_values(double* a, int64_t rows, int64_t n, bool turned, bool square, double* left, double* values,
                     double* right);

}  // namespace relume::cpu
