// Max pooling on the CPU: a row of windows at a time where pixels are neighbours, a pixel's channels where those are.
#include <limits>

#include "core/check.h"
#include "cpu/dense_cast.h"
#include "cpu/dispatch.h"
#include "cpu/parallel.h"
#include "cpu/pool_loops.h"
#include "cpu/pool_windows.h"
#include "cpu/scratch.h"

namespace relume::cpu {
namespace {

constexpr int64_t kGrain = 1 << 13;  // window elements that a thread takes at least
constexpr int64_t kManyTaps = 16;    // windows with more elements look their winner up, one output after the other
constexpr uint8_t kNoTap = 255;

int64_t grain(const Pool& pool, int64_t outputs_each) {
  return std::max<int64_t>(1,
                           kGrain / std::max<int64_t>(1, outputs_each * std::min<int64_t>(64, pool.kernel_pixels())));
}

template <class C>
constexpr C lowest() {
  if constexpr (std::is_floating_point_v<C>)
    return -std::numeric_limits<C>::infinity();
  else
    return std::numeric_limits<C>::min();
}

// The best elements so far of a run of windows.
template <class T>
class Winners {
 public:
  using C = compute_type<T>;
  explicit Winners(int64_t count)
      : count_(count),
        scratch_(count * static_cast<int64_t>(std::max(sizeof(C), sizeof(int32_t)) + sizeof(int32_t))),
        best_(scratch_.as<C>()),
        place_(scratch_.as<int32_t>() + count * static_cast<int64_t>(std::max(sizeof(C), sizeof(int32_t)) / 4)) {}

  void restart() {
    std::fill_n(best_, count_, lowest<C>());
    std::fill_n(place_, count_, -1);
  }
  C* best() { return best_; }
  int32_t* place() { return place_; }

  void store(T* output, PoolIndex index, int64_t at) const {
    for (int64_t i = 0; i < count_; ++i) output[at + i] = static_cast<T>(best_[i]);
    if (index.form == PoolIndex::Form::Pixel)
      std::copy_n(place_, count_, static_cast<int64_t*>(index.data) + at);
    else if (index.form == PoolIndex::Form::Tap)
      for (int64_t i = 0; i < count_; ++i) static_cast<uint8_t*>(index.data)[at + i] = static_cast<uint8_t>(place_[i]);
  }

