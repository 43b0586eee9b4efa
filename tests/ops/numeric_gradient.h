// expect_gradients: first and second derivatives of an op against finite differences, in float64.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "relume/autograd.h"
#include "relume/operators.h"
#include "relume/ops.h"

namespace relume {

// A leaf of float64 with values around 0 that are all different, the same for the same seed.
inline Tensor varied(IntArrayRef sizes, double seed = 0) {
  const Tensor count = arange(DimVector(sizes).empty() ? 1 : zeros(sizes).numel(), kDouble);
  return sin(count * 1.7 + seed).mul(0.9).reshape(sizes).clone().set_requires_grad(true);
}

using Differentiable = std::function<Tensor(const std::vector<Tensor>&)>;

namespace detail_of_tests {

// A number that depends on every element of the tensor in its own way.
inline Tensor weighted_sum(const Tensor& tensor) {
  return (tensor * cos(arange(tensor.numel(), kDouble) * 0.37 + 0.5).reshape(tensor.sizes())).sum();
}

inline std::vector<Tensor> gradients(const Tensor& number, const std::vector<Tensor>& inputs, bool create_graph) {
  std::vector<Tensor> result;
  for (Tensor& grad : autograd::grad({number}, inputs, {}, std::nullopt, create_graph, true)) result.push_back(grad);
  return result;
}

// Compares analytic gradients of number(inputs) with central differences.
inline void expect_like_differences(const std::function<Tensor(const std::vector<Tensor>&)>& number,
                                    const std::vector<Tensor>& inputs, const char* order) {
  constexpr double kStep = 1e-5, kTolerance = 2e-6;
  const std::vector<Tensor> analytic = gradients(number(inputs), inputs, false);
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto* const values = inputs[i].data_ptr<double>();
    for (int64_t e = 0; e < inputs[i].numel(); ++e) {
      const double before = values[e];
      values[e] = before + kStep;
      const double above = number(inputs).item<double>();
      values[e] = before - kStep;
      const double below = number(inputs).item<double>();
      values[e] = before;
      const double numeric = (above - below) / (2 * kStep);
      const double got = analytic[i].defined() ? analytic[i].contiguous().data_ptr<double>()[e] : 0;
      ASSERT_NEAR(got, numeric, kTolerance * (1 + std::abs(numeric))) << order << ", input " << i << ", element " << e;
    }
  }
}

}  // namespace detail_of_tests

// Inputs are contiguous float64 leaves that require grad.
inline void expect_gradients(const Differentiable& op, const std::vector<Tensor>& inputs) {
  using namespace detail_of_tests;
  expect_like_differences([&](const std::vector<Tensor>& x) { return weighted_sum(op(x)); }, inputs, "first order");
  if (testing::Test::HasFatalFailure()) return;
  const auto of_gradients = [&](const std::vector<Tensor>& x) {
    Tensor total = zeros({}, kDouble);
    for (const Tensor& grad : gradients(weighted_sum(op(x)), x, true))
      if (grad.defined()) total = total + weighted_sum(grad);
    return total;
  };
  if (of_gradients(inputs).requires_grad()) expect_like_differences(of_gradients, inputs, "second order");
}

}  // namespace relume
