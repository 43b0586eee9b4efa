// Householder's reflections in blocks, QR, and the reductions of matrices to two diagonals.
#include "cpu/householder.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/parallel.h"
#include "cpu/vector_loops.h"
#include "kernels/matmul.h"
#include "kernels/matrices.h"

namespace relume::cpu {

template <class T>
void multiply(double alpha, Strided<T> a, Strided<T> b, double beta, T* c, int64_t c_row, int64_t m, int64_t n,
              int64_t k) {
  Gemm gemm;
  gemm.dtype = sizeof(T) == sizeof(double) ? kDouble : kFloat;
  gemm.m = m, gemm.n = n, gemm.k = k;
  gemm.a = a.data, gemm.a_row = a.row, gemm.a_col = a.col;
  gemm.b = b.data, gemm.b_row = b.row, gemm.b_col = b.col;
  gemm.c = c, gemm.c_row = c_row;
  gemm.alpha = alpha, gemm.beta = beta;
  gemm.repeatable = true;
  cpu::gemm(gemm);
}

namespace {

// Squares from here to its inverse keep all digits.
template <class T>
constexpr T kSmall = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();

// The length of x, without overflow and underflow of the squares.
template <class T>
T length_of(const T* x, int64_t n) {
  const T square = vector_loops<T>().dot(x, x, n);
  if (square > kSmall<T> && square < 1 / kSmall<T>) return std::sqrt(square);
  T largest = 0;
  for (int64_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(x[i]));
  if (largest == 0 || !std::isfinite(largest) || std::isnan(square)) return square;
  T sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += x[i] / largest * (x[i] / largest);
  return largest * std::sqrt(sum);
}

}  // namespace

template <class T>
T make_reflection(T* x, int64_t n) {
  if (n < 2) return 0;
  const T rest = length_of(x + 1, n - 1);
  if (rest == 0) return 0;
  const T b = -std::copysign(std::hypot(x[0], rest), x[0]), shift = x[0] - b, factor = (b - x[0]) / b;
  if (std::abs(b) < kSmall<T>) {  // digits were lost: again, larger by a power of 2
    for (int64_t i = 0; i < n; ++i) x[i] *= 1 / kSmall<T>;
    const T same = make_reflection(x, n);
    x[0] *= kSmall<T>;
    return same;
  }
  for (int64_t i = 1; i < n; ++i) x[i] /= shift;
  x[0] = b;
  return factor;
}

template <class T>
BlockReflection<T>::BlockReflection(const T* vectors, int64_t row, int64_t count, int64_t n, const T* factors)
    : vectors_{vectors, row}, count_(count), n_(n) {
  T products[kBlock * kBlock];
  multiply<T>(1, vectors_, vectors_.turned(), 0, products, count, count, count, n);
  std::fill_n(triangle_, count * count, T(0));
  for (int64_t j = 0; j < count; ++j) {
    triangle_[j * count + j] = factors[j];
    for (int64_t i = 0; i < j; ++i) {
      T sum = 0;
      for (int64_t k = i; k < j; ++k) sum += triangle_[i * count + k] * products[k * count + j];
      triangle_[i * count + j] = -factors[j] * sum;
    }
  }
}

template <class T>
void BlockReflection<T>::apply(T* c, int64_t c_row, int64_t columns, bool transposed) const {
  const Scratch scratch(2 * count_ * columns * static_cast<int64_t>(sizeof(T)));
  T *const products = scratch.as<T>(), *const combined = products + count_ * columns;
  const Strided<T> triangle{triangle_, count_};
  multiply<T>(1, vectors_, {c, c_row}, 0, products, columns, count_, columns, n_);
  multiply<T>(1, transposed ? triangle.turned() : triangle, {products, columns}, 0, combined, columns, count_, columns,
              count_);
  multiply<T>(-1, vectors_.turned(), {combined, columns}, 1, c, c_row, n_, columns, count_);
}

template <class T>
void BlockReflection<T>::apply_to_rows(T* c, int64_t c_row, int64_t rows) const {
  const Scratch scratch(2 * count_ * rows * static_cast<int64_t>(sizeof(T)));
  T *const products = scratch.as<T>(), *const combined = products + count_ * rows;
  multiply<T>(1, {c, c_row}, vectors_.turned(), 0, products, count_, rows, count_, n_);
  multiply<T>(1, {products, count_}, Strided<T>{triangle_, count_}.turned(), 0, combined, count_, rows, count_, count_);
  multiply<T>(-1, {combined, count_}, vectors_, 1, c, c_row, rows, n_, count_);
}

void reflect_rows(const double* vectors, int64_t row, int64_t reflections, int64_t first, const double* factors,
                  double* c, int64_t c_row, int64_t count, int64_t n) {
  for (int64_t begin = (reflections - 1) / kBlock * kBlock; begin >= 0 && reflections > 0; begin -= kBlock) {
    const int64_t place = begin + first;
    const BlockReflection<double> block(vectors + begin * row + place, row, std::min(kBlock, reflections - begin),
                                        n - place, factors + begin);
    block.apply_to_rows(c + place, c_row, count);
  }
}

// ---- QR ----------------------------------------------------------------------------------------------------------

namespace {

// Reduces the columns of a panel, which are the rows [count, n] of `columns`: row j holds column j of R up to place j,
// then the vector of reflection j.
template <class T>
void reduce_panel(T* columns, int64_t count, int64_t n, T* factors) {
  const VectorLoops<T>& loops = vector_loops<T>();
  T products[kBlock];
  for (int64_t j = 0; j < count; ++j) {
    T *const v = columns + j * n + j, *const rest = v + n;
    const T factor = factors[j] = make_reflection(v, n - j);
    const T corner = v[0];
    v[0] = 1;
    loops.rows_times(rest, n, count - j - 1, n - j, v, products);
    for (int64_t i = 0; i < count - j - 1; ++i) loops.add(v, -factor * products[i], n - j, rest + i * n);
    v[0] = corner;
  }
}

}  // namespace

template <class T>
void qr(T* a, int64_t rows, int64_t columns, int64_t steps, T* q, int64_t width) {
  const Scratch scratch((steps * rows + steps) * static_cast<int64_t>(sizeof(T)));
  T *const vectors = scratch.as<T>(), *const factors = vectors + steps * rows;
  for (int64_t begin = 0; begin < steps; begin += kBlock) {
    const int64_t count = std::min(kBlock, steps - begin), n = rows - begin;
    T *const panel = vectors + begin * rows, *const corner = a + begin * columns + begin;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < count; ++j) panel[j * n + i] = corner[i * columns + j];
    reduce_panel(panel, count, n, factors + begin);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < count; ++j) corner[i * columns + j] = i <= j ? panel[j * n + i] : T(0);
    for (int64_t j = 0; j < count; ++j) {
      std::fill_n(panel + j * n, j, T(0));
      panel[j * n + j] = 1;
    }
    const int64_t rest = columns - begin - count;
    if (rest > 0) BlockReflection<T>(panel, n, count, n, factors + begin).apply(corner + count, columns, rest, true);
  }
  if (!q) return;
  std::fill_n(q, rows * width, T(0));
  for (int64_t i = 0; i < width; ++i) q[i * width + i] = 1;
  for (int64_t begin = steps == 0 ? -1 : (steps - 1) / kBlock * kBlock; begin >= 0; begin -= kBlock) {
    const int64_t n = rows - begin;
    const BlockReflection<T> block(vectors + begin * rows, n, std::min(kBlock, steps - begin), n, factors + begin);
    block.apply(q + begin * width + begin, width, width - begin, false);
  }
}

