// Eigenvalues and singular values of one matrix: reduced to two diagonals, solved, and turned back.
#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/householder.h"
#include "cpu/two_diagonals.h"
#include "kernels/matrices.h"

namespace relume::cpu {
namespace {

// Divides the matrix by a power of 2, so that squares of its elements neither overflow nor vanish; returns that.
double normalize(double* a, int64_t count) {
  double largest = 0;
  for (int64_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(a[i]));
  if (largest == 0) return 1;
  const int exponent = std::max(std::ilogb(largest), std::numeric_limits<double>::min_exponent);
  const double factor = std::ldexp(1, -exponent);
  for (int64_t i = 0; i < count; ++i) a[i] *= factor;
  return std::ldexp(1, exponent);
}

Scratch numbers(int64_t count) { return Scratch(count * static_cast<int64_t>(sizeof(double))); }

// The same of a square or nearly square matrix; left as singular_values() has it.
void reduced_singular_values(double* a, int64_t rows, int64_t n, bool turned, int64_t n_left, double* left,
                             double* values, double* right) {
  const Scratch scratch = numbers(n * (rows + 2 * n + 3));
  double *const e = scratch.as<double>(), *const left_factors = e + n, *const right_factors = left_factors + n;
  double *const columns = right_factors + n, *const rows_of_a = columns + n * rows, *const inner = rows_of_a + n * n;
  bidiagonalize(a, rows, n, values, e, columns, left_factors, rows_of_a, right_factors);
  if (left && turned)  // the reduced matrix, turned back, has e below its diagonal
    lower_bidiagonal_svd(values, e, n, right, inner);
  else
    bidiagonal_svd(values, e, n, left ? inner : nullptr, right);
  std::reverse(values, values + n);
  if (!left) return;
  std::fill_n(left, n_left * rows, 0.0);
  for (int64_t i = 0; i < n; ++i) std::copy_n(inner + (n - 1 - i) * n, n, left + i * rows);
  for (int64_t i = n; i < n_left; ++i) left[i * rows + i] = 1;
  for (int64_t i = 0; i < n / 2; ++i) std::swap_ranges(right + i * n, right + (i + 1) * n, right + (n - 1 - i) * n);
  reflect_rows(columns, rows, n, 0, left_factors, left, rows, n_left, rows);
  reflect_rows(rows_of_a, n, n - 1, 1, right_factors, right, n, n, n);
}

}  // namespace

void symmetric_eigen(double* a, int64_t size, double* values, double* vectors) {
  const double factor = normalize(a, size * size);
  const Scratch scratch = numbers(2 * size);
  double *const e = scratch.as<double>(), *const factors = e + size;
  tridiagonalize(a, size, values, e, factors);
  tridiagonal_eigen(values, e, size, vectors);
  if (vectors) reflect_rows(a, size, size - 1, 1, factors, vectors, size, size, size);
  for (int64_t i = 0; i < size; ++i) values[i] *= factor;
}

void singular_values(double* a, int64_t rows, int64_t n, bool turned, bool square, double* left, double* values,
                     double* right) {
  const double factor = normalize(a, rows * n);
  const int64_t n_left = square ? rows : n;
  if (rows < 11 * n / 6) {  // LAPACK's limit, on which signs depend
    reduced_singular_values(a, rows, n, turned, n_left, left, values, right);
  } else {  // QR first: Chan, 1982
    const Scratch scratch = numbers(left ? n_left * rows + n * n : 0);
    double *const q = scratch.as<double>(), *const inner = left ? q + n_left * rows : nullptr;
    qr(a, rows, n, n, q, n_left);
    reduced_singular_values(a, n, n, turned, n, inner, values, right);
    if (left) {
      multiply<double>(1, {inner, n}, Strided<double>{q, n_left}.turned(), 0, left, rows, n, rows, n);
      for (int64_t i = n; i < n_left; ++i)
        for (int64_t j = 0; j < rows; ++j) left[i * rows + j] = q[j * n_left + i];
    }
  }
  for (int64_t i = 0; i < n; ++i) values[i] *= factor;
}

}  // namespace relume::cpu
