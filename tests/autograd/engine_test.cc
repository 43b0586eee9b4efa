// The engine: hooks, runs inside runs, threads, deep graphs, what is kept and freed, anomaly detection.
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "autograd/expectations.h"
#include "relume/autograd.h"
#include "relume/custom_function.h"

namespace relume::autograd {
namespace {

Tensor leaf(std::vector<double> values) { return tensor(values, kDouble).set_requires_grad(true); }

// ---- Hooks
// -----------------------------------------------------------------------------------------------------------

TEST(Hooks, SeeAndReplaceTheGradient) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 3;
  std::vector<double> seen;
  y.register_hook([&](const Tensor& grad) { seen.push_back(grad.sum().item<double>()); });
  y.register_hook([](const Tensor& grad) { return grad * 10; });
  y.register_hook([&](const Tensor& grad) { seen.push_back(grad.sum().item<double>()); });
  y.sum().backward();
  EXPECT_EQ(seen, (std::vector<double>{2, 20}));
  EXPECT_VALUES(x.grad(), {30, 30});
}

TEST(Hooks, OfALeafRunOnTheSumOfItsGradients) {
  const Tensor x = leaf({1});
  int calls = 0;
  x.register_hook([&](const Tensor& grad) {
    ++calls;
    return -grad;
  });
  (x * 2 + x * 3).backward();
  EXPECT_EQ(calls, 1);
  EXPECT_VALUES(x.grad(), {-5});
}

TEST(Hooks, AreRemovedByTheirHandle) {
  const Tensor x = leaf({1});
  int calls = 0;
  const unsigned first = x.register_hook([&](const Tensor&) { calls += 1; });
  x.register_hook([&](const Tensor&) { calls += 10; });
  x.remove_hook(first);
  (x * 2).backward();
  EXPECT_EQ(calls, 10);
  EXPECT_ERROR(x.remove_hook(first), "Invalid index, no hook at position 0");
}

TEST(Hooks, MayRemoveThemselves) {
  const Tensor x = leaf({1});
  int calls = 0;
  unsigned handle = 0;
  handle = x.register_hook([&](const Tensor&) {
    ++calls;
    x.remove_hook(handle);
  });
  (x * 2).backward();
  (x * 2).backward();
  EXPECT_EQ(calls, 1);
}

TEST(Hooks, MustKeepTheShape) {
  const Tensor x = leaf({1, 2});
  x.register_hook([](const Tensor& grad) { return grad.sum(); });
  EXPECT_ERROR((x * 2).sum().backward(), "has changed the size of value");
}

TEST(Hooks, MustKeepTheType) {
  const Tensor x = leaf({1, 2});
  x.register_hook([](const Tensor& grad) { return grad.to(kHalf); });
  EXPECT_ERROR((x * 2).sum().backward(), "hook has changed the type of value (was CPUDoubleType got CPUHalfType)");
}

TEST(Hooks, NeedATensorThatRequiresGrad) {
  EXPECT_ERROR(ones({1}).register_hook([](const Tensor&) {}),
               "cannot register a hook on a variable that doesn't require");
}

TEST(Hooks, MayRunAnotherBackward) {
  const Tensor x = leaf({2}), z = leaf({5});
  const Tensor y = x * x;
  y.register_hook([&](const Tensor& grad) {
    const EnableGradGuard guard;
    (z * z * grad).sum().backward();
  });
  (y * 3).backward();
  EXPECT_VALUES(x.grad(), {12});
  EXPECT_VALUES(z.grad(), {30});
}

TEST(Hooks, AfterAnInPlaceWriteSeeTheGradientOfTheNewValue) {
  const Tensor x = leaf({1});
  Tensor y = x * 1;
  double before = 0, after = 0;
  y.register_hook([&](const Tensor& grad) { before = grad.item<double>(); });
  y.mul_(7);
  y.register_hook([&](const Tensor& grad) { after = grad.item<double>(); });
  y.backward();
  EXPECT_EQ(before, 7);
  EXPECT_EQ(after, 1);
}

// ---- retain_grad and grad
// ---------------------------------------------------------------------------------------------

TEST(RetainGrad, KeepsTheGradientOfAnInnerTensor) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 3;
  y.retain_grad();
  y.retain_grad();
  (y * y).sum().backward();
  EXPECT_TRUE(y.retains_grad());
  EXPECT_VALUES(y.grad(), {6, 12});
  EXPECT_ERROR(ones({1}).retain_grad(), "can't retain_grad on Tensor that has requires_grad=False");
}

