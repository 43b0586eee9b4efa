// The functional forms: relu gives a new tensor, relu_ overwrites its argument, the module remembers its options.
#include <torch/torch.h>

#include <iostream>

namespace F = torch::nn::functional;

int main() {
  torch::manual_seed(0);
  torch::Tensor input = torch::randn({1, 5, 5});
  const torch::Tensor original = input.clone();
  std::cout << std::boolalpha << "Input:\n" << input << "\n\n";

  const torch::Tensor output1 = F::relu(input);
  std::cout << "F::relu left its input alone:     " << torch::equal(input, original) << "\n";

  torch::relu_(input);
  std::cout << "relu_ overwrote its input: " << torch::equal(input, output1) << "\n";

  torch::Tensor again = original.clone();
  F::relu(again, F::ReLUFuncOptions().inplace(true));
  std::cout << "F::relu with inplace(true) too:   " << torch::equal(again, output1) << "\n\n";

  std::cout << "Output:\n" << output1 << "\n\n";

  torch::nn::ReLU module(torch::nn::ReLUOptions().inplace(false));
  std::cout << "All forms agree: "
            << (torch::equal(module(original), output1) && torch::equal(torch::relu(original), output1) &&
                torch::equal(original.relu(), output1) && torch::equal(original.clamp_min(0), output1))
            << "\n";
}
