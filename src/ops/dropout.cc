// Dropout: zeroes random elements, or whole channels, while training.
//
// Srivastava et al., 2014; the alpha forms keep mean and variance of SELU's activations (Klambauer et al., 2017).
#include <cmath>

#include "autograd/record.h"
#include "core/printing.h"
#include "core/random.h"
#include "kernels/random.h"
#include "ops/elementwise.h"
#include "relume/ops.h"

namespace relume {
namespace {

// What drops together: each element on its own, or all of a channel of a sample.
enum class Unit { Element, Channel };
// What takes the place of what is dropped: 0, or what SELU gives for -infinity.
enum class Kind { Zero, Alpha };

// Whether there is nothing to do; throws where p is no probability.
bool passes_through(const char* op, const Tensor& input, double p, bool train) {
  impl_of(input, op);
  check(p >= 0 && p <= 1, "dropout probability has to be between 0 and 1, but got {}", stream_text(p));
  return p == 0 || !train || input.numel() == 0;
}

// A tensor that broadcasts to the input: `value` with probability 1 - p, else 0. An element mask has the input's
// strides.
Tensor make_mask(const Tensor& input, double p, double value, Unit unit) {
  Tensor mask;
  if (unit == Unit::Element) {
    mask = empty_like(input);
  } else {
    check(input.dim() >= 2, "Feature dropout requires at least 2 dimensions in the input");
    DimVector sizes(static_cast<size_t>(input.dim()), 1);
    sizes[0] = input.size(0);
    sizes[1] = input.size(1);
    mask = make_tensor(sizes, input.scalar_type());
  }
  check_can_cast(kFloat, mask.scalar_type());
  const LockedStream stream(default_generator());
  random_fills().bernoulli(*stream, mask.impl()->data(), mask.scalar_type(), mask.numel(), 1 - p, value);
  return mask;
}

// Dropout computes input * factor + shift; an undefined shift stands for 0.
struct Mask {
  Tensor factor, shift;
};

Mask mask_for(const Tensor& input, double p, Kind kind, Unit unit) {
  if (p == 1) return {zeros({}, input.scalar_type()), {}};
  if (kind == Kind::Zero) {  // the quotient is formed in the mask's precision
    const bool wide = input.scalar_type() == kDouble;
    const double scale = wide ? 1.0 / (1 - p) : 1.0f / static_cast<float>(1 - p);
    return {make_mask(input, p, scale, unit), {}};
  }
  constexpr double kAlpha = 1.7580993408473766;
  const double a = 1.0 / std::sqrt((kAlpha * kAlpha * p + 1) * (1 - p));
  Tensor factor = make_mask(input, p, 1, unit);
  const Tensor shift = factor.add(-1).mul_(kAlpha * a).add_(kAlpha * a * p);
  return {factor.mul_(a), shift};
}

Tensor drop(const char* op, const Tensor& input, double p, bool train, Kind kind, Unit unit) {
  if (passes_through(op, input, p, train)) return input;
  const Mask mask = mask_for(input, p, kind, unit);
  const Tensor result = input.mul(mask.factor);
  return mask.shift.defined() ? result.add(mask.shift) : result;
}

Tensor& drop_in_place(const char* op, Tensor& input, double p, bool train, Kind kind, Unit unit) {
  if (passes_through(op, input, p, train)) return input;
  const Mask mask = mask_for(input, p, kind, unit);
  input.mul_(mask.factor);
  return mask.shift.defined() ? input.add_(mask.shift) : input;
}

}  // namespace

// Zeroes each element with probability p and divides the others by 1 - p.
Tensor dropout(const Tensor& input, double p, bool train) {
  return drop("dropout", input, p, train, Kind::Zero, Unit::Element);
}
Tensor& dropout_(Tensor& input, double p, bool train) {
  return drop_in_place("dropout_", input, p, train, Kind::Zero, Unit::Element);
}

// The same for whole channels: input [N, C, ...].
Tensor feature_dropout(const Tensor& input, double p, bool train) {
  return drop("feature_dropout", input, p, train, Kind::Zero, Unit::Channel);
}
Tensor& feature_dropout_(Tensor& input, double p, bool train) {
  return drop_in_place("feature_dropout_", input, p, train, Kind::Zero, Unit::Channel);
}

// Drops to SELU's value at -infinity instead of 0.
Tensor alpha_dropout(const Tensor& input, double p, bool train) {
  return drop("alpha_dropout", input, p, train, Kind::Alpha, Unit::Element);
}
Tensor& alpha_dropout_(Tensor& input, double p, bool train) {
  return drop_in_place("alpha_dropout_", input, p, train, Kind::Alpha, Unit::Element);
}

Tensor feature_alpha_dropout(const Tensor& input, double p, bool train) {
  return drop("feature_alpha_dropout", input, p, train, Kind::Alpha, Unit::Channel);
}
Tensor& feature_alpha_dropout_(Tensor& input, double p, bool train) {
  return drop_in_place("feature_alpha_dropout_", input, p, train, Kind::Alpha, Unit::Channel);
}

}  // namespace relume
