// gradcheck and gradgradcheck find wrong gradients and say where they are.
#include "relume/gradcheck.h"

#include "autograd/expectations.h"
#include "relume/custom_function.h"

namespace relume::autograd {
namespace {

Tensor leaf(std::vector<double> values) { return tensor(values, kDouble).set_requires_grad(true); }

struct Square : Function<Square> {
  static Tensor forward(AutogradContext* ctx, Tensor x, double wrong) {
    ctx->save_for_backward({x});
    ctx->saved_data["wrong"] = wrong;
    return x * x;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const Tensor x = ctx->get_saved_variables()[0];
    return {grads[0] * (2 * x + (x > 1.5).to(kDouble) * ctx->saved_data["wrong"].toDouble()), Tensor()};
  }
};

TEST(Gradcheck, AcceptsRightGradients) {
  const auto f = [](const variable_list& x) { return Square::apply(x[0], 0.0) * x[1]; };
  const variable_list inputs = {leaf({1, 2}), leaf({3, 4})};
  EXPECT_TRUE(gradcheck(f, inputs));
  EXPECT_TRUE(gradgradcheck(f, inputs));
}

TEST(Gradcheck, NamesTheElementsThatDisagree) {
  const auto f = [](const variable_list& x) { return Square::apply(x[1], 0.5); };
  const variable_list inputs = {leaf({0}), leaf({1, 2}).reshape({1, 2})};
  EXPECT_ERROR(gradcheck(f, inputs),
               "Jacobian mismatch for output 0 with respect to input 1: the derivative of element "
               "[0, 1] by element [0, 1] is 4.00000000");
  EXPECT_ERROR(gradcheck(f, inputs), "numerically and 4.5 analytically");
  EXPECT_THROW(gradcheck(f, inputs), GradcheckError);
}

TEST(Gradcheck, ReturnsFalseWhereToldNotToThrow) {
  GradcheckOptions options;
  options.raise_exception = false;
  const auto f = [](const variable_list& x) { return Square::apply(x[0], 0.5); };
  EXPECT_FALSE(gradcheck(f, {leaf({2})}, options));
  options.atol = 1;
  EXPECT_TRUE(gradcheck(f, {leaf({2})}, options));
}

// A gradient that is right, but does not depend on the input as it should when it is differentiated.
struct DetachedSquare : Function<DetachedSquare> {
  static Tensor forward(AutogradContext* ctx, Tensor x) {
    ctx->save_for_backward({x});
    return x * x;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    return {grads[0] * 2 * ctx->get_saved_variables()[0].detach()};
  }
};

TEST(Gradgradcheck, FindsAGradientThatCannotBeDifferentiated) {
  const auto f = [](const variable_list& x) { return DetachedSquare::apply(x[0]); };
  EXPECT_TRUE(gradcheck(f, {leaf({1, 2})}));
  EXPECT_ERROR(gradgradcheck(f, {leaf({1, 2})}), "Jacobian mismatch for output 0 with respect to input 0");
}

struct Unsteady : Function<Unsteady> {
  static Tensor forward(AutogradContext*, Tensor x) { return x * 1; }
  static variable_list backward(AutogradContext*, variable_list grads) { return {grads[0] + 1e-9 * ++calls}; }
  inline static int calls = 0;
};

TEST(Gradcheck, FindsABackwardThatIsNotReentrant) {
  const auto f = [](const variable_list& x) { return Unsteady::apply(x[0]); };
  EXPECT_ERROR(gradcheck(f, {leaf({1})}), "Backward is not reentrant");
  GradcheckOptions options;
  options.nondet_tol = 1e-6;
  EXPECT_TRUE(gradcheck(f, {leaf({1})}, options));
}

TEST(Gradcheck, TakesSeveralOutputsAndSkipsIntegers) {
  const auto f = [](const variable_list& x) { return variable_list{x[0] * x[0], x[0].gt(0), x[0].sum()}; };
  EXPECT_TRUE(gradcheck(f, {leaf({1, 2})}));
  EXPECT_TRUE(gradgradcheck(f, {leaf({1, 2})}));
}

TEST(Gradcheck, TakesNonContiguousInputsAndLeavesThemAsTheyWere) {
  const Tensor x = arange(0, 6, TensorOptions(kDouble)).reshape({2, 3}).t().requires_grad_();
  EXPECT_TRUE(gradcheck([](const variable_list& x) { return x[0].pow(3); }, {x}));
  EXPECT_VALUES(x, {0, 3, 1, 4, 2, 5});
}

TEST(Gradcheck, TakesFloat32WithALargerStep) {
  GradcheckOptions options;
  options.eps = 1e-2;
  options.atol = 1e-2;
  EXPECT_TRUE(gradcheck([](const variable_list& x) { return x[0] * x[0]; }, {ones({2}).requires_grad_()}, options));
}

TEST(Gradcheck, RefusesInputsThatItCannotCheck) {
  const auto f = [](const variable_list& x) { return x[0] * 1; };
  EXPECT_ERROR(gradcheck(f, {ones({2}, kDouble)}), "gradcheck expects at least one input tensor to require gradient");
  EXPECT_ERROR(gradcheck(f, {ones({2}, kHalf).requires_grad_()}), "input 0 is Half, expected float64 or float32");
  EXPECT_ERROR(gradcheck(f, {ones({1}, kDouble).expand({3}).requires_grad_()}), "a dimension with stride 0");
}

}  // namespace
}  // namespace relume::autograd
