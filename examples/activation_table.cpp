// Five activations side by side: formula, values, gradients, and where the gradient fades away (saturation).
#include <torch/torch.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

struct Activation {
  const char* name;
  const char* formula;
  torch::Tensor (*apply)(const torch::Tensor& x);
};

const std::vector<Activation> kActivations = {
    {"ReLU", "max(0, x)", [](const torch::Tensor& x) { return torch::relu(x); }},
    {"LeakyReLU", "x > 0 ? x : 0.01 x", [](const torch::Tensor& x) { return torch::leaky_relu(x); }},
    {"GELU", "x Phi(x)", [](const torch::Tensor& x) { return torch::gelu(x); }},
    {"Sigmoid", "1 / (1 + e^-x)", [](const torch::Tensor& x) { return torch::sigmoid(x); }},
    {"Tanh", "(e^x - e^-x) / (e^x + e^-x)", [](const torch::Tensor& x) { return torch::tanh(x); }},
};

torch::Tensor gradient_at(const Activation& activation, const torch::Tensor& points) {
  torch::Tensor x = points.clone().set_requires_grad(true);
  activation.apply(x).sum().backward();
  return x.grad();
}

void print_row(const std::string& name, const torch::Tensor& row) {
  std::printf("%-10s", name.c_str());
  for (int64_t i = 0; i < row.numel(); ++i) std::printf(" %8.4f", row[i].item<double>());
  std::printf("\n");
}

// The part of [-10, 10] where less than a hundredth of a gradient comes through, as intervals.
std::string saturated_range(const Activation& activation) {
  const torch::Tensor x = torch::arange(-1000, 1001, torch::kFloat64) / 100;
  const torch::Tensor saturated = gradient_at(activation, x).abs() < 0.01;
  std::string text;
  char part[64];
  for (int64_t i = 0; i < x.numel(); ++i) {
    if (!saturated[i].item<bool>()) continue;
    const int64_t begin = i;
    while (i + 1 < x.numel() && saturated[i + 1].item<bool>()) ++i;
    std::snprintf(part, sizeof part, "%s[%.2f, %.2f]", text.empty() ? "" : " and ", x[begin].item<double>(),
                  x[i].item<double>());
    text += part;
  }
  return text.empty() ? "nowhere" : text;
}

int main() {
  const torch::Tensor points = torch::tensor({-6.0, -2.0, -0.5, 0.0, 0.5, 2.0, 6.0}, torch::kFloat64);

  std::printf("Formulas\n");
  for (const Activation& activation : kActivations) std::printf("%-10s %s\n", activation.name, activation.formula);

  std::printf("\nValues\n");
  print_row("x", points);
  for (const Activation& activation : kActivations) print_row(activation.name, activation.apply(points));

  std::printf("\nGradients\n");
  print_row("x", points);
  for (const Activation& activation : kActivations) print_row(activation.name, gradient_at(activation, points));

  std::printf("\nWhere the gradient is below 0.01\n");
  for (const Activation& activation : kActivations)
    std::printf("%-10s %s\n", activation.name, saturated_range(activation).c_str());

  // A gradient that passes ten layers: the product of ten derivatives at x = 2.
  std::printf("\nWhat is left of a gradient of 1 after ten of them at x = 2\n");
  for (const Activation& activation : kActivations) {
    const double slope = gradient_at(activation, torch::full({1}, 2.0, torch::kFloat64)).item<double>();
    std::printf("%-10s %.2g\n", activation.name, std::pow(slope, 10));
  }
}
