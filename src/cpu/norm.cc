// Batch, layer and group normalisation on the CPU. Every sum is formed over fixed pieces that are added up in order.
#include "kernels/norm.h"

#include <algorithm>
#include <cmath>

#include "cpu/dense_cast.h"
#include "cpu/dispatch.h"
#include "cpu/norm_loops.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"

namespace relume::cpu {
namespace {

constexpr int64_t kGrain = 1 << 14;  // elements that a thread takes at least
constexpr int64_t kMaxPieces = 64;   // of the rows, when columns are summed

// Pieces of rows that are summed by themselves.
struct Pieces {
  Pieces(int64_t rows, int64_t columns)
      : length(std::max({int64_t{1}, kGrain / std::max<int64_t>(1, columns), (rows + kMaxPieces - 1) / kMaxPieces})),
        count((rows + length - 1) / length) {}
  int64_t length, count;
};

void add_up(const double* from, int64_t count, double* to) {
  for (int64_t i = 0; i < count; ++i) to[i] += from[i];
}

template <class C>
C as_statistic(double sum) {
  return static_cast<C>(sum);
}

template <class T>
class BatchNormOf {
 public:
  using C = compute_type<T>;
  explicit BatchNormOf(const BatchNorm& norm)
      : loops_(norm_loops<T>()),
        each_(norm.layout == Layout::ChannelsLast || norm.pixels == 1),
        rows_(each_ ? norm.batch * norm.pixels : norm.batch * norm.channels),
        columns_(each_ ? norm.channels : norm.pixels),
        channels_(norm.channels),
        count_(static_cast<double>(norm.batch * norm.pixels)) {}

  void moments(const T* x, C* mean, C* variance) const {
    const Scratch scratch(2 * channels_ * static_cast<int64_t>(sizeof(double)));
    double *const total = scratch.as<double>(), *const unused = total + channels_;
    channel_sums(total, unused, [&](int64_t row, int64_t rows, int64_t, double* first, double*) {
      if (each_)
        loops_.add_each(x + row * columns_, rows, columns_, first);
      else
        *first += loops_.sum(x + row * columns_, columns_);
    });
    for (int64_t c = 0; c < channels_; ++c) mean[c] = static_cast<C>(total[c] / count_);
    channel_sums(total, unused, [&](int64_t row, int64_t rows, int64_t c, double* first, double*) {
      if (each_)
        loops_.add_squares_each(x + row * columns_, mean, rows, columns_, first);
      else
        *first += loops_.squares(x + row * columns_, static_cast<double>(mean[c]), columns_);
    });
    for (int64_t c = 0; c < channels_; ++c) variance[c] = static_cast<C>(total[c] / count_);
  }

  void apply(const T* x, const C* mean, const C* inverse_std, const C* weight, const C* bias, T* y) const {
    const Scratch scratch(2 * channels_ * static_cast<int64_t>(sizeof(C)));
    C *const scale = scratch.as<C>(), *const shift = scale + channels_;
    for (int64_t c = 0; c < channels_; ++c) {
      scale[c] = weight ? inverse_std[c] * weight[c] : inverse_std[c];
      shift[c] = bias ? bias[c] : C(0);
    }
    for_rows([&](int64_t row, int64_t rows, int64_t c) {
      const T* const from = x + row * columns_;
      T* const to = y + row * columns_;
      if (each_)
        loops_.scale_shift_each(from, mean, scale, shift, rows, columns_, to);
      else
        loops_.scale_shift(from, mean[c], scale[c], shift[c], columns_, to);
    });
  }

  void backward(bool of_batch, const T* grad, const T* x, const C* mean, const C* inverse_std, const C* weight,
                T* grad_x, C* grad_weight, C* grad_bias) const {
    const Scratch sums(2 * channels_ * static_cast<int64_t>(sizeof(double)));
    double *const grads = sums.as<double>(), *const products = grads + channels_;
    if (of_batch || grad_weight || grad_bias)
      channel_sums(grads, products, [&](int64_t row, int64_t rows, int64_t c, double* first, double* second) {
        const T *const g = grad + row * columns_, *const v = x + row * columns_;
        if (each_) return loops_.add_pairs_each(g, v, mean, rows, columns_, first, second);
        const SumPair pair = loops_.sums_with(g, v, static_cast<double>(mean[c]), columns_);
        *first += pair.first;
        *second += pair.second;
      });
    for (int64_t c = 0; c < channels_; ++c) {
      if (grad_weight) grad_weight[c] = static_cast<C>(products[c] * static_cast<double>(inverse_std[c]));
      if (grad_bias) grad_bias[c] = static_cast<C>(grads[c]);
    }
    if (grad_x) input_gradient(of_batch, grad, x, mean, inverse_std, weight, grads, products, grad_x);
  }

