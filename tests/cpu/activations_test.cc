// What must hold of every activation in relume/activations.inc: accuracy, NaN, tails, aliasing, derivatives, dtypes.
// The tests visit the rows, so a new row has them without a change here.
#include "kernels/activations.h"

#include <algorithm>
#include <array>

#include "cpu/simd_targets.h"

namespace relume::cpu {
namespace {

// Calls visit(activation, formula) for each row, with its default options.
template <class Visit>
void for_each_activation(Visit visit) {
#define RELUME_OPTION(type, name, default)
#define RELUME_ACTIVATION(function, Module, in_place, options) \
  {                                                            \
    SCOPED_TRACE(#function);                                   \
    visit(Activation::function, formulas::Module{});           \
  }
#include "relume/activations.inc"
}

template <class Visit>
void for_each_target_and_activation(Visit visit) {
  for_each_target([&](Target target) {
    const ActivationKernels& kernels = activation_kernels(target);
    for_each_activation([&](Activation activation, auto formula) { visit(kernels, activation, formula); });
  });
}

// f(x) in a type that is wider than the kernel's.
template <class Wide, class F>
Wide exact(const F& formula, double x) {
  Exact<Wide> v;
  v.v = x;
  return formula.forward(v).v;
}

// Expects each y within the accuracy that the row states for float; double has the C library's, and a little slack.
template <class T, class Wide, class F>
void expect_accurate(const F& formula, const std::vector<T>& x, const std::vector<T>& y) {
  constexpr bool kFloats = std::is_same_v<T, float>;
  const double max_ulp = kFloats ? F::traits.max_ulp : std::max(F::traits.max_ulp, 4.0);
  const double max_error = F::traits.max_error * (kFloats ? 1 : std::exp2(-27));
  for (size_t i = 0; i < x.size(); ++i) {
    const Wide expected = exact<Wide>(formula, x[i]);
    const Wide error = std::abs(static_cast<Wide>(y[i]) - expected);
    if (ulp_error(y[i], expected) <= max_ulp || error <= max_error) continue;
    ADD_FAILURE() << "f(" << x[i] << ") is " << y[i] << ", expected " << expected << ": off by "
                  << ulp_error(y[i], expected) << " ULP";
    return;
  }
}

TEST(EachActivation, IsAsAccurateAsItsRowSays) {
  for_each_target_and_activation([](const ActivationKernels& kernels, Activation activation, auto formula) {
    const auto floats = uniform<float>(100000, -10, 10);
    expect_accurate<float, double>(formula, floats, apply(kernels.at(activation, kFloat).forward, &formula, floats));
    const auto doubles = uniform<double>(2000, -10, 10);
    expect_accurate<double, long double>(formula, doubles,
                                         apply(kernels.at(activation, kDouble).forward, &formula, doubles));
  });
}

TEST(EachActivation, KeepsNaN) {
  for_each_target_and_activation([](const ActivationKernels& kernels, Activation activation, auto formula) {
    const std::vector<float> nans(33, std::numeric_limits<float>::quiet_NaN());
    for (float y : apply(kernels.at(activation, kFloat).forward, &formula, nans)) ASSERT_TRUE(std::isnan(y));
    const std::vector<double> double_nans(9, std::numeric_limits<double>::quiet_NaN());
    for (double y : apply(kernels.at(activation, kDouble).forward, &formula, double_nans)) ASSERT_TRUE(std::isnan(y));
  });
}

// Values that take every branch, in an order that puts each in every lane in turn.
template <class T>
std::vector<T> awkward_values(size_t count) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  const std::array<T, 23> values = {0,
                                    -T(0),
                                    1,
                                    -1,
                                    T(0.5),
                                    T(-0.5),
                                    3,
                                    -3,
                                    6,
                                    -6,
                                    20,
                                    21,
                                    -100,
                                    100,
                                    1e30,
                                    -1e30,
                                    T(1e-40),
                                    T(-2.7),
                                    8.5,
                                    0.1,
                                    kInfinity,
                                    -kInfinity,
                                    std::numeric_limits<T>::quiet_NaN()};
  std::vector<T> result(count);
  for (size_t i = 0; i < count; ++i) result[i] = values[i % values.size()];
  return result;
}

template <class T>
void expect_same_in_body_and_tail(ElementwiseLoop loop, int inputs, const void* options) {
  for (int64_t n = 0; n <= 70; ++n) {
    const auto x = awkward_values<T>(n);
    const std::vector<T> ones(n, 1);
    std::vector<T> together(n + 1, 77), alone(n + 1, 77);
    const auto run = [&](std::vector<T>& out, int64_t begin, int64_t count) {
      const void* one = ones.data() + begin;
      const void* operands[] = {one, one, one};
      operands[inputs - 1] = x.data() + begin;
      loop(out.data() + begin, operands, count, options);
    };
    run(together, 0, n);
    for (int64_t i = 0; i < n; ++i) run(alone, i, 1);
    for (int64_t i = 0; i < n; ++i) {
      ASSERT_TRUE(same(together[i], alone[i])) << "at " << i << " of " << n << ": " << together[i] << ", " << alone[i];
    }
    ASSERT_EQ(together[n], 77) << "written past the end";
  }
}

TEST(EachActivation, GivesTheSameBitsInBodyAndTail) {
  for_each_target_and_activation([](const ActivationKernels& kernels, Activation activation, auto formula) {
    const ActivationLoops& floats = kernels.at(activation, kFloat);
    expect_same_in_body_and_tail<float>(floats.forward, 1, &formula);
    expect_same_in_body_and_tail<float>(floats.backward, 2, &formula);
    if (floats.second != nullptr) expect_same_in_body_and_tail<float>(floats.second, 3, &formula);
    const ActivationLoops& doubles = kernels.at(activation, kDouble);
    expect_same_in_body_and_tail<double>(doubles.forward, 1, &formula);
    expect_same_in_body_and_tail<double>(doubles.backward, 2, &formula);
  });
}

TEST(EachActivation, MayOverwriteAnInput) {
  for_each_target_and_activation([](const ActivationKernels& kernels, Activation activation, auto formula) {
    const ActivationLoops& loops = kernels.at(activation, kFloat);
    const auto x = uniform<float>(53, -4, 4);
    const auto grad = uniform<float>(53, -1, 1, 2);
    const auto expected = apply(loops.forward, &formula, x);
    auto in_place = x;
    const void* inputs[] = {in_place.data(), nullptr};
    loops.forward(in_place.data(), inputs, 53, &formula);
    EXPECT_EQ(in_place, expected);

    const auto expected_grad = apply(loops.backward, &formula, grad, x);
    for (const bool over_grad : {true, false}) {
      auto g = grad, s = x;
      const void* operands[] = {g.data(), s.data()};
      auto& out = over_grad ? g : s;
      loops.backward(out.data(), operands, 53, &formula);
      EXPECT_EQ(out, expected_grad);
    }
  });
}

// The loops of double, on vectors; `from_input` picks the forms that are given the input whatever the row saves.
template <class F>
struct Passes {
  const ActivationLoops& loops;
  F formula;
  bool from_input;

