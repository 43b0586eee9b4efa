// ReLU in a convolutional network: a model of one's own, printed, and the shapes of what goes in and comes out.
#include <torch/torch.h>

#include <iostream>

namespace nn = torch::nn;

struct SimpleCNNImpl : nn::Module {
  SimpleCNNImpl() : nn::Module("SimpleCNN") {
    register_module("conv1", conv1);
    register_module("relu1", relu1);
    register_module("conv2", conv2);
    register_module("relu2", relu2);
    register_module("pool", pool);
  }

  torch::Tensor forward(torch::Tensor x) {
    x = pool(relu1(conv1(x)));
    return pool(relu2(conv2(x)));
  }

  nn::Conv2d conv1{nn::Conv2dOptions(3, 32, 3).padding(1)};
  nn::ReLU relu1;
  nn::Conv2d conv2{nn::Conv2dOptions(32, 64, 3).padding(1)};
  nn::ReLU relu2;
  nn::MaxPool2d pool{nn::MaxPool2dOptions(2).stride(2)};
};
TORCH_MODULE(SimpleCNN);

int main() {
  torch::manual_seed(0);
  SimpleCNN model;
  std::cout << "Model structure:\n" << model << "\n";

  const torch::Tensor image = torch::randn({1, 3, 32, 32});
  const torch::Tensor output = model(image);
  std::cout << "\nInput shape: " << image.sizes() << "\nOutput shape: " << output.sizes() << "\n";

  std::cout << "\nParameters:\n";
  int64_t total = 0;
  for (const auto& parameter : model->named_parameters()) {
    std::cout << "  " << parameter.key() << " " << parameter->sizes() << "\n";
    total += parameter->numel();
  }
  std::cout << "  " << total << " numbers in all\n";
}
