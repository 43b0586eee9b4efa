// The MNIST data set, and what transforms keep out of the headers.
#include "relume/data/datasets.h"

#include "relume/data/files.h"
#include "relume/data/transforms.h"

namespace relume::data {
namespace datasets {

MNIST::MNIST(const std::string& root, Mode mode) : is_train_(mode == Mode::kTrain) {
  const Example<> files = load_mnist(root, is_train_);
  images_ = files.data.unsqueeze(1).to(kFloat).div_(255);
  targets_ = files.target.to(kLong);
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