  std::vector<double> forward(const std::vector<double>& x) const { return apply(loops.forward, &formula, x); }
  std::vector<double> backward(const std::vector<double>& saved) const {
    return apply(from_input ? loops.backward_from_input : loops.backward, &formula,
                 std::vector<double>(saved.size(), 2), saved);
  }
  std::vector<double> second(const std::vector<double>& saved) const {
    return apply(from_input ? loops.second_from_input : loops.second, &formula, std::vector<double>(saved.size(), 2),
                 std::vector<double>(saved.size(), 3), saved);
  }
};

std::vector<double> shifted(std::vector<double> x, double by) {
  for (double& value : x) value += by;
  return x;
}

// Compares backward and second with central differences at random places, of which none is within a step of a kink.
template <class F>
void expect_derivatives(const Passes<F>& passes) {
  constexpr double kStep = 1e-6;
  const auto x = uniform<double>(201, -4, 4);
  const bool by_result = saves_result(passes.formula) && !passes.from_input;
  const auto saved = by_result ? passes.forward(x) : x;
  const auto above = passes.forward(shifted(x, kStep)), below = passes.forward(shifted(x, -kStep));
  const auto grad = passes.backward(saved);
  for (size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(grad[i], 2 * (above[i] - below[i]) / (2 * kStep), 1e-8) << "f' at " << x[i];
  }
  if (passes.loops.second == nullptr) return;
  const auto grad_above = passes.backward(shifted(saved, kStep)), grad_below = passes.backward(shifted(saved, -kStep));
  const auto second = passes.second(saved);
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::abs(grad_above[i] - grad_below[i]) > 0.01) continue;  // a result that lies on a kink, as relu's 0
    EXPECT_NEAR(second[i], 3 * (grad_above[i] - grad_below[i]) / (2 * kStep), 1e-7) << "f'' at " << x[i];
  }
}

TEST(EachActivation, HasTheDerivativesOfItsFormula) {
  for_each_target_and_activation([](const ActivationKernels& kernels, Activation activation, auto formula) {
    const ActivationLoops& loops = kernels.at(activation, kDouble);
    expect_derivatives(Passes<decltype(formula)>{loops, formula, false});
    if (loops.backward_from_input != nullptr) expect_derivatives(Passes<decltype(formula)>{loops, formula, true});
  });
}

template <class F>
void expect_derivatives_with(Activation activation, F formula) {
  for_each_target([&](Target target) {
    const ActivationLoops& loops = activation_kernels(target).at(activation, kDouble);
    const bool from_input = loops.backward_from_input != nullptr && !saves_result(formula);
    expect_derivatives(Passes<F>{loops, formula, from_input});
  });
}

