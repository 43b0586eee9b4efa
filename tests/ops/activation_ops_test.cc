// The activations as ops: dtypes, in-place forms, gradients of first and second order, names and error texts. Their
// values are tested with the kernels.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "relume/activations.h"
#include "relume/autograd.h"
#include "relume/ops.h"

namespace relume {
namespace {

struct Unary {
  const char* name;
  Tensor (*apply)(const Tensor& x);
};
#define RELUME_OPTION(type, name, value)
#define RELUME_ACTIVATION(function, Module, in_place, options) \
  {#function, [](const Tensor& x) { return relume::function(x); }},
const std::vector<Unary> kAll = {
#include "relume/activations.inc"
};

struct InPlaceForm {
  const char* name;
  Tensor (*apply)(const Tensor& x);
  Tensor& (*write)(Tensor& x);
};
#define RELUME_OPTION(type, name, value)
#define RELUME_ACTIVATION(function, Module, in_place, options)                                   \
  RELUME_IF_IN_PLACE_##in_place({#function, [](const Tensor& x) { return relume::function(x); }, \
                                 [](Tensor& x) -> Tensor& { return relume::function##_(x); }}, )
const std::vector<InPlaceForm> kInPlace = {
#include "relume/activations.inc"
};

// Points away from all kinks.
Tensor points() { return tensor({-4.1, -2.3, -0.9, -0.2, 0.3, 0.8, 1.7, 4.3, 7.1}, kDouble); }
Tensor tracked(const Tensor& x) { return x.clone().set_requires_grad(true); }

Tensor gradient(const Unary& f, const Tensor& x, bool create_graph = false) {
  return autograd::grad({f.apply(x).sum()}, {x}, {}, std::nullopt, create_graph)[0];
}

double largest_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

template <class E = Error, class Body>
std::string error_of(Body body) {
  try {
    body();
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

TEST(EachActivationOp, HasTheDerivativeThatDifferencesShow) {
  for (const Unary& f : kAll) {
    const Tensor x = tracked(points());
    const double h = 1e-6;
    const NoGradGuard no_grad;
    const Tensor differences = (f.apply(points() + h) - f.apply(points() - h)) / (2 * h);
    const EnableGradGuard grad;
    EXPECT_LT(largest_difference(gradient(f, x), differences), 1e-8) << f.name;
  }
}

TEST(EachActivationOp, HasTheSecondDerivativeThatDifferencesShow) {
  for (const Unary& f : kAll) {
    if (std::string(f.name) == "hardsigmoid") continue;
    const Tensor x = tracked(points());
    const Tensor second = autograd::grad({gradient(f, x, true).sum()}, {x})[0];
    const double h = 1e-6;
    const Tensor above = gradient(f, tracked(points() + h)), below = gradient(f, tracked(points() - h));
    EXPECT_LT(largest_difference(second, (above - below) / (2 * h)), 1e-7) << f.name;
  }
}

TEST(EachActivationOp, PassesOnTheGradientOfItsGradient) {
  for (const Unary& f : kAll) {
    if (std::string(f.name) == "hardsigmoid") continue;
    const Tensor x = tracked(points());
    const Tensor weight = tracked(ones_like(points()));
    const Tensor first = autograd::grad({f.apply(x)}, {x}, {weight}, true, true)[0];
    EXPECT_LT(largest_difference(autograd::grad({first.sum()}, {weight})[0], gradient(f, x)), 1e-12) << f.name;
  }
}

TEST(EachActivationOp, KeepsFloatingDtypesAndEmptyAndZeroDimTensors) {
  for (const Unary& f : kAll) {
    for (const ScalarType dtype : {kHalf, kBFloat16, kFloat, kDouble})
      EXPECT_EQ(f.apply(zeros({3}, dtype)).scalar_type(), dtype) << f.name;
    EXPECT_EQ(f.apply(zeros({0, 2})).sizes(), IntArrayRef({0, 2})) << f.name;
    EXPECT_EQ(f.apply(zeros({})).dim(), 0) << f.name;
  }
}

TEST(EachActivationOp, TreatsStridedTensorsAsDenseOnes) {
  for (const Unary& f : kAll) {
    const Tensor x = linspace(-5, 5, 24).view({4, 6});
    EXPECT_TRUE(equal(f.apply(x.t()), f.apply(x).t())) << f.name;
    EXPECT_TRUE(equal(f.apply(x.slice(1, 1, 6, 2)), f.apply(x).slice(1, 1, 6, 2))) << f.name;
    const bool is_row_major = std::string(f.name) == "logsigmoid";
    EXPECT_EQ(f.apply(x.t()).strides(), is_row_major ? IntArrayRef({4, 1}) : IntArrayRef({1, 6})) << f.name;
  }
}

TEST(EachInPlaceActivation, ComputesWhatTheOtherFormDoes) {
  for (const InPlaceForm& f : kInPlace) {
    Tensor x = points();
    EXPECT_TRUE(f.write(x).is_same(x)) << f.name;
    EXPECT_TRUE(equal(x, f.apply(points()))) << f.name;
    EXPECT_EQ(x._version(), 1) << f.name;
  }
}

TEST(EachInPlaceActivation, HasTheSameGradient) {
  for (const InPlaceForm& f : kInPlace) {
    const Tensor x = tracked(points());
    Tensor y = x * 1;
    f.write(y).sum().backward();
    EXPECT_TRUE(equal(x.grad(), gradient({f.name, f.apply}, tracked(points())))) << f.name;
  }
}

// relu, sigmoid and tanh need the result that is overwritten, as in PyTorch; the others must not mind.
TEST(EachActivationOp, MindsAWriteToItsResultOnlyWherePyTorchDoes) {
  for (const Unary& f : kAll) {
    const Tensor x = tracked(points());
    Tensor y = f.apply(x);
    y += 1;
    const std::string name = f.name;
    if (name == "relu" || name == "sigmoid" || name == "tanh") {
      const std::string text = error_of([&] { y.sum().backward(); });
      EXPECT_NE(text.find("has been modified by an inplace operation"), std::string::npos) << name << ": " << text;
    } else {
      y.sum().backward();
      EXPECT_TRUE(equal(x.grad(), gradient(f, tracked(points())))) << name;
    }
  }
}

TEST(Relu, KeepsNanAndTheSignOfZero) {
  const Tensor y = relu(tensor({NAN, -0.0, -INFINITY, INFINITY}, kFloat));
  EXPECT_TRUE(std::isnan(y[0].item<float>()));
  EXPECT_TRUE(std::signbit(y[1].item<float>()));
  EXPECT_EQ(y[2].item<float>(), 0);
  EXPECT_EQ(y[3].item<float>(), INFINITY);
}

TEST(Relu, MasksEvenAnInfiniteGradient) {
  const Tensor x = tensor({-1.0, 0.0, 2.0}).set_requires_grad(true);
  relu(x).backward(tensor({INFINITY, NAN, 3.0}));
  EXPECT_TRUE(equal(x.grad(), tensor({0.0, 0.0, 3.0})));
}

TEST(Relu, KeepsIntegersAndRefusesBools) {
  EXPECT_TRUE(equal(relu(tensor({-2, 3})), tensor({0, 3})));
  EXPECT_EQ(relu(tensor({-2, 3}, kChar)).scalar_type(), kChar);
  EXPECT_EQ(error_of([] { relu(tensor({true})); }), "Boolean inputs not supported for relu");
}

TEST(Sigmoid, OfIntegersIsAFloat) {
  EXPECT_EQ(sigmoid(tensor({0, 1})).scalar_type(), kFloat);
  EXPECT_EQ(tanh(tensor({true})).scalar_type(), kFloat);
  Tensor x = tensor({1});
  EXPECT_EQ(error_of([&] { sigmoid_(x); }), "result type Float can't be cast to the desired output type Long");
}

TEST(Activations, NameTheirGradFn) {
  const Tensor x = tensor({1.0}).set_requires_grad(true);
  EXPECT_EQ(relu(x).grad_fn()->name(), "ReluBackward0");
  EXPECT_EQ(leaky_relu(x).grad_fn()->name(), "LeakyReluBackward0");
  Tensor y = x * 1;
  EXPECT_EQ(leaky_relu_(y).grad_fn()->name(), "LeakyReluBackward1");
  Tensor z = x * 1;
  EXPECT_EQ(z.relu_().grad_fn()->name(), "ReluBackward0");
}

TEST(Activations, AreMethodsToo) {
  const Tensor x = tensor({-1.0, 2.0});
  EXPECT_TRUE(equal(x.relu(), relu(x)));
  EXPECT_TRUE(equal(x.leaky_relu(0.5), tensor({-0.5, 2.0})));
  EXPECT_TRUE(equal(x.gelu("tanh"), gelu(x, "tanh")));
}

TEST(Activations, RefuseWhatPyTorchRefuses) {
  const Tensor x = tensor({-1.0f, 2.0f});
  EXPECT_EQ(error_of<NotImplementedError>([] { elu(tensor({1})); }), "\"elu_cpu\" not implemented for 'Long'");
  EXPECT_EQ(error_of([&] { gelu(x, "x"); }), "approximate argument must be either none or tanh.");
  EXPECT_EQ(error_of<ValueError>([&] { hardtanh(x, 2, 1); }), "min_val cannot be greater than max_val");
  EXPECT_EQ(error_of([] { hardtanh(tensor({1}, kByte)); }),
            "cannot do hardtanh on an unsigned type with negative limits");
  EXPECT_EQ(error_of([&] { softshrink(x, -1); }),
            "lambda must be in range [0, 3.40282e+38] for input dtype Float, but found -1");
  EXPECT_EQ(error_of([&] { celu(x, 0); }), "ZeroDivisionError: alpha cannot be 0 for CELU");
  EXPECT_EQ(error_of([] { relu(Tensor()); }), "relu: expected a tensor, got an undefined one");
}

TEST(Activations, OfNegativeSlopeGoBackwardOutOfPlaceOnly) {
  const Tensor x = tracked(points());
  leaky_relu(x, -0.5).sum().backward();
  EXPECT_EQ(x.grad()[0].item<double>(), -0.5);
  for (Tensor& (*write)(Tensor&) :
       {+[](Tensor& y) -> Tensor& { return leaky_relu_(y, -0.5); }, +[](Tensor& y) -> Tensor& { return elu_(y, -0.5); },
        +[](Tensor& y) -> Tensor& { return celu_(y, -0.5); }}) {
    Tensor y = x * 1;
    write(y);
    const std::string text = error_of([&] { y.sum().backward(); });
    EXPECT_NE(text.find("please call out-of-place version instead"), std::string::npos) << text;
  }
}

TEST(Hardsigmoid, HasNoSecondDerivative) {
  const Tensor x = tracked(points());
  const Tensor first = gradient({"hardsigmoid", [](const Tensor& v) { return hardsigmoid(v); }}, x, true);
  EXPECT_EQ(error_of([&] { first.sum().backward(); }), "derivative for aten::hardsigmoid_backward is not implemented");
}

// The k-th derivative of f at x, by autograd.
Tensor derivative_of_order(const std::function<Tensor(const Tensor&)>& f, const Tensor& x, int order) {
  Tensor result = f(x);
  for (int i = 0; i < order; ++i) result = autograd::grad({result.sum()}, {x}, {}, std::nullopt, true)[0];
  return result;
}

TEST(Activations, HaveDerivativesOfHigherOrders) {
  const Tensor points = relume::tensor({-2.3, -0.7, 0.2, 0.9, 2.5}, kDouble);
  const std::vector<std::function<Tensor(const Tensor&)>> functions = {
      [](const Tensor& v) { return tanh(v); },
      [](const Tensor& v) { return sigmoid(v); },
      [](const Tensor& v) { return silu(v); },
      [](const Tensor& v) { return gelu(v); },
      [](const Tensor& v) { return gelu(v, "tanh"); },
      [](const Tensor& v) { return softplus(v, 2, 50); },
      [](const Tensor& v) { return elu(v, 1.3); },
      [](const Tensor& v) { return elu(v, -1.3); },
      [](const Tensor& v) { return selu(v); },
      [](const Tensor& v) { return celu(v, 0.7); },
      [](const Tensor& v) { return mish(v); },
      [](const Tensor& v) { return logsigmoid(v); },
      [](const Tensor& v) { return softsign(v); },
      [](const Tensor& v) { return tanhshrink(v); },
  };
  for (size_t i = 0; i < functions.size(); ++i) {
    for (const int order : {3, 4}) {
      const Tensor exact = derivative_of_order(functions[i], tracked(points), order);
      const auto below = [&](double at) { return derivative_of_order(functions[i], tracked(points + at), order - 1); };
      const Tensor differences = (below(1e-5) - below(-1e-5)) / 2e-5;
      EXPECT_TRUE(allclose(exact.detach(), differences.detach(), 1e-5, 1e-7)) << i << ", order " << order;
    }
  }
}

}  // namespace
}  // namespace relume
