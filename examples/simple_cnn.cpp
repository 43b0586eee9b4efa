// ReLU in a convolutional network: a model of one's own, printed, and the shapes of what goes in and comes out.
#include "simple_cnn.h"

#include <iostream>

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