TEST(RetainGrad, FollowsInPlaceWrites) {
  const Tensor x = leaf({1});
  Tensor y = x * 1;
  y.retain_grad();
  y.mul_(3);
  (y * 5).backward();
  EXPECT_VALUES(y.grad(), {5});
  EXPECT_VALUES(x.grad(), {15});
}

TEST(RetainGrad, OfAViewSurvivesARewriteOfItsBase) {
  const Tensor x = leaf({1, 2});
  Tensor base = x * 1;
  const NodePtr before = [&] {
    const Tensor view = base.narrow(0, 0, 1);
    const NodePtr made = view.grad_fn();
    view.retain_grad();
    base.mul_(3);
    (view * 5).sum().backward();
    EXPECT_VALUES(view.grad(), {5});
    return made;
  }();
  EXPECT_VALUES(x.grad(), {15, 0});
}

TEST(RetainGrad, IsForgottenWithTheTensor) {
  const Tensor x = leaf({1});
  Tensor z;
  {
    const Tensor y = x * 3;
    y.retain_grad();
    z = y * 2;
  }
  z.backward();
  EXPECT_VALUES(x.grad(), {6});
}

TEST(Backward, AccumulatesIntoGrad) {
  const Tensor x = leaf({1, 2});
  (x * 2).sum().backward();
  const Tensor first = x.grad();
  (x * 3).sum().backward();
  EXPECT_VALUES(x.grad(), {5, 5});
  EXPECT_TRUE(first.is_same(x.grad()));
  x.mutable_grad() = Tensor();
  (x * 3).sum().backward();
  EXPECT_VALUES(x.grad(), {3, 3});
}

TEST(Backward, DoesNotShareTheGradientThatItWasGiven) {
  const Tensor x = leaf({1, 2}), start = ones({2}, kDouble);
  x.backward(start);
  x.grad().add_(1);
  EXPECT_VALUES(start, {1, 1});
}

TEST(Backward, GivesGradTheLayoutOfItsLeaf) {
  const Tensor x = ones({2, 3}, kDouble).t().requires_grad_();
  (x.t().contiguous() * 2).sum().backward();
  EXPECT_EQ(x.grad().strides().vec(), x.strides().vec());
}

TEST(Backward, OfTwoRootsAddsUp) {
  const Tensor x = leaf({1});
  const Tensor a = x * 2, b = a * 3;
  backward({a, b});
  EXPECT_VALUES(x.grad(), {8});
}

TEST(Backward, WithInputsTouchesThoseAlone) {
  const Tensor x = leaf({2}), y = leaf({3});
  const Tensor z = x * 1;
  backward({z * y}, {}, std::nullopt, false, {y, z});
  EXPECT_VALUES(y.grad(), {2});
  EXPECT_VALUES(z.grad(), {3});
  EXPECT_FALSE(x.grad().defined());
}

TEST(Backward, NeedsAScalarOrAGradient) {
  const Tensor x = leaf({1, 2});
  EXPECT_ERROR((x * 2).backward(), "grad can be implicitly created only for scalar outputs");
  EXPECT_ERROR((x * 2).backward(ones({3}, kDouble)),
               "Mismatch in shape: grad_output[0] has a shape of torch.Size([3]) and output[0] has a shape of "
               "torch.Size([2]).");
  EXPECT_ERROR(ones({1}).backward(), "element 0 of tensors does not require grad and does not have a grad_fn");
}

TEST(Backward, ASecondTimeNeedsTheGraphRetained) {
  const Tensor x = leaf({2});
  const Tensor y = x * x;
  y.backward({}, /*retain_graph=*/true);
  y.backward();
  EXPECT_VALUES(x.grad(), {8});
  EXPECT_ERROR(y.backward(),
               "Trying to backward through the graph a second time (or directly access saved tensors after "
               "they have already been freed). Saved intermediate values of the graph are freed when you "
               "call .backward() or autograd.grad(). Specify retain_graph=True");
  const Tensor sum = x + x;  // saves nothing
  sum.backward();
  sum.backward();
}

TEST(Grad, LeavesGradAlone) {
  const Tensor x = leaf({2}), y = x * x;
  EXPECT_VALUES(grad({y * 3}, {x, y})[1], {3});
  EXPECT_FALSE(x.grad().defined());
}

TEST(Grad, RefusesAnInputThatIsNotUsedUnlessAllowed) {
  const Tensor x = leaf({2}), unused = leaf({1});
  EXPECT_ERROR(
      grad({x * 2}, {x, unused}),
      "The differentiated Tensor at index 1 appears to not have been used in the graph. Set allow_unused=True if "
      "this is the desired behavior.");
  const variable_list grads = grad({x * 2}, {x, unused}, {}, std::nullopt, false, /*allow_unused=*/true);
  EXPECT_FALSE(grads[1].defined());
  EXPECT_ERROR(grad({x * 2}, {ones({1})}), "One of the differentiated Tensors does not require grad");
}

