// Average pooling on the CPU: sums of windows, a row of pixels or a pixel's channels at a time.
#include "cpu/dispatch.h"
#include "cpu/parallel.h"
#include "cpu/pool_loops.h"
#include "cpu/pool_windows.h"
#include "cpu/scratch.h"

namespace relume::cpu {
namespace {

constexpr int64_t kGrain = 1 << 14;  // window elements that a thread takes at least

int64_t grain(const Pool& pool, int64_t outputs_each) {
  return std::max<int64_t>(1,
                           kGrain / std::max<int64_t>(1, outputs_each * std::min<int64_t>(64, pool.kernel_pixels())));
}

// What the sum of a window is divided by; adaptive windows divide by one length after the other, as PyTorch rounds.
template <class C>
struct Divisors {
  C first, second, third;

  Divisors(const Pool& pool, AverageDivisor rule, const Window& w0, const Window& w1, const Window& w2)
      : first(C(0)), second(C(1)), third(C(1)) {
    if (w0.empty() || w1.empty() || w2.empty()) return;  // nothing to divide
    if (pool.adaptive) {
      first = static_cast<C>(w0.end), second = static_cast<C>(w1.end), third = static_cast<C>(w2.end);
    } else if (rule.override_with != 0) {
      first = static_cast<C>(rule.override_with);
    } else {
      first = static_cast<C>(rule.count_include_pad ? w0.padded * w1.padded * w2.padded
                                                    : w0.inside() * w1.inside() * w2.inside());
    }
  }

  C divide(C sum) const { return first == C(0) ? C(0) : sum / first / second / third; }

  // to[i] = from[i] divided, for n elements of other types.
  template <class To, class From>
  void divide(const From* from, int64_t n, To* to) const {
    if (first == C(0))
      std::fill_n(to, n, static_cast<To>(C(0)));
    else if (second == C(1) && third == C(1))
      for (int64_t i = 0; i < n; ++i) to[i] = static_cast<To>(static_cast<C>(from[i]) / first);
    else
      for (int64_t i = 0; i < n; ++i) to[i] = static_cast<To>(divide(static_cast<C>(from[i])));
  }

  // The same of floats where they are.
  void divide(const PoolLoops<float>& loops, int64_t n, float* values) const {
    if (first == 0) return static_cast<void>(std::fill_n(values, n, 0.0f));
    for (const float by : {first, second, third})
      if (by != 1) loops.divide(by, n, values);
  }
};

// One pooling layer in element type T, computed in C.
template <class T>
class AveragePool {
 public:
  using C = compute_type<T>;
  AveragePool(const Pool& pool, AverageDivisor rule)
      : pool_(pool), rule_(rule), windows_(pool), loops_(pool_loops<T>()) {}

  void forward(const T* input, T* output) const {
    if (pool_.layout == Layout::Plain)
      forward_plain(input, output);
    else
      forward_channels_last(input, output);
  }

  void backward(const T* grad_output, T* grad_input) const {
    const bool plain = pool_.layout == Layout::Plain;
    const int64_t images = plain ? pool_.batch * pool_.channels : pool_.batch, channels = plain ? 1 : pool_.channels;
    const int64_t in_size = pool_.input_pixels() * channels, out_size = pool_.output_pixels() * channels;
    parallel_for(images, grain(pool_, out_size), [&](int64_t begin, int64_t end) {
      const Scratch scratch((in_size + std::max(pool_.output[2], channels)) * static_cast<int64_t>(sizeof(C)));
      C* const image = scratch.as<C>();
      for (int64_t i = begin; i < end; ++i) {
        std::fill_n(image, in_size, C(0));
        if (plain)
          backward_plane(grad_output + i * out_size, image, image + in_size);
        else
          backward_image(grad_output + i * out_size, image, image + in_size);
        for (int64_t e = 0; e < in_size; ++e) grad_input[i * in_size + e] = static_cast<T>(image[e]);
      }
    });
  }

 private:
  // The quotient of output (row, column), where a row is a pair of the first two coordinates.
  C divide(C sum, int64_t row, int64_t column) const {
    return Divisors<C>(pool_, rule_, windows_.along(0, row / pool_.output[1]), windows_.along(1, row % pool_.output[1]),
                       windows_.along(2, column))
        .divide(sum);
  }