TEST(EachActivation, HasTheDerivativesOfItsFormulaForOtherOptions) {
  using namespace formulas;
  expect_derivatives_with(Activation::leaky_relu, LeakyReLU{0.3});
  expect_derivatives_with(Activation::leaky_relu, LeakyReLU{-0.3});
  expect_derivatives_with(Activation::elu, ELU{1.7});
  expect_derivatives_with(Activation::elu, ELU{-0.5});
  expect_derivatives_with(Activation::celu, CELU{2.5});
  expect_derivatives_with(Activation::celu, CELU{-2.5});
  expect_derivatives_with(Activation::gelu, GELU{GeluApproximate::Tanh});
  expect_derivatives_with(Activation::hardtanh, Hardtanh{-2.05, 0.3});
  expect_derivatives_with(Activation::hardshrink, Hardshrink{1.1});
  expect_derivatives_with(Activation::softshrink, Softshrink{0});
  expect_derivatives_with(Activation::softplus, Softplus{2.5, 4});
  expect_derivatives_with(Activation::threshold, Threshold{0.7, -3});
}

TEST(EachActivation, MasksInfiniteAndNaNGradientsWhereItsRowSaysSo) {
  for_each_target_and_activation([](const ActivationKernels& kernels, Activation activation, auto formula) {
    if (!decltype(formula)::traits.masks) return;
    const ActivationLoops& loops = kernels.at(activation, kFloat);
    const auto x = uniform<float>(77, -8, 8);
    const auto saved = saves_result(formula) ? apply(loops.forward, &formula, x) : x;
    const auto slope = apply(loops.backward, &formula, std::vector<float>(77, 1), saved);
    for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
      const auto grad = apply(loops.backward, &formula, std::vector<float>(77, bad), saved);
      for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(std::isfinite(grad[i]), slope[i] == 0) << "at " << x[i];
    }
  });
}

// Where PyTorch's is 0: x Phi(x) to a few units where AVX-512 has it from a table or with the square's error made good,
// elsewhere to as many units as x^2.
TEST(Gelu, KeepsItsDigitsInTheLeftTail) {
  const formulas::GELU exact;
  const std::vector<float> x = uniform<float>(20000, -13, -4), gone = {-13.2f, -20, -1e9f};
  for_each_target([&](Target target) {
    const auto forward = activation_kernels(target).at(Activation::gelu, kFloat).forward;
    const std::vector<float> y = apply(forward, &exact, x);
    for (size_t i = 0; i < x.size(); ++i) {
      const double expected = 0.5 * x[i] * std::erfc(-x[i] * std::sqrt(0.5));
      ASSERT_LE(ulp_error(y[i], expected), target == Target::AVX3 ? 8 : x[i] * x[i] + 4) << "at " << x[i];
    }
    EXPECT_EQ(apply(forward, &exact, gone), (std::vector<float>{0, 0, 0}));
  });
}

TEST(EachActivation, TakesIntegersIfItsRowSaysSo) {
  for_each_target_and_activation([](const ActivationKernels& kernels, Activation activation, auto formula) {
    for (const ScalarType dtype : {kByte, kChar, kShort, kInt, kLong}) {
      const bool keeps = decltype(formula)::traits.integers == Integers::Keep;
      EXPECT_EQ(kernels.at(activation, dtype).forward != nullptr, keeps) << to_string(dtype);
      EXPECT_EQ(kernels.at(activation, dtype).backward, nullptr);
    }
    EXPECT_EQ(kernels.at(activation, kBool).forward, nullptr);
    EXPECT_EQ(kernels.at(activation, kUInt16).forward, nullptr);
  });
}

template <class T>
void expect_integers(Activation activation, ScalarType dtype, const void* options, const std::vector<T>& x,
                     const std::vector<T>& expected) {
  for_each_target([&](Target target) {
    EXPECT_EQ(apply(activation_kernels(target).at(activation, dtype).forward, options, x), expected);
  });
}

TEST(IntegerActivations, TruncateAndSaturateTheirOptions) {
  const formulas::Hardtanh fractions{-1.5, 2.7}, wide{-1e9, 1e9};
  const formulas::Threshold threshold{1.9, 7.9};
  expect_integers<int64_t>(Activation::hardtanh, kLong, &fractions, {-5, -1, 0, 2, 3}, {-1, -1, 0, 2, 2});
  expect_integers<int8_t>(Activation::hardtanh, kChar, &wide, {-128, 127}, {-128, 127});
  expect_integers<int32_t>(Activation::threshold, kInt, &threshold, {0, 1, 2}, {7, 7, 2});
  expect_integers<int16_t>(Activation::relu, kShort, nullptr, {-3, 0, 4}, {0, 0, 4});
  expect_integers<uint8_t>(Activation::relu6, kByte, nullptr, {0, 6, 200}, {0, 6, 6});
}

}  // namespace
}  // namespace relume::cpu
