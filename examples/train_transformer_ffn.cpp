// Scenario 3, the feed-forward block of a transformer: normalise, widen, activate, narrow, add. It learns for each
// token of a sequence the sum of token and position modulo 7; without an activation in it, it cannot.
#include <torch/torch.h>

#include <cstdio>
#include <utility>
#include <vector>

namespace nn = torch::nn;
namespace F = torch::nn::functional;

constexpr int64_t kTokens = 7;
constexpr int64_t kLength = 7;
constexpr int64_t kWidth = 32;

// x + W2 act(W1 norm(x)), on tensors [batch, length, width].
struct FeedForwardImpl : nn::Module {
  explicit FeedForwardImpl(nn::AnyModule activation) : activation_(std::move(activation)) {
    register_module("norm", norm_);
    register_module("widen", widen_);
    register_module("activation", activation_.ptr());
    register_module("narrow", narrow_);
  }
  torch::Tensor forward(const torch::Tensor& x) { return x + narrow_(activation_.forward(widen_(norm_(x)))); }

 private:
  nn::LayerNorm norm_{nn::LayerNormOptions({kWidth})};
  nn::Linear widen_{kWidth, 4 * kWidth};
  nn::AnyModule activation_;
  nn::Linear narrow_{4 * kWidth, kWidth};
};
TORCH_MODULE(FeedForward);

struct TaggerImpl : nn::Module {
  explicit TaggerImpl(nn::AnyModule activation) : feed_forward_(std::move(activation)) {
    register_module("token", token_);
    register_module("position", position_);
    register_module("feed_forward", feed_forward_);
    register_module("out", out_);
  }
  torch::Tensor forward(const torch::Tensor& tokens) {
    const torch::Tensor x = token_(tokens) + position_(torch::arange(kLength));
    return out_(feed_forward_(x));
  }

 private:
  nn::Embedding token_{kTokens, kWidth};
  nn::Embedding position_{kLength, kWidth};
  FeedForward feed_forward_;
  nn::Linear out_{kWidth, kTokens};
};
TORCH_MODULE(Tagger);

double accuracy_after_training(nn::AnyModule activation) {
  torch::manual_seed(0);
  Tagger model(std::move(activation));
  torch::optim::AdamW optimizer(model->parameters(), torch::optim::AdamWOptions(3e-3));

  for (int step = 0; step < 200; ++step) {
    const torch::Tensor tokens = torch::randint(kTokens, {32, kLength}, torch::kInt64);
    const torch::Tensor target = (tokens + torch::arange(kLength)) % kTokens;
    const torch::Tensor logits = model(tokens);
    const torch::Tensor loss = F::cross_entropy(logits.view({-1, kTokens}), target.view({-1}));
    optimizer.zero_grad();
    loss.backward();
    nn::utils::clip_grad_norm_(model->parameters(), 1.0);
    optimizer.step();
  }

  torch::NoGradGuard no_grad;
  const torch::Tensor tokens = torch::randint(kTokens, {64, kLength}, torch::kInt64);
  const torch::Tensor target = (tokens + torch::arange(kLength)) % kTokens;
  return model(tokens).argmax(-1).eq(target).to(torch::kFloat64).mean().item<double>();
}

int main() {
  const std::vector<std::pair<const char*, nn::AnyModule>> activations = {
      {"ReLU", nn::AnyModule(nn::ReLU())},
      {"GELU", nn::AnyModule(nn::GELU())},
      {"none (Identity)", nn::AnyModule(nn::Identity())},
  };
  for (const auto& [name, activation] : activations) {
    const double accuracy = accuracy_after_training(activation);
    std::printf("%-16s accuracy %.0f %%\n", name, 100 * accuracy);
  }
}
