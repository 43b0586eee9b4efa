// Decompositions of float64 matrices, for relume._decompositions: batches [..., M, N] in order, no gradients.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "relume/ops.h"
#include "tables.h"

namespace relume::python {

namespace {

// The matrices of a batch: contiguous rows of float64.
struct Matrices {
  Tensor tensor;
  int64_t rows, columns, count;

  explicit Matrices(const Tensor& values) : tensor(values.contiguous()) {
    if (tensor.dim() < 2 || tensor.scalar_type() != kDouble)
      raise(PyExc_TypeError, "expected matrices of float64, got " + std::to_string(tensor.dim()) + " dimensions");
    rows = tensor.size(-2);
    columns = tensor.size(-1);
    const int64_t size = rows * columns;
    count = size ? tensor.numel() / size : 0;
  }
  double* operator[](int64_t i) const { return tensor.data_ptr<double>() + i * rows * columns; }
  // A tensor of zeros for each matrix, of the given sizes.
  Tensor results(std::initializer_list<int64_t> sizes, ScalarType type = kDouble) const {
    DimVector shape;
    for (int64_t d = 0; d + 2 < tensor.dim(); ++d) shape.push_back(tensor.size(d));
    for (const int64_t size : sizes) shape.push_back(size);
    return relume::zeros(shape, type);
  }
};

double dot(const double* a, const double* b, int64_t n) { return std::inner_product(a, a + n, b, 0.0); }

// a -= factor b
void subtract(double* a, const double* b, double factor, int64_t n) {
  for (int64_t i = 0; i < n; ++i) a[i] -= factor * b[i];
}

// (a, b) = (c a - s b, s a + c b)
void rotate(double* a, double* b, double c, double s, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const double x = a[i], y = b[i];
    a[i] = c * x - s * y;
    b[i] = s * x + c * y;
  }
}

// Gauss's elimination with partial pivoting, in place: L below the diagonal, U on it and above; the row that each step
// swapped with.
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

PyObject* lu(Arguments& a) {
  const Matrices given(a.tensor(0).clone());
  const int64_t steps = std::min(given.rows, given.columns);
  const Tensor swaps = given.results({steps}, kInt), order = given.results({given.rows}, kLong);
  const Tensor sign = relume::ones_like(given.results({}));
  for (int64_t m = 0; m < given.count; ++m) {
    int32_t* const swap = swaps.data_ptr<int32_t>() + m * steps;
    int64_t* const rows = order.data_ptr<int64_t>() + m * given.rows;
    eliminate(given[m], given.rows, given.columns, swap);
    std::iota(rows, rows + given.rows, 0);
    for (int64_t k = 0; k < steps; ++k) {
      std::swap(rows[k], rows[swap[k]]);
      if (swap[k] != k) sign.data_ptr<double>()[m] *= -1;
    }
  }
  return wrap(std::make_tuple(given.tensor, swaps, order, sign));
}

// X with T X = B for triangular T, written over B. A zero on the diagonal gives infinity.
void substitute(const double* t, double* x, int64_t size, int64_t width, bool upper, bool unit) {
  for (int64_t step = 0; step < size; ++step) {
    const int64_t i = upper ? size - 1 - step : step;
    double* row = x + i * width;
    for (int64_t j = upper ? i + 1 : 0; j < (upper ? size : i); ++j)
      subtract(row, x + j * width, t[i * size + j], width);
    if (!unit)
      for (int64_t j = 0; j < width; ++j) row[j] /= t[i * size + i];
  }
}

PyObject* triangular(Arguments& a) {
  const Matrices factor(a.tensor(0)), right(a.tensor(1).clone());
  for (int64_t m = 0; m < right.count; ++m)
    substitute(factor[m], right[m], right.rows, right.columns, a.boolean(2), a.boolean(3));
  return wrap(right.tensor);
}

PyObject* cholesky(Arguments& a) {
  const Matrices given(a.tensor(0));
  const Matrices lower(given.results({given.rows, given.rows}));
  const Tensor failed = given.results({}, kInt);
  const int64_t n = given.rows;
  for (int64_t m = 0; m < given.count; ++m) {
    double* l = lower[m];
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j <= i; ++j) {
        const double rest = given[m][i * n + j] - dot(l + i * n, l + j * n, j);
        l[i * n + j] = i == j ? std::sqrt(rest) : rest / l[j * n + j];
        int32_t& order = failed.data_ptr<int32_t>()[m];
        if (i == j && !(rest > 0) && order == 0) order = static_cast<int32_t>(i + 1);
      }
  }
  return wrap(std::make_tuple(lower.tensor, failed));
}

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
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool rotated = false;
    for (int64_t p = 0; p < n; ++p)
      for (int64_t q = p + 1; q < n; ++q) {
        const double x = a[p * n + q];
        const double limit = 1e-17 * std::sqrt(std::abs(a[p * n + p] * a[q * n + q]));
        if (std::abs(x) <= std::max(limit, 1e-300)) continue;
        rotated = true;
        const auto [c, s] = jacobi_rotation(a[p * n + p], x, a[q * n + q]);
        rotate(a + p * n, a + q * n, c, s, n);
        for (int64_t i = 0; i < n; ++i) rotate(a + i * n + p, a + i * n + q, c, s, 1);
        a[p * n + q] = a[q * n + p] = 0;
        rotate(v + p * n, v + q * n, c, s, n);
      }
    if (!rotated) return;
  }
}

// The places of values in ascending order.
std::vector<int64_t> order_of(const std::vector<double>& values) {
  std::vector<int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return values[i] < values[j]; });
  return order;
}

