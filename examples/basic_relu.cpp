// Basic use: a ReLU layer applied to a tensor, and its gradient.
#include <torch/torch.h>

#include <cmath>
#include <iostream>

int main() {
  torch::nn::ReLU relu;
  torch::Tensor input = torch::tensor({{-1.0, 2.0, -3.0}, {4.0, -5.0, 6.0}});
  torch::Tensor output = relu(input);

  std::cout << relu << "\n\n";
  std::cout << "Input:\n" << input << "\n";
  std::cout << "Output:\n" << output << "\n";
  std::cout << "shape " << output.sizes() << ", dtype " << output.dtype() << ", device " << output.device() << "\n\n";

  // The derivative is 1 where the input is positive, and 0 elsewhere: also at 0 itself.
  torch::Tensor x = torch::tensor({-2.0, -0.5, 0.0, 0.5, 2.0}, torch::requires_grad());
  torch::Tensor y = relu(x);
  y.sum().backward();
  std::cout << "x:\n" << x << "\n";
  std::cout << "relu(x), by " << y.grad_fn()->name() << ":\n" << y << "\n";
  std::cout << "d relu(x) / dx:\n" << x.grad() << "\n\n";

  // Integers have a ReLU too, NaN stays NaN, and infinity stays infinity.
  std::cout << "int64:\n" << torch::relu(torch::tensor({-7, 0, 7})) << "\n";
  std::cout << "special values:\n" << torch::relu(torch::tensor({-INFINITY, -0.0f, NAN, INFINITY})) << "\n";
}
