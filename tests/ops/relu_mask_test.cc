// Large ReLUs, which keep a bit an element for backward and are put off until somebody looks: nobody can tell.
#include "kernels/relu_mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <thread>
#include <vector>

#include "core/hidden_layout.h"
#include "message_of.h"
#include "relume/memory.h"
#include "relume/relume.h"

namespace relume {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();

// The ReLU of a tensor, and the gradients that pass it, by other ops.
Tensor rectified(const Tensor& x) { return where(x < 0, 0.0, x); }
Tensor passed(const Tensor& x, const Tensor& grad) { return where(x <= 0, 0.0, grad); }

// Numbers around zero, NaN and both zeros among them, in a common layout.
Tensor samples(IntArrayRef sizes, ScalarType dtype = kFloat) {
  Tensor x = randint(-3, 4, sizes, kFloat).to(dtype);
  if (x.numel() > 9) {
    const Tensor flat = x.view({-1});
    flat[1].fill_(kNaN), flat[2].fill_(-kNaN), flat[4].fill_(-0.0);
    flat[7].fill_(kInfinity), flat[8].fill_(-kInfinity);
  }
  return x;
}

void expect_same(const Tensor& a, const Tensor& b, const std::string& what) {
  ASSERT_EQ(a.sizes(), b.sizes()) << what;
  EXPECT_TRUE(allclose(a.to(kDouble), b.to(kDouble), 0, 0, /*equal_nan=*/true)) << what;
}

void check_kernels(ScalarType dtype, int64_t count) {
  const Tensor x = samples({count}, dtype), grad = randn({count}, dtype);
  Tensor y = empty({count}, dtype), back = empty({count}, dtype);
  std::vector<uint8_t> mask(static_cast<size_t>(count + 7) / 8), again(mask.size(), 255);
  cpu::relu_forward(dtype, x.data_ptr(), count, y.data_ptr(), mask.data());
  cpu::relu_forward(dtype, x.data_ptr(), count, nullptr, again.data());
  EXPECT_EQ(mask, again);
  for (int64_t i = 0; i < count; ++i)
    EXPECT_EQ(mask[static_cast<size_t>(i) / 8] >> i % 8 & 1, !(x[i].item<double>() <= 0)) << i << " of " << count;
  cpu::relu_backward(dtype, grad.data_ptr(), mask.data(), count, back.data_ptr());
  expect_same(y, rectified(x), "forward");
  expect_same(back, passed(x, grad), "backward");
}

TEST(ReluMask, KernelsComputeEachElementAndItsBit) {
  manual_seed(1);
  for (const int64_t count : {0, 1, 2, 7, 8, 9, 15, 16, 31, 33, 64, 100, 40003}) {
    check_kernels(kFloat, count);
    check_kernels(kDouble, count);
    check_kernels(kBFloat16, count);
    check_kernels(kHalf, count);
  }
}

// ---- Gradients ---------------------------------------------------------------------------------------------------

// x in the layouts that a ReLU may meet; hidden ones come from a convolution that changes nothing.
Tensor hidden(const Tensor& x) {
  const int64_t channels = x.size(1);
  return conv2d(x, eye(channels, x.scalar_type()).view({channels, channels, 1, 1}));
}

class ReluGradients : public testing::TestWithParam<bool> {
 protected:
  ReluGradients() { manual_seed(2); }
  // A fresh ReLU of x, by the module or by the function, which leaves its argument.
  Tensor relu_of(Tensor x) const { return GetParam() ? nn::ReLU()(std::move(x)) : relu(x); }
};
INSTANTIATE_TEST_SUITE_P(Forms, ReluGradients, testing::Bool());

TEST_P(ReluGradients, AreThoseOfTheFormulaInEachLayoutAndDtype) {
  for (const ScalarType dtype : {kFloat, kDouble, kBFloat16, kHalf})
    for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{4, 16, 16, 16}, {16, 1024}, {3, 5, 33, 41}}) {
      const Tensor x = randint(-3, 4, sizes, kFloat).to(dtype).set_requires_grad(true);
      const Tensor seed = randint(-4, 5, sizes, kFloat).to(dtype);
      const std::vector<std::pair<std::string, Tensor>> seeds = {
          {"dense", seed},
          {"transposed", seed.transpose(0, 1).contiguous().transpose(0, 1)},
          {"expanded", ones({}, dtype).expand(sizes)}};
      for (const auto& [name, grad] : seeds) {
        const bool convolves = sizes.size() == 4 && dtype == kFloat;
        const Tensor y = relu_of(convolves ? hidden(x) : x * 1);
        expect_same(y.detach(), rectified(x.detach()), name);
        y.backward(grad, /*retain_graph=*/true);
        expect_same(x.grad(), passed(x.detach(), grad), name);
        y.backward(grad);
        expect_same(x.grad(), passed(x.detach(), grad) * 2, name + ", again");
        x.mutable_grad() = Tensor();
      }
    }
}

