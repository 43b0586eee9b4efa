// What a row and a formula of activations.inc make, seen through an activation that exists here alone: functions,
// options, module, printing, derivatives, dtypes and error texts.
#include <gmock/gmock.h>

#include <sstream>

#include "relume/relume.h"

namespace relume {
namespace {

namespace F = nn::functional;

Tensor expected(const Tensor& x, double slope) { return x * sigmoid(x * slope); }

TEST(MadeUpActivation, HasFunctionsInPlaceAndNot) {
  const Tensor x = linspace(-3, 3, 37);
  EXPECT_TRUE(allclose(bent(x), expected(x, 0.5)));
  EXPECT_TRUE(allclose(bent(x, 2.0), expected(x, 2.0)));
  Tensor y = x.clone();
  EXPECT_TRUE(bent_(y, 2.0).is_same(y));
  EXPECT_TRUE(equal(y, bent(x, 2.0)));
  EXPECT_TRUE(equal(F::bent(x, F::BentFuncOptions().slope(2.0)), y));
}

TEST(MadeUpActivation, HasAModuleThatPrintsItsOptions) {
  const nn::Bent module(nn::BentOptions().slope(0.25).inplace(true));
  std::ostringstream text;
  text << *module;
  EXPECT_EQ(text.str(), "torch::nn::Bent(slope=0.25, inplace=true)");
  Tensor x = linspace(-1, 1, 5);
  const Tensor y = bent(x, 0.25);
  EXPECT_TRUE(nn::Sequential(module)->forward(x).is_same(x));
  EXPECT_TRUE(equal(x, y));
}

TEST(MadeUpActivation, IsDifferentiatedTwiceThoughItsFormulaGivesNoDerivative) {
  const Tensor x = linspace(-2, 2, 9, kDouble).requires_grad_();
  EXPECT_EQ(bent(x).grad_fn()->name(), "BentBackward0");
  const auto function = [](const autograd::variable_list& inputs) {
    return autograd::variable_list{bent(inputs[0], 1.5)};
  };
  EXPECT_TRUE(autograd::gradcheck(function, {x}));
  EXPECT_TRUE(autograd::gradgradcheck(function, {x}));
}

TEST(MadeUpActivation, HasTheDtypesAndTextsOfTheFamily) {
  for (const ScalarType dtype : {kHalf, kBFloat16, kDouble}) {
    const Tensor x = linspace(-3, 3, 19).to(dtype);
    EXPECT_TRUE(equal(bent(x), expected(x.to(dtype == kDouble ? kDouble : kFloat), 0.5).to(dtype))) << dtype;
  }
  try {
    bent(ones({2}, kLong));
    ADD_FAILURE() << "expected an error";
  } catch (const NotImplementedError& error) {
    EXPECT_STREQ(error.what(), "\"bent_cpu\" not implemented for 'Long'");
  }
}

}  // namespace
}  // namespace relume
