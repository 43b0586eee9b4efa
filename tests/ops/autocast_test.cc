// Autocasting: which ops cast to what, gradients, kept casts, nesting.
#include "relume/autocast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "relume/relume.h"

namespace relume {
namespace {

namespace F = nn::functional;

constexpr ScalarType kDtypes[] = {kFloat, kBFloat16, kDouble};

// An op of arguments that are float32, bfloat16 or float64.
struct Case {
  const char* name;
  std::function<Tensor(ScalarType)> run;
};

Tensor positive(IntArrayRef sizes, ScalarType dtype) { return (rand(sizes) + 0.1).to(dtype); }

std::vector<Case> lower_precision_ops() {
  const auto p = positive;
  return {
      {"mm", [p](auto t) { return mm(p({3, 4}, t), p({4, 5}, t)); }},
      {"bmm", [p](auto t) { return bmm(p({2, 3, 4}, t), p({2, 4, 5}, t)); }},
      {"matmul", [p](auto t) { return matmul(p({2, 3, 4}, t), p({4}, t)); }},
      {"matmul of vectors", [p](auto t) { return matmul(p({4}, t), p({4}, t)); }},
      {"addmm", [p](auto t) { return addmm(p({3, 5}, t), p({3, 4}, t), p({4, 5}, t)); }},
      {"baddbmm", [p](auto t) { return baddbmm(p({2, 3, 5}, t), p({2, 3, 4}, t), p({2, 4, 5}, t)); }},
      {"linear", [p](auto t) { return linear(p({3, 4}, t), p({5, 4}, t), p({5}, t)); }},
      {"einsum", [p](auto t) { return einsum("ij,jk->ik", std::vector<Tensor>{p({3, 4}, t), p({4, 5}, t)}); }},
      {"tensordot", [p](auto t) { return tensordot(p({3, 4}, t), p({4, 5}, t), 1, 0); }},
      {"prelu", [p](auto t) { return prelu(p({3}, t), p({1}, t)); }},
      {"conv1d", [p](auto t) { return conv1d(p({1, 2, 8}, t), p({3, 2, 3}, t), p({3}, t)); }},
      {"conv2d", [p](auto t) { return conv2d(p({1, 2, 8, 8}, t), p({3, 2, 3, 3}, t)); }},
      {"conv3d", [p](auto t) { return conv3d(p({1, 2, 4, 4, 4}, t), p({3, 2, 3, 3, 3}, t)); }},
      {"conv_transpose1d", [p](auto t) { return conv_transpose1d(p({1, 2, 8}, t), p({2, 3, 3}, t)); }},
      {"conv_transpose2d", [p](auto t) { return conv_transpose2d(p({1, 2, 8, 8}, t), p({2, 3, 3, 3}, t)); }},
      {"conv_transpose3d", [p](auto t) { return conv_transpose3d(p({1, 2, 4, 4, 4}, t), p({2, 3, 3, 3, 3}, t)); }},
  };
}

std::vector<Case> float32_ops() {
  const auto p = positive;
  const auto classes = [] { return tensor({1, 2, 3}, kLong); };
  return {
      {"mse_loss", [p](auto t) { return mse_loss(p({3}, t), p({3}, t)); }},
      {"l1_loss", [p](auto t) { return l1_loss(p({3}, t), p({3}, t)); }},
      {"smooth_l1_loss", [p](auto t) { return smooth_l1_loss(p({3}, t), p({3}, t)); }},
      {"huber_loss", [p](auto t) { return huber_loss(p({3}, t), p({3}, t)); }},
      {"nll_loss", [p, classes](auto t) { return nll_loss(p({3, 4}, t), classes()); }},
      {"cross_entropy", [p, classes](auto t) { return F::cross_entropy(p({3, 4}, t), classes()); }},
      {"binary_cross_entropy",
       [](auto t) { return binary_cross_entropy((rand({3}) * 0.5).to(t), (rand({3}) * 0.5).to(t)); }},
      {"binary_cross_entropy_with_logits",
       [p](auto t) { return binary_cross_entropy_with_logits(p({3}, t), p({3}, t)); }},
      {"kl_div", [p](auto t) { return kl_div(p({3}, t), p({3}, t)); }},
      {"prod", [p](auto t) { return prod(p({3}, t)); }},
      {"prod along a dimension", [p](auto t) { return prod(p({3, 2}, t), 0); }},
      {"trace", [p](auto t) { return trace(p({3, 3}, t)); }},
      {"quantile", [p](auto t) { return quantile(p({3}, t), 0.5); }},
      {"avg_pool3d", [p](auto t) { return avg_pool3d(p({1, 2, 4, 4, 4}, t), 2); }},
      {"max_pool3d", [p](auto t) { return max_pool3d(p({1, 2, 4, 4, 4}, t), 2); }},
      {"adaptive_avg_pool3d", [p](auto t) { return adaptive_avg_pool3d(p({1, 2, 4, 4, 4}, t), {2, 2, 2}); }},
      {"padding by reflection",
       [p](auto t) { return F::pad(p({1, 2, 8}, t), F::PadFuncOptions({1, 1}).mode(kReflect)); }},
      {"padding by replication",
       [p](auto t) { return F::pad(p({1, 2, 8}, t), F::PadFuncOptions({1, 1}).mode(kReplicate)); }},
  };
}

std::vector<Case> ops_that_take_what_they_are_given() {
  const auto p = positive;
  return {
      {"mv", [p](auto t) { return mv(p({3, 4}, t), p({4}, t)); }},
      {"dot", [p](auto t) { return dot(p({4}, t), p({4}, t)); }},
      {"outer", [p](auto t) { return outer(p({4}, t), p({4}, t)); }},
      {"addmv", [p](auto t) { return addmv(p({3}, t), p({3, 4}, t), p({4}, t)); }},
      {"addr", [p](auto t) { return addr(p({3, 4}, t), p({3}, t), p({4}, t)); }},
      {"bilinear", [p](auto t) { return bilinear(p({3, 4}, t), p({3, 5}, t), p({2, 4, 5}, t)); }},
      {"softmax", [p](auto t) { return softmax(p({3, 4}, t), 1); }},
      {"log_softmax", [p](auto t) { return log_softmax(p({3, 4}, t), 1); }},
      {"layer_norm", [p](auto t) { return layer_norm(p({3, 4}, t), {4}); }},
      {"batch_norm", [p](auto t) { return batch_norm(p({3, 4}, t), {}, {}, {}, {}, true, 0.1, 1e-5); }},
      {"max_pool2d", [p](auto t) { return max_pool2d(p({1, 2, 8, 8}, t), 2); }},
      {"avg_pool2d", [p](auto t) { return avg_pool2d(p({1, 2, 8, 8}, t), 2); }},
      {"circular padding", [p](auto t) { return F::pad(p({1, 2, 8}, t), F::PadFuncOptions({1, 1}).mode(kCircular)); }},
      {"exp", [p](auto t) { return exp(p({3}, t)); }},
      {"pow", [p](auto t) { return pow(p({3}, t), 2.5); }},
      {"gelu", [p](auto t) { return gelu(p({3}, t)); }},
      {"sum", [p](auto t) { return sum(p({3}, t)); }},
      {"cat", [p](auto t) { return cat({p({3}, t), p({3}, t)}); }},
      {"norm", [p](auto t) { return norm(p({3}, t)); }},
      {"cosine_similarity", [p](auto t) { return cosine_similarity(p({3, 4}, t), p({3, 4}, t)); }},
  };
}

void expect_dtypes(const std::vector<Case>& cases, const std::vector<ScalarType>& expected) {
  for (const Case& each : cases)
    for (size_t i = 0; i < expected.size(); ++i) {
      const AutocastGuard guard;
      EXPECT_EQ(each.run(kDtypes[i]).scalar_type(), expected[i]) << each.name << " of " << kDtypes[i];
      EXPECT_TRUE(autocast::is_autocast_enabled()) << each.name;
    }
}

TEST(Autocast, ComputesProductsInTheDtypeOfTheScope) {
  expect_dtypes(lower_precision_ops(), {kBFloat16, kBFloat16, kDouble});
}
TEST(Autocast, ComputesLossesInFloat32) { expect_dtypes(float32_ops(), {kFloat, kFloat, kDouble}); }
TEST(Autocast, LeavesOtherOpsAsTheyAre) {
  expect_dtypes(ops_that_take_what_they_are_given(), {kFloat, kBFloat16, kDouble});
}

TEST(Autocast, GivesTheResultOfCastingByHand) {
  const Tensor x = randn({6, 40}), w = randn({50, 40}), b = randn({50});
  const Tensor expected = linear(x.to(kBFloat16), w.to(kBFloat16), b.to(kBFloat16));
  const AutocastGuard guard;
  EXPECT_TRUE(linear(x, w, b).equal(expected));
}

TEST(Autocast, CopiesIntoTheWiderDtype) {
  const AutocastGuard guard;
  const Tensor index = tensor({1}, kLong);
  EXPECT_EQ(index_copy(zeros({3, 2}), 0, index, ones({1, 2}, kBFloat16)).scalar_type(), kFloat);
  EXPECT_EQ(index_copy(zeros({3, 2}, kBFloat16), 0, index, ones({1, 2})).scalar_type(), kFloat);
}

TEST(Autocast, DoesNotTouchInPlaceOps) {
  const AutocastGuard guard;
  Tensor sum = zeros({2, 2});
  sum.addmm_(full({2, 3}, 1.001), full({3, 2}, 1.001));
  EXPECT_NEAR(sum[0][0].item<double>(), 3 * 1.001 * 1.001, 1e-5);
}

TEST(Autocast, GivesFloat32GradientsToFloat32Parameters) {
  // Smooth: rounding may turn a ReLU off, and a part of the gradient with it.
  nn::Sequential model(nn::Conv2d(3, 4, 3), nn::Tanh(), nn::Flatten(), nn::Linear(4 * 6 * 6, 5));
  const Tensor x = randn({2, 3, 8, 8}), y = tensor({1, 4}, kLong);
  F::cross_entropy(model(x), y).backward();
  std::vector<Tensor> expected;
  for (const Tensor& parameter : model->parameters()) expected.push_back(parameter.grad().clone());
  model->zero_grad();
  Tensor loss;
  {
    const AutocastGuard guard;
    const Tensor logits = model(x);
    EXPECT_EQ(logits.scalar_type(), kBFloat16);
    loss = F::cross_entropy(logits, y);
    EXPECT_EQ(loss.scalar_type(), kFloat);
  }
  loss.backward();
  for (size_t i = 0; i < expected.size(); ++i) {
    const Tensor grad = model->parameters()[i].grad();
    EXPECT_EQ(grad.scalar_type(), kFloat);
    // bfloat16 has 8 bits: each product is off by 2^-8 of the largest term or so.
    EXPECT_LT((grad - expected[i]).abs().max().item<double>(), 0.03 * expected[i].abs().max().item<double>());
  }
}

TEST(Autocast, ComputesGradientsInTheDtypesOfTheForwardPass) {
  const Tensor w = randn({3, 4}).set_requires_grad(true);
  const AutocastGuard guard;
  const Tensor sum = bilinear(randn({2, 5}), randn({2, 4}), randn({3, 5, 4}).set_requires_grad(true)).sum();
  EXPECT_EQ(sum.scalar_type(), kFloat);
  sum.backward();  // of float32 products, in float32
  const Tensor y = linear(randn({2, 4}), w);
  y.sum().backward();
  EXPECT_EQ(w.grad().scalar_type(), kFloat);
  EXPECT_TRUE(autocast::is_autocast_enabled());
}

TEST(Autocast, DifferentiatesTwice) {
  const Tensor x = randn({4}).set_requires_grad(true), w = randn({4, 4}).set_requires_grad(true);
  Tensor first;
  {
    const AutocastGuard guard;
    first = autograd::grad({matmul(w, x.unsqueeze(1)).pow(2).sum()}, {x}, {}, std::nullopt, true)[0];
  }
  first.sum().backward();
  EXPECT_EQ(w.grad().scalar_type(), kFloat);
  EXPECT_GT(w.grad().abs().sum().item<double>(), 0);
}

TEST(Autocast, SumsTheGradientsOfAParameterThatIsUsedTwice) {
  const Tensor w = ones({2, 2}).set_requires_grad(true), x = ones({1, 2});
  {
    const AutocastGuard guard;
    const Tensor both = linear(x, w) + linear(x, w);
    both.sum().backward();
    linear(x, w).sum().backward();  // the kept cast goes on to serve after a backward pass
  }
  EXPECT_TRUE(w.grad().equal(full({2, 2}, 3)));
}

TEST(Autocast, SeesAParameterThatWasWrittenInTheScope) {
  const Tensor w = ones({2, 2}).set_requires_grad(true), x = ones({1, 2});
  const AutocastGuard guard;
  EXPECT_EQ(linear(x, w).sum().item<double>(), 4);
  {
    const NoGradGuard no_grad;
    w.mul_(2);
  }
  EXPECT_EQ(linear(x, w).sum().item<double>(), 8);
  w.data_ptr<float>()[0] = 10;  // and by a program that has the pointer
  EXPECT_EQ(linear(x, w).sum().item<double>(), 16);
}

TEST(Autocast, RecordsAfterAForwardPassThatDidNot) {
  const Tensor w = ones({2, 2}).set_requires_grad(true), x = ones({1, 2});
  const AutocastGuard guard;
  {
    const NoGradGuard no_grad;
    EXPECT_FALSE(linear(x, w).requires_grad());
  }
  {
    const InferenceMode inference;
    linear(x, w);
  }
  linear(x, w).sum().backward();
  EXPECT_TRUE(w.grad().equal(ones({2, 2})));
}

TEST(Autocast, Nests) {
  const Tensor a = randn({2, 2});
  const auto dtype = [&] { return mm(a, a).scalar_type(); };
  EXPECT_EQ(dtype(), kFloat);
  {
    const AutocastGuard outer;
    EXPECT_EQ(dtype(), kBFloat16);
    {
      const AutocastGuard off(kBFloat16, /*enabled=*/false);
      EXPECT_EQ(dtype(), kFloat);
      const AutocastGuard half(kHalf);
      EXPECT_EQ(dtype(), kHalf);
      EXPECT_EQ(autocast::get_autocast_dtype(), kHalf);
    }
    EXPECT_EQ(dtype(), kBFloat16);
    EXPECT_EQ(autocast::get_autocast_dtype(), kBFloat16);
  }
  EXPECT_EQ(dtype(), kFloat);
}

TEST(Autocast, LeavesModulesThatAreBfloat16Alone) {
  nn::Linear layer(4, 4);
  layer->to(kBFloat16);
  const AutocastGuard guard;
  EXPECT_EQ(layer(randn({2, 4})).scalar_type(), kBFloat16);  // would throw outside
}

TEST(Autocast, RefusesOtherDtypesAndDevices) {
  EXPECT_THROW(AutocastGuard guard(kFloat), ValueError);
  try {
    const AutocastGuard guard(kDouble);
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "autocast: expected the dtype bfloat16 or float16, got Double");
  }
  EXPECT_FALSE(autocast::is_autocast_enabled());
  EXPECT_THROW(autocast::set_autocast_dtype(kCPU, kInt), ValueError);
  EXPECT_THROW(autocast::set_autocast_enabled(kCUDA, true), Error);
}

TEST(Autocast, IsSwitchedByLibtorchsNames) {
  autocast::set_autocast_enabled(kCPU, true);
  autocast::set_autocast_dtype(kCPU, kBFloat16);
  EXPECT_EQ(autocast::increment_nesting(), 1);
  EXPECT_TRUE(autocast::is_autocast_cache_enabled());
  EXPECT_EQ(mm(randn({2, 2}), randn({2, 2})).scalar_type(), kBFloat16);
  EXPECT_EQ(autocast::decrement_nesting(), 0);
  autocast::clear_cache();
  autocast::set_autocast_enabled(kCPU, false);
  EXPECT_EQ(mm(randn({2, 2}), randn({2, 2})).scalar_type(), kFloat);
}

}  // namespace
}  // namespace relume
