// Normalisation loops, vectorised by the compiler for each SIMD target; those of the half types are made of them in
// norm_loops_half.cc. Sums run in kLanes fixed lanes of float64, so that every target adds in the same order.
#include "cpu/norm_loops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/norm_loops.cc"
#define RELUME_COMPILER_VECTORS
#include "cpu/simd/targets.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

constexpr int kLanes = 16;

HWY_INLINE double total(const double* lanes) {
  double sum = 0;
  for (int j = 0; j < kLanes; ++j) sum += lanes[j];
  return sum;
}

template <class T>
double sum(const T* x, int64_t n) {
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int j = 0; j < kLanes; ++j) lanes[j] += x[i + j];
  for (int j = 0; i < n; ++i, ++j) lanes[j] += x[i];
  return total(lanes);
}

template <class T>
double squares(const T* x, double mean, int64_t n) {
  double lanes[kLanes] = {};
  const auto add = [&](T value, int j) HWY_ATTR {
    const double d = value - mean;
    lanes[j] += d * d;
  };
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int j = 0; j < kLanes; ++j) add(x[i + j], j);
  for (int j = 0; i < n; ++i, ++j) add(x[i], j);
  return total(lanes);
}

template <bool kWeighted, class T>
HWY_INLINE SumPair pair_sums(const T* grad, const T* x, double mean, const T* weight, int64_t n) {
  double first[kLanes] = {}, second[kLanes] = {};
  const auto add = [&](int64_t i, int j) HWY_ATTR {
    double g = grad[i];
    if constexpr (kWeighted) g *= weight[i];
    first[j] += g;
    second[j] += g * (x[i] - mean);
  };
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int j = 0; j < kLanes; ++j) add(i + j, j);
  for (int j = 0; i < n; ++i, ++j) add(i, j);
  return {total(first), total(second)};
}

template <class T>
SumPair sums_with(const T* grad, const T* x, double mean, int64_t n) {
  return pair_sums<false, T>(grad, x, mean, nullptr, n);
}

template <class T>
SumPair weighted_sums(const T* grad, const T* x, double mean, const T* weight, int64_t n) {
  return pair_sums<true>(grad, x, mean, weight, n);
}

template <class T>
void scale_shift(const T* x, T mean, T scale, T shift, int64_t n, T* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * scale + shift;
}

// Rows of n columns, kLanes columns at a time, whose statistics stay in registers: change(element, lane) after
// start(column, lane). A result may take the place of an operand.
template <class Start, class Change>
HWY_INLINE void along_columns(int64_t rows, int64_t n, const Start& start, const Change& change) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int j = 0; j < kLanes; ++j) start(i + j, j);
    for (int64_t r = 0; r < rows; ++r) {
#pragma GCC ivdep
      for (int j = 0; j < kLanes; ++j) change(r * n + i + j, j);
    }
  }
  for (int j = 0; j < n - i; ++j) start(i + j, j);
  for (int64_t r = 0; i < n && r < rows; ++r) {
#pragma GCC ivdep
    for (int j = 0; j < n - i; ++j) change(r * n + i + j, j);
  }
}

template <class T>
void scale_shift_each(const T* x, const T* mean, const T* scale, const T* shift, int64_t rows, int64_t n, T* y) {
  T means[kLanes], scales[kLanes], shifts[kLanes];
  along_columns(
      rows, n, [&](int64_t i, int j) HWY_ATTR { means[j] = mean[i], scales[j] = scale[i], shifts[j] = shift[i]; },
      [&](int64_t at, int j) HWY_ATTR { y[at] = (x[at] - means[j]) * scales[j] + shifts[j]; });
}

template <class T>
void affine_row(const T* x, T mean, T inverse_std, const T* weight, const T* bias, int64_t n, T* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * inverse_std * weight[i] + bias[i];
}

template <class T>
void project(const T* grad, const T* x, T mean, T grad_mean, T projection, T scale, int64_t n, T* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = (grad[i] - grad_mean - (x[i] - mean) * projection) * scale;
}

template <class T>
void project_each(const T* grad, const T* x, const T* mean, const T* grad_mean, const T* projection, const T* scale,
                  int64_t rows, int64_t n, T* out) {
  T means[kLanes], grad_means[kLanes], projections[kLanes], scales[kLanes];
  along_columns(
      rows, n,
      [&](int64_t i, int j) HWY_ATTR {
        means[j] = mean[i], grad_means[j] = grad_mean[i], projections[j] = projection[i], scales[j] = scale[i];
      },
      [&](int64_t at, int j) HWY_ATTR {
        const T deviation = x[at] - means[j];
        out[at] = (grad[at] - grad_means[j] - deviation * projections[j]) * scales[j];
      });
}

