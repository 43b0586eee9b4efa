// Decompositions of one matrix of float64: elimination, substitution, Cholesky's, Jacobi's methods.
#include "kernels/matrices.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace relume::cpu {
namespace {

// Several sums at a time, in an order of their own that no machine changes.
double dot(const double* a, const double* b, int64_t n) {
  constexpr int64_t kSums = 8;
  double sums[kSums] = {};
  int64_t i = 0;
  for (; i + kSums <= n; i += kSums)
    for (int64_t k = 0; k < kSums; ++k) sums[k] += a[i + k] * b[i + k];
  double sum = 0;
  for (; i < n; ++i) sum += a[i] * b[i];
  for (const double part : sums) sum += part;
  return sum;
}

// a -= factor b
void subtract(double* a, const double* b, double factor, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) a[i] -= factor * b[i];
}

// (a, b) = (c a - s b, s a + c b)
void rotate(double* a, double* b, double c, double s, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double x = a[i], y = b[i];
    a[i] = c * x - s * y;
    b[i] = s * x + c * y;
  }
}

}  // namespace

void eliminate(double* a, int64_t rows, int64_t columns, int32_t* swaps) {
  for (int64_t k = 0; k < std::min(rows, columns); ++k) {
    int64_t best = k;
    for (int64_t i = k + 1; i < rows; ++i)
      if (std::abs(a[i * columns + k]) > std::abs(a[best * columns + k])) best = i;
    swaps[k] = static_cast<int32_t>(best);
    if (best != k) std::swap_ranges(a + k * columns, a + (k + 1) * columns, a + best * columns);
    const double pivot = a[k * columns + k];
    if (pivot == 0) continue;
    for (int64_t i = k + 1; i < rows; ++i) {
      double* row = a + i * columns;
      row[k] /= pivot;
      subtract(row + k + 1, a + k * columns + k + 1, row[k], columns - k - 1);
    }
  }
}

void substitute(const double* t, double* b, int64_t size, int64_t width, bool upper, bool unit) {
  for (int64_t step = 0; step < size; ++step) {
    const int64_t i = upper ? size - 1 - step : step;
    double* row = b + i * width;
    for (int64_t j = upper ? i + 1 : 0; j < (upper ? size : i); ++j)
      subtract(row, b + j * width, t[i * size + j], width);
    if (!unit)
      for (int64_t j = 0; j < width; ++j) row[j] /= t[i * size + i];
  }
}

int32_t cholesky(const double* a, double* lower, int64_t size) {
  int32_t failed = 0;
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j <= i; ++j) {
      const double rest = a[i * size + j] - dot(lower + i * size, lower + j * size, j);
      lower[i * size + j] = i == j ? std::sqrt(rest) : rest / lower[j * size + j];
      if (i == j && !(rest > 0) && failed == 0) failed = static_cast<int32_t>(i + 1);
    }
  return failed;
}

namespace {

// The rotation that makes the off-diagonal element of [[p, x], [x, q]] zero.
std::pair<double, double> jacobi_rotation(double p, double x, double q) {
  const double theta = (q - p) / (2 * x);
  const double t = std::copysign(1 / (std::abs(theta) + std::hypot(theta, 1.0)), theta);
  const double c = 1 / std::hypot(t, 1.0);
  return {c, t * c};
}

constexpr int kMostSweeps = 60;

// Jacobi's method for a symmetric matrix, in place; the rows of v become the eigenvectors.
void diagonalize(double* a, double* v, int64_t n) {
  for (int64_t i = 0; i < n; ++i) v[i * n + i] = 1;
  const double negligible = std::max(1e-17 * std::sqrt(dot(a, a, n * n)), 1e-300);
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool rotated = false;
    for (int64_t p = 0; p < n; ++p)
      for (int64_t q = p + 1; q < n; ++q) {
        const double x = a[p * n + q], pp = a[p * n + p], qq = a[q * n + q];
        if (std::abs(x) <= negligible) continue;
        rotated = true;
        const auto [c, s] = jacobi_rotation(pp, x, qq);
        rotate(a + p * n, a + q * n, c, s, n);
        for (int64_t i = 0; i < n; ++i) a[i * n + p] = a[p * n + i], a[i * n + q] = a[q * n + i];
        a[p * n + p] = pp - s / c * x, a[q * n + q] = qq + s / c * x;
        a[p * n + q] = a[q * n + p] = 0;
        rotate(v + p * n, v + q * n, c, s, n);
      }
    if (!rotated) return;
  }
}

// The places of values in order.
template <class Before>
std::vector<int64_t> order_of(const std::vector<double>& values, const Before& before) {
  std::vector<int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return before(values[i], values[j]); });
  return order;
}

