// A program written for libtorch.
#include <torch/torch.h>

#include <iostream>

int main() {
  torch::Tensor tensor = torch::eye(3);
  std::cout << tensor << std::endl;
  return tensor.sum().item<float>() == 3.0f ? 0 : 1;
}
