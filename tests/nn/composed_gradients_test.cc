// Gradients, of first and second order, of layers that are made of several ops.
#include <gtest/gtest.h>

#include <limits>

#include "message_of.h"
#include "relume/gradcheck.h"
#include "relume/nn.h"
#include "relume/ops.h"

namespace relume {
namespace {

using autograd::gradcheck;
using autograd::gradgradcheck;
namespace F = nn::functional;

Tensor drawn(IntArrayRef sizes) { return randn(sizes, TensorOptions(kDouble).requires_grad(true)); }

template <class Function>
void expect_gradients(Function function, const std::vector<Tensor>& inputs) {
  EXPECT_TRUE(gradcheck(function, inputs));
  EXPECT_TRUE(gradgradcheck(function, inputs));
}

TEST(EmbeddingBag, HasGradientsInEachMode) {
  manual_seed(0);
  const Tensor bags = tensor({{0, 3, 1}, {2, 2, 4}});
  for (const nn::EmbeddingBagMode mode : {nn::EmbeddingBagMode(kSum), {kMean}, {kMax}})
    expect_gradients(
        [&](const std::vector<Tensor>& inputs) {
          return F::embedding_bag(bags, inputs[0], F::EmbeddingBagFuncOptions().mode(mode).padding_idx(1));
        },
        {drawn({5, 2})});
  expect_gradients(
      [&](const std::vector<Tensor>& inputs) {
        return F::embedding_bag(bags, inputs[0],
                                F::EmbeddingBagFuncOptions().mode(kSum).per_sample_weights(inputs[1]));
      },
      {drawn({5, 2}), drawn({2, 3})});
}

TEST(EmbeddingBag, OfNoBagsIsEmpty) {
  const Tensor none = zeros({0}, kLong);
  EXPECT_EQ(F::embedding_bag(none, randn({5, 2}), F::EmbeddingBagFuncOptions().offsets(none)).sizes(),
            IntArrayRef({0, 2}));
}

TEST(EmbeddingBag, RefusesIndicesOutsideTheTable) {
  EXPECT_EQ(message_of([] { F::embedding_bag(tensor({{1, 7}}), randn({5, 2})); }),
            "Index 1 of input takes value 7 which is not in the valid range [0, 5)");
}

TEST(MaxUnpool, HasGradients) {
  manual_seed(0);
  const Tensor indices = std::get<1>(max_pool2d_with_indices(randn({2, 4, 6}, kDouble), 2));
  expect_gradients(
      [&](const std::vector<Tensor>& inputs) {
        return F::max_unpool2d(inputs[0], indices, F::MaxUnpool2dFuncOptions(2));
      },
      {drawn({2, 2, 3})});
}

TEST(FractionalMaxPool, HasGradients) {
  manual_seed(0);
  const ExpandingArray<2> size({3, 2});
  const auto options = F::FractionalMaxPool2dFuncOptions(2).output_size(size)._random_samples(rand({1, 2, 2}));
  expect_gradients(
      [&](const std::vector<Tensor>& inputs) { return F::fractional_max_pool2d(inputs[0], options); },
      {drawn({2, 6, 5}).detach().mul(10).requires_grad_()});
}

TEST(AdaptiveMaxPool3d, HasGradients) {
  manual_seed(0);
  expect_gradients(
      [](const std::vector<Tensor>& inputs) { return F::adaptive_max_pool3d(inputs[0], {{2, 1, 2}}); },
      {drawn({1, 3, 2, 4}).detach().mul(10).requires_grad_()});
}

TEST(GridSample, HasGradientsInCubicMode) {
  manual_seed(0);
  const Tensor grid = (rand({1, 2, 2, 2}, kDouble) * 1.6 - 0.8).requires_grad_();
  const auto options = F::GridSampleFuncOptions().mode(kBicubic).align_corners(false);
  expect_gradients(
      [&](const std::vector<Tensor>& inputs) { return F::grid_sample(inputs[0], inputs[1], options); },
      {drawn({1, 1, 4, 4}), grid});
}

TEST(AdaptiveLogSoftmax, HasGradients) {
  manual_seed(0);
  nn::AdaptiveLogSoftmaxWithLoss softmax(6, 9, std::vector<int64_t>{3, 6});
  softmax->to(kDouble);
  expect_gradients(
      [&](const std::vector<Tensor>& inputs) { return softmax(inputs[0], tensor({0, 4, 8, 5})).output; },
      {drawn({4, 6})});
}

// Through log_softmax: ctc_loss takes its input to come from there.
TEST(CtcLoss, HasAGradientAndNoSecondOne) {
  manual_seed(0);
  const Tensor targets = tensor({{1, 1, 2}, {3, 2, 1}}), steps = tensor({6, 5}), counts = tensor({3, 2});
  const auto loss = [&](const std::vector<Tensor>& inputs) {
    return F::ctc_loss(inputs[0].log_softmax(2), targets, steps, counts);
  };
  EXPECT_TRUE(gradcheck(loss, {drawn({6, 2, 4})}));
  const Tensor input = drawn({6, 2, 4});
  const Tensor result = loss({input});
  const Tensor gradient = autograd::grad({result * result}, {input}, {}, true, true)[0];
  EXPECT_EQ(message_of([&] { gradient.sum().backward(); }),
            "the derivative for '_ctc_loss_backward' is not implemented.");
}

TEST(CtcLoss, TakesAnInputThatIsNotContiguous) {
  manual_seed(0);
  const Tensor input = randn({2, 4, 6}).log_softmax(1), targets = tensor({{1, 1, 2}, {3, 2, 1}});
  const Tensor turned = input.permute({2, 0, 1}), steps = tensor({6, 5}), counts = tensor({3, 2});
  const Tensor dense = turned.contiguous();
  EXPECT_TRUE(F::ctc_loss(turned, targets, steps, counts).equal(F::ctc_loss(dense, targets, steps, counts)));
}

TEST(CtcLoss, RefusesLabelsThatAreNoClass) {
  EXPECT_EQ(message_of([] {
              F::ctc_loss(zeros({3, 1, 2}), tensor({{1, 2}}), tensor({3}), tensor({2}));
            }),
            "ctc_loss: expected targets from 0 to 1, got 2");
}

TEST(CtcLoss, RefusesLengthsWhoseSumOverflows) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const Tensor lengths = tensor({kMost, kMost, int64_t{2}});
  EXPECT_EQ(message_of([&] { F::ctc_loss(zeros({3, 3, 2}), zeros({0}, kLong), tensor({3, 3, 3}), lengths); }),
            "Expected tensor to have size 9223372036854775807 at dimension 0, but got size 0 for argument #2 'targets' "
            "(while checking arguments for ctc_loss_allocate_outputs)");
}

TEST(Module, AppliesAFunction) {
  nn::Sequential net(nn::Linear(2, 2), nn::Linear(2, 1));
  void (*const clear)(nn::Module&) = [](nn::Module& module) {
    if (auto* layer = module.as<nn::Linear>()) layer->weight.detach().zero_();
  };
  net->apply(*clear);
  EXPECT_EQ(net->parameters()[0].abs().sum().item<float>(), 0);
  EXPECT_EQ(net->parameters()[2].abs().sum().item<float>(), 0);
}

}  // namespace
}  // namespace relume
