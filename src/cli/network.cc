// Building, running and examining the network.
#include "cli/network.h"

#include <fmt/format.h>

#include <algorithm>

#include "relume/autograd.h"
#include "relume/nn.h"

namespace relume::cli {
namespace {

constexpr int64_t kClasses = 10;
constexpr int64_t kEvaluationBatch = 500;
constexpr double kPassesNothing = 1e-6;

struct NamedActivation {
  const char* name;
  nn::AnyModule (*make)();
};

const std::vector<NamedActivation>& activations() {
  static const std::vector<NamedActivation> table = {
#define RELUME_OPTION(type, name, value)
#define RELUME_ACTIVATION(function, Name, in_place, options) {#function, [] { return nn::AnyModule(nn::Name()); }},
#include "relume/activations.inc"
      {"prelu", [] { return nn::AnyModule(nn::PReLU()); }},
      {"rrelu", [] { return nn::AnyModule(nn::RReLU()); }},
  };
  return table;
}

// Calls visit(batch of normalised images) for all of them.
template <class Visit>
void for_each_batch(const Tensor& pixels, Visit visit) {
  for (int64_t begin = 0; begin < pixels.size(0); begin += kEvaluationBatch) {
    visit(normalized(pixels.narrow(0, begin, std::min(kEvaluationBatch, pixels.size(0) - begin))));
  }
}

// The largest gradient that each unit's activation passes: the units are the second dimension.
Tensor largest_slope(nn::AnyModule& activation, const Tensor& input) {
  const AutoGradMode grad_mode(true);
  const Tensor x = input.detach().requires_grad_();
  activation.forward(x).sum().backward();
  const Tensor slope = x.grad().abs();
  return slope.dim() == 4 ? slope.amax({0, 2, 3}) : slope.amax(0);
}

}  // namespace

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const NamedActivation& row : activations()) names.emplace_back(row.name);
  return names;
}

Network make_network(const std::string& activation) {
  const auto row = std::find_if(activations().begin(), activations().end(),
                                [&](const NamedActivation& candidate) { return candidate.name == activation; });
  if (row == activations().end()) {
    throw ValueError(
        fmt::format("there is no activation {}; there are {}", activation, fmt::join(activation_names(), ", ")));
  }
  Network network{activation, nn::Sequential(), {}};
  const auto activate = [&] {
    network.activations.push_back(network.layers->size());
    network.layers->push_back(row->make());
  };
  network.layers->push_back(nn::Conv2d(nn::Conv2dOptions(1, 32, 3).padding(1)));
  activate();
  network.layers->push_back(nn::MaxPool2d(2));
  network.layers->push_back(nn::Conv2d(nn::Conv2dOptions(32, 64, 3).padding(1)));
  activate();
  network.layers->push_back(nn::MaxPool2d(2));
  network.layers->push_back(nn::Flatten());
  network.layers->push_back(nn::Linear(64 * 7 * 7, 128));
  activate();
  network.layers->push_back(nn::Linear(128, kClasses));
  return network;
}

int64_t parameter_count(const Network& network) {
  int64_t count = 0;
  for (const Tensor& parameter : network.layers->parameters()) count += parameter.numel();
  return count;
}

Tensor predict_logits(Network& network, const Tensor& pixels) {
  const NoGradGuard no_grad;
  network.layers->eval();
  std::vector<Tensor> logits = {relume::empty({0, kClasses})};
  for_each_batch(pixels, [&](const Tensor& batch) { logits.push_back(network(batch)); });
  network.layers->train();
  return relume::cat(logits);
}

double dead_share(Network& network, const Images& images) {
  network.layers->eval();
  std::vector<Tensor> largest(network.activations.size());
  for_each_batch(images.pixels, [&](const Tensor& batch) {
    Tensor x = batch;
    size_t found = 0;
    for (size_t i = 0; i < network.layers->size(); ++i) {
      nn::AnyModule& layer = *(network.layers->begin() + static_cast<std::ptrdiff_t>(i));
      if (found < network.activations.size() && network.activations[found] == i) {
        const Tensor slope = largest_slope(layer, x);
        Tensor& most = largest[found++];
        most = most.defined() ? relume::maximum(most, slope) : slope;
      }
      const NoGradGuard no_grad;
      x = layer.forward(x);
    }
  });
  network.layers->zero_grad();  // an activation with weights has gathered gradients
  network.layers->train();
  const Tensor units = relume::cat(largest);
  return units.lt(kPassesNothing).to(kDouble).mean().item<double>();
}

}  // namespace relume::cli
