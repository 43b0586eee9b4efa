// Normalisation loops of the half types: blocks of elements become float32, go through its loops, and back.
#include <algorithm>

#include "cpu/dense_cast.h"
#include "cpu/norm_loops.h"

namespace relume::cpu {
namespace {

constexpr int64_t kBlock = 1024;

// Calls each(first row, rows, first column, columns) for blocks of at most kBlock elements of rows of n columns; a
// block has whole rows, or part of one.
template <class Each>
void for_each_block(int64_t rows, int64_t n, const Each& each) {
  if (n == 0) return;
  const int64_t height = std::max<int64_t>(1, kBlock / n), width = std::min(n, kBlock);
  for (int64_t row = 0; row < rows; row += height)
    for (int64_t column = 0; column < n; column += width)
      each(row, std::min(height, rows - row), column, std::min(width, n - column));
}
template <class Each>  // each(first element, elements)
void for_each_block(int64_t n, const Each& each) {
  for_each_block(1, n, [&](int64_t, int64_t, int64_t i, int64_t count) { each(i, count); });
}

template <class T>
struct HalfLoops {
  static constexpr ScalarType kType = dtype_of<T>;

  // A block of an operand in float32.
  class Widened {
   public:
    Widened(const T* x, int64_t n) { dense_cast(kType, kFloat)(block_, x, n); }
    operator const float*() const { return block_; }

   private:
    float block_[kBlock];
  };

  // A block of the result: made in float32 by write(float*), then rounded.
  template <class Write>
  static void narrowed(T* out, int64_t n, const Write& write) {
    float block[kBlock];
    write(block);
    dense_cast(kFloat, kType)(out, block, n);
  }

  static const NormLoops<float>& wide() { return norm_loops<float>(); }

  static double sum(const T* x, int64_t n) {
    double sum = 0;
    for_each_block(n, [&](int64_t i, int64_t count) { sum += wide().sum(Widened(x + i, count), count); });
    return sum;
  }

  static double squares(const T* x, double mean, int64_t n) {
    double sum = 0;
    for_each_block(n, [&](int64_t i, int64_t count) { sum += wide().squares(Widened(x + i, count), mean, count); });
    return sum;
  }

  static SumPair sums_with(const T* grad, const T* x, double mean, int64_t n) {
    SumPair sums;
    for_each_block(n, [&](int64_t i, int64_t count) {
      add(sums, wide().sums_with(Widened(grad + i, count), Widened(x + i, count), mean, count));
    });
    return sums;
  }

  static SumPair weighted_sums(const T* grad, const T* x, double mean, const float* weight, int64_t n) {
    SumPair sums;
    for_each_block(n, [&](int64_t i, int64_t count) {
      add(sums, wide().weighted_sums(Widened(grad + i, count), Widened(x + i, count), mean, weight + i, count));
    });
    return sums;
  }

  static void add(SumPair& sums, const SumPair& more) {
    sums.first += more.first;
    sums.second += more.second;
  }

  static void scale_shift(const T* x, float mean, float scale, float shift, int64_t n, T* y) {
    for_each_block(n, [&](int64_t i, int64_t count) {
      narrowed(y + i, count,
               [&](float* block) { wide().scale_shift(Widened(x + i, count), mean, scale, shift, count, block); });
    });
  }

  static void project(const T* grad, const T* x, float mean, float grad_mean, float projection, float scale, int64_t n,
                      T* out) {
    for_each_block(n, [&](int64_t i, int64_t count) {
      narrowed(out + i, count, [&](float* block) {
        wide().project(Widened(grad + i, count), Widened(x + i, count), mean, grad_mean, projection, scale, count,
                       block);
      });
    });
  }

  static void affine_row(const T* x, float mean, float inverse_std, const float* weight, const float* bias, int64_t n,
                         T* y) {
    for_each_block(n, [&](int64_t i, int64_t count) {
      narrowed(y + i, count, [&](float* block) {
        wide().affine_row(Widened(x + i, count), mean, inverse_std, weight + i, bias + i, count, block);
      });
    });
  }

  static void project_row(const T* grad, const T* x, float mean, float grad_mean, float projection, float scale,
                          const float* weight, int64_t n, T* out) {
    for_each_block(n, [&](int64_t i, int64_t count) {
      narrowed(out + i, count, [&](float* block) {
        wide().project_row(Widened(grad + i, count), Widened(x + i, count), mean, grad_mean, projection, scale,
                           weight + i, count, block);
      });
    });
  }

  static void add_each(const T* x, int64_t rows, int64_t n, double* sum) {
    for_each_block(rows, n, [&](int64_t r, int64_t height, int64_t i, int64_t width) {
      wide().add_each(Widened(x + r * n + i, height * width), height, width, sum + i);
    });
  }

  static void add_squares_each(const T* x, const float* mean, int64_t rows, int64_t n, double* sum) {
    for_each_block(rows, n, [&](int64_t r, int64_t height, int64_t i, int64_t width) {
      wide().add_squares_each(Widened(x + r * n + i, height * width), mean + i, height, width, sum + i);
    });
  }

  static void add_pairs_each(const T* grad, const T* x, const float* mean, int64_t rows, int64_t n, double* first,
                             double* second) {
    for_each_block(rows, n, [&](int64_t r, int64_t height, int64_t i, int64_t width) {
      const int64_t at = r * n + i, count = height * width;
      wide().add_pairs_each(Widened(grad + at, count), Widened(x + at, count), mean + i, height, width, first + i,
                            second + i);
    });
  }

  static void scale_shift_each(const T* x, const float* mean, const float* scale, const float* shift, int64_t rows,
                               int64_t n, T* y) {
    for_each_block(rows, n, [&](int64_t r, int64_t height, int64_t i, int64_t width) {
      const int64_t at = r * n + i, count = height * width;
      narrowed(y + at, count, [&](float* block) {
        wide().scale_shift_each(Widened(x + at, count), mean + i, scale + i, shift + i, height, width, block);
      });
    });
  }

  static void project_each(const T* grad, const T* x, const float* mean, const float* grad_mean,
                           const float* projection, const float* scale, int64_t rows, int64_t n, T* out) {
    for_each_block(rows, n, [&](int64_t r, int64_t height, int64_t i, int64_t width) {
      const int64_t at = r * n + i, count = height * width;
      narrowed(out + at, count, [&](float* block) {
        wide().project_each(Widened(grad + at, count), Widened(x + at, count), mean + i, grad_mean + i, projection + i,
                            scale + i, height, width, block);
      });
    });
  }

  static void add_column_gradients(const T* grad, const T* x, const float* mean, const float* inverse_std, int64_t rows,
                                   int64_t n, double* first, double* second) {
    for_each_block(rows, n, [&](int64_t r, int64_t height, int64_t i, int64_t width) {
      const int64_t at = r * n + i, count = height * width;
      wide().add_column_gradients(Widened(grad + at, count), Widened(x + at, count), mean + r, inverse_std + r, height,
                                  width, first + i, second + i);
    });
  }

  static constexpr NormLoops<T> kLoops = {
      sum,        squares,          sums_with,      scale_shift,         project,
      add_each,   add_squares_each, add_pairs_each, scale_shift_each,    project_each,
      affine_row, weighted_sums,    project_row,    add_column_gradients};
};

}  // namespace

template <>
const NormLoops<Half>& norm_loops<Half>() {
  return HalfLoops<Half>::kLoops;
}
template <>
const NormLoops<BFloat16>& norm_loops<BFloat16>() {
  return HalfLoops<BFloat16>::kLoops;
}

}  // namespace relume::cpu
