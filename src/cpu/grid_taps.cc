// Which pixels bilinear interpolation reads, with which weights.
#include "kernels/grid_taps.h"

#include <algorithm>
#include <cmath>

#include "cpu/parallel.h"

namespace relume::cpu {
namespace {

constexpr int64_t kGrain = 1 << 10;  // points that a thread takes at least

// The places of one coordinate in an image of `size` pixels.
template <class T>
class Axis {
 public:
  Axis(const GridPoints& points, int64_t size)
      : size_(static_cast<T>(size)),
        last_(static_cast<T>(size - 1)),
        beyond_(points.beyond),
        align_corners_(points.align_corners),
        start_(align_corners_ ? T(0) : T(-0.5)),
        span_(align_corners_ ? last_ : size_) {}

  // A coordinate in pixels, brought into the image.
  T place(T coordinate) const {
    const T pixel = align_corners_ ? (coordinate + 1) / 2 * last_ : ((coordinate + 1) * size_ - 1) / 2;
    if (beyond_ == BeyondBorder::Zeros) return pixel;
    return inside(beyond_ == BeyondBorder::Border ? pixel : reflected(pixel));
  }
  bool contains(T pixel) const { return pixel >= 0 && pixel <= last_; }

 private:
  T inside(T pixel) const { return pixel < 0 ? T(0) : pixel > last_ ? last_ : pixel; }
  // Thrown back at both borders.
  T reflected(T pixel) const {
    if (span_ == 0) return 0;
    const T distance = std::abs(pixel - start_), extra = std::fmod(distance, span_);
    return std::fmod(std::floor(distance / span_), T(2)) == 0 ? extra + start_ : span_ - extra + start_;
  }

  const T size_, last_;
  const BeyondBorder beyond_;
  const bool align_corners_;
  const T start_, span_;  // of the reflections
};

template <class T>
void find_taps(const GridPoints& points, const T* grid, int64_t* index, T* weights) {
  const Axis<T> across(points, points.width), down(points, points.height);
  parallel_for(points.count, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const T x = across.place(grid[2 * p]), y = down.place(grid[2 * p + 1]);
      const T left = std::floor(x), top = std::floor(y);
      for (int corner = 0; corner < 4; ++corner) {
        const bool below = corner & 1, right = corner >> 1;
        const T column = right ? left + 1 : left, row = below ? top + 1 : top;
        const T weight = (below ? y - top : top + 1 - y) * (right ? x - left : left + 1 - x);
        const bool valid = across.contains(column) && down.contains(row);
        index[4 * p + corner] = valid ? static_cast<int64_t>(row) * points.width + static_cast<int64_t>(column) : -1;
        weights[4 * p + corner] = std::isfinite(weight) ? weight : T(0);  // nothing is near a place that is not finite
      }
    }
  });
}

}  // namespace

void bilinear_taps(const GridPoints& points, ScalarType dtype, const void* grid, int64_t* index, void* weights) {
  if (dtype == kDouble)
    find_taps(points, static_cast<const double*>(grid), index, static_cast<double*>(weights));
  else
    find_taps(points, static_cast<const float*>(grid), index, static_cast<float*>(weights));
}

}  // namespace relume::cpu
