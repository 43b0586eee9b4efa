// Dead neurons: units of a ReLU layer that are negative for every sample get no gradient and never learn again. A high
// learning rate kills most of a layer in a few steps; LeakyReLU, ELU, a lower rate and batch norm each mend it.
#include <torch/torch.h>

#include <cstdio>

namespace nn = torch::nn;
namespace F = torch::nn::functional;

constexpr int64_t kUnits = 64;

using Activation = torch::Tensor (*)(const torch::Tensor& x);

struct Recipe {
  const char* name;
  Activation activation;
  double learning_rate;
  bool batch_norm;
};

const Activation kReLU = [](const torch::Tensor& x) { return torch::relu(x); };
const Activation kLeakyReLU = [](const torch::Tensor& x) { return torch::leaky_relu(x); };
const Activation kELU = [](const torch::Tensor& x) { return torch::elu(x); };

const Recipe kRecipes[] = {
    {"ReLU, learning rate 0.5", kReLU, 0.5, false},      {"LeakyReLU, learning rate 0.5", kLeakyReLU, 0.5, false},
    {"ELU, learning rate 0.5", kELU, 0.5, false},        {"ReLU, learning rate 0.05", kReLU, 0.05, false},
    {"ReLU and batch norm, rate 0.5", kReLU, 0.5, true},
};

struct NetImpl : nn::Module {
  explicit NetImpl(const Recipe& recipe) : activation(recipe.activation) {
    register_module("hidden1", hidden1);
    register_module("hidden2", hidden2);
    register_module("out", out);
    if (recipe.batch_norm) {
      norm1 = register_module("norm1", nn::BatchNorm1d(kUnits));
      norm2 = register_module("norm2", nn::BatchNorm1d(kUnits));
    }
  }

  // What goes into the activation of the second hidden layer.
  torch::Tensor preactivation(torch::Tensor x) {
    x = hidden1(x);
    if (norm1) x = norm1(x);
    x = hidden2(activation(x));
    return norm2 ? norm2(x) : x;
  }
  torch::Tensor forward(const torch::Tensor& x) { return out(activation(preactivation(x))); }

  Activation activation;
  nn::Linear hidden1{1, kUnits};
  nn::Linear hidden2{kUnits, kUnits};
  nn::Linear out{kUnits, 1};
  nn::BatchNorm1d norm1{nullptr};
  nn::BatchNorm1d norm2{nullptr};
};
TORCH_MODULE(Net);

// How many units of the second hidden layer pass no gradient for any of the samples.
int64_t dead_units(Net& net, const torch::Tensor& x) {
  torch::Tensor z = net->preactivation(x).detach().set_requires_grad(true);
  net->activation(z).sum().backward();
  const torch::Tensor strongest = z.grad().abs().amax(0);
  return (strongest < 1e-3).sum().item<int64_t>();
}

int main() {
  // float64, so that the counts don't hinge on how a library rounds.
  const auto options = torch::TensorOptions().dtype(torch::kFloat64);
  const torch::Tensor x = torch::linspace(-2, 2, 128, options).unsqueeze(1);
  const torch::Tensor y = torch::sin(2 * x) + 3;

  std::printf("%lld hidden units, 200 steps of SGD on y = sin(2 x) + 3\n\n", static_cast<long long>(kUnits));
  std::printf("%-32s %10s %14s %11s\n", "", "dead at 0", "dead at 200", "loss");
  for (const Recipe& recipe : kRecipes) {
    torch::manual_seed(3);
    Net net(recipe);
    net->to(torch::kFloat64);
    torch::optim::SGD optimizer(net->parameters(), torch::optim::SGDOptions(recipe.learning_rate));
    const int64_t dead_at_start = dead_units(net, x);
    double loss_value = 0;
    for (int step = 0; step < 200; ++step) {
      const torch::Tensor loss = F::smooth_l1_loss(net(x), y);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      loss_value = loss.item<double>();
    }
    std::printf("%-32s %10lld %14lld %11.3f\n", recipe.name, static_cast<long long>(dead_at_start),
                static_cast<long long>(dead_units(net, x)), loss_value);
  }
}
