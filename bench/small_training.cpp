// The program whose compile time, start and memory the benchmark measures: a user's first thirty lines.
#include <torch/torch.h>

#include <iostream>

struct NetImpl : torch::nn::Module {
  NetImpl() {
    fc1 = register_module("fc1", torch::nn::Linear(8, 16));
    fc2 = register_module("fc2", torch::nn::Linear(16, 4));
  }
  torch::Tensor forward(torch::Tensor x) { return fc2(torch::relu(fc1(x))); }
  torch::nn::Linear fc1{nullptr}, fc2{nullptr};
};
TORCH_MODULE(Net);

int main() {
  torch::manual_seed(0);
  Net net;
  torch::optim::SGD optimizer(net->parameters(), 0.1);
  torch::Tensor x = torch::randn({32, 8});
  torch::Tensor target = torch::randint(4, {32}, torch::kInt64);
  torch::Tensor loss;
  for (int step = 0; step < 20; ++step) {
    optimizer.zero_grad();
    loss = torch::nn::functional::cross_entropy(net(x), target);
    loss.backward();
    optimizer.step();
  }
  std::cout << net << "\nloss " << loss.item<float>() << "\n";
}