 private:
  void input_gradient(bool of_batch, const T* grad, const T* x, const C* mean, const C* inverse_std, const C* weight,
                      const double* grads, const double* products, T* grad_x) const {
    const Scratch scratch(3 * channels_ * static_cast<int64_t>(sizeof(C)));
    C *const grad_mean = scratch.as<C>(), *const projection = grad_mean + channels_,
             *const scale = projection + channels_;
    for (int64_t c = 0; c < channels_; ++c) {
      const double inverse = static_cast<double>(inverse_std[c]);
      grad_mean[c] = of_batch ? static_cast<C>(grads[c] / count_) : C(0);
      projection[c] = of_batch ? static_cast<C>(products[c] * inverse * inverse / count_) : C(0);
      scale[c] = weight ? inverse_std[c] * weight[c] : inverse_std[c];
    }
    for_rows([&](int64_t row, int64_t rows, int64_t c) {
      const T *const g = grad + row * columns_, *const v = x + row * columns_;
      T* const to = grad_x + row * columns_;
      if (!of_batch && each_)
        loops_.scale_shift_each(g, grad_mean, scale, projection, rows, columns_, to);  // both others are 0
      else if (!of_batch)
        loops_.scale_shift(g, C(0), scale[c], C(0), columns_, to);
      else if (each_)
        loops_.project_each(g, v, mean, grad_mean, projection, scale, rows, columns_, to);
      else
        loops_.project(g, v, mean[c], grad_mean[c], projection[c], scale[c], columns_, to);
    });
  }

  // body(row, rows, channel): rows that hold an element of each channel, or one row of a channel.
  template <class Body>
  void for_rows(const Body& body) const {
    parallel_for(rows_, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, columns_)), [&](int64_t begin, int64_t end) {
      if (each_) return body(begin, end - begin, int64_t{0});
      for (int64_t row = begin; row < end; ++row) body(row, int64_t{1}, row % channels_);
    });
  }

  // Two sums a channel. body(row, rows, channel, first, second) adds rows: one plane of a channel to a single pair, or
  // pixels to a pair a channel.
  template <class Body>
  void channel_sums(double* first, double* second, const Body& body) const {
    const Pieces pieces = each_ ? Pieces(rows_, columns_) : Pieces(0, 1);
    const int64_t parts = each_ ? pieces.count : rows_ / std::max<int64_t>(1, channels_);
    const Scratch scratch(2 * parts * channels_ * static_cast<int64_t>(sizeof(double)));
    double *const firsts = scratch.as<double>(), *const seconds = firsts + parts * channels_;
    std::fill_n(firsts, 2 * parts * channels_, 0.0);
    if (each_)
      parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const int64_t row = i * pieces.length;
          body(row, std::min(pieces.length, rows_ - row), int64_t{0}, firsts + i * channels_, seconds + i * channels_);
        }
      });
    else
      for_rows([&](int64_t row, int64_t, int64_t c) { body(row, int64_t{1}, c, firsts + row, seconds + row); });
    std::fill_n(first, channels_, 0.0);
    std::fill_n(second, channels_, 0.0);
    for (int64_t p = 0; p < parts; ++p) {
      add_up(firsts + p * channels_, channels_, first);
      add_up(seconds + p * channels_, channels_, second);
    }
  }

  const NormLoops<T>& loops_;
  const bool each_;  // a row of memory holds an element of each channel
  const int64_t rows_, columns_, channels_;
  const double count_;  // of elements a channel
};

// The weights of the columns, or ones (zeros for a bias) when there are none.
template <class C>
class ColumnValues {
 public:
  ColumnValues(const C* given, int64_t columns, C missing)
      : scratch_(given ? 0 : columns * static_cast<int64_t>(sizeof(C))), data_(given ? given : scratch_.as<C>()) {
    if (!given) std::fill_n(scratch_.as<C>(), columns, missing);
  }
  const C* data() const { return data_; }