TEST_P(ReluGradients, LetNaNPass) {
  const Tensor x = samples({4, 64, 64}).set_requires_grad(true), grad = randn({4, 64, 64});
  relu_of(x * 1).backward(grad);
  expect_same(x.grad(), passed(x.detach(), grad), "NaN");
}

TEST_P(ReluGradients, CanBeDifferentiated) {
  for (const bool hides : {false, true}) {
    const Tensor x = randn({2, 8, 32, 32}).set_requires_grad(true), v = randn({2, 8, 32, 32});
    const Tensor y = relu_of(hides ? hidden(x) : x * 1);
    const Tensor cube = y.pow(3).sum();
    const Tensor first = autograd::grad({cube}, {x}, {}, std::nullopt, /*create_graph=*/true)[0];
    const Tensor second = autograd::grad({(first * v).sum()}, {x})[0];
    const Tensor at = rectified(x.detach());
    EXPECT_TRUE(allclose(first.detach(), 3 * at * at, 1e-4, 1e-5));
    EXPECT_TRUE(allclose(second, 6 * at * v, 1e-4, 1e-5));
  }
}

TEST_P(ReluGradients, AreAnErrorAfterAWriteToTheResult) {
  const Tensor x = randn({128, 128}).set_requires_grad(true);
  Tensor y = relu_of(x * 1);
  const Tensor total = y.sum();
  y.add_(1);
  EXPECT_THAT(message_of([&] { y.sum().backward(); }),
              testing::HasSubstr("[CPUFloatType [128, 128]], which is output 0 of Relu, is at version 1; "
                                 "expected version 0 instead"));
  const Tensor z = relu_of(x * 1);
  z.sum().backward();
  EXPECT_THAT(message_of([&] { z.sum().backward(); }), testing::HasSubstr("backward through the graph a second time"));
}

// ---- Putting off -------------------------------------------------------------------------------------------------

// What is done with relu(conv(x)), and what with its value.
using Use = std::function<Tensor(const Tensor&)>;

const std::vector<Use>& uses() {
  static const std::vector<Use> list = {
      [](const Tensor& y) { return max_pool2d(y, 2); },
      [](const Tensor& y) { return max_pool2d(y, 2).sum() + (y * y).sum(); },
      [](const Tensor& y) { return (y * y).sum() + max_pool2d(y, 2).sum(); },
      [](const Tensor& y) { return max_pool2d(y, 2).sum() + max_pool2d(y, 2).pow(2).sum(); },
      [](const Tensor& y) { return max_pool2d(y, 2).sum() + max_pool2d(y, 3, 1).sum(); },
      [](const Tensor& y) { return max_pool2d(y, 2, 2, 1); },
      [](const Tensor& y) { return max_pool2d(y, 2, 2, 0, 2); },
      [](const Tensor& y) { return std::get<0>(max_pool2d_with_indices(y, 2)); },
      [](const Tensor& y) { return avg_pool2d(y, 2); },
      [](const Tensor& y) { return y.narrow(1, 2, 3); },
      [](const Tensor& y) { return y.flatten(1) * 2; },
      [](const Tensor& y) { return y.expand({2, y.size(0), y.size(1), y.size(2), y.size(3)}); },
      [](const Tensor& y) { return y; },
      [](const Tensor& y) { return zeros({}) + y.sum({2, 3}); },
      [](const Tensor& y) { return relu(max_pool2d(y, 2) - 1); },
      [](const Tensor& y) { return y.to(kDouble); },
  };
  return list;
}