  void forward_plain(const T* input, T* output) const {
    const int64_t rows = pool_.output[0] * pool_.output[1], width = pool_.output[2];
    parallel_for(pool_.batch * pool_.channels, grain(pool_, rows * width), [&](int64_t begin, int64_t end) {
      const Scratch scratch(width * static_cast<int64_t>(sizeof(C)));
      C* const sum = scratch.as<C>();
      for (int64_t plane = begin; plane < end; ++plane)
        for (int64_t row = 0; row < rows; ++row) {
          const T* const image = input + plane * pool_.input_pixels();
          T* const out = output + (plane * rows + row) * width;
          std::fill_n(sum, width, C(0));
          windows_.for_each_segment(row / pool_.output[1], row % pool_.output[1], [&](const PoolWindows::Segment& s) {
            if (s.count == 1)
              sum[s.begin] += static_cast<C>(image[s.pixel]);
            else
              loops_.gather_add(image + s.pixel, s.step, s.count, sum + s.begin);
          });
          for (int64_t j = 0; j < width; ++j) out[j] = static_cast<T>(divide(sum[j], row, j));
        }
    });
  }

  void forward_channels_last(const T* input, T* output) const {
    const int64_t channels = pool_.channels;
    parallel_for(pool_.batch * pool_.output_pixels(), grain(pool_, channels), [&](int64_t begin, int64_t end) {
      const Scratch scratch(channels * static_cast<int64_t>(sizeof(C)));
      windows_.for_each_pixel(
          begin, end, [&](int64_t n, int64_t at, const Window& w0, const Window& w1, const Window& w2) {
            const T* const image = input + n * pool_.input_pixels() * channels;
            const Divisors<C> divisors(pool_, rule_, w0, w1, w2);
            if constexpr (std::is_same_v<T, float>) {
              float* const sum = output + at * channels;
              std::fill_n(sum, channels, 0.0f);
              windows_.for_each_taps(w0, w1, w2, channels,
                                     [&](const PoolTaps& taps) { loops_.add_taps(image, taps, channels, sum); });
              divisors.divide(loops_, channels, sum);
            } else {
              C* const sum = scratch.as<C>();
              std::fill_n(sum, channels, C(0));
              windows_.for_each_tap(w0, w1, w2, [&](int64_t pixel, int64_t) {
                loops_.gather_add(image + pixel * channels, 1, channels, sum);
              });
              divisors.divide(sum, channels, output + at * channels);
            }
          });
    });
  }

  void backward_plane(const T* grad_output, C* image, C* shares) const {
    const int64_t width = pool_.output[2];
    for (int64_t row = 0; row < pool_.output[0] * pool_.output[1]; ++row) {
      for (int64_t j = 0; j < width; ++j) shares[j] = divide(static_cast<C>(grad_output[row * width + j]), row, j);
      windows_.for_each_segment(row / pool_.output[1], row % pool_.output[1], [&](const PoolWindows::Segment& s) {
        if (s.count == 1)
          image[s.pixel] += shares[s.begin];
        else
          loops_.scatter_add(shares + s.begin, s.count, s.step, image + s.pixel);
      });
    }
  }

  void backward_image(const T* grad_output, C* image, C* shares) const {
    const int64_t channels = pool_.channels;
    windows_.for_each_pixel(0, pool_.output_pixels(),
                            [&](int64_t, int64_t at, const Window& w0, const Window& w1, const Window& w2) {
                              const Divisors<C> divisors(pool_, rule_, w0, w1, w2);
                              if constexpr (std::is_same_v<T, float>) {
                                std::copy_n(grad_output + at * channels, channels, shares);
                                divisors.divide(loops_, channels, shares);
                              } else {
                                divisors.divide(grad_output + at * channels, channels, shares);
                              }
                              windows_.for_each_tap(w0, w1, w2, [&](int64_t pixel, int64_t) {
                                loops_.scatter_add(shares, channels, 1, image + pixel * channels);
                              });
                            });
  }

  const Pool& pool_;
  const AverageDivisor rule_;
  const PoolWindows windows_;
  const PoolLoops<T>& loops_;
};

}  // namespace

void avg_pool_forward(const Pool& pool, AverageDivisor divisor, const void* input, void* output) {
  dispatch<float, double, Half, BFloat16, int64_t>("avg_pool2d", pool.dtype, [&](auto zero) {
    using T = decltype(zero);
    AveragePool<T>(pool, divisor).forward(static_cast<const T*>(input), static_cast<T*>(output));
  });
}

void avg_pool_backward(const Pool& pool, AverageDivisor divisor, const void* grad_output, void* grad_input) {
  dispatch<float, double, Half, BFloat16, int64_t>("avg_pool2d", pool.dtype, [&](auto zero) {
    using T = decltype(zero);
    AveragePool<T>(pool, divisor).backward(static_cast<const T*>(grad_output), static_cast<T*>(grad_input));
  });
}

}  // namespace relume::cpu
