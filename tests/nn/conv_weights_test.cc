// A convolution's module keeps its weight packed while nothing is recorded; nobody may notice when the weight changes.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "core/tensor_impl.h"
#include "relume/autograd.h"
#include "relume/nn/conv.h"
#include "relume/ops.h"
#include "relume/optim/optimizers.h"
#include "relume/random.h"

namespace relume {
namespace {

nn::Conv2d layer_of(int64_t in = 16, int64_t out = 32) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1));
}

void expect_right(nn::Conv2d& layer, const Tensor& input, const char* when) {
  const NoGradGuard no_grad;
  const Tensor result =
      conv2d(input.to(kDouble), layer->weight.to(kDouble), layer->bias.to(kDouble), 1, 1);
  const double tolerance = 1e-5 * result.abs().max().item<double>();
  EXPECT_TRUE(allclose(layer->forward(input).to(kDouble), result, 0, tolerance)) << when;
}

TEST(ConvWeights, ChangesAreSeenByTheNextForward) {
  manual_seed(1);
  const NoGradGuard no_grad;
  const Tensor other = randn({32, 16, 3, 3}), input = randn({4, 16, 12, 12});
  const std::vector<std::pair<const char*, std::function<void(nn::Conv2d&)>>> changes = {
      {"mul_", [](nn::Conv2d& layer) { layer->weight.mul_(2); }},
      {"a write to a part", [](nn::Conv2d& layer) { layer->weight[3].fill_(1); }},
      {"a write to .data()", [](nn::Conv2d& layer) { layer->weight.data().add_(1); }},
      {"a write to a view", [](nn::Conv2d& layer) { layer->weight.view({-1}).narrow(0, 5, 100).neg_(); }},
      {"set_data", [&](nn::Conv2d& layer) { layer->weight.set_data(other.clone()); }},
      {"another tensor", [&](nn::Conv2d& layer) { layer->weight = other * 2; }},
      {"a step of an optimizer",
       [&](nn::Conv2d& layer) {
         layer->weight.mutable_grad() = ones(layer->weight.sizes());
         optim::SGD({layer->weight}, optim::SGDOptions(0.5)).step();
       }},
      {"memcpy",
       [&](nn::Conv2d& layer) { std::memcpy(layer->weight.data_ptr(), other.data_ptr(), layer->weight.nbytes()); }},
  };
  for (const auto& [name, change] : changes) {
    nn::Conv2d layer = layer_of();
    for (int i = 0; i < 2; ++i) expect_right(layer, input, "at first");
    change(layer);
    for (int i = 0; i < 2; ++i) expect_right(layer, input, name);
  }
}

TEST(ConvWeights, APointerTakenOnceMayBeWrittenAtAnyTime) {
  manual_seed(2);
  nn::Conv2d layer = layer_of();
  const Tensor input = randn({2, 16, 9, 9});
  expect_right(layer, input, "kept");
  auto* const weight = layer->weight.data_ptr<float>();
  for (int i = 0; i < 3; ++i) {
    weight[7 * i] = static_cast<float>(10 + i);
    expect_right(layer, input, "written");
  }
}

TEST(ConvWeights, AreKeptForEachShapeOfTheInput) {
  manual_seed(3);
  nn::Conv2d layer = layer_of();
  for (int repeat = 0; repeat < 2; ++repeat)
    for (const int64_t size : {1, 2, 3, 8, 17, 32}) expect_right(layer, randn({2, 16, size, size}), "sizes");
}

TEST(ConvWeights, AreNotKeptWhileAGraphIsRecorded) {
  nn::Conv2d layer = layer_of();
  const Tensor input = randn({2, 16, 8, 8});
  layer->forward(input).sum().backward();
  EXPECT_EQ(layer->weight.impl()->storage->derived(), nullptr);
  expect_right(layer, input, "evaluation");
  EXPECT_TRUE(layer->weight.impl()->storage->can_keep());
}

TEST(ConvWeights, MayBeSharedByThreads) {
  manual_seed(4);
  nn::Conv2d layer = layer_of();
  const Tensor input = randn({2, 16, 16, 16});
  std::vector<Tensor> results(4);
  std::vector<std::thread> threads;
  for (Tensor& result : results)
    threads.emplace_back([&layer, &input, &result] {
      const NoGradGuard no_grad;
      for (int i = 0; i < 20; ++i) result = layer->forward(input);
    });
  for (std::thread& thread : threads) thread.join();
  for (const Tensor& result : results) EXPECT_TRUE(allclose(result, results[0], 1e-6, 1e-6));
}

}  // namespace
}  // namespace relume
