// Where the windows of a pooling layer lie, and the walk over their elements.
#pragma once

#include <algorithm>
#include <vector>

#include "cpu/pool_loops.h"
#include "kernels/pool.h"

namespace relume::cpu {

// The part of a window along one dimension that lies inside the input.
struct Window {
  int64_t start;   // of the whole window; may be negative
  int64_t first;   // number of its first element inside
  int64_t end;     // number after its last element inside
  int64_t padded;  // elements inside the padded input
  bool empty() const { return first >= end; }
  int64_t inside() const { return std::max<int64_t>(0, end - first); }
};

class PoolWindows {
 public:
  explicit PoolWindows(const Pool& pool) : pool_(pool) {
    for (int d = 0; d < kMaxSpatial; ++d)
      for (int64_t o = 0; o < pool.output[d]; ++o) windows_[d].push_back(window(d, o));
    if (!taps_fit(pool)) return;
    for (int64_t k0 = 0; k0 < pool.kernel[0]; ++k0)
      for (int64_t k1 = 0; k1 < pool.kernel[1]; ++k1)
        for (int64_t k2 = 0; k2 < pool.kernel[2]; ++k2)
          tap_pixels_.push_back(pixel(k0 * pool.dilation[0], k1 * pool.dilation[1], k2 * pool.dilation[2]));
  }

  const Window& along(int d, int64_t o) const { return windows_[d][static_cast<size_t>(o)]; }

  // A run of outputs (o0, o1, begin ... begin + count - 1) that all have an element of the same number inside.
  struct Segment {
    int64_t begin, count;
    int64_t pixel;  // in the input, of the first output's element
    int64_t step;   // between the elements of neighbouring outputs
    int64_t tap;    // the element's number in the whole window
  };

  // Calls body(Segment) in the order of taps, for a row of outputs.
  template <class Body>
  void for_each_segment(int64_t o0, int64_t o1, const Body& body) const {
    const Window &w0 = along(0, o0), &w1 = along(1, o1);
    for (int64_t k0 = w0.first; k0 < w0.end; ++k0)
      for (int64_t k1 = w1.first; k1 < w1.end; ++k1) {
        const int64_t row = pixel(position(0, w0, k0), position(1, w1, k1), 0);
        const int64_t tap = (k0 * pool_.kernel[1] + k1) * pool_.kernel[2];
        if (pool_.adaptive)
          adaptive_segments(row, tap, body);
        else
          fixed_segments(row, tap, body);
      }
  }

  // Calls body(pixel in the input, tap) for the elements of one window.
  template <class Body>
  void for_each_tap(const Window& w0, const Window& w1, const Window& w2, const Body& body) const {
    for (int64_t k0 = w0.first; k0 < w0.end; ++k0)
      for (int64_t k1 = w1.first; k1 < w1.end; ++k1)
        for (int64_t k2 = w2.first; k2 < w2.end; ++k2)
          body(pixel(position(0, w0, k0), position(1, w1, k1), position(2, w2, k2)),
               (k0 * pool_.kernel[1] + k1) * pool_.kernel[2] + k2);
  }

  // Calls body(PoolTaps) with some of the elements of one window at a time, for pixels of so many channels.
  template <class Body>
  void for_each_taps(const Window& w0, const Window& w1, const Window& w2, int64_t channels, const Body& body) const {
    PoolTaps taps;
    for_each_tap(w0, w1, w2, [&](int64_t pixel, int64_t) { taps.add(pixel * channels, body); });
    if (taps.count > 0) body(taps);
  }

  // The pixel of element `tap` of a window, if taps_fit.
  int64_t pixel_of(const Window& w0, const Window& w1, const Window& w2, uint8_t tap) const {
    return pixel(w0.start, w1.start, w2.start) + tap_pixels_[tap];
  }

  // The same as a sum: where a row of windows starts, and how far from its window's start an element is.
  int64_t row_start(int64_t o0, int64_t o1) const { return pixel(along(0, o0).start, along(1, o1).start, 0); }
  int64_t tap_pixel(uint8_t tap) const { return tap_pixels_[tap]; }

  // Calls body(image, output pixel of the batch, its windows) for the pixels begin ... end - 1 of the batch.
  template <class Body>
  void for_each_pixel(int64_t begin, int64_t end, const Body& body) const {
    const int64_t pixels = pool_.output_pixels();
    if (begin >= end) return;
    int64_t image = begin / pixels, o2 = begin % pool_.output[2];
    int64_t o1 = begin / pool_.output[2] % pool_.output[1], o0 = begin % pixels / (pool_.output[2] * pool_.output[1]);
    for (int64_t i = begin; i < end; ++i) {
      body(image, i, along(0, o0), along(1, o1), along(2, o2));
      if (++o2 < pool_.output[2]) continue;
      o2 = 0;
      if (++o1 < pool_.output[1]) continue;
      o1 = 0;
      if (++o0 < pool_.output[0]) continue;
      o0 = 0;
      ++image;
    }
  }

 private:
  Window window(int d, int64_t o) const {
    const int64_t size = pool_.input[d];
    if (pool_.adaptive) {
      const int64_t start = o * size / pool_.output[d];
      const int64_t length = ((o + 1) * size + pool_.output[d] - 1) / pool_.output[d] - start;
      return {start, 0, length, length};
    }
    const int64_t step = pool_.dilation[d], start = o * pool_.stride[d] - pool_.padding[d];
    return {start, start < 0 ? (-start + step - 1) / step : 0,
            std::min(pool_.kernel[d], (size - start + step - 1) / step),
            std::min(pool_.kernel[d], size + pool_.padding[d] - start)};
  }

  int64_t pixel(int64_t x0, int64_t x1, int64_t x2) const { return (x0 * pool_.input[1] + x1) * pool_.input[2] + x2; }
  int64_t position(int d, const Window& w, int64_t k) const { return w.start + k * pool_.dilation[d]; }

  template <class Body>
  void fixed_segments(int64_t row, int64_t tap, const Body& body) const {
    const int64_t stride = pool_.stride[2], size = pool_.input[2];
    for (int64_t k2 = 0; k2 < pool_.kernel[2]; ++k2) {
      const int64_t shift = k2 * pool_.dilation[2] - pool_.padding[2];
      const int64_t begin = shift < 0 ? (-shift + stride - 1) / stride : 0;
      const int64_t end = std::min(pool_.output[2], shift < size ? (size - 1 - shift) / stride + 1 : 0);
      if (begin < end) body(Segment{begin, end - begin, row + begin * stride + shift, stride, tap + k2});
    }
  }

  template <class Body>
  void adaptive_segments(int64_t row, int64_t tap, const Body& body) const {
    for (int64_t o2 = 0; o2 < pool_.output[2]; ++o2) {
      const Window& w2 = along(2, o2);
      for (int64_t k2 = 0; k2 < w2.end; ++k2) body(Segment{o2, 1, row + w2.start + k2, 1, tap + k2});
    }
  }

  const Pool& pool_;
  std::vector<Window> windows_[kMaxSpatial];
  std::vector<int64_t> tap_pixels_;  // of each element, from the start of its window
};

}  // namespace relume::cpu
