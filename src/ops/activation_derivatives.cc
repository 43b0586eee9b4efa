// Derivatives of the formulas of relume/activations.inc in ops, which can be differentiated again and again.
#include "ops/activation_derivatives.h"

#include "relume/autograd.h"
#include "relume/ops.h"

namespace relume {

namespace {

// What a formula is computed with here: a tensor, or a constant.
struct Symbol {
  Tensor tensor;

  explicit Symbol(Tensor value) : tensor(std::move(value)) {}
  explicit Symbol(double constant) : tensor(scalar_tensor(constant, kDouble)) {}

  struct Mask {
    Tensor tensor;
    friend Mask operator&&(const Mask& a, const Mask& b) { return {logical_and(a.tensor, b.tensor)}; }
    friend Mask operator||(const Mask& a, const Mask& b) { return {logical_or(a.tensor, b.tensor)}; }
  };

  friend Symbol operator+(const Symbol& a, const Symbol& b) { return Symbol(a.tensor + b.tensor); }
  friend Symbol operator-(const Symbol& a, const Symbol& b) { return Symbol(a.tensor - b.tensor); }
  friend Symbol operator*(const Symbol& a, const Symbol& b) { return Symbol(a.tensor * b.tensor); }
  friend Symbol operator/(const Symbol& a, const Symbol& b) { return Symbol(a.tensor / b.tensor); }
  friend Symbol operator-(const Symbol& a) { return Symbol(-a.tensor); }
  friend Mask operator<(const Symbol& a, const Symbol& b) { return {a.tensor < b.tensor}; }
  friend Mask operator>(const Symbol& a, const Symbol& b) { return {a.tensor > b.tensor}; }
  friend Mask operator<=(const Symbol& a, const Symbol& b) { return {a.tensor <= b.tensor}; }
  friend Mask operator>=(const Symbol& a, const Symbol& b) { return {a.tensor >= b.tensor}; }

  friend Symbol select(const Mask& mask, const Symbol& a, const Symbol& b) {
    return Symbol(where(mask.tensor, a.tensor, b.tensor));
  }
  friend Symbol clamp(const Symbol& a, const Symbol& low, const Symbol& high) {
    return select(a < low, low, select(a > high, high, a));
  }
  friend Symbol abs(const Symbol& a) { return Symbol(a.tensor.abs()); }
  friend Symbol exp(const Symbol& a) { return Symbol(a.tensor.exp()); }
  friend Symbol expm1(const Symbol& a) { return Symbol(a.tensor.expm1()); }
  friend Symbol log1p(const Symbol& a) { return Symbol(a.tensor.log1p()); }
  friend Symbol sigmoid(const Symbol& a) { return Symbol(a.tensor.sigmoid()); }
  friend Symbol tanh(const Symbol& a) { return Symbol(a.tensor.tanh()); }
  friend Symbol normal_cdf(const Symbol& a) { return Symbol(0.5 * (a.tensor * -0.70710678118654752440).erfc()); }
  friend Symbol times_normal_cdf(const Symbol& a) { return a * normal_cdf(a); }
  friend Symbol normal_pdf(const Symbol& a) {
    return Symbol(0.39894228040143267794 * (-0.5 * a.tensor * a.tensor).exp());
  }
};

// The derivative of point-wise values by x, zeros where they do not depend on it.
Tensor derivative_by(const Tensor& x, const Tensor& values, bool create_graph) {
  if (!values.requires_grad()) return zeros_like(x);
  const Tensor found = autograd::grad({values.sum()}, {x}, {}, true, create_graph, true)[0];
  return found.defined() ? found : zeros_like(x);
}

template <class F>
Tensor first_derivative(const F& formula, bool of_result, const Tensor& x) {
  constexpr bool of_results = requires { formula.derivative_from_result(Symbol(0.0)); };
  constexpr bool of_inputs_too = requires { formula.invertible(); };
  if constexpr (of_results) {
    if (of_result || !of_inputs_too) return formula.derivative_from_result(Symbol(x)).tensor;
  }
  if constexpr (of_results && !of_inputs_too)
    return Tensor();
  else if constexpr (requires { formula.derivative(Symbol(0.0)); })
    return formula.derivative(Symbol(x)).tensor;
  else
    return derivative_by(x, formula.forward(Symbol(x)).tensor, true);
}

template <class F>
Tensor third(const F& formula, bool of_result, const Tensor& saved) {
  if constexpr (F::traits.masks) return zeros_like(saved);  // pieces of polynomials of low degree
  const bool further = GradMode::is_enabled();
  const AutoGradMode recorded(true);
  const Tensor x = further && saved.requires_grad() ? alias(saved) : saved.detach().set_requires_grad(true);
  const Tensor curvature = derivative_by(x, first_derivative(formula, of_result, x), true);
  return derivative_by(x, curvature, further);
}

}  // namespace

Tensor derivative_of_curvature(Activation activation, const void* options, bool of_result, const Tensor& saved) {
  switch (activation) {
#define RELUME_OPTION(type, name, default)
#define RELUME_ACTIVATION(function, Module, in_place, options_of_row) \
  case Activation::function:                                          \
    return third(*static_cast<const formulas::Module*>(options), of_result, saved);
#include "relume/activations.inc"
  }
  return Tensor();
}

}  // namespace relume
