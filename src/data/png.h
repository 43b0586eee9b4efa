// PNG images as arrays of bytes.
#pragma once

#include <string>

#include "core/file.h"

namespace relume::data {

// Rows from top to bottom, pixels from left to right, the channels of a pixel side by side.
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;  // 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA
  Bytes pixels;
};

// Decodes a PNG image; palettes become RGB or RGBA, and every depth becomes 8 bits. Throws Error, which names `source`,
// where the bytes are not PNG, are corrupt or truncated, or promise more than their length can hold.
Image parse_png(ArrayRef<uint8_t> file, const std::string& source);

// The same, from a file.
Image read_png(const std::string& path);

}  // namespace relume::data