PyObject* eigh(Arguments& a) {
  const Matrices given(a.tensor(0).clone());
  const int64_t n = given.rows;
  const Tensor values = given.results({n});
  const Matrices vectors(given.results({n, n}));
  for (int64_t m = 0; m < given.count; ++m) {
    std::vector<double> rows(static_cast<size_t>(n * n)), diagonal;
    diagonalize(given[m], rows.data(), n);
    for (int64_t i = 0; i < n; ++i) diagonal.push_back(given[m][i * n + i]);
    const std::vector<int64_t> order = order_of(diagonal);
    for (int64_t i = 0; i < n; ++i) {
      values.data_ptr<double>()[m * n + i] = diagonal[static_cast<size_t>(order[i])];
      for (int64_t j = 0; j < n; ++j) vectors[m][j * n + i] = rows[static_cast<size_t>(order[i] * n + j)];
    }
  }
  return wrap(std::make_tuple(values, vectors.tensor));
}

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
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool rotated = false;
    for (int64_t p = 0; p < count; ++p)
      for (int64_t q = p + 1; q < count; ++q) {
        double *a = rows + p * n, *b = rows + q * n;
        const double aa = dot(a, a, n), ab = dot(a, b, n), bb = dot(b, b, n);
        if (std::abs(ab) <= std::max(1e-16 * std::sqrt(aa * bb), 1e-300)) continue;
        rotated = true;
        const auto [c, s] = jacobi_rotation(aa, ab, bb);
        rotate(a, b, c, s, n);
        rotate(v + p * count, v + q * count, c, s, count);
      }
    if (!rotated) return;
  }
}

// Writes rows, in the given order, as columns of a matrix.
void write_columns(const std::vector<double>& rows, const std::vector<int64_t>& order, int64_t length, double* to) {
  const auto width = static_cast<int64_t>(order.size());
  for (int64_t j = 0; j < width; ++j)
    for (int64_t i = 0; i < length; ++i) to[i * width + j] = rows[static_cast<size_t>(order[j] * length + i)];
}

// (left [N, N or count], values, right [count, count]) of a matrix given by its columns: `count` rows of length n, which
// is at least count.
struct Singular {
  std::vector<double> left, values, right;
  std::vector<int64_t> order;  // of the values, from the largest; then the rows of `left` that complete it
};
Singular singular(std::vector<double> rows, int64_t count, int64_t n, bool full) {
  Singular result;
  result.right.resize(static_cast<size_t>(count * count));
  orthogonalize(rows.data(), result.right.data(), count, n);
  std::vector<double> lengths;
  for (int64_t i = 0; i < count; ++i) lengths.push_back(std::sqrt(dot(rows.data() + i * n, rows.data() + i * n, n)));
  result.order = order_of(lengths);
  std::reverse(result.order.begin(), result.order.end());
  const int64_t width = full ? n : count;
  result.left.resize(static_cast<size_t>(width * n));
  int64_t filled = 0;
  for (const int64_t i : result.order) {
    const double length = lengths[static_cast<size_t>(i)];
    result.values.push_back(length);
    if (length <= 1e-15 * result.values[0] * static_cast<double>(n) || length == 0) continue;
    for (int64_t j = 0; j < n; ++j) result.left[filled * n + j] = rows[i * n + j] / length;
    ++filled;
  }
  complete(result.left, filled, width, n);
  return result;
}

PyObject* svd(Arguments& a) {
  const bool full = a.boolean(1), wide = a.tensor(0).size(-1) > a.tensor(0).size(-2);
  // The columns of the tall one of the matrix and its transpose, as rows.
  const Matrices given(wide ? a.tensor(0) : a.tensor(0).transpose(-2, -1));
  const int64_t count = given.rows, n = given.columns, width = full ? n : count;
  const Matrices left(given.results({n, width})), right(given.results({count, count}));
  const Tensor values = given.results({count});
  for (int64_t m = 0; m < given.count; ++m) {
    const Singular found = singular({given[m], given[m] + count * n}, count, n, full);
    std::vector<int64_t> rows(static_cast<size_t>(width));
    std::iota(rows.begin(), rows.end(), 0);
    write_columns(found.left, rows, n, left[m]);
    write_columns(found.right, found.order, count, right[m]);
    std::copy(found.values.begin(), found.values.end(), values.data_ptr<double>() + m * count);
  }
  if (given.count == 0 && full) relume::diagonal(left.tensor, 0, -2, -1).fill_(1);
  return wide ? wrap(std::make_tuple(right.tensor, values, left.tensor.transpose(-2, -1)))
              : wrap(std::make_tuple(left.tensor, values, right.tensor.transpose(-2, -1)));
}

const Op kDecompositions[] = {
    {"_lu",
     "_lu(A)\n\nL below and U on and above the diagonal of one matrix, the row that each step swapped with, the order "
     "of the rows that this makes, and its sign.\n",
     {{kFunction, "Tensor A", lu}}},
    {"_triangular",
     "_triangular(A, B, upper, unitriangular)\n\nX with A X = B.\n",
     {{kFunction, "Tensor A, Tensor B, bool upper, bool unitriangular", triangular}}},
    {"_cholesky",
     "_cholesky(A)\n\nThe lower factor, and the order of the first minor that is not positive (0 where all are).\n",
     {{kFunction, "Tensor A", cholesky}}},
    {"_eigh",
     "_eigh(A)\n\nThe eigenvalues, ascending, and eigenvectors of symmetric matrices.\n",
     {{kFunction, "Tensor A", eigh}}},
    {"_svd",
     "_svd(A, full_matrices)\n\nU, the singular values, descending, and V^T.\n",
     {{kFunction, "Tensor A, bool full_matrices", svd}}},
};

}  // namespace

void append_decompositions(std::vector<OpEntry>& entries) { append_entries<kDecompositions>(entries); }

}  // namespace relume::python
