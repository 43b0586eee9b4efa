// The innermost loops of normalisation, for each SIMD target.
#pragma once

#include <cstdint>

#include "cpu/convert.h"

namespace relume::cpu {

// Two sums over the same elements.
struct SumPair {
  double first = 0, second = 0;
};

// C is the type of the arithmetic and of everything that there is one of a channel, a row or a column.
template <class T>
struct NormLoops {
  using C = compute_type<T>;

  // Over n neighbours that share their statistics.
  double (*sum)(const T* x, int64_t n);
  double (*squares)(const T* x, double mean, int64_t n);                       // of x - mean
  SumPair (*sums_with)(const T* grad, const T* x, double mean, int64_t n);     // of grad, of grad * (x - mean)
  void (*scale_shift)(const T* x, C mean, C scale, C shift, int64_t n, T* y);  // (x - mean) * scale + shift
  // (grad - grad_mean - (x - mean) * projection) * scale
  void (*project)(const T* grad, const T* x, C mean, C grad_mean, C projection, C scale, int64_t n, T* out);

  // Over rows of n neighbours with statistics each, element i of each array.
  void (*add_each)(const T* x, int64_t rows, int64_t n, double* sum);
  void (*add_squares_each)(const T* x, const C* mean, int64_t rows, int64_t n, double* sum);
  void (*add_pairs_each)(const T* grad, const T* x, const C* mean, int64_t rows, int64_t n, double* first,
                         double* second);
  void (*scale_shift_each)(const T* x, const C* mean, const C* scale, const C* shift, int64_t rows, int64_t n, T* y);
  void (*project_each)(const T* grad, const T* x, const C* mean, const C* grad_mean, const C* projection,
                       const C* scale, int64_t rows, int64_t n, T* out);

  // A row of layer normalisation: statistics of the row, weights of the columns.
  void (*affine_row)(const T* x, C mean, C inverse_std, const C* weight, const C* bias, int64_t n, T* y);
  // Sums of grad * weight and of grad * weight * (x - mean).
  SumPair (*weighted_sums)(const T* grad, const T* x, double mean, const C* weight, int64_t n);
  // (grad * weight - grad_mean - (x - mean) * projection) * scale
  void (*project_row)(const T* grad, const T* x, C mean, C grad_mean, C projection, C scale, const C* weight, int64_t n,
                      T* out);
  // Over rows of n columns: first[i] += grad[i] * (x[i] - mean) * inverse_std, second[i] += grad[i].
  void (*add_column_gradients)(const T* grad, const T* x, const C* mean, const C* inverse_std, int64_t rows, int64_t n,
                               double* first, double* second);
};

// Of the target in use, for the floating types.
template <class T>
const NormLoops<T>& norm_loops();

}  // namespace relume::cpu