TEST(Grad, WithCreateGraphCanBeDifferentiatedAgain) {
  const Tensor x = leaf({2});
  Tensor derivative = x.pow(4);
  for (const double expected : {32., 48., 48., 24.}) {
    derivative = grad({derivative}, {x}, {}, std::nullopt, /*create_graph=*/true)[0];
    EXPECT_VALUES(derivative, {expected});
  }
}

TEST(Grad, OfAGradientWithoutAGraphIsAnError) {
  const Tensor x = leaf({2});
  EXPECT_ERROR(grad({grad({x * x}, {x})[0]}, {x}), "does not require grad and does not have a grad_fn");
}

// ---- Threads and depth
// -------------------------------------------------------------------------------------------------

TEST(Threads, MayShareAPartOfAGraph) {
  const Tensor x = ones({64}, kDouble).requires_grad_();
  const Tensor shared = (x * 2).exp();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) (shared * 3).sum().backward({}, /*retain_graph=*/true);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_NEAR(x.grad().select(0, 5).item<double>(), 200 * 6 * std::exp(2), 1e-8);
}

TEST(Threads, EitherFinishOrFindTheGraphFreed) {
  const Tensor x = ones({64}, kDouble).requires_grad_();
  const Tensor shared = (x * 2).exp();
  std::atomic<int> finished{0}, refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      const std::string error = error_of([&] { (shared * 3).sum().backward(); });
      ++(error.empty() ? finished : refused);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(finished, 1);
  EXPECT_EQ(finished + refused, 4);
}

TEST(Threads, KeepTheirOwnGradMode) {
  const NoGradGuard guard;
  bool elsewhere = false;
  std::thread([&] { elsewhere = GradMode::is_enabled(); }).join();
  EXPECT_TRUE(elsewhere);
}

TEST(Graph, OfAMillionNodesIsFreedWithoutRecursion) {
  Tensor y = leaf({1});
  for (int i = 0; i < 1000000; ++i) y = y + 1;
  y = Tensor();
}

TEST(Graph, OfAHundredThousandNodesIsWalkedWithoutRecursion) {
  const Tensor x = leaf({1});
  Tensor y = x;
  for (int i = 0; i < 100000; ++i) y = y + x;
  y.backward();
  EXPECT_VALUES(x.grad(), {100001});
}

TEST(Graph, ThatNamesItsOwnGradientIsFreed) {
  const Tensor x = leaf({3});
  const Tensor y = x * x;
  y.backward({}, std::nullopt, /*create_graph=*/true);
  EXPECT_TRUE(x.grad().requires_grad());
  EXPECT_VALUES(grad({x.grad()}, {x})[0], {2});
  x.mutable_grad() = Tensor();
}

// ---- Anomaly detection
// ---------------------------------------------------------------------------------------------------

TEST(AnomalyMode, NamesTheFunctionThatReturnedNaN) {
  const Tensor x = leaf({0});
  const Tensor y = x.sqrt() * 0;
  {
    const DetectAnomalyGuard guard;
    testing::internal::CaptureStderr();
    EXPECT_ERROR(y.backward({}, true), "Function 'SqrtBackward0' returned nan values in its 0th output.");
    EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("Error detected in SqrtBackward0"));
  }
  y.backward();
  EXPECT_TRUE(std::isnan(x.grad().item<double>()));
}

TEST(AnomalyMode, MayLeaveNaNAlone) {
  const DetectAnomalyGuard guard(/*check_nan=*/false);
  EXPECT_TRUE(AnomalyMode::is_enabled());
  EXPECT_FALSE(AnomalyMode::should_check_nan());
  (leaf({0}).sqrt() * 0).backward();
}

TEST(AnomalyMode, NamesTheForwardOpOfAnyError) {
  const DetectAnomalyGuard guard;
  Tensor y = leaf({1}).exp();
  const Tensor z = y * 2;
  y.add_(1);
  testing::internal::CaptureStderr();
  EXPECT_ERROR((z + y).backward(), "Good luck!");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("Error detected in ExpBackward0, the backward of the forward op Exp"));
}

TEST(AnomalyMode, EndsWithItsScope) {
  { const DetectAnomalyGuard guard; }
  EXPECT_FALSE(AnomalyMode::is_enabled());
}

}  // namespace
}  // namespace relume::autograd
