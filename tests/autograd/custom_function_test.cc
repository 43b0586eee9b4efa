// Functions of the user's own: gradients, what the context keeps, and the errors of a wrong backward.
#include "relume/custom_function.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "autograd/expectations.h"
#include "relume/relume.h"

namespace relume::autograd {
namespace {

Tensor leaf(std::vector<double> values) { return tensor(values, kDouble).set_requires_grad(true); }

struct ScaledCube : Function<ScaledCube> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, double scale) {
    ctx->save_for_backward({x});
    ctx->saved_data["scale"] = scale;
    return scale * x.pow(3);
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const Tensor x = ctx->get_saved_variables()[0];
    return {grads[0] * 3 * ctx->saved_data["scale"].toDouble() * x.pow(2), Tensor()};
  }
};

TEST(Function, TakesPartInTheGraph) {
  const Tensor x = leaf({1, 2});
  const Tensor y = ScaledCube::apply(x, 2.0);
  EXPECT_VALUES(y, {2, 16});
  EXPECT_EQ(y.grad_fn()->name(), "torch::autograd::CppNode<torch::autograd::(anonymous namespace)::ScaledCube>");
  (y * y).sum().backward();
  EXPECT_VALUES(x.grad(), {24, 768});
}

TEST(Function, IsDifferentiatedTwiceThroughItsBackward) {
  const Tensor x = leaf({2});
  const Tensor first = grad({ScaledCube::apply(x, 1.0)}, {x}, {}, std::nullopt, /*create_graph=*/true)[0];
  EXPECT_VALUES(first, {12});
  EXPECT_VALUES(grad({first}, {x})[0], {12});
}

TEST(Function, RecordsNothingWithoutGradMode) {
  const Tensor x = leaf({1});
  const NoGradGuard guard;
  EXPECT_FALSE(ScaledCube::apply(x, 1.0).requires_grad());
}

TEST(Function, RecordsNothingWhereNoInputRequiresGrad) {
  EXPECT_FALSE(ScaledCube::apply(tensor({1.0}), 1.0).requires_grad());
}

TEST(Function, FreesWhatItSavedAfterBackward) {
  const Tensor y = ScaledCube::apply(leaf({1}), 1.0);
  y.backward();
  EXPECT_ERROR(y.backward(), "Trying to backward through the graph a second time");
}

TEST(Function, RefusesASavedTensorThatWasWrittenTo) {
  const Tensor x = leaf({1});
  Tensor input = x * 1;
  const Tensor y = ScaledCube::apply(input, 1.0);
  input.add_(1);
  EXPECT_ERROR(y.backward(),
               "modified by an inplace operation: [CPUDoubleType [1]], which is output 0 of Add, is "
               "at version 1; expected version 0 instead");
}

struct Exponential : Function<Exponential> {
  static Tensor forward(AutogradContext* ctx, Tensor x) {
    Tensor y = x.exp();
    ctx->save_for_backward({y});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    return {grads[0] * ctx->get_saved_variables()[0]};
  }
};

TEST(Function, MaySaveItsOutput) {
  const Tensor x = leaf({0, 1});
  const Tensor first = grad({Exponential::apply(x).sum()}, {x}, {}, std::nullopt, /*create_graph=*/true)[0];
  EXPECT_NEAR(first.select(0, 1).item<double>(), std::exp(1), 1e-14);
  EXPECT_NEAR(grad({first.sum()}, {x})[0].select(0, 1).item<double>(), std::exp(1), 1e-14);
}

TEST(Function, NamesItselfWhereItsSavedOutputWasWrittenTo) {
  Tensor y = Exponential::apply(leaf({0}));
  const Tensor sum = y.sum();
  y.add_(1);
  EXPECT_ERROR(y.sum().backward(), "(anonymous namespace)::Exponential>, is at version 1; expected version 0");
}

struct SumOfList : Function<SumOfList> {
  static variable_list forward(AutogradContext* ctx, const variable_list& tensors, std::optional<Tensor> extra,
                               int64_t) {
    Tensor sum = tensors[0] + tensors[1];
    ctx->saved_data["extra"] = extra.has_value();
    if (extra) sum = sum + *extra;
    return {sum, sum * 2};
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const Tensor grad = grads[0] + 2 * grads[1];
    return {grad, 3 * grad, ctx->saved_data["extra"].toBool() ? 5 * grad : Tensor(), Tensor()};
  }
};