template void multiply(double, Strided<float>, Strided<float>, double, float*, int64_t, int64_t, int64_t, int64_t);
template void multiply(double, Strided<double>, Strided<double>, double, double*, int64_t, int64_t, int64_t, int64_t);
template void qr(float*, int64_t, int64_t, int64_t, float*, int64_t);
template void qr(double*, int64_t, int64_t, int64_t, double*, int64_t);

// ---- Two diagonals -----------------------------------------------------------------------------------------------

namespace {

// Products of a large matrix with a vector on several threads, in pieces of `kPiece` elements.
constexpr int64_t kPiece = 1 << 17;

int64_t lines_of_piece(int64_t length) { return (kPiece / std::max<int64_t>(1, length) + 4) / 4 * 4; }

// y = A x for A [rows, n]
void rows_times(const double* a, int64_t row, int64_t rows, int64_t n, const double* x, double* y) {
  parallel_for(rows, lines_of_piece(n), [&](int64_t begin, int64_t end) {
    vector_loops<double>().rows_times(a + begin * row, row, end - begin, n, x, y + begin);
  });
}

// y = x A
void times_rows(const double* a, int64_t row, int64_t rows, int64_t n, const double* x, double* y) {
  parallel_for(n, lines_of_piece(rows), [&](int64_t begin, int64_t end) {
    std::fill(y + begin, y + end, 0.0);
    vector_loops<double>().add_rows(a + begin, row, rows, end - begin, x, y + begin);
  });
}

// y = A x for symmetric A [n, n], of which the upper half is read: a sum of what strips of rows give.
void symmetric_times(const double* a, int64_t row, int64_t n, const double* x, double* y) {
  const int64_t strip = lines_of_piece(n), strips = (n + strip - 1) / strip;
  const Scratch scratch((strips - 1) * n * static_cast<int64_t>(sizeof(double)));
  const auto part = [&](int64_t i) { return i == 0 ? y : scratch.as<double>() + (i - 1) * n; };
  parallel_for(strips, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i * strip;
      std::fill_n(part(i), n, 0.0);
      vector_loops<double>().add_symmetric(a + first * (row + 1), row, std::min(strip, n - first), n - first, x + first,
                                           part(i) + first);
    }
  });
  for (int64_t i = 1; i < strips; ++i) vector_loops<double>().add(part(i), 1, n, y);
}

