// Tensors of what the readers of IDX and PNG found.
#include "relume/data/files.h"

#include <sys/stat.h>

#include <cstring>

#include "core/check.h"
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

// The file of that name, compressed or not.
std::string find_file(const std::string& folder, const std::string& name) {
  const std::string plain = folder + "/" + name;
  for (const std::string& path : {plain, plain + ".gz"}) {
    struct stat status;
    if (::stat(path.c_str(), &status) == 0) return path;
  }
  fail("MNIST: there is neither {} nor {}.gz", plain, plain);
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

Example<> load_mnist(const std::string& folder, bool train) {
  const std::string half = train ? "train" : "t10k";
  const std::string images_path = find_file(folder, half + "-images-idx3-ubyte");
  const std::string labels_path = find_file(folder, half + "-labels-idx1-ubyte");
  const Tensor images = load_idx(images_path);
  const Tensor labels = load_idx(labels_path);
  check(images.scalar_type() == kByte && images.dim() == 3, "{}: expected bytes of sizes [N, H, W], got {} {}",
        images_path, to_string(images.scalar_type()), images.sizes());
  check(labels.scalar_type() == kByte && labels.dim() == 1 && labels.size(0) == images.size(0),
        "{}: expected {} labels, got {} {}", labels_path, images.size(0), to_string(labels.scalar_type()),
        labels.sizes());
  return {images, labels};
}

}  // namespace relume::data