TEST(Function, TakesListsAndOptionalTensorsAndReturnsSeveral) {
  const Tensor a = leaf({1}), b = leaf({2}), c = leaf({3});
  variable_list results = SumOfList::apply(variable_list{a, b}, std::optional<Tensor>(c), 7);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].output_nr(), 1);
  results[1].backward();
  EXPECT_VALUES(a.grad(), {2});
  EXPECT_VALUES(b.grad(), {6});
  EXPECT_VALUES(c.grad(), {10});
  SumOfList::apply(variable_list{a, b}, std::optional<Tensor>(), 7)[0].backward();
  EXPECT_VALUES(a.grad(), {3});
}

struct WrongCount : Function<WrongCount> {
  static Tensor forward(AutogradContext*, Tensor x, Tensor) { return x * 1; }
  static variable_list backward(AutogradContext*, variable_list grads) { return {grads[0]}; }
};
struct GradientForANumber : Function<GradientForANumber> {
  static Tensor forward(AutogradContext*, Tensor x, double) { return x * 1; }
  static variable_list backward(AutogradContext*, variable_list grads) { return {grads[0], grads[0]}; }
};
struct WrongShape : Function<WrongShape> {
  static Tensor forward(AutogradContext*, Tensor x) { return x * 1; }
  static variable_list backward(AutogradContext*, variable_list) { return {ones({4}, kDouble)}; }
};
struct Surplus : Function<Surplus> {
  static Tensor forward(AutogradContext*, Tensor x) { return x * 1; }
  static variable_list backward(AutogradContext*, variable_list grads) { return {grads[0], Tensor(), Tensor()}; }
};

TEST(Function, MustReturnAGradientAnArgument) {
  const Tensor x = leaf({1, 2});
  EXPECT_ERROR(WrongCount::apply(x, x).sum().backward(),
               "WrongCount> returned an incorrect number of gradients (expected 2, got 1)");
  EXPECT_ERROR(GradientForANumber::apply(x, 1.0).sum().backward(),
               "GradientForANumber> returned a gradient different that is defined at position 2, but the "
               "corresponding forward input was not a Variable");
  EXPECT_ERROR(WrongShape::apply(x).sum().backward(),
               "WrongShape> returned an invalid gradient at index 0 - got [4] but expected shape "
               "compatible with [2]");
  Surplus::apply(x).sum().backward();
  EXPECT_VALUES(x.grad(), {1, 1});
}

struct AddOneInPlace : Function<AddOneInPlace> {
  static Tensor forward(AutogradContext* ctx, Tensor x) {
    x.add_(1);
    ctx->mark_dirty({x});
    return x;
  }
  static variable_list backward(AutogradContext*, variable_list grads) { return {10 * grads[0]}; }
};

TEST(Function, MayWriteToAnInputThatItReturns) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 1;
  const Tensor z = AddOneInPlace::apply(y);
  EXPECT_TRUE(z.is_same(y));
  EXPECT_EQ(y.grad_fn()->name(), "torch::autograd::CppNode<torch::autograd::(anonymous namespace)::AddOneInPlace>");
  EXPECT_EQ(y._version(), 2);
  z.sum().backward();
  EXPECT_VALUES(x.grad(), {10, 10});
}

TEST(Function, MayWriteToAViewThatItReturns) {
  const Tensor x = leaf({1, 2, 3});
  const Tensor base = x * 1, view = base.slice(0, 0, 2);
  AddOneInPlace::apply(view);
  EXPECT_EQ(base.grad_fn()->name(), "torch::autograd::CopySlices");
  base.sum().backward();
  EXPECT_VALUES(x.grad(), {10, 10, 1});
}

TEST(Function, MustNotWriteToALeafThatRequiresGrad) {
  const Tensor x = leaf({1});
  EXPECT_ERROR(AddOneInPlace::apply(x), "a leaf Variable that requires grad has been used in an in-place operation.");
}