constexpr int64_t kStrip = 64;  // rows of a symmetric matrix that are updated at a time, from the diagonal on

// Vectors of n neighbours that a reduction has made of the columns or rows before this one.
struct Vectors {
  double* data;
  int64_t row;

  // x -= the sum of these vectors from place `from` on, times the element `at` of those of `others`, negated.
  void subtract_from(double* x, int64_t from, int64_t n, const Vectors& others, int64_t at, int64_t count) const {
    double factors[kBlock];
    for (int64_t i = 0; i < count; ++i) factors[i] = -others.data[i * others.row + at];
    vector_loops<double>().add_rows(data + from, row, count, n, factors, x);
  }
  // x -= the sum of these vectors from place `from` on, times the products of those of `others` with y [m] from place
  // `at` on.
  void subtract_projected(double* x, int64_t from, int64_t n, const Vectors& others, const double* y, int64_t at,
                          int64_t m, int64_t count) const {
    double factors[kBlock];
    vector_loops<double>().rows_times(others.data + at, others.row, count, m, y, factors);
    for (int64_t i = 0; i < count; ++i) factors[i] = -factors[i];
    vector_loops<double>().add_rows(data + from, row, count, n, factors, x);
  }
};

}  // namespace

// Dongarra, Sorensen and Hammarling, 1989: within a block, the matrix is A - V W^T - W V^T.
void tridiagonalize(double* a, int64_t n, double* d, double* e, double* factors) {
  const VectorLoops<double>& loops = vector_loops<double>();
  const Scratch scratch(kBlock * n * static_cast<int64_t>(sizeof(double)));
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(n, begin + kBlock);
    const Vectors v{a + begin * n, n}, w{scratch.as<double>(), n};
    for (int64_t j = begin; j < end; ++j) {
      double* const row = a + j * n;
      const int64_t count = j - begin, next = j + 1, rest = n - next;
      w.subtract_from(row + j, j, n - j, v, j, count);
      v.subtract_from(row + j, j, n - j, w, j, count);
      d[j] = row[j];
      if (rest == 0) break;
      const double factor = factors[j] = make_reflection(row + next, rest);
      e[j] = row[next];
      row[next] = 1;
      double* const own = w.data + count * n + next;
      symmetric_times(a + next * n + next, n, rest, row + next, own);
      v.subtract_projected(own, next, rest, w, row + next, next, rest, count);
      w.subtract_projected(own, next, rest, v, row + next, next, rest, count);
      loops.scale(factor, rest, own);
      loops.add(row + next, -factor / 2 * loops.dot(own, row + next, rest), rest, own);
    }
    for (int64_t r = end; r < n; r += kStrip) {
      const int64_t height = std::min(kStrip, n - r);
      const Strided<double> left{v.data + r, n}, right{w.data + r, n};
      multiply<double>(-1, left.turned(), right, 1, a + r * n + r, n, height, n - r, end - begin);
      multiply<double>(-1, right.turned(), left, 1, a + r * n + r, n, height, n - r, end - begin);
    }
    for (int64_t j = begin; j < end; ++j) std::fill(a + j * n + begin, a + j * n + j + 1, 0.0);
  }
}