template <class T>
void project_row(const T* grad, const T* x, T mean, T grad_mean, T projection, T scale, const T* weight, int64_t n,
                 T* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = (grad[i] * weight[i] - grad_mean - (x[i] - mean) * projection) * scale;
}

// Sums down columns, kLanes columns at a time: add(row, column, lane) adds an element to the lane's sums.
template <class Start, class Add, class Finish>
HWY_INLINE void down_columns(int64_t rows, int64_t n, const Start& start, const Add& add, const Finish& finish) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    start();
    for (int64_t r = 0; r < rows; ++r)
      for (int j = 0; j < kLanes; ++j) add(r, i + j, j);
    for (int j = 0; j < kLanes; ++j) finish(i + j, j);
  }
  if (i == n) return;
  start();
  for (int64_t r = 0; r < rows; ++r)
    for (int j = 0; j < n - i; ++j) add(r, i + j, j);
  for (int j = 0; j < n - i; ++j) finish(i + j, j);
}

template <class T>
void add_each(const T* x, int64_t rows, int64_t n, double* sum) {
  double lanes[kLanes];
  down_columns(
      rows, n,
      [&]() HWY_ATTR {
        for (double& lane : lanes) lane = 0;
      },
      [&](int64_t r, int64_t i, int j) HWY_ATTR { lanes[j] += x[r * n + i]; },
      [&](int64_t i, int j) HWY_ATTR { sum[i] += lanes[j]; });
}

template <class T>
void add_squares_each(const T* x, const T* mean, int64_t rows, int64_t n, double* sum) {
  double lanes[kLanes];
  down_columns(
      rows, n,
      [&]() HWY_ATTR {
        for (double& lane : lanes) lane = 0;
      },
      [&](int64_t r, int64_t i, int j) HWY_ATTR {
        const double d = double{x[r * n + i]} - double{mean[i]};
        lanes[j] += d * d;
      },
      [&](int64_t i, int j) HWY_ATTR { sum[i] += lanes[j]; });
}

template <class T>
void add_pairs_each(const T* grad, const T* x, const T* mean, int64_t rows, int64_t n, double* first, double* second) {
  double firsts[kLanes], seconds[kLanes];
  down_columns(
      rows, n,
      [&]() HWY_ATTR {
        for (int j = 0; j < kLanes; ++j) firsts[j] = seconds[j] = 0;
      },
      [&](int64_t r, int64_t i, int j) HWY_ATTR {
        const double g = grad[r * n + i];
        firsts[j] += g;
        seconds[j] += g * (double{x[r * n + i]} - double{mean[i]});
      },
      [&](int64_t i, int j) HWY_ATTR {
        first[i] += firsts[j];
        second[i] += seconds[j];
      });
}

template <class T>
void add_column_gradients(const T* grad, const T* x, const T* mean, const T* inverse_std, int64_t rows, int64_t n,
                          double* first, double* second) {
  double firsts[kLanes], seconds[kLanes];
  down_columns(
      rows, n,
      [&]() HWY_ATTR {
        for (int j = 0; j < kLanes; ++j) firsts[j] = seconds[j] = 0;
      },
      [&](int64_t r, int64_t i, int j) HWY_ATTR {
        const double g = grad[r * n + i];
        const double centered = double{x[r * n + i]} - double{mean[r]};
        firsts[j] += g * centered * inverse_std[r];
        seconds[j] += g;
      },
      [&](int64_t i, int j) HWY_ATTR {
        first[i] += firsts[j];
        second[i] += seconds[j];
      });
}

template <class T>
constexpr NormLoops<T> kNormLoops = {
    sum<T>,        squares<T>,          sums_with<T>,      scale_shift<T>,         project<T>,
    add_each<T>,   add_squares_each<T>, add_pairs_each<T>, scale_shift_each<T>,    project_each<T>,
    affine_row<T>, weighted_sums<T>,    project_row<T>,    add_column_gradients<T>};

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {

#define RELUME_NORM_LOOPS(T)                 \
  template <>                                \
  const NormLoops<T>& norm_loops<T>() {      \
    RELUME_DISPATCH(target(), kNormLoops<T>) \
  }
RELUME_NORM_LOOPS(float)
RELUME_NORM_LOOPS(double)
#undef RELUME_NORM_LOOPS

}  // namespace relume::cpu
#endif
