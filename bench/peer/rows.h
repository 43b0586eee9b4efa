// Rows of work written with the torch:: names that Relume and libtorch share: one source, built for each of them.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../harness.h"

namespace bench {

namespace nn = torch::nn;
namespace F = torch::nn::functional;
using torch::Tensor;
using Optimizer = std::shared_ptr<torch::optim::Optimizer>;

// What is timed, and the result of doing it for the first time, which must be the same in both libraries.
struct Job {
  std::function<void()> run;
  std::function<Tensor()> result;
};

// A weighted sum of the absolute values, so that values in the wrong place show as well as wrong values.
inline double checksum(const Tensor& result) {
  const Tensor values = result.detach().to(torch::kFloat64).flatten().abs();
  return values.dot(torch::linspace(1, 2, values.numel(), torch::kFloat64)).item<double>();
}

inline void add_row(Rows& rows, std::string name, bool grad, std::function<Job()> prepare) {
  rows.push_back({std::move(name), [grad, prepare = std::move(prepare)] {
                    torch::manual_seed(0);
                    new torch::AutoGradMode(grad);  // stays for the rest of the process
                    const Job job = prepare();
                    return Work{job.run, [result = job.result] { return checksum(result()); }};
                  }});
}

template <class Op>
Job repeat(Op op) {
  return {[op]() mutable { op(); }, [op]() mutable { return op(); }};
}

template <class Model>
Job forward(Model model, Tensor x) {
  return repeat([model, x]() mutable { return model->forward(x); });
}

// Zero the gradients, forward, loss, backward, update. The result is all parameters after three steps.
template <class Model, class Loss>
Job training(Model model, Optimizer optimizer, Tensor x, Loss loss) {
  auto step = [=]() mutable {
    optimizer->zero_grad();
    loss(model->forward(x)).backward();
    optimizer->step();
  };
  auto result = [=]() mutable {
    for (int i = 0; i < 3; ++i) step();
    std::vector<Tensor> parts;
    for (const Tensor& p : model->parameters()) parts.push_back(p.detach().flatten());
    return torch::cat(parts);
  };
  return {step, result};
}

template <class Model>
Optimizer sgd(const Model& model) {
  return std::make_shared<torch::optim::SGD>(model->parameters(), torch::optim::SGDOptions(0.01));
}

inline Tensor mean_of_squares(const Tensor& y) { return y.pow(2).mean(); }

inline nn::Sequential mlp(int64_t in, int64_t hidden, int64_t out) {
  return nn::Sequential(nn::Linear(in, hidden), nn::ReLU(), nn::Linear(hidden, out));
}

// A row for the forward pass of the model that make_model() gives, on random input, and one for its training step.
template <class MakeModel>
void add_model_rows(Rows& rows, const std::string& name, const std::string& size, MakeModel make_model,
                    const std::vector<int64_t>& input_sizes, torch::ScalarType dtype = torch::kFloat32) {
  const auto make = [=] {
    auto model = make_model();
    const Tensor x = torch::randn(input_sizes).to(dtype);
    model->to(dtype);
    return std::make_pair(model, x);
  };
  add_row(rows, name + " forward, " + size, false, [make] {
    const auto [model, x] = make();
    return forward(model, x);
  });
  add_row(rows, name + " training step, " + size, true, [make] {
    const auto [model, x] = make();
    return training(model, sgd(model), x, mean_of_squares);
  });
}

void add_small_rows(Rows& rows);
void add_elementwise_rows(Rows& rows);
void add_network_rows(Rows& rows);

}  // namespace bench