 private:
  const Scratch scratch_;
  const C* const data_;
};

template <class T>
class LayerNormOf {
 public:
  using C = compute_type<T>;
  explicit LayerNormOf(const LayerNorm& norm)
      : loops_(norm_loops<T>()), rows_(norm.rows), columns_(norm.columns), count_(static_cast<double>(norm.columns)) {}

  void forward(double eps, const T* x, const C* weight, const C* bias, T* y, C* mean, C* inverse_std) const {
    const ColumnValues<C> scale(weight, columns_, C(1)), shift(bias, columns_, C(0));
    parallel_for(rows_, grain(), [&](int64_t begin, int64_t end) {
      constexpr bool kConverts = !std::is_same_v<T, C>;
      const Scratch wide(kConverts ? columns_ * static_cast<int64_t>(sizeof(C)) : 0);  // a row, converted once for both
      const NormLoops<C>& loops = norm_loops<C>();
      for (int64_t r = begin; r < end; ++r) {
        const T* const row = x + r * columns_;
        const C* values = wide.as<C>();
        if constexpr (kConverts)
          dense_cast(dtype_of<T>, dtype_of<C>)(wide.as<C>(), row, columns_);
        else
          values = row;
        const double m = loops.sum(values, columns_) / count_;
        mean[r] = static_cast<C>(m);
        inverse_std[r] = static_cast<C>(1 / std::sqrt(loops.squares(values, m, columns_) / count_ + eps));
        loops_.affine_row(row, mean[r], inverse_std[r], scale.data(), shift.data(), columns_, y + r * columns_);
      }
    });
  }

  void backward(const T* grad, const T* x, const C* mean, const C* inverse_std, const C* weight, T* grad_x,
                C* grad_weight, C* grad_bias) const {
    const bool of_columns = grad_weight || grad_bias;
    const ColumnValues<C> scale(weight, columns_, C(1));
    const Pieces pieces(rows_, columns_);
    const Scratch scratch(
        of_columns ? 2 * std::max<int64_t>(1, pieces.count) * columns_ * static_cast<int64_t>(sizeof(double)) : 0);
    double* const sums = scratch.as<double>();
    if (of_columns) std::fill_n(sums, 2 * std::max<int64_t>(1, pieces.count) * columns_, 0.0);
    parallel_for(pieces.count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        const int64_t first = p * pieces.length, last = std::min(rows_, first + pieces.length);
        for (int64_t r = first; grad_x && r < last; ++r)
          input_gradient(grad + r * columns_, x + r * columns_, mean[r], inverse_std[r], scale.data(),
                         grad_x + r * columns_);
        if (!of_columns) continue;
        double* const piece = sums + p * 2 * columns_;
        loops_.add_column_gradients(grad + first * columns_, x + first * columns_, mean + first, inverse_std + first,
                                    last - first, columns_, piece, piece + columns_);
      }
    });
    if (!of_columns) return;
    for (int64_t p = 1; p < pieces.count; ++p) add_up(sums + p * 2 * columns_, 2 * columns_, sums);
    if (grad_weight) std::transform(sums, sums + columns_, grad_weight, as_statistic<C>);
    if (grad_bias) std::transform(sums + columns_, sums + 2 * columns_, grad_bias, as_statistic<C>);
  }

 private:
  void input_gradient(const T* grad, const T* x, C mean, C inverse_std, const C* weight, T* grad_x) const {
    const double inverse = static_cast<double>(inverse_std);
    const SumPair sums = loops_.weighted_sums(grad, x, static_cast<double>(mean), weight, columns_);
    loops_.project_row(grad, x, mean, static_cast<C>(sums.first / count_),
                       static_cast<C>(sums.second * inverse * inverse / count_), inverse_std, weight, columns_, grad_x);
  }

  int64_t grain() const { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, columns_)); }

  const NormLoops<T>& loops_;
  const int64_t rows_, columns_;
  const double count_;
};

template <class T>
class GroupNormOf {
 public:
  explicit GroupNormOf(const GroupNorm& norm)
      : loops_(norm_loops<T>()), norm_(norm), columns_(norm.channels * norm.pixels) {}

