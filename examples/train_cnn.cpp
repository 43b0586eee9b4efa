// Scenario 1, a convolutional network: ReLU after every convolution, trained to tell the direction of a noisy bar.
#include <torch/torch.h>

#include <cstdio>
#include <utility>

namespace nn = torch::nn;
namespace F = torch::nn::functional;
namespace data = torch::data;

constexpr int64_t kSize = 12;
constexpr int64_t kClasses = 4;

// Images [1, 12, 12] of noise with a bright bar: horizontal, vertical, falling or rising.
class Bars : public data::datasets::Dataset<Bars> {
 public:
  explicit Bars(int64_t count)
      : images_(torch::randn({count, 1, kSize, kSize}) * 0.7), labels_(torch::arange(count) % kClasses) {
    for (int64_t i = 0; i < count; ++i) draw_bar(images_[i][0], i % kClasses, (i / kClasses) % 5 - 2);
  }

  data::Example<> get(size_t index) override {
    const auto i = static_cast<int64_t>(index);
    return {images_[i], labels_[i]};
  }
  std::optional<size_t> size() const override { return images_.size(0); }

  const torch::Tensor& images() const { return images_; }
  const torch::Tensor& labels() const { return labels_; }

 private:
  static void draw_bar(torch::Tensor image, int64_t direction, int64_t shift) {
    for (int64_t i = 2; i < kSize - 2; ++i) {
      const int64_t rising = kSize - 1 - i;
      const int64_t row = direction == 0 ? kSize / 2 + shift : i;
      const int64_t column = direction == 1 ? kSize / 2 + shift : direction == 3 ? rising : i;
      image[row][column] += 1.5;
    }
  }

  torch::Tensor images_;
  torch::Tensor labels_;
};

double accuracy(nn::Sequential& model, const Bars& bars) {
  torch::NoGradGuard no_grad;
  model->eval();
  const torch::Tensor predicted = model->forward(bars.images()).argmax(1);
  model->train();
  return predicted.eq(bars.labels()).to(torch::kFloat64).mean().item<double>();
}

int main() {
  torch::manual_seed(0);
  const Bars test(400);
  auto loader = data::make_data_loader<data::samplers::RandomSampler>(
      Bars(1600).map(data::transforms::Stack<>()), data::DataLoaderOptions().batch_size(32).workers(2));

  nn::Sequential model(nn::Conv2d(nn::Conv2dOptions(1, 8, 3).padding(1)), nn::ReLU(), nn::MaxPool2d(2),
                       nn::Conv2d(nn::Conv2dOptions(8, 16, 3).padding(1)), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                       nn::Linear(16 * 3 * 3, kClasses));
  torch::optim::SGD optimizer(model->parameters(), torch::optim::SGDOptions(0.01).momentum(0.9));

  for (int epoch = 1; epoch <= 5; ++epoch) {
    double total_loss = 0;
    int64_t batches = 0;
    for (auto& batch : *loader) {
      optimizer.zero_grad();
      const torch::Tensor loss = F::cross_entropy(model->forward(batch.data), batch.target);
      loss.backward();
      optimizer.step();
      total_loss += loss.item<double>();
      ++batches;
    }
    std::printf("epoch %d: %lld batches, mean loss %.2f\n", epoch, static_cast<long long>(batches),
                total_loss / static_cast<double>(batches));
  }
  std::printf("test accuracy: %.1f %%\n", 100 * accuracy(model, test));
}