 private:
  const int64_t count_;
  const Scratch scratch_;
  C* const best_;
  int32_t* const place_;
};

// A row of adaptive windows, each of which has its own size.
void adaptive_row(const Pool& pool, const PoolWindows& windows, int64_t row, const float* image, bool pixels,
                  Winners<float>& winners) {
  const PoolLoops<float>& loops = pool_loops<float>();
  const Window &w0 = windows.along(0, row / pool.output[1]), &w1 = windows.along(1, row % pool.output[1]);
  const int64_t row_step = pixels ? pool.input[2] : pool.kernel[2];
  for (int64_t o = 0; o < pool.output[2]; ++o) {
    const Window& w2 = windows.along(2, o);
    for (int64_t k0 = 0; k0 < w0.end; ++k0) {
      const int64_t pixel = ((w0.start + k0) * pool.input[1] + w1.start) * pool.input[2] + w2.start;
      const int64_t place = pixels ? pixel : k0 * pool.kernel[1] * pool.kernel[2];
      loops.keep_largest(image + pixel, pool.input[2], w1.end, w2.end, static_cast<int32_t>(place),
                         static_cast<int32_t>(row_step), winners.best() + o, winners.place() + o);
    }
  }
}

template <class T>
void forward_plain(const Pool& pool, const T* input, T* output, PoolIndex index) {
  const PoolWindows windows(pool);
  const PoolLoops<T>& loops = pool_loops<T>();
  const bool pixels = index.form == PoolIndex::Form::Pixel;
  const int64_t rows = pool.output[0] * pool.output[1], width = pool.output[2];
  parallel_for(pool.batch * pool.channels, grain(pool, rows * width), [&](int64_t begin, int64_t end) {
    Winners<T> winners(width);
    for (int64_t plane = begin; plane < end; ++plane)
      for (int64_t row = 0; row < rows; ++row) {
        const T* const image = input + plane * pool.input_pixels();
        winners.restart();
        if constexpr (std::is_same_v<T, float>)
          if (pool.adaptive) {
            adaptive_row(pool, windows, row, image, pixels, winners);
            winners.store(output, index, (plane * rows + row) * width);
            continue;
          }
        windows.for_each_segment(row / pool.output[1], row % pool.output[1], [&](const PoolWindows::Segment& s) {
          loops.keep_larger(image + s.pixel, s.step, s.count, static_cast<int32_t>(pixels ? s.pixel : s.tap),
                            static_cast<int32_t>(pixels ? s.step : 0), winners.best() + s.begin,
                            winners.place() + s.begin);
        });
        winners.store(output, index, (plane * rows + row) * width);
      }
  });
}

// Where nobody asks for places: the maxima of all columns, then of as many neighbours as a window has, of which every
// `stride`th is an output. What is not inside the input is the lowest of numbers.
void forward_plain_values(const Pool& pool, const float* input, float* output, PoolIndex) {
  const PoolWindows windows(pool);
  const PoolLoops<float>& loops = pool_loops<float>();
  const int64_t rows = pool.output[0] * pool.output[1], width = pool.output[2], stride = pool.stride[2];
  const int64_t span = (width - 1) * stride + 1, line_size = span + (pool.kernel[2] - 1) * pool.dilation[2];
  const int64_t inside = std::max<int64_t>(0, std::min(pool.input[2], line_size - pool.padding[2]));
  // Whether windows are parts of single rows, which are read where they lie.
  const bool single = pool.kernel[0] * pool.kernel[1] == 1 && line_size <= pool.input[2] &&
                      pool.padding[0] + pool.padding[1] + pool.padding[2] == 0;
  parallel_for(pool.batch * pool.channels, grain(pool, rows * width), [&](int64_t begin, int64_t end) {
    const Scratch scratch((span + line_size) * static_cast<int64_t>(sizeof(float)));
    float *const largest = scratch.as<float>(), *const line = largest + span;
    for (int64_t i = begin * rows; i < end * rows; ++i) {
      const float* const image = input + i / rows * pool.input_pixels();
      const int64_t o0 = i % rows / pool.output[1], o1 = i % pool.output[1];
      const float* columns = image + windows.row_start(o0, o1);
      if (!single) {
        std::fill_n(line, line_size, lowest<float>());
        constexpr Window kStart = {0, 0, 1, 1};  // of rows
        windows.for_each_taps(windows.along(0, o0), windows.along(1, o1), kStart, 1, [&](const PoolTaps& taps) {
          loops.largest_of_taps(image, taps, inside, line + pool.padding[2]);
        });
        columns = line;
      }
      std::copy_n(columns, span, largest);
      const auto add = [&](const PoolTaps& taps) { loops.largest_of_taps(columns, taps, span, largest); };
      PoolTaps neighbours;
      for (int64_t k2 = 1; k2 < pool.kernel[2]; ++k2) neighbours.add(k2 * pool.dilation[2], add);
      if (neighbours.count > 0) add(neighbours);
      const int64_t step = stride;  // a copy, which stays in a register
      const float *from = largest, *const end_of_span = largest + span;
      for (float* out = output + i * width; from < end_of_span; from += step) *out++ = *from;
    }
  });
}

void forward_channels_last_values(const Pool& pool, const float* input, float* output, PoolIndex) {
  const PoolWindows windows(pool);
  const PoolLoops<float>& loops = pool_loops<float>();
  parallel_for(pool.batch * pool.output_pixels(), grain(pool, pool.channels), [&](int64_t begin, int64_t end) {
    std::fill_n(output + begin * pool.channels, (end - begin) * pool.channels, lowest<float>());
    windows.for_each_pixel(begin, end,
                           [&](int64_t n, int64_t at, const Window& w0, const Window& w1, const Window& w2) {
                             windows.for_each_taps(w0, w1, w2, pool.channels, [&](const PoolTaps& taps) {
                               loops.largest_of_taps(input + n * pool.input_pixels() * pool.channels, taps,
                                                     pool.channels, output + at * pool.channels);
                             });
                           });
  });
}

template <class T>
void forward_channels_last(const Pool& pool, const T* input, T* output, PoolIndex index) {
  const PoolWindows windows(pool);
  const PoolLoops<T>& loops = pool_loops<T>();
  const bool pixels = index.form == PoolIndex::Form::Pixel;
  parallel_for(pool.batch * pool.output_pixels(), grain(pool, pool.channels), [&](int64_t begin, int64_t end) {
    Winners<T> winners(pool.channels);
    windows.for_each_pixel(
        begin, end, [&](int64_t n, int64_t at, const Window& w0, const Window& w1, const Window& w2) {
          const T* const image = input + n * pool.input_pixels() * pool.channels;
          winners.restart();
          windows.for_each_tap(w0, w1, w2, [&](int64_t pixel, int64_t tap) {
            loops.keep_larger(image + pixel * pool.channels, 1, pool.channels,
                              static_cast<int32_t>(pixels ? pixel : tap), 0, winners.best(), winners.place());
          });
          winners.store(output, index, at * pool.channels);
        });
  });
}

// Images that can be worked on apart from each other, and their size.
int64_t image_count(const Pool& pool) { return pool.layout == Layout::Plain ? pool.batch * pool.channels : pool.batch; }
int64_t image_size(const Pool& pool) {
  return pool.input_pixels() * (pool.layout == Layout::Plain ? 1 : pool.channels);
}
int64_t output_size(const Pool& pool) {
  return pool.output_pixels() * (pool.layout == Layout::Plain ? 1 : pool.channels);
}

// Whether the windows are the usual ones, 2 x 2 and side by side: then no element is in two windows or in none but at
// the end of a row or column.
bool halves(const Pool& pool) {
  const auto both = [](const int64_t(&list)[kMaxSpatial], int64_t value) {
    return list[1] == value && list[2] == value;
  };
  return !pool.adaptive && pool.input[0] == 1 && pool.kernel[0] == 1 && both(pool.kernel, 2) && both(pool.stride, 2) &&
         both(pool.padding, 0) && both(pool.dilation, 1) && 2 * pool.output[1] <= pool.input[1] &&
         2 * pool.output[2] <= pool.input[2];
}

// Calls body(offset of the first of four input elements, offset of the outputs): for a row of windows in plain images,
// for the channels of one window in others.
template <class Body>
void for_each_half_row(const Pool& pool, const Body& body) {
  const bool plain = pool.layout == Layout::Plain;
  const int64_t channels = plain ? 1 : pool.channels, width = plain ? 1 : pool.output[2];
  const int64_t row_size = pool.input[2] * channels;
  parallel_for(image_count(pool) * pool.output[1], std::max<int64_t>(1, kGrain / std::max<int64_t>(1, 2 * row_size)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t row = begin; row < end; ++row) {
                   const int64_t input = (row / pool.output[1] * pool.input[1] + row % pool.output[1] * 2) * row_size;
                   for (int64_t j = 0; j < width; ++j)
                     body(input + 2 * j * channels, (row * pool.output[2] + j) * channels);
                 }
               });
}

// The four elements of a window, and how far apart those of the next output's are.
struct FourSteps {
  explicit FourSteps(const Pool& pool)
      : right(pool.layout == Layout::Plain ? 1 : pool.channels),
        below(right * pool.input[2]),
        next(pool.layout == Layout::Plain ? 2 : 1),
        count(pool.layout == Layout::Plain ? pool.output[2] : pool.channels) {}
  int64_t right, below, next, count;
};

template <class T>
void clamp_to_zero(T* data, int64_t n) {
  for (int64_t i = 0; i < n; ++i) data[i] = data[i] < T(0) ? T(0) : data[i];  // keeps NaN
}

template <class T>
void forward_of_halves(const Pool& pool, const T* input, T* output, uint8_t* taps) {
  const PoolLoops<T>& loops = pool_loops<T>();
  const FourSteps steps(pool);
  for_each_half_row(pool, [&](int64_t in, int64_t out) {
    const T* const a = input + in;
    loops.largest_of_four(a, a + steps.right, a + steps.below, a + steps.below + steps.right, steps.next, steps.count,
                          output + out, taps ? taps + out : nullptr);
  });
}

template <class T>
void forward_of_halves_with_relu(const Pool& pool, const T* input, T* output, uint8_t* taps, uint8_t* mask) {
  const PoolLoops<T>& loops = pool_loops<T>();
  const FourSteps steps(pool);
  for_each_half_row(pool, [&](int64_t in, int64_t out) {
    const int64_t places[] = {in, in + steps.right, in + steps.below, in + steps.below + steps.right};
    FourOf<const T*> elements;
    FourOf<uint8_t*> masks;
    for (int k = 0; k < 4; ++k) {
      elements.of[k] = input + places[k];
      if (mask) masks.of[k] = mask + places[k] / 8;
    }
    loops.relu_of_four(elements, steps.count, output + out, taps ? taps + out : nullptr, masks);
  });
}

template <class T>
void backward_of_halves(const Pool& pool, const T* grad_output, const uint8_t* taps, T* grad_input) {
  const PoolLoops<T>& loops = pool_loops<T>();
  const FourSteps steps(pool);
  if (2 * pool.output[1] < pool.input[1] || 2 * pool.output[2] < pool.input[2])
    std::fill_n(grad_input, image_count(pool) * image_size(pool), T(0.0f));
  for_each_half_row(pool, [&](int64_t in, int64_t out) {
    T* const a = grad_input + in;
    loops.share_to_four(grad_output + out, taps + out, steps.count, steps.next, a, a + steps.right, a + steps.below,
                        a + steps.below + steps.right);
  });
}

// The pixel that output `at` of a window took, or -1 when the window was empty.
int64_t winner(const PoolWindows& windows, PoolIndex index, int64_t at, const Window& w0, const Window& w1,
               const Window& w2) {
  if (index.form == PoolIndex::Form::Pixel) return static_cast<const int64_t*>(index.data)[at];
  const uint8_t tap = static_cast<const uint8_t*>(index.data)[at];
  return tap == kNoTap ? -1 : windows.pixel_of(w0, w1, w2, tap);
}

// Calls body(input element, output element) for every window of the first images, of one channel or of all.
template <class Body>
void for_each_winner(const Pool& pool, PoolIndex index, int64_t images, const Body& body) {
  const PoolWindows windows(pool);
  const bool plain = pool.layout == Layout::Plain;
  const int64_t channels = plain ? 1 : pool.channels, pixels = pool.output_pixels();
  windows.for_each_pixel(0, images * pixels,
                         [&](int64_t image, int64_t at, const Window& w0, const Window& w1, const Window& w2) {
                           for (int64_t c = 0; c < channels; ++c) {
                             const int64_t pixel = winner(windows, index, at * channels + c, w0, w1, w2);
                             if (pixel >= 0)
                               body((image * pool.input_pixels() + pixel) * channels + c, at * channels + c);
                           }
                         });
}

// With few taps it is faster to ask each tap which channels it won than each channel for its tap.
template <class T>
void backward_by_tap(const Pool& pool, const T* grad_output, PoolIndex index, T* grad_input) {
  const PoolWindows windows(pool);
  const PoolLoops<T>& loops = pool_loops<T>();
  const auto* taps = static_cast<const uint8_t*>(index.data);
  windows.for_each_pixel(0, pool.batch * pool.output_pixels(),
                         [&](int64_t n, int64_t at, const Window& w0, const Window& w1, const Window& w2) {
                           windows.for_each_tap(w0, w1, w2, [&](int64_t pixel, int64_t tap) {
                             loops.add_where(grad_output + at * pool.channels, taps + at * pool.channels,
                                             static_cast<uint8_t>(tap), pool.channels,
                                             grad_input + (n * pool.input_pixels() + pixel) * pool.channels);
                           });
                         });
}

// Rows of plain planes: the pixel is a sum of the row's start, the window's and the tap's.
template <class T>
void backward_plain_by_tap(const Pool& pool, const T* grad_output, PoolIndex index, T* grad_input) {
  const PoolWindows windows(pool);
  const int64_t rows = pool.output[0] * pool.output[1], width = pool.output[2];
  for (int64_t i = 0; i < image_count(pool) * rows; ++i) {
    T* const row =
        grad_input + i / rows * pool.input_pixels() + windows.row_start(i % rows / pool.output[1], i % pool.output[1]);
    const T* const grad = grad_output + i * width;
    const auto* const taps = static_cast<const uint8_t*>(index.data) + i * width;
    for (int64_t j = 0; j < width; ++j)
      if (taps[j] != kNoTap) row[windows.along(2, j).start + windows.tap_pixel(taps[j])] += grad[j];
  }
}

// A pool of some of the images.
Pool of_images(Pool pool, int64_t images) {
  if (pool.layout == Layout::Plain) pool.channels = 1;
  pool.batch = images;
  return pool;
}

// The same index for images from the given one on.
PoolIndex from_image(const Pool& pool, PoolIndex index, int64_t image) {
  const int64_t bytes = index.form == PoolIndex::Form::Pixel ? 8 : 1;
  return {index.form, static_cast<char*>(index.data) + image * output_size(pool) * bytes};
}

// For all images of `pool`.
template <class T>
void backward_images(const Pool& pool, const T* grad_output, PoolIndex index, T* grad_input) {
  const int64_t images = image_count(pool), inputs = images * image_size(pool), outputs = images * output_size(pool);
  if constexpr (is_half_type<T>) {
    const Scratch scratch((inputs + outputs) * static_cast<int64_t>(sizeof(float)));
    float *const wide_input = scratch.as<float>(), *const wide_output = wide_input + inputs;
    dense_cast(pool.dtype, kFloat)(wide_output, grad_output, outputs);
    backward_images<float>(pool, wide_output, index, wide_input);
    dense_cast(kFloat, pool.dtype)(grad_input, wide_input, inputs);
  } else {
    std::fill_n(grad_input, inputs, T(0));
    if (index.form == PoolIndex::Form::Tap && pool.layout == Layout::Plain)
      return backward_plain_by_tap(pool, grad_output, index, grad_input);
    if (index.form == PoolIndex::Form::Tap && pool.kernel_pixels() <= kManyTaps)
      return backward_by_tap(pool, grad_output, index, grad_input);
    for_each_winner(pool, index, images, [&](int64_t in, int64_t out) { grad_input[in] += grad_output[out]; });
  }
}

}  // namespace

