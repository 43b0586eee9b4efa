// The MNIST data set, and what transforms keep out of the headers.
#include "relume/data/datasets.h"

#include <sys/stat.h>

#include "core/check.h"
#include "relume/data/files.h"
#include "relume/data/transforms.h"

namespace relume::data {
namespace {

// The file of that name, compressed or not.
std::string find_file(const std::string& root, const std::string& name) {
  const std::string plain = root + "/" + name;
  for (const std::string& path : {plain, plain + ".gz"}) {
    struct stat status;
    if (::stat(path.c_str(), &status) == 0) return path;
  }
  fail("MNIST: there is neither {} nor {}.gz", plain, plain);
}

}  // namespace

namespace datasets {

MNIST::MNIST(const std::string& root, Mode mode) : is_train_(mode == Mode::kTrain) {
  const std::string prefix = is_train_ ? "train" : "t10k";
  const std::string images_path = find_file(root, prefix + "-images-idx3-ubyte");
  const std::string labels_path = find_file(root, prefix + "-labels-idx1-ubyte");
  const Tensor images = load_idx(images_path);
  const Tensor labels = load_idx(labels_path);
  check(images.scalar_type() == kByte && images.dim() == 3, "{}: expected bytes of sizes [N, H, W], got sizes {}",
        images_path, images.sizes());
  check(labels.scalar_type() == kByte && labels.dim() == 1 && labels.size(0) == images.size(0),
        "{}: expected {} labels, got sizes {}", labels_path, images.size(0), labels.sizes());
  images_ = images.unsqueeze(1).to(kFloat).div_(255);
  targets_ = labels.to(kLong);
}

Example<> MNIST::get(size_t index) {
  const auto i = static_cast<int64_t>(index);
  return {images_[i], targets_[i]};
}

std::optional<size_t> MNIST::size() const { return static_cast<size_t>(images_.size(0)); }

}  // namespace datasets

Tensor transforms::detail::per_channel(ArrayRef<double> values) {
  const Tensor tensor = relume::empty({static_cast<int64_t>(values.size()), 1, 1}, kFloat);
  for (size_t i = 0; i < values.size(); ++i) tensor.data_ptr<float>()[i] = static_cast<float>(values[i]);
  return tensor;
}

}  // namespace relume::data
