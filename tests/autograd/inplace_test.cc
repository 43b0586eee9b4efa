// In-place writes, views and versions: what the graph becomes, and what is forbidden in which words.
#include <cmath>

#include "autograd/expectations.h"
#include "oracle/calls.h"
#include "relume/autograd.h"

namespace relume {
namespace {

Tensor leaf(std::vector<double> values) { return tensor(values, kDouble).set_requires_grad(true); }

// ---- Versions
// --------------------------------------------------------------------------------------------------------

TEST(Version, CountsWritesThroughEveryAlias) {
  Tensor x = ones({4});
  Tensor view = x.narrow(0, 0, 2), detached = x.detach(), data = x.data();
  x.add_(1);
  view.mul_(2);
  detached.zero_();
  EXPECT_EQ(x._version(), 3);
  EXPECT_EQ(view._version(), 3);
  EXPECT_EQ(detached._version(), 3);
  data.add_(1);
  EXPECT_EQ(x._version(), 3);
  EXPECT_EQ(data._version(), 1);
}

TEST(Version, GoesUpInNoGradModeToo) {
  Tensor x = leaf({1});
  const Tensor y = x * x;
  {
    const NoGradGuard guard;
    x.add_(1);
  }
  EXPECT_ERROR(y.backward(), "[CPUDoubleType [1]] is at version 1; expected version 0 instead.");
}

TEST(Version, OfDataIsItsOwn) {
  const Tensor x = leaf({3});
  const Tensor y = x * x;
  x.data().zero_();
  y.backward();
  EXPECT_VALUES(x.grad(), {0});
}

// ---- Writes that the graph forbids
// ---------------------------------------------------------------------------------------

TEST(InPlace, IsForbiddenOnALeafThatRequiresGrad) {
  Tensor x = leaf({1, 2});
  EXPECT_ERROR(x.add_(1), "a leaf Variable that requires grad is being used in an in-place operation.");
  EXPECT_ERROR(x.select(0, 0).fill_(1), "a view of a leaf Variable that requires grad is being used in an in-place");
  const NoGradGuard guard;
  x.add_(1);
  EXPECT_VALUES(x, {2, 3});
}

TEST(InPlace, OnASavedResultNamesTheOpThatMadeIt) {
  const Tensor x = leaf({1});
  Tensor y = x.sigmoid();
  y.add_(1);
  EXPECT_ERROR(y.backward(),
               "one of the variables needed for gradient computation has been modified by an inplace "
               "operation: [CPUDoubleType [1]], which is output 0 of Sigmoid, is at version 1; expected "
               "version 0 instead. Hint: enable anomaly detection to find the operation that failed to "
               "compute its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False).");
}

TEST(InPlace, IsForbiddenOnOneOfSeveralViews) {
  const Tensor x = leaf({1, 2}) * 1;
  const std::string rest =
      " is a view and is being modified inplace. This view is the output of a function that returns multiple views. "
      "Such "
      "functions do not allow the output views to be modified inplace. You should replace the inplace operation by an "
      "out-of-place one.";
  EXPECT_ERROR(x.unbind()[1].add_(1), "Output 1 of Unbind" + rest);
  EXPECT_ERROR(x.split(1)[0].add_(1), "Output 0 of Split" + rest);
  EXPECT_ERROR(x.chunk(2)[0].add_(1), "Output 0 of Split" + rest);
}

TEST(InPlace, IsForbiddenOnAViewMadeInNoGradMode) {
  const Tensor base = leaf({1, 2}) * 1;
  Tensor view;
  {
    const NoGradGuard guard;
    view = base.narrow(0, 0, 1);
  }
  EXPECT_ERROR(view.add_(1),
               "A view was created in no_grad mode and is being modified inplace with grad mode enabled.");
  const NoGradGuard guard;
  view.add_(1);
  EXPECT_VALUES(base, {2, 2});
}

TEST(InPlace, IsForbiddenOnExpandedMemory) {
  Tensor x = ones({1}).expand({3});
  EXPECT_ERROR(x.add_(1), "more than one element of the written-to tensor refers to a single memory location");
  EXPECT_ERROR(x.normal_(), "more than one element of the written-to tensor refers to a single memory location");
}

TEST(InPlace, FillsExpandedMemory) {
  Tensor x = ones({1}), expanded = x.expand({3});
  EXPECT_VALUES(expanded.fill_(3), {3, 3, 3});
  EXPECT_VALUES(x, {3});
  EXPECT_VALUES(expanded.fill_(full({}, 4)), {4, 4, 4});
  EXPECT_VALUES(expanded.zero_(), {0, 0, 0});
  Tensor y = ones({1}, requires_grad()) * 2;
  y.expand({2, 3}).fill_(5);
  EXPECT_VALUES(y, {5});
}

TEST(InPlace, WritesByIndexToExpandedMemory) {
  Tensor x = zeros({1}), expanded = x.expand({3});
  EXPECT_VALUES(expanded.masked_fill_(tensor({1, 0, 0}, kBool), 2), {2, 2, 2});
  EXPECT_VALUES(expanded.index_fill_(0, tensor({2}), 3), {3, 3, 3});
  EXPECT_VALUES(expanded.index_put_({tensor({0})}, full({1}, 4.0)), {4, 4, 4});
  Tensor rows = zeros({2, 1}).expand({2, 3});
  EXPECT_VALUES(rows.masked_fill_(tensor({1, 0}, kBool).unsqueeze(1), 1), {1, 1, 1, 0, 0, 0});
  EXPECT_EQ(rows.t_().size(0), 3);
}

// ---- Views and writes in every order
// -----------------------------------------------------------------------------------------

TEST(Views, ThatAreWrittenToRewriteTheHistoryOfTheirBase) {
  const Tensor x = leaf({1, 2, 3, 4});
  const Tensor base = x * 1;
  base.narrow(0, 0, 2).mul_(10);
  EXPECT_EQ(base.grad_fn()->name(), "torch::autograd::CopySlices");
  base.sum().backward();
  EXPECT_VALUES(x.grad(), {10, 10, 1, 1});
}

TEST(Views, FollowAWriteToTheirBase) {
  const Tensor x = leaf({1, 2, 3, 4});
  Tensor base = x * 1;
  const Tensor view = base.narrow(0, 0, 2);
  base.mul_(10);
  EXPECT_VALUES(view, {10, 20});
  EXPECT_EQ(view.grad_fn()->name(), "AsStridedBackward0");
  view.sum().backward();
  EXPECT_VALUES(x.grad(), {10, 10, 0, 0});
}

TEST(Views, FollowWritesToOneAnother) {
  const Tensor x = leaf({1, 2, 3});
  const Tensor base = x * 1, left = base.narrow(0, 0, 2), right = base.narrow(0, 1, 2);
  left.mul_(10);
  right.mul_(2);
  left.sum().backward({}, true);
  EXPECT_VALUES(x.grad(), {10, 20, 0});
  right.sum().backward();
  EXPECT_VALUES(x.grad(), {10, 40, 2});
}

TEST(Views, OfViewsReachTheBase) {
  const Tensor x = leaf({1, 2, 3, 4});
  const Tensor base = x * 1;
  const Tensor square = base.view({2, 2}), corner = square.t().select(0, 1).narrow(0, 1, 1);
  EXPECT_TRUE(corner._base().is_same(base));
  corner.mul_(10);
  (square * tensor({1., 2., 3., 4.}, kDouble).view({2, 2})).sum().backward();
  EXPECT_VALUES(x.grad(), {1, 2, 3, 40});
}

TEST(Views, TakeTheGraphOfWhatIsWrittenIntoThem) {
  const Tensor base = zeros({3}, kDouble), x = leaf({5});
  const Tensor view = base.narrow(0, 1, 1);
  view.copy_(x * 2);
  EXPECT_TRUE(base.requires_grad());
  (base * tensor({1., 10., 100.}, kDouble)).sum().backward();
  EXPECT_VALUES(x.grad(), {20});
}

TEST(Views, KeepTheOldHistoryForWhatWasComputedBefore) {
  const Tensor x = leaf({1, 2});
  Tensor base = x * 1;
  const Tensor before = base.narrow(0, 0, 1) + 0, view = base.narrow(0, 0, 1);
  view.mul_(10);
  (before.sum() + base.sum()).backward();
  EXPECT_VALUES(x.grad(), {11, 1});
}

TEST(Views, OfDenseTransposedAndSteppedMemoryAreWrittenRight) {
  const Tensor x = arange(0, 6, TensorOptions(kDouble)).view({2, 3}).requires_grad_();
  const Tensor base = x.t() * 1;
  base.slice(0, 0, 3, 2).select(1, 1).mul_(10);
  base.sum().backward();
  EXPECT_VALUES(x.grad(), {1, 1, 1, 10, 1, 10});
}

TEST(Views, OfALeafWrittenInNoGradModeGetFreshHistory) {
  for (int i = 0; i < 64; ++i) {  // the locks that this takes are chosen by address
    const Tensor x = leaf({1, 2});
    const Tensor view = x.view({2, 1});
    {
      const NoGradGuard guard;
      x.add_(1);
    }
    view.sum().backward();
    EXPECT_VALUES(x.grad(), {1, 1});
  }
}

TEST(Views, OfDetachedTensorsStayOutOfTheGraph) {
  const Tensor x = leaf({1, 2}) * 1;
  const Tensor detached = x.detach();
  detached.add_(1);
  EXPECT_FALSE(detached.requires_grad());
  EXPECT_VALUES(x, {2, 3});
}

// ---- y = act(x); y += 1; backward
// -------------------------------------------------------------------------------------------

// PyTorch saves the result of these and refuses; of the others it saves the input.
TEST(Activations, LetTheirResultBeWrittenToWhereOnlyTheInputIsNeeded) {
  const std::vector<std::string> saves_result = {"relu", "sigmoid", "tanh"};
#define RELUME_OPTION(type, name, value)
#define RELUME_ACTIVATION(function, Module, in_place, options) #function,
  for (const std::string name : {
#include "relume/activations.inc"
       }) {
    SCOPED_TRACE(name);
    const Tensor x = leaf({-1.5, -0.25, 0.25, 1.5});
    const auto apply = [&] {
      oracle::Arguments arguments;
      arguments.values.push_back(x);
      return oracle::call(name, arguments)[0];
    };
    apply().sum().backward();
    const Tensor expected = x.grad().clone();
    x.mutable_grad() = Tensor();
    Tensor y = apply();
    y += 1;
    if (std::find(saves_result.begin(), saves_result.end(), name) != saves_result.end()) {
      EXPECT_ERROR(y.sum().backward(), "modified by an inplace operation");
      continue;
    }
    y.sum().backward();
    EXPECT_TRUE(x.grad().equal(expected));
  }
}

TEST(Activations, KeepTheirOwnCopyHoweverTheirResultIsWritten) {
  const Tensor x = leaf({-1, 2});
  Tensor y = leaky_relu(x, 0.5);
  const Tensor sum = y.sum();
  y.view({2, 1}).select(0, 0).zero_();
  sum.backward({}, true);
  EXPECT_VALUES(x.grad(), {0.5, 1});
  y.detach().zero_();
  sum.backward();
  EXPECT_VALUES(x.grad(), {1, 2});
}

// ---- Flags and inference mode
// --------------------------------------------------------------------------------------------------

TEST(RequiresGrad, IsForFloatingPointLeaves) {
  EXPECT_ERROR(ones({1}, kLong).requires_grad_(), "only Tensors of floating point dtype can require gradients");
  const Tensor y = leaf({1}) * 2;
  EXPECT_ERROR(y.set_requires_grad(false),
               "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a "
               "subgraph that doesn't require differentiation use var_no_grad = var.detach().");
  y.set_requires_grad(true);
}

TEST(Detach, InPlaceMakesALeaf) {
  Tensor y = leaf({1}) * 2;
  y.retain_grad();
  y.detach_();
  EXPECT_TRUE(y.is_leaf());
  EXPECT_FALSE(y.requires_grad());
  const Tensor view = y.view({1, 1});
  EXPECT_ERROR(view.detach_(), "Can't detach views in-place. Use detach() instead.");
}

TEST(Inference, TensorsStayOutOfGraphs) {
  Tensor x;
  {
    const InferenceMode guard;
    x = ones({2}, kDouble);
    x.add_(1);
    EXPECT_FALSE((leaf({1}) * 2).requires_grad());
  }
  EXPECT_TRUE(x.is_inference());
  EXPECT_ERROR(x.add_(1),
               "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to "
               "get a normal tensor before doing inplace update.");
  EXPECT_ERROR(leaf({1, 2}) * x,
               "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
               "inference mode in computation tracked by autograd.");
  EXPECT_ERROR(x.requires_grad_(),
               "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.");
  EXPECT_ERROR(x._version(), "Inference tensors do not track version counter.");
  EXPECT_TRUE((leaf({1, 2}) * x.clone()).requires_grad());
}

TEST(Inference, ViewsOfNormalTensorsMustNotBeWrittenToLater) {
  const Tensor base = leaf({1, 2}) * 1;
  Tensor view;
  {
    const InferenceMode guard;
    view = base.narrow(0, 0, 1);
  }
  EXPECT_ERROR(view.add_(1), "A view was created in inference mode and is being modified inplace in normal mode.");
}

}  // namespace
}  // namespace relume
