// Tensors from files of data: IDX and PNG.
#pragma once

#include <string>

#include "relume/export.h"
#include "relume/tensor.h"

namespace relume::data {

// The array in an IDX file (the format of MNIST), gzip-compressed or not, with the file's sizes and element type.
// Throws Error where the file is missing, truncated or damaged, or its sizes don't fit its length.
RELUME_API Tensor load_idx(const std::string& path);

// The pixels of a PNG image, uint8 [C, H, W]: 1 channel for gray, 2 with alpha, 3 for colours, 4 with alpha. Throws
// Error where the file is missing or damaged.
RELUME_API Tensor load_png(const std::string& path);

}  // namespace relume::data
