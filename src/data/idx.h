// The IDX format of the MNIST family of data sets: one dense array a file, gzip-compressed or not.
#pragma once

#include <string>

#include "core/file.h"
#include "relume/dtype.h"

namespace relume::data {

// An array as it lies in the file, in the machine's byte order.
struct IdxArray {
  ScalarType dtype = ScalarType::Undefined;
  std::vector<int64_t> sizes;
  Bytes bytes;
};

// Reads an IDX array from the bytes of a file. Every element type of the format is read: unsigned and signed bytes,
// 16- and 32-bit integers, floats and doubles. Throws Error, which names `source`, where the bytes are not IDX, are
// corrupt or truncated, or where the header's sizes and the length of the data differ.
IdxArray parse_idx(ArrayRef<uint8_t> file, const std::string& source);

// The same, from a file.
IdxArray read_idx(const std::string& path);

}  // namespace relume::data
