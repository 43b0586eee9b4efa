// Small gray pictures as text.
#pragma once

#include <string>
#include <vector>

#include "relume/tensor.h"

namespace relume::cli {

// A picture and the lines below it.
struct Captioned {
  Tensor image;  // uint8 [H, W], contiguous
  std::vector<std::string> caption;
};

// The pictures side by side, each character two rows of pixels: in shades of gray where `colours`, else by
// characters from blank to @. As many as fit the columns, at least one.
std::string draw(const std::vector<Captioned>& pictures, int columns, bool colours);

}  // namespace relume::cli
