// Decompositions of one matrix in blocks, most of whose work is products: elimination, substitution, Cholesky's.
#include "kernels/matrices.h"

#include <algorithm>
#include <cmath>

#include "cpu/householder.h"
#include "cpu/vector_loops.h"

namespace relume::cpu {
namespace {

// x [n] -= the sum of `count` rows, `row` apart, times the factors.
template <class T>
void subtract_rows(const T* rows, int64_t row, int64_t count, int64_t n, const T* factors, T* x) {
  T negative[kBlock];
  for (int64_t i = 0; i < count; ++i) negative[i] = -factors[i];
  vector_loops<T>().add_rows(rows, row, count, n, negative, x);
}

// Columns `begin` to `end` from row `begin` on; rows are swapped whole.
template <class T>
void eliminate_panel(T* a, int64_t rows, int64_t columns, int64_t begin, int64_t end, int32_t* swaps) {
  const auto add = vector_loops<T>().add;
  for (int64_t k = begin; k < end; ++k) {
    int64_t best = k;
    for (int64_t i = k + 1; i < rows; ++i)
      if (std::abs(a[i * columns + k]) > std::abs(a[best * columns + k])) best = i;
    swaps[k] = static_cast<int32_t>(best);
    if (best != k) std::swap_ranges(a + k * columns, a + (k + 1) * columns, a + best * columns);
    const T* const pivot = a + k * columns + k;
    if (*pivot == 0) continue;
    for (int64_t i = k + 1; i < rows; ++i) {
      T* const row = a + i * columns + k;
      *row /= *pivot;
      add(pivot + 1, -*row, end - k - 1, row + 1);
    }
  }
}

}  // namespace

template <class T>
void eliminate(T* a, int64_t rows, int64_t columns, int32_t* swaps) {
  const int64_t steps = std::min(rows, columns);
  for (int64_t begin = 0; begin < steps; begin += kBlock) {
    const int64_t end = std::min(steps, begin + kBlock), rest = columns - end;
    eliminate_panel(a, rows, columns, begin, end, swaps);
    if (rest == 0) break;
    T* const upper = a + begin * columns + end;
    for (int64_t i = begin + 1; i < end; ++i)
      subtract_rows(upper, columns, i - begin, rest, a + i * columns + begin, a + i * columns + end);
    multiply<T>(-1, {a + end * columns + begin, columns}, {upper, columns}, 1, a + end * columns + end, columns,
                rows - end, rest, end - begin);
  }
}

template <class T>
void substitute(const T* t, T* b, int64_t size, int64_t width, bool upper, bool unit) {
  for (int64_t done = 0; done < size; done += kBlock) {
    const int64_t count = std::min(kBlock, size - done), first = upper ? size - done - count : done;
    const int64_t known = upper ? first + count : 0;  // the first of `done` rows of X
    if (done > 0)
      multiply<T>(-1, {t + first * size + known, size}, {b + known * width, width}, 1, b + first * width, width, count,
                  width, done);
    for (int64_t step = 0; step < count; ++step) {
      const int64_t i = upper ? first + count - 1 - step : first + step, from = upper ? i + 1 : first;
      T* const row = b + i * width;
      subtract_rows(b + from * width, width, step, width, t + i * size + from, row);
      if (!unit)
        for (int64_t j = 0; j < width; ++j) row[j] /= t[i * size + i];
    }
  }
}

template <class T>
int32_t cholesky(T* a, int64_t size) {
  const Scratch scratch(kBlock * size * static_cast<int64_t>(sizeof(T)));
  T* const columns = scratch.as<T>();  // of a panel, as rows
  int32_t failed = 0;
  for (int64_t begin = 0; begin < size; begin += kBlock) {
    const int64_t count = std::min(kBlock, size - begin), n = size - begin;
    T* const panel = a + begin * size;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < count; ++j) columns[j * n + i] = panel[i * size + begin + j];
    const Strided<T> before{panel, size};
    multiply<T>(-1, before, before.turned(), 1, columns, n, count, n, begin);
    for (int64_t j = 0; j < count; ++j) {
      T* const column = columns + j * n;
      T factors[kBlock];
      for (int64_t k = 0; k < j; ++k) factors[k] = columns[k * n + j];
      subtract_rows(columns + j, n, j, n - j, factors, column + j);
      if (!(column[j] > 0) && failed == 0) failed = static_cast<int32_t>(begin + j + 1);
      const T root = column[j] = std::sqrt(column[j]);
      for (int64_t i = j + 1; i < n; ++i) column[i] /= root;
      std::fill_n(column, j, T(0));
    }
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < count; ++j) panel[i * size + begin + j] = columns[j * n + i];
  }
  return failed;
}

template void eliminate(float*, int64_t, int64_t, int32_t*);
template void eliminate(double*, int64_t, int64_t, int32_t*);
template void substitute(const float*, float*, int64_t, int64_t, bool, bool);
template void substitute(const double*, double*, int64_t, int64_t, bool, bool);
template int32_t cholesky(float*, int64_t);
template int32_t cholesky(double*, int64_t);

}  // namespace relume::cpu
