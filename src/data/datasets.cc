// Data sets of tensors and of MNIST, and what transforms keep out of the headers.
#include "relume/data/datasets.h"

#include "relume/data/files.h"
#include "relume/data/transforms.h"

namespace relume::data {
namespace datasets {

TensorDataset::TensorDataset(const std::vector<Tensor>& tensors) : tensor(relume::stack(tensors)) {}
TensorDataset::TensorDataset(Tensor tensor) : tensor(std::move(tensor)) {}
TensorExample TensorDataset::get(size_t index) { return tensor[static_cast<int64_t>(index)]; }
std::optional<size_t> TensorDataset::size() const { return static_cast<size_t>(tensor.size(0)); }

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

namespace transforms {
namespace {

template <class SomeExample>
Tensor stack_member(const std::vector<SomeExample>& examples, Tensor SomeExample::*member) {
  std::vector<Tensor> tensors;
  tensors.reserve(examples.size());
  for (const SomeExample& example : examples) tensors.push_back(example.*member);
  return relume::stack(tensors);
}

}  // namespace

Example<> Stack<Example<>>::apply_batch(std::vector<Example<>> examples) {
  return {stack_member(examples, &Example<>::data), stack_member(examples, &Example<>::target)};
}

TensorExample Stack<TensorExample>::apply_batch(std::vector<TensorExample> examples) {
  return stack_member(examples, &TensorExample::data);
}

Tensor detail::per_channel(ArrayRef<double> values) {
  const Tensor tensor = relume::empty({static_cast<int64_t>(values.size()), 1, 1}, kFloat);
  for (size_t i = 0; i < values.size(); ++i) tensor.data_ptr<float>()[i] = static_cast<float>(values[i]);
  return tensor;
}

}  // namespace transforms

}  // namespace relume::data
