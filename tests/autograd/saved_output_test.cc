// What a node keeps of what it made itself: the elements, which the result shares, and nothing that ends in a cycle.
#include <cmath>

#include "autograd/expectations.h"
#include "relume/activations.h"
#include "relume/autograd.h"
#include "relume/memory.h"

namespace relume::autograd {
namespace {

Tensor leaf(std::vector<double> values) { return tensor(values, kDouble).set_requires_grad(true); }

TEST(SavedOutput, OfAnyLayoutAndDtypeServesBackward) {
  for (const ScalarType dtype : {kFloat, kDouble, kHalf, kBFloat16}) {
    const Tensor x = tensor({-1.0, 2.0, 3.0, -4.0, 5.0, 6.0}, dtype).reshape({2, 3}).set_requires_grad(true);
    for (const Tensor& y : {relu(x), relu(x.t()).t(), relu(x.unsqueeze(1).expand({2, 2, 3}))}) {
      x.mutable_grad() = Tensor();
      y.sum().backward();
      const double count = static_cast<double>(y.numel()) / 6;
      EXPECT_VALUES(x.grad().to(kDouble).flatten(), {0, count, count, 0, count, count});
    }
  }
}

TEST(SavedOutput, IsThereForEachPassWhileTheGraphIsKept) {
  const Tensor x = leaf({-1, 2});
  const Tensor y = relu(x);
  for (int pass = 1; pass <= 3; ++pass) {
    y.sum().backward({}, /*retain_graph=*/true);
    EXPECT_VALUES(x.grad(), {0.0, 1.0 * pass});
  }
  y.sum().backward();
  EXPECT_VALUES(x.grad(), {0, 4});
  EXPECT_ERROR(y.sum().backward(), "Trying to backward through the graph a second time");
}

TEST(SavedOutput, FollowsItsElementsAndRefusesCountedWrites) {
  const Tensor x = leaf({-1, 2});
  const Tensor y = relu(x);
  y.data_ptr<double>()[0] = 7;  // a write that nobody counts is seen
  y.sum().backward();
  EXPECT_VALUES(x.grad(), {1, 1});
  const Tensor z = relu(x);
  z.detach().zero_();
  EXPECT_ERROR(z.sum().backward(),
               "[CPUDoubleType [2]], which is output 0 of Relu, is at version 1; expected version 0 instead");
}

TEST(SavedOutput, OutlivesTheResult) {
  const Tensor x = leaf({-1, 2, 3});
  Tensor y = relu(x);
  y = tanh(y);
  y = sigmoid(y);
  const Tensor again = grad({y.sum()}, {x}, {}, std::nullopt, /*create_graph=*/true)[0];
  const Tensor second = grad({again.sum()}, {x})[0];
  const double t = std::tanh(2.0), s = 1 / (1 + std::exp(-t)), slope = s * (1 - s), steep = 1 - t * t;
  EXPECT_NEAR(again[1].item<double>(), slope * steep, 1e-12);
  EXPECT_NEAR(second[1].item<double>(), slope * (1 - 2 * s) * steep * steep - 2 * slope * t * steep, 1e-12);
}

TEST(SavedOutput, IsFreedByThePassThatUsesIt) {
  const Tensor x = leaf({-1, 2, 3});
  const size_t before = memory::current();
  Tensor y = relu(x);
  const Tensor loss = y.sum();
  y = Tensor();
  const size_t recorded = memory::current();
  loss.backward();
  x.mutable_grad() = Tensor();
  EXPECT_LT(memory::current(), recorded);
  EXPECT_GT(recorded, before);
}

// Saved, x would own the node that then becomes its own place in the graph: neither would ever be freed.
TEST(SavedInputs, AreNotKeptWhereNoGradientNeedsThem) {
  const Tensor leaf = ones({1000}).requires_grad_();
  const auto step = [&] {
    Tensor x = leaf.clone();
    x += x * 0.5;
    x -= x / 4;
    x.mul_(3).fmod_(2);
    x.sinc_();
  };
  step();
  const size_t before = memory::current();
  for (int i = 0; i < 10; ++i) step();
  EXPECT_EQ(memory::current(), before);
  const Tensor x = leaf * 1, scaled = x * 2;
  Tensor(x).add_(1);  // x is not saved, so that it may be written to
  scaled.sum().backward();
  EXPECT_EQ(leaf.grad()[0].item<float>(), 2);
}

}  // namespace
}  // namespace relume::autograd