// The same source: within a block, the matrix is A - U Y^T - X V^T.
void bidiagonalize(double* a, int64_t rows, int64_t n, double* d, double* e, double* left, double* left_factors,
                   double* right, double* right_factors) {
  const VectorLoops<double>& loops = vector_loops<double>();
  const Scratch scratch(kBlock * (n + rows) * static_cast<int64_t>(sizeof(double)));
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(n, begin + kBlock);
    const Vectors u{left + begin * rows, rows}, v{right + begin * n, n};
    const Vectors y{scratch.as<double>(), n}, x{y.data + kBlock * n, rows};
    for (int64_t j = begin; j < end; ++j) {
      const int64_t count = j - begin, next = j + 1, rest = n - next, height = rows - j;
      double *const column = left + j * rows, *const row = right + j * n;
      std::fill_n(column, j, 0.0);
      for (int64_t i = j; i < rows; ++i) column[i] = a[i * n + j];
      u.subtract_from(column + j, j, height, y, j, count);
      x.subtract_from(column + j, j, height, v, j, count);
      left_factors[j] = make_reflection(column + j, height);
      d[j] = column[j];
      column[j] = 1;
      std::fill_n(row, n, 0.0);
      right_factors[j] = 0;
      if (rest == 0) break;

      double* const own_y = y.data + count * n + next;
      times_rows(a + j * n + next, n, height, rest, column + j, own_y);
      y.subtract_projected(own_y, next, rest, u, column + j, j, height, count);
      v.subtract_projected(own_y, next, rest, x, column + j, j, height, count);
      loops.scale(left_factors[j], rest, own_y);

      std::copy_n(a + j * n + next, rest, row + next);
      y.subtract_from(row + next, next, rest, u, j, count + 1);
      v.subtract_from(row + next, next, rest, x, j, count);
      right_factors[j] = make_reflection(row + next, rest);
      e[j] = row[next];
      row[next] = 1;

      double* const own_x = x.data + count * rows + next;
      rows_times(a + next * n + next, n, rows - next, rest, row + next, own_x);
      u.subtract_projected(own_x, next, rows - next, y, row + next, next, rest, count + 1);
      x.subtract_projected(own_x, next, rows - next, v, row + next, next, rest, count);
      loops.scale(right_factors[j], rows - next, own_x);
    }
    double* const corner = a + end * n + end;
    if (end == n) break;
    const auto at = [end](const Vectors& part) { return Strided<double>{part.data + end, part.row}; };
    multiply<double>(-1, at(u).turned(), at(y), 1, corner, n, rows - end, n - end, end - begin);
    multiply<double>(-1, at(x).turned(), at(v), 1, corner, n, rows - end, n - end, end - begin);
  }
}

}  // namespace relume::cpu