void set_adaptive_windows(Pool& pool) {
  pool.adaptive = true;
  for (int d = 0; d < kMaxSpatial; ++d) {
    pool.kernel[d] = 1;
    for (int64_t o = 0; o < pool.output[d]; ++o) {
      const int64_t start = o * pool.input[d] / pool.output[d];
      const int64_t end = ((o + 1) * pool.input[d] + pool.output[d] - 1) / pool.output[d];
      pool.kernel[d] = std::max(pool.kernel[d], end - start);
    }
  }
}

bool pools_with_relu(const Pool& pool) {
  return halves(pool) && pool.layout == Layout::ChannelsLast && pool.channels % 8 == 0 &&
         2 * pool.output[1] == pool.input[1] && 2 * pool.output[2] == pool.input[2];
}

void max_pool_forward(const Pool& pool, const void* input, void* output, PoolIndex index, uint8_t* relu_mask) {
  check(pool.input_pixels() <= std::numeric_limits<int32_t>::max(), "max_pool: images of {} elements are too large",
        pool.input_pixels());
  dispatch_numbers("max_pool2d", pool.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>)
      if (index.form != PoolIndex::Form::Pixel && halves(pool) && pool.relu)
        return forward_of_halves_with_relu(pool, static_cast<const T*>(input), static_cast<T*>(output),
                                           static_cast<uint8_t*>(index.data), relu_mask);
    if constexpr (std::is_floating_point_v<compute_type<T>>)
      if (index.form != PoolIndex::Form::Pixel && halves(pool))
        return forward_of_halves(pool, static_cast<const T*>(input), static_cast<T*>(output),
                                 static_cast<uint8_t*>(index.data));
    const bool plain = pool.layout == Layout::Plain;
    auto* forward = plain ? forward_plain<T> : forward_channels_last<T>;
    if constexpr (std::is_same_v<T, float>)
      if (index.form == PoolIndex::Form::None && !pool.adaptive)
        forward = plain ? forward_plain_values : forward_channels_last_values;
    forward(pool, static_cast<const T*>(input), static_cast<T*>(output), index);
    if constexpr (std::is_floating_point_v<T>)
      if (pool.relu)
        parallel_for(pool.batch * pool.channels * pool.output_pixels(), kGrain,
                     [&](int64_t begin, int64_t end) { clamp_to_zero(static_cast<T*>(output) + begin, end - begin); });
  });
}