struct ForgetsTheDirty : Function<ForgetsTheDirty> {
  static Tensor forward(AutogradContext* ctx, Tensor x) {
    ctx->mark_dirty({x});
    return x * 1;
  }
  static variable_list backward(AutogradContext*, variable_list grads) { return grads; }
};
struct DirtiesAnother : Function<DirtiesAnother> {
  static Tensor forward(AutogradContext* ctx, Tensor x) {
    const Tensor y = x * 1;
    ctx->mark_dirty({y});
    return y;
  }
  static variable_list backward(AutogradContext*, variable_list grads) { return grads; }
};

TEST(Function, MustReturnWhatItMarksDirty) {
  const Tensor x = leaf({1}) * 1;
  EXPECT_ERROR(ForgetsTheDirty::apply(x), "Some elements marked as dirty during the forward method were not returned");
  EXPECT_ERROR(DirtiesAnother::apply(x), "Only input Tensors should be given to ctx.mark_dirty().");
}

struct SameInput : Function<SameInput> {
  static Tensor forward(AutogradContext*, Tensor x) { return x; }
  static variable_list backward(AutogradContext*, variable_list grads) { return {2 * grads[0]}; }
};
struct FirstHalf : Function<FirstHalf> {
  static Tensor forward(AutogradContext*, Tensor x) { return x.slice(0, 0, x.size(0) / 2); }
  static variable_list backward(AutogradContext*, variable_list grads) { return {cat({grads[0], grads[0]})}; }
};

TEST(Function, ReturnsAViewOfAnInputThatItReturnsAsItIs) {
  const Tensor x = leaf({1});
  Tensor y = SameInput::apply(x);
  EXPECT_FALSE(y.is_same(x));
  EXPECT_TRUE(y._base().is_same(x));
  y.backward();
  EXPECT_VALUES(x.grad(), {2});
  EXPECT_ERROR(y.add_(1),
               "SameInput> is a view and is being modified inplace. This view was created inside a "
               "custom Function (or because an input was returned as-is)");
}

TEST(Function, ForbidsWritesToAViewThatItMade) {
  const Tensor x = leaf({1, 2});
  Tensor y = FirstHalf::apply(x);
  y.sum().backward();
  EXPECT_VALUES(x.grad(), {1, 1});
  EXPECT_ERROR(y.add_(1), "FirstHalf> is a view and is being modified inplace.");
}

struct PartlyDifferentiable : Function<PartlyDifferentiable> {
  static variable_list forward(AutogradContext* ctx, Tensor x, bool materialize) {
    ctx->set_materialize_grads(materialize);
    const Tensor y = x * 2, sign = x.gt(0), rounded = x.round();
    ctx->mark_non_differentiable({rounded});
    return {y, sign, rounded, x * 3};
  }
  static variable_list backward(AutogradContext*, variable_list grads) {
    count_defined = 0;
    for (const Tensor& grad : grads) count_defined += grad.defined();
    return {2 * grads[0], Tensor()};
  }
  inline static int count_defined;
};

TEST(Function, MarksOutputsWithoutAGradient) {
  const Tensor x = leaf({1.4});
  variable_list y = PartlyDifferentiable::apply(x, true);
  EXPECT_TRUE(y[0].requires_grad());
  EXPECT_FALSE(y[1].requires_grad());
  EXPECT_FALSE(y[2].requires_grad());
  y[0].backward();
  EXPECT_VALUES(x.grad(), {2});
  EXPECT_EQ(PartlyDifferentiable::count_defined, 4);
  PartlyDifferentiable::apply(x, false)[0].backward();
  EXPECT_EQ(PartlyDifferentiable::count_defined, 1);
}

struct AsksWhatIsNeeded : Function<AsksWhatIsNeeded> {
  static Tensor forward(AutogradContext* ctx, Tensor a, double, Tensor b) {
    in_forward = {ctx->needs_input_grad(0), ctx->needs_input_grad(1)};
    return a * b;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    in_backward = {ctx->needs_input_grad(0), ctx->needs_input_grad(1)};
    return {grads[0], Tensor(), grads[0]};
  }
  inline static std::vector<bool> in_forward, in_backward;
};

