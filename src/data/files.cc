// Tensors of what the readers of IDX and PNG found.
#include "relume/data/files.h"

#include <cstring>

#include "data/idx.h"
#include "data/png.h"
#include "relume/ops.h"

namespace relume::data {
namespace {

Tensor tensor_of(IntArrayRef sizes, ScalarType dtype, const Bytes& bytes) {
  const Tensor tensor = relume::empty(sizes, dtype);
  if (!bytes.empty()) std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

}  // namespace

Tensor load_idx(const std::string& path) {
  const IdxArray array = read_idx(path);
  return tensor_of(array.sizes, array.dtype, array.bytes);
}

Tensor load_png(const std::string& path) {
  const Image image = read_png(path);
  return tensor_of({image.height, image.width, image.channels}, kByte, image.pixels).permute({2, 0, 1}).contiguous();
}

}  // namespace relume::data