void max_pool_backward(const Pool& pool, const void* grad_output, PoolIndex index, void* grad_input) {
  dispatch_numbers("max_pool2d", pool.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<compute_type<T>>)
      if (index.form == PoolIndex::Form::Tap && halves(pool))
        return backward_of_halves(pool, static_cast<const T*>(grad_output), static_cast<const uint8_t*>(index.data),
                                  static_cast<T*>(grad_input));
    parallel_for(image_count(pool), std::max<int64_t>(1, kGrain / std::max<int64_t>(1, image_size(pool))),
                 [&](int64_t begin, int64_t end) {
                   backward_images(
                       of_images(pool, end - begin), static_cast<const T*>(grad_output) + begin * output_size(pool),
                       from_image(pool, index, begin), static_cast<T*>(grad_input) + begin * image_size(pool));
                 });
  });
}

void max_pool_gather(const Pool& pool, const void* input, PoolIndex index, void* output) {
  dispatch_numbers("max_pool2d", pool.dtype, [&](auto zero) {
    using T = decltype(zero);
    const int64_t outputs = output_size(pool);
    parallel_for(image_count(pool), std::max<int64_t>(1, kGrain / std::max<int64_t>(1, outputs)),
                 [&](int64_t begin, int64_t end) {
                   const T* const from = static_cast<const T*>(input) + begin * image_size(pool);
                   T* const to = static_cast<T*>(output) + begin * outputs;
                   std::fill_n(to, (end - begin) * outputs, T(0.0f));
                   for_each_winner(pool, from_image(pool, index, begin), end - begin,
                                   [&](int64_t in, int64_t out) { to[out] = from[in]; });
                 });
  });
}

}  // namespace relume::cpu