TEST(Function, KnowsWhichGradientsAreWanted) {
  const Tensor a = leaf({1}), b = leaf({2});
  AsksWhatIsNeeded::apply(a, 0.5, tensor({2.0}));
  EXPECT_THAT(AsksWhatIsNeeded::in_forward, testing::ElementsAre(true, false));
  const Tensor y = AsksWhatIsNeeded::apply(a, 0.5, b);
  grad({y}, {b}, {}, /*retain_graph=*/true);
  EXPECT_THAT(AsksWhatIsNeeded::in_backward, testing::ElementsAre(false, true));
  y.backward();
  EXPECT_THAT(AsksWhatIsNeeded::in_backward, testing::ElementsAre(true, true));
}

// Recomputes its forward in backward, by a backward of its own inside that of the outer graph.
struct Checkpoint : Function<Checkpoint> {
  static Tensor body(const Tensor& x) { return (x * x).sin(); }
  static Tensor forward(AutogradContext* ctx, Tensor x) {
    ctx->save_for_backward({x});
    return body(x);
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const Tensor x = ctx->get_saved_variables()[0].detach().requires_grad_();
    {
      const EnableGradGuard guard;
      body(x).backward(grads[0]);
    }
    return {x.grad()};
  }
};

TEST(Function, MayRunABackwardInsideItsBackward) {
  const Tensor x = leaf({0.5, 1}), y = leaf({0.5, 1});
  Checkpoint::apply(Checkpoint::apply(x)).sum().backward();
  Checkpoint::body(Checkpoint::body(y)).sum().backward();
  EXPECT_TRUE(x.grad().equal(y.grad()));
}

struct DeepCheckpoint : Function<DeepCheckpoint> {
  static Tensor forward(AutogradContext* ctx, Tensor x, int64_t depth) {
    ctx->save_for_backward({x});
    ctx->saved_data["depth"] = depth;
    return x * 1;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const int64_t depth = ctx->saved_data["depth"].toInt();
    const Tensor x = ctx->get_saved_variables()[0].detach().requires_grad_();
    const EnableGradGuard guard;
    const Tensor y = depth > 0 ? DeepCheckpoint::apply(x, depth - 1) : x * 1;
    return {grad({y}, {x}, {grads[0]})[0], Tensor()};
  }
};

TEST(Function, NestsBackwardsDeeply) {
  const Tensor x = leaf({3});
  DeepCheckpoint::apply(x, 200).backward();
  EXPECT_VALUES(x.grad(), {1});
}

TEST(SavedData, KeepsValuesOfEveryKind) {
  detail::SavedData data;
  data["int"] = 3;
  data["long"] = int64_t{1} << 40;
  data["double"] = 0.5;
  data["bool"] = true;
  data["string"] = "text";
  data["tensor"] = tensor({1.0});
  data["ints"] = std::vector<int64_t>{1, 2};
  data["doubles"] = std::vector<double>{0.5};
  data["tensors"] = std::vector<Tensor>{tensor({1.0}), tensor({2.0})};
  data["scalar"] = Scalar(2.5);
  EXPECT_EQ(data["int"].toInt(), 3);
  EXPECT_EQ(data["long"].toInt(), int64_t{1} << 40);
  EXPECT_EQ(data["double"].toDouble(), 0.5);
  EXPECT_TRUE(data["bool"].toBool());
  EXPECT_EQ(data["string"].toStringRef(), "text");
  EXPECT_VALUES(data["tensor"].toTensor(), {1});
  EXPECT_THAT(data["ints"].toIntVector(), testing::ElementsAre(1, 2));
  EXPECT_THAT(data["doubles"].toDoubleVector(), testing::ElementsAre(0.5));
  EXPECT_EQ(data["tensors"].toTensorVector().size(), 2u);
  EXPECT_EQ(data["scalar"].toScalar().toDouble(), 2.5);
  EXPECT_TRUE(data["absent"].isNone());
  EXPECT_EQ(data.size(), 11u);
  EXPECT_EQ(data.count("nothing"), 0u);
}

TEST(SavedData, RefusesAnotherKind) {
  detail::SavedData data;
  data["double"] = 0.5;
  EXPECT_ERROR(data["double"].toInt(), "Expected Int but got Double");
  EXPECT_ERROR(data["none"].toTensor(), "Expected Tensor but got None");
  EXPECT_ERROR(data.at("nothing"), "saved_data has no value named 'nothing'");
}

}  // namespace
}  // namespace relume::autograd
