// Tensors from files of data: IDX and PNG.
#pragma once

#include <string>

#include "relume/data/example.h"
#include "relume/export.h"

namespace relume::data {

// The array in an IDX file (the format of MNIST), gzip-compressed or not, with the file's sizes and element type.
// Throws Error where the file is missing, truncated or damaged, or its sizes don't fit its length.
RELUME_API Tensor load_idx(const std::string& path);

// The pixels of a PNG image, uint8 [C, H, W]: 1 channel for gray, 2 with alpha, 3 for colours, 4 with alpha. Throws
// Error where the file is missing or damaged.
RELUME_API Tensor load_png(const std::string& path);

// One half of a data set of the MNIST family: images, uint8 [N, H, W], and labels, uint8 [N], from the files
// train-images-idx3-ubyte and train-labels-idx1-ubyte in `folder`, or from those of t10k; each with .gz where it is
// compressed. Throws Error where a file is missing or damaged, or where images and labels don't fit together.
RELUME_API Example<> load_mnist(const std::string& folder, bool train);

}  // namespace relume::data