  void forward(double eps, const T* x, const T* weight, const T* bias, T* y) const {
    for_each_group([&](int64_t r, int64_t channel) {
      const Moments of = moments(eps, x + r * columns_);
      scale(x + r * columns_, static_cast<T>(of.mean), static_cast<T>(of.inverse_std),
            weight ? weight + channel : nullptr, bias ? bias + channel : nullptr, y + r * columns_);
    });
  }

  void backward(double eps, const T* grad, const T* x, const T* weight, T* grad_x, T* grad_weight, T* grad_bias) const {
    // Of each plane, the sums of grad * (x - mean) * inverse_std and of grad.
    const int64_t channels = norm_.groups * norm_.channels, planes = norm_.batch * channels;
    const Scratch scratch(2 * planes * static_cast<int64_t>(sizeof(double)));
    double* const sums = scratch.as<double>();
    for_each_group([&](int64_t r, int64_t channel) {
      const T* const row = x + r * columns_;
      const Moments of = moments(eps, row);
      SumPair group;
      for (int64_t c = 0; c < norm_.channels; ++c) {
        const int64_t at = c * norm_.pixels;
        const SumPair plane = loops_.sums_with(grad + r * columns_ + at, row + at, of.mean, norm_.pixels);
        const double factor = weight ? static_cast<double>(weight[channel + c]) : 1;
        group.first += factor * plane.first, group.second += factor * plane.second;
        double* const pair = sums + r / norm_.groups * 2 * channels + channel + c;
        pair[0] = plane.second * of.inverse_std, pair[channels] = plane.first;
      }
      if (!grad_x) return;
      const double projection = group.second * of.inverse_std * of.inverse_std;
      for (int64_t c = 0; c < norm_.channels; ++c) {
        const int64_t at = r * columns_ + c * norm_.pixels;
        project_plane(grad + at, x + at, of, group.first / columns_, projection / columns_,
                      weight ? weight[channel + c] : T(1), grad_x + at);
      }
    });
    for (int64_t n = 1; n < norm_.batch; ++n) add_up(sums + n * 2 * channels, 2 * channels, sums);
    if (grad_weight) std::copy_n(sums, channels, grad_weight);
    if (grad_bias) std::copy_n(sums + channels, channels, grad_bias);
  }

 private:
  struct Moments {
    double mean, inverse_std;
  };
  Moments moments(double eps, const T* row) const {
    const double count = static_cast<double>(columns_), mean = loops_.sum(row, columns_) / count;
    return {mean, 1 / std::sqrt(loops_.squares(row, mean, columns_) / count + eps)};
  }

  // body(group, its first channel) for the groups of all images.
  template <class Body>
  void for_each_group(const Body& body) const {
    const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, columns_));
    parallel_for(norm_.batch * norm_.groups, grain, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) body(r, r % norm_.groups * norm_.channels);
    });
  }

  // (grad * weight - grad_mean - (x - mean) * projection) * inverse_std, by the loop that takes a weight an element.
  void project_plane(const T* grad, const T* x, const Moments& of, double grad_mean, double projection, T weight,
                     T* out) const {
    constexpr int64_t kBlock = 512;
    T weights[kBlock];
    std::fill_n(weights, std::min(kBlock, norm_.pixels), weight);
    for (int64_t at = 0; at < norm_.pixels; at += kBlock)
      loops_.project_row(grad + at, x + at, static_cast<T>(of.mean), static_cast<T>(grad_mean),
                         static_cast<T>(projection), static_cast<T>(of.inverse_std), weights,
                         std::min(kBlock, norm_.pixels - at), out + at);
  }

  void scale(const T* row, T mean, T inverse_std, const T* weight, const T* bias, T* y) const {
    if (!weight && !bias) return loops_.scale_shift(row, mean, inverse_std, T(0), columns_, y);
    if (weight && bias && norm_.pixels == 1)
      return loops_.affine_row(row, mean, inverse_std, weight, bias, columns_, y);
    for (int64_t c = 0; c < norm_.channels; ++c)
      loops_.scale_shift(row + c * norm_.pixels, mean, weight ? inverse_std * weight[c] : inverse_std,
                         bias ? bias[c] : T(0), norm_.pixels, y + c * norm_.pixels);
  }

  const NormLoops<T>& loops_;
  const GroupNorm& norm_;
  const int64_t columns_;
};

