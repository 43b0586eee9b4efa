// Linear keeps its weight in the order that products like best; nobody may notice when the weight changes.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "core/tensor_impl.h"
#include "relume/autograd.h"
#include "relume/nn/linear.h"
#include "relume/ops.h"
#include "relume/optim/optimizers.h"
#include "relume/random.h"

namespace relume {
namespace {

constexpr int64_t kIn = 300, kOut = 260;

// What the layer should give, by products of float64.
Tensor expected(const nn::Linear& layer, const Tensor& input) {
  return matmul(input.to(kDouble), layer->weight.to(kDouble).t()) + layer->bias.to(kDouble);
}

void expect_right(nn::Linear& layer, const Tensor& input, const char* when) {
  const NoGradGuard no_grad;
  const Tensor result = expected(layer, input);
  const double tolerance = (input.scalar_type() == kFloat ? 1e-5 : 1e-2) * result.abs().max().item<double>();
  EXPECT_TRUE(allclose(layer->forward(input).to(kDouble), result, 0, tolerance)) << when;
}

struct Change {
  const char* name;
  std::function<void(nn::Linear&)> make;
};

TEST(LinearWeights, ChangesAreSeenByTheNextForward) {
  manual_seed(1);
  const NoGradGuard no_grad;
  const Tensor other = randn({kOut, kIn});
  const std::vector<Change> changes = {
      {"mul_", [](nn::Linear& layer) { layer->weight.mul_(2); }},
      {"a write to a row", [](nn::Linear& layer) { layer->weight[3].fill_(1); }},
      {"a write to .data()", [](nn::Linear& layer) { layer->weight.data().add_(1); }},
      {"a write to a detached copy", [](nn::Linear& layer) { layer->weight.detach().zero_(); }},
      {"a write to a view", [](nn::Linear& layer) { layer->weight.view({-1}).narrow(0, 5, 100).neg_(); }},
      {"set_data", [&](nn::Linear& layer) { layer->weight.set_data(other.clone()); }},
      {"another tensor", [&](nn::Linear& layer) { layer->weight = other * 2; }},
      {"a step of an optimizer",
       [](nn::Linear& layer) {
         layer->weight.mutable_grad() = ones({kOut, kIn});
         optim::SGD({layer->weight}, optim::SGDOptions(0.5)).step();
       }},
      {"copy_", [&](nn::Linear& layer) { layer->weight.copy_(other); }},
      {"memcpy",
       [&](nn::Linear& layer) { std::memcpy(layer->weight.data_ptr(), other.data_ptr(), layer->weight.nbytes()); }},
  };
  const Tensor input = randn({33, kIn});
  for (const Change& change : changes) {
    nn::Linear layer(kIn, kOut);
    expect_right(layer, input, "at first");
    change.make(layer);
    expect_right(layer, input, change.name);
    expect_right(layer, input, "once more");
  }
}

TEST(LinearWeights, APointerTakenOnceMayBeWrittenAtAnyTime) {
  manual_seed(2);
  const NoGradGuard no_grad;
  nn::Linear layer(kIn, kOut);
  const Tensor input = randn({33, kIn});
  auto* const early = layer->weight.data_ptr<float>();
  for (int i = 0; i < 3; ++i) {
    early[i * 7] = static_cast<float>(i) + 10;
    expect_right(layer, input, "before");
  }
  nn::Linear used(kIn, kOut);
  expect_right(used, input, "kept");
  const auto weights = used->weight.accessor<float, 2>();
  for (int i = 0; i < 3; ++i) {
    weights[i][i] = static_cast<float>(i) - 10;
    expect_right(used, input, "after");
  }
}

TEST(LinearWeights, OfMemoryFromOutsideAreNeverKept) {
  const NoGradGuard no_grad;
  std::vector<float> memory(kOut * kIn, 0.5f);
  nn::Linear layer(kIn, kOut);
  layer->weight.set_data(from_blob(memory.data(), {kOut, kIn}));
  const Tensor input = ones({33, kIn});
  expect_right(layer, input, "at first");
  memory[5] = 100;
  expect_right(layer, input, "written");
}

TEST(LinearWeights, AreKeptForEachBatchSize) {
  manual_seed(3);
  for (const ScalarType dtype : {kFloat, kBFloat16}) {
    nn::Linear layer(kIn, kOut);
    layer->to(dtype);
    for (int repeat = 0; repeat < 2; ++repeat)
      for (const int64_t batch : {1, 2, 7, 33, 64, 100, 1000})
        expect_right(layer, randn({batch, kIn}).to(dtype), "batches");
  }
}

TEST(LinearWeights, GiveTheSameBitsEachTime) {
  manual_seed(4);
  const NoGradGuard no_grad;
  nn::Linear layer(kIn, kOut);
  for (const int64_t batch : {1, 8, 64}) {
    const Tensor input = randn({batch, kIn});
    const Tensor once = layer->forward(input);
    EXPECT_TRUE(layer->forward(input).equal(once));
    layer->weight.mul_(1);
    EXPECT_TRUE(layer->forward(input).equal(once));
  }
}

TEST(LinearWeights, MayBeSharedByThreads) {
  manual_seed(5);
  nn::Linear layer(kIn, kOut);
  const Tensor input = randn({40, kIn});
  std::vector<Tensor> results(4);
  std::vector<std::thread> threads;
  for (Tensor& result : results)
    threads.emplace_back([&layer, &input, &result] {
      const NoGradGuard no_grad;
      for (int i = 0; i < 20; ++i) result = layer->forward(input);
    });
  for (std::thread& thread : threads) thread.join();
  for (const Tensor& result : results) EXPECT_TRUE(result.equal(results[0]));
}

TEST(LinearWeights, AreNoMoreExposedThanTheirOwnerMade) {
  nn::Linear layer(kIn, kOut);
  EXPECT_TRUE(layer->weight.impl()->storage->can_keep());
  layer->weight.data_ptr();
  EXPECT_FALSE(layer->weight.impl()->storage->can_keep());
}

TEST(LinearWeights, AreNotKeptWhileAGraphIsRecorded) {
  nn::Linear layer(kIn, kOut);
  layer->forward(randn({64, kIn})).sum().backward();
  EXPECT_EQ(layer->weight.impl()->storage->derived(), nullptr);
}

}  // namespace
}  // namespace relume
