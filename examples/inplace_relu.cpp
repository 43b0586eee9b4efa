// ReLU in place: what it saves, how to see that it is the same tensor, and what it breaks in training.
#include <torch/torch.h>

#include <iostream>
#include <string>

namespace nn = torch::nn;

// Runs `body` and prints the start of the error that it is expected to throw.
template <class Body>
void expect_error(const char* title, Body body) {
  std::cout << title << ":\n  ";
  try {
    body();
    std::cout << "no error\n";
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    std::cout << text.substr(0, text.find(": [")) << "\n";
  }
}

void identity_check() {
  nn::ReLU relu_inplace(nn::ReLUOptions().inplace(true));
  torch::Tensor input = torch::randn({2, 4});
  const torch::Tensor original = input.clone();
  const void* original_data = input.data_ptr();
  std::cout << relu_inplace << "\n";

  torch::Tensor output = relu_inplace(input);
  std::cout << std::boolalpha;
  std::cout << "the result is the input itself:   " << output.is_same(input) << "\n";
  std::cout << "its memory is where it was:       " << (output.data_ptr() == original_data) << "\n";
  std::cout << "it equals relu of the original:   " << torch::equal(input, torch::relu(original)) << "\n";
  std::cout << "Before:\n" << original << "\n";
  std::cout << "Input/Output:\n" << input << "\n\n";
}

// ReLU needs only its own result for the gradient, and a linear layer only its input: overwriting what lies between is
// safe.
void safe_after_a_linear_layer() {
  torch::manual_seed(1);
  nn::Linear linear(3, 2);
  const torch::Tensor input = torch::randn({4, 3});

  linear(input).relu().sum().backward();
  const torch::Tensor expected = linear->weight.grad().clone();
  linear->zero_grad();
  linear(input).relu_().sum().backward();
  std::cout << "after a linear layer the gradients agree: " << torch::equal(linear->weight.grad(), expected) << "\n\n";
}

void what_breaks_in_training() {
  expect_error("a leaf that requires a gradient (a parameter, say)", [] {
    torch::Tensor weight = torch::ones({3}, torch::requires_grad());
    weight.relu_();
  });

  // sigmoid' = y (1 - y) is computed from the result that the next line overwrites.
  expect_error("a result that another backward pass needs", [] {
    torch::Tensor x = torch::ones({2, 3}, torch::requires_grad());
    torch::Tensor y = torch::sigmoid(x);
    y.relu_();
    y.sum().backward();
  });

  // No error here, but another function: the skip connection sees the values after relu_.
  torch::Tensor x = torch::tensor({-2.0, 1.0});
  torch::Tensor skip = x.clone();
  const torch::Tensor out_of_place = torch::relu(x) + skip;
  const torch::Tensor in_place = torch::relu_(skip) + skip;
  std::cout << "a skip connection, out of place and in place:\n" << torch::stack({out_of_place, in_place}) << "\n";
}

int main() {
  torch::manual_seed(0);
  identity_check();
  safe_after_a_linear_layer();
  what_breaks_in_training();
}