// body(float()) or body(double()).
template <class Body>
void with_real(ScalarType dtype, const Body& body) {
  dtype == kDouble ? body(double()) : body(float());
}

}  // namespace

void batch_norm_moments(const BatchNorm& norm, const void* x, void* mean, void* variance) {
  dispatch_floating("batch_norm", norm.dtype, [&](auto zero) {
    using T = decltype(zero);
    using C = compute_type<T>;
    BatchNormOf<T>(norm).moments(static_cast<const T*>(x), static_cast<C*>(mean), static_cast<C*>(variance));
  });
}

void batch_norm_apply(const BatchNorm& norm, const void* x, const void* mean, const void* inverse_std,
                      const void* weight, const void* bias, void* y) {
  dispatch_floating("batch_norm", norm.dtype, [&](auto zero) {
    using T = decltype(zero);
    using C = compute_type<T>;
    BatchNormOf<T>(norm).apply(static_cast<const T*>(x), static_cast<const C*>(mean),
                               static_cast<const C*>(inverse_std), static_cast<const C*>(weight),
                               static_cast<const C*>(bias), static_cast<T*>(y));
  });
}

void batch_norm_backward(const BatchNorm& norm, bool of_batch, const void* grad_y, const void* x, const void* mean,
                         const void* inverse_std, const void* weight, const NormGradients& gradients) {
  dispatch_floating("batch_norm_backward", norm.dtype, [&](auto zero) {
    using T = decltype(zero);
    using C = compute_type<T>;
    BatchNormOf<T>(norm).backward(of_batch, static_cast<const T*>(grad_y), static_cast<const T*>(x),
                                  static_cast<const C*>(mean), static_cast<const C*>(inverse_std),
                                  static_cast<const C*>(weight), static_cast<T*>(gradients.x),
                                  static_cast<C*>(gradients.weight), static_cast<C*>(gradients.bias));
  });
}

void layer_norm_forward(const LayerNorm& norm, double eps, const void* x, const void* weight, const void* bias, void* y,
                        void* mean, void* inverse_std) {
  dispatch_floating("LayerNormKernelImpl", norm.dtype, [&](auto zero) {
    using T = decltype(zero);
    using C = compute_type<T>;
    LayerNormOf<T>(norm).forward(eps, static_cast<const T*>(x), static_cast<const C*>(weight),
                                 static_cast<const C*>(bias), static_cast<T*>(y), static_cast<C*>(mean),
                                 static_cast<C*>(inverse_std));
  });
}

void layer_norm_backward(const LayerNorm& norm, const void* grad_y, const void* x, const void* mean,
                         const void* inverse_std, const void* weight, const NormGradients& gradients) {
  dispatch_floating("LayerNormBackwardKernelImpl", norm.dtype, [&](auto zero) {
    using T = decltype(zero);
    using C = compute_type<T>;
    LayerNormOf<T>(norm).backward(static_cast<const T*>(grad_y), static_cast<const T*>(x), static_cast<const C*>(mean),
                                  static_cast<const C*>(inverse_std), static_cast<const C*>(weight),
                                  static_cast<T*>(gradients.x), static_cast<C*>(gradients.weight),
                                  static_cast<C*>(gradients.bias));
  });
}

void group_norm_forward(const GroupNorm& norm, double eps, const void* x, const void* weight, const void* bias,
                        void* y) {
  with_real(norm.dtype, [&](auto zero) {
    using T = decltype(zero);
    GroupNormOf<T>(norm).forward(eps, static_cast<const T*>(x), static_cast<const T*>(weight),
                                 static_cast<const T*>(bias), static_cast<T*>(y));
  });
}

void group_norm_backward(const GroupNorm& norm, double eps, const void* grad_y, const void* x, const void* weight,
                         const NormGradients& gradients) {
  with_real(norm.dtype, [&](auto zero) {
    using T = decltype(zero);
    GroupNormOf<T>(norm).backward(eps, static_cast<const T*>(grad_y), static_cast<const T*>(x),
                                  static_cast<const T*>(weight), static_cast<T*>(gradients.x),
                                  static_cast<T*>(gradients.weight), static_cast<T*>(gradients.bias));
  });
}

}  // namespace relume::cpu
