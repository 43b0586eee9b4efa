// Activations of tensors that are given up: the result takes their place where nobody can tell.
#include "ops/consuming.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/tensor_impl.h"
#include "relume/relume.h"

namespace relume {
namespace {

const void* storage_of(const Tensor& tensor) { return tensor.impl()->storage; }

TEST(Consuming, TheResultTakesThePlaceOfWhatNobodySees) {
  Tensor x = tensor({-1.0f, 2.0f});
  const void* const storage = storage_of(x);
  const Tensor y = nn::ReLU()(std::move(x));
  EXPECT_EQ(storage_of(y), storage);
  EXPECT_TRUE(equal(y, tensor({0.0f, 2.0f})));
}

TEST(Consuming, AModuleInASequentialOverwritesWhatTheOneBeforeMade) {
  nn::Sequential model(nn::Conv2d(nn::Conv2dOptions(2, 3, 1)), nn::ReLU());
  const Tensor x = randn({1, 2, 4, 4});
  model->forward(x).sum().backward();
  const Tensor with_relu = model[0]->as<nn::Conv2d>()->weight.grad().clone();
  model->zero_grad();
  relu(conv2d(x, model[0]->as<nn::Conv2d>()->weight, model[0]->as<nn::Conv2d>()->bias)).sum().backward();
  EXPECT_TRUE(equal(model[0]->as<nn::Conv2d>()->weight.grad(), with_relu));
}

TEST(Consuming, WhatSomebodyElseHoldsStays) {
  const Tensor x = tensor({-1.0f, 2.0f}), kept = x;
  EXPECT_NE(storage_of(nn::ReLU()(x)), storage_of(x));
  Tensor base = tensor({-1.0f, 2.0f, -3.0f});
  Tensor view = base.slice(0, 0, 2);
  const Tensor y = nn::ReLU()(std::move(view));
  EXPECT_NE(storage_of(y), storage_of(base));
  EXPECT_TRUE(equal(base, tensor({-1.0f, 2.0f, -3.0f})));
}

TEST(Consuming, ForeignMemoryStays) {
  float values[] = {-1, 2};
  const Tensor y = nn::ReLU()(from_blob(values, {2}));
  EXPECT_TRUE(equal(y, tensor({0.0f, 2.0f})));
  EXPECT_EQ(values[0], -1);
}

TEST(Consuming, ALeafThatWantsItsGradientStays) {
  Tensor x = tensor({-1.0f, 2.0f}).set_requires_grad(true);
  const void* const storage = storage_of(x);
  EXPECT_NE(storage_of(nn::ReLU()(std::move(x))), storage);
}

TEST(Consuming, WhatTheGraphSavedStays) {
  const Tensor x = tensor({-1.0f, 2.0f}).set_requires_grad(true);
  nn::ReLU()(exp(x)).sum().backward();  // exp saves its result
  EXPECT_TRUE(allclose(x.grad(), exp(x).detach()));
}

TEST(Consuming, AnActivationThatSavesItsInputLeavesIt) {
  const Tensor x = tensor({-1.0f, 2.0f}).set_requires_grad(true), again = x.detach().set_requires_grad(true);
  nn::GELU()(x * 1).sum().backward();
  gelu(again).sum().backward();
  EXPECT_TRUE(equal(x.grad(), again.grad()));
}

TEST(Consuming, GradientsThatHooksKeepAreNotOverwritten) {
  const Tensor x = tensor({1.0f, -2.0f}).set_requires_grad(true);
  const Tensor y = leaky_relu(x * 1, 0.5);
  Tensor seen;
  y.register_hook([&](const Tensor& grad) { seen = grad; });
  const Tensor seed = tensor({3.0f, 4.0f});
  y.backward(seed);
  EXPECT_TRUE(equal(seen, tensor({3.0f, 4.0f})));
  EXPECT_TRUE(equal(seed, tensor({3.0f, 4.0f})));
  EXPECT_TRUE(equal(x.grad(), tensor({3.0f, 2.0f})));
}

TEST(Consuming, BatchNormLeavesGradientsThatOthersHold) {
  manual_seed(1);
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{6, 5}, {4, 8, 6, 6}}) {
    const Tensor x = randn(sizes).set_requires_grad(true), weight = rand({sizes[1]}).set_requires_grad(true);
    const auto normalised = [&] { return batch_norm(x, weight, {}, {}, {}, true, 0.1, 1e-5); };
    const Tensor seed = randn(sizes), before = seed.clone();
    normalised().backward(seed);
    EXPECT_TRUE(equal(seed, before));
    const Tensor of_seed = x.grad().clone(), of_weight = weight.grad().clone();
    x.mutable_grad() = Tensor(), weight.mutable_grad() = Tensor();
    Tensor y = normalised(), kept;
    y.register_hook([&](const Tensor& grad) { kept = grad; });
    (y * seed).sum().backward();
    EXPECT_TRUE(equal(kept, before));
    EXPECT_TRUE(equal(x.grad(), of_seed));
    x.mutable_grad() = Tensor(), weight.mutable_grad() = Tensor();
    (normalised() * seed).sum().backward();  // here the gradient is nobody else's
    EXPECT_TRUE(equal(x.grad(), of_seed));
    EXPECT_TRUE(equal(weight.grad(), of_weight));
  }
}

}  // namespace
}  // namespace relume