// The result of a use and the gradients, of a convolution's input and weight, with the ReLU as a module or as where().
std::vector<Tensor> gradients(const Use& use, const Tensor& x, const Tensor& weight, bool as_module) {
  for (const Tensor& leaf : {x, weight}) leaf.mutable_grad() = Tensor();
  const Tensor y = conv2d(x, weight, {}, 1, 1);
  const Tensor z = use(as_module ? nn::ReLU()(conv2d(x, weight, {}, 1, 1)) : where(y > 0, y, 0.0));
  z.pow(2).sum().backward();
  return {z.detach(), x.grad(), weight.grad()};
}

TEST(DeferredRelu, ShowsEveryoneTheResult) {
  manual_seed(3);
  for (const int64_t channels : {8, 12, 32})
    for (const int64_t size : {16, 17}) {
      const Tensor x = randn({4, 3, size, size}).set_requires_grad(true);
      const Tensor weight = randn({channels, 3, 3, 3}).set_requires_grad(true);
      for (size_t i = 0; i < uses().size(); ++i) {
        const auto expected = gradients(uses()[i], x, weight, false), actual = gradients(uses()[i], x, weight, true);
        for (size_t k = 0; k < expected.size(); ++k)
          EXPECT_TRUE(allclose(actual[k], expected[k], 1e-4, 1e-3)) << "use " << i << ", " << channels << " channels";
      }
    }
}

TEST(DeferredRelu, IsDoneThoughNobodyReadsTheResult) {
  const Tensor x = randn({4, 8, 32, 32}).set_requires_grad(true), grad = randn({4, 8, 32, 32});
  Tensor y = nn::ReLU()(hidden(x));
  autograd::NodePtr node = y.grad_fn();
  y.backward(grad);  // nothing has looked at y
  expect_same(x.grad(), passed(x.detach(), grad), "alive");
  x.mutable_grad() = Tensor();
  Tensor z = nn::ReLU()(hidden(x)).expand({2, 4, 8, 32, 32});  // the ReLU's own result is gone
  z.backward(grad.expand({2, 4, 8, 32, 32}));
  expect_same(x.grad(), passed(x.detach(), grad) * 2, "gone");
}

TEST(DeferredRelu, TheFirstOfEqualZerosTakesTheGradient) {
  // All elements of each window are negative: a hook on the ReLU's result sees the gradient at the first.
  const Tensor x = (-1 - rand({4, 8, 32, 32})).set_requires_grad(true);
  Tensor y = nn::ReLU()(hidden(x)), seen;
  y.register_hook([&](const Tensor& grad) { seen = grad; });
  max_pool2d(y, 2).sum().backward();
  Tensor expected = zeros({4, 8, 32, 32});
  for (int64_t i = 0; i < 32; i += 2)
    for (int64_t j = 0; j < 32; j += 2) expected.select(2, i).select(2, j).fill_(1);
  expect_same(seen, expected, "hook");
  expect_same(x.grad(), zeros({4, 8, 32, 32}), "masked");
}

TEST(DeferredRelu, ThreadsMayReadOneResult) {
  const Tensor x = randn({2, 16, 32, 32});
  const Tensor expected = rectified(x), pooled = max_pool2d(expected, 2);
  for (int round = 0; round < 50; ++round) {
    const Tensor y = nn::ReLU()(hidden(x));
    bool agree[4] = {};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        const NoGradGuard unrecorded;
        agree[i] = i < 2 ? equal(max_pool2d(y, 2), pooled) : i == 2 ? equal(y, expected) : equal(y * 1, expected);
      });
    for (std::thread& thread : threads) thread.join();
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(agree[i]) << "thread " << i;
  }
}

TEST(DeferredRelu, LetsGoOfWhatAPoolingHasRead) {
  if (!hides_layouts()) GTEST_SKIP() << "no layout is hidden";
  const Tensor x = randn({16, 8, 64, 64}).set_requires_grad(true);
  const size_t before = memory::current(), bytes = static_cast<size_t>(x.numel()) * 4;
  const Tensor y = max_pool2d(nn::ReLU()(hidden(x)), 2);
  if (memory::cached() == 0) GTEST_SKIP() << "sanitizers look behind every block";
  EXPECT_LT(memory::current() - before, bytes / 2);  // a quarter, places, and a bit an element
  y.sum().backward();
  EXPECT_TRUE(x.grad().defined());
}

}  // namespace
}  // namespace relume
