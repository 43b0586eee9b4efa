// Scenario 2, a multilayer perceptron: ReLU after the hidden layers, and none on the output, classifies three spirals.
#include <torch/torch.h>

#include <cmath>
#include <cstdio>
#include <iostream>

namespace nn = torch::nn;
namespace F = torch::nn::functional;

constexpr int64_t kArms = 3;

struct Points {
  torch::Tensor x;      // [N, 2]
  torch::Tensor label;  // [N], 0 to kArms - 1
};

// `count` points on the arms of a spiral that makes most of a turn, with a little noise.
Points spirals(int64_t count) {
  const torch::Tensor label = torch::arange(count) % kArms;
  const torch::Tensor radius = torch::linspace(0.1, 1, count);
  const torch::Tensor angle = 5 * radius + label * (2 * M_PI / kArms) + 0.1 * torch::randn({count});
  return {torch::stack({radius * torch::sin(angle), radius * torch::cos(angle)}, 1), label};
}

int main() {
  torch::manual_seed(0);
  const Points train = spirals(600);
  const Points test = spirals(300);

  nn::Sequential model({{"hidden1", nn::Linear(2, 64)},
                        {"relu1", nn::ReLU()},
                        {"hidden2", nn::Linear(64, 64)},
                        {"relu2", nn::ReLU()},
                        {"out", nn::Linear(64, kArms)}});
  std::cout << model << "\n";

  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(0.01));
  for (int step = 0; step <= 200; ++step) {
    const torch::Tensor loss = F::cross_entropy(model->forward(train.x), train.label);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    if (step % 40 == 0) std::printf("step %3d: loss %.3f\n", step, loss.item<double>());
  }

  torch::NoGradGuard no_grad;
  const torch::Tensor probability = F::softmax(model->forward(test.x), F::SoftmaxFuncOptions(1));
  const torch::Tensor right = probability.argmax(1).eq(test.label);
  std::printf("test accuracy above 95 %%: %s\n", right.to(torch::kFloat64).mean().item<double>() > 0.95 ? "yes" : "no");
}