// Writes rows, in the given order, as columns of a matrix.
void write_columns(const std::vector<double>& rows, const std::vector<int64_t>& order, int64_t length, double* to) {
  const auto width = static_cast<int64_t>(order.size());
  for (int64_t j = 0; j < width; ++j)
    for (int64_t i = 0; i < length; ++i) to[i * width + j] = rows[static_cast<size_t>(order[j] * length + i)];
}

}  // namespace

void symmetric_eigen(double* a, int64_t size, double* values, double* vectors) {
  std::vector<double> rows(static_cast<size_t>(size * size)), diagonal;
  diagonalize(a, rows.data(), size);
  for (int64_t i = 0; i < size; ++i) diagonal.push_back(a[i * size + i]);
  const std::vector<int64_t> order = order_of(diagonal, std::less<>());
  for (int64_t i = 0; i < size; ++i) values[i] = diagonal[static_cast<size_t>(order[i])];
  write_columns(rows, order, size, vectors);
}

namespace {

// Makes rows first ... count - 1 orthonormal to those before them and to each other.
void complete(std::vector<double>& rows, int64_t first, int64_t count, int64_t n) {
  int64_t axis = 0;
  for (int64_t i = first; i < count; ++i) {
    double* row = rows.data() + i * n;
    double length = 0;
    while (length < 0.5 / std::sqrt(static_cast<double>(n)) && axis < n) {
      std::fill(row, row + n, 0.0);
      row[axis++] = 1;
      for (int pass = 0; pass < 2; ++pass)
        for (int64_t j = 0; j < i; ++j) subtract(row, rows.data() + j * n, dot(rows.data() + j * n, row, n), n);
      length = std::sqrt(dot(row, row, n));
    }
    for (int64_t j = 0; j < n; ++j) row[j] /= length;
  }
}

// Hestenes' one-sided Jacobi method: makes `count` rows of length n orthogonal, turning the rows of v with them.
void orthogonalize(double* rows, double* v, int64_t count, int64_t n) {
  for (int64_t i = 0; i < count; ++i) v[i * count + i] = 1;
  const double negligible = std::numeric_limits<double>::epsilon() * std::sqrt(static_cast<double>(n));
  std::vector<double> squares(static_cast<size_t>(count));  // of the lengths of the rows
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool rotated = false;
    for (int64_t i = 0; i < count; ++i) squares[static_cast<size_t>(i)] = dot(rows + i * n, rows + i * n, n);
    for (int64_t p = 0; p < count; ++p)
      for (int64_t q = p + 1; q < count; ++q) {
        double *a = rows + p * n, *b = rows + q * n;
        double &aa = squares[static_cast<size_t>(p)], &bb = squares[static_cast<size_t>(q)];
        const double ab = dot(a, b, n);
        if (!(std::abs(ab) > std::max(negligible * std::sqrt(std::abs(aa * bb)), 1e-300))) continue;
        rotated = true;
        const auto [c, s] = jacobi_rotation(aa, ab, bb);
        aa -= s / c * ab, bb += s / c * ab;
        rotate(a, b, c, s, n);
        rotate(v + p * count, v + q * count, c, s, count);
      }
    if (!rotated) return;
  }
}

}  // namespace

void singular_values(std::vector<double> columns, int64_t count, int64_t n, bool square, double* left, double* values,
                     double* right) {
  std::vector<double> turned(static_cast<size_t>(count * count)), lengths;
  orthogonalize(columns.data(), turned.data(), count, n);
  for (int64_t i = 0; i < count; ++i) {
    const double* const column = columns.data() + i * n;
    lengths.push_back(std::sqrt(dot(column, column, n)));
  }
  const std::vector<int64_t> order = order_of(lengths, std::greater<>());
  const int64_t width = square ? n : count;
  std::vector<double> unit(static_cast<size_t>(width * n));
  int64_t filled = 0;
  for (int64_t k = 0; k < count; ++k) {
    const int64_t i = order[static_cast<size_t>(k)];
    const double length = values[k] = lengths[static_cast<size_t>(i)];
    if (length <= 1e-15 * values[0] * static_cast<double>(n) || length == 0) continue;
    for (int64_t j = 0; j < n; ++j) unit[filled * n + j] = columns[i * n + j] / length;
    ++filled;
  }
  complete(unit, filled, width, n);
  std::vector<int64_t> in_order(static_cast<size_t>(width));
  std::iota(in_order.begin(), in_order.end(), 0);
  write_columns(unit, in_order, n, left);
  write_columns(turned, order, count, right);
}

}  // namespace relume::cpu
