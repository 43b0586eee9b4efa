// The pixels around points of an image.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume::cpu {

// How points beyond the borders are read: as nothing, or from where they are brought into the image.
enum class BeyondBorder { Zeros, Border, Reflection };

// Points (x, y) in [-1, 1] of an image [height, width], whose corners are the middles of pixels where they are aligned.
struct GridPoints {
  int64_t count, height, width;
  BeyondBorder beyond;
  bool align_corners;
};

// The four pixels around each point and their shares of it: index and weights [count, 4], the index -1 outside of the
// image. float32 and float64.
void bilinear_taps(const GridPoints& points, ScalarType dtype, const void* grid, int64_t* index, void* weights);

}  // namespace relume::cpu
