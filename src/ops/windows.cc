// Windows of signals: weights that fall to the ends.
#include <numbers>

#include "ops/composed.h"
#include "ops/methods.h"
#include "relume/special.h"

namespace relume {
namespace {

constexpr double kPi = std::numbers::pi;

// weights(0, 1, ..., n - 1; n - 1), of which a periodic window leaves out the last. Computed in the dtype of the
// result.
template <class Weights>
Tensor window(const char* name, int64_t length, bool periodic, const TensorOptions& options, const Weights& weights) {
  const ScalarType dtype = options.dtype();
  check(is_floating_point(dtype), "{} expects floating point dtypes, got: TensorOptions({})", name, to_string(dtype));
  check(length >= 0, "{} requires non-negative window_length, got window_length={}", name, length);
  const TensorOptions plain = options.requires_grad(false);
  Tensor result = ones({length}, plain);
  if (length > 1) {
    const int64_t count = periodic ? length + 1 : length;
    const NoGradGuard unrecorded;
    result = weights(arange(count, plain), static_cast<double>(count - 1)).narrow(0, 0, length).clone();
  }
  return result.set_requires_grad(options.requires_grad());
}

}  // namespace

// alpha - beta cos(2 pi k / (N - 1)) for k from 0, N being window_length, or one more for a periodic window.
Tensor hamming_window(int64_t window_length, bool periodic, double alpha, double beta, const TensorOptions& options) {
  return window("hamming_window", window_length, periodic, options,
                [&](const Tensor& k, double last) { return alpha - beta * cos(k * (2 * kPi / last)); });
}

// The same with 0.5 and 0.5: the square of a sine.
Tensor hann_window(int64_t window_length, bool periodic, const TensorOptions& options) {
  return window("hann_window", window_length, periodic, options,
                [](const Tensor& k, double last) { return 0.5 - 0.5 * cos(k * (2 * kPi / last)); });
}

// 0.42 - 0.5 cos(2 pi k / (N - 1)) + 0.08 cos(4 pi k / (N - 1)).
Tensor blackman_window(int64_t window_length, bool periodic, const TensorOptions& options) {
  return window("blackman_window", window_length, periodic, options, [](const Tensor& k, double last) {
    const Tensor angle = k * (kPi / last);
    return 0.08 * cos(4 * angle) - 0.5 * cos(2 * angle) + 0.42;
  });
}

// A triangle: 1 - |2 k / (N - 1) - 1|.
Tensor bartlett_window(int64_t window_length, bool periodic, const TensorOptions& options) {
  return window("bartlett_window", window_length, periodic, options, [](const Tensor& k, double last) {
    const Tensor rising = k * (2 / last);
    return minimum(rising, 2 - rising);
  });
}

// I_0(beta sqrt(1 - (2 k / (N - 1) - 1)^2)) / I_0(beta), with the modified Bessel function I_0. Kaiser and Schafer,
// 1980.
Tensor kaiser_window(int64_t window_length, bool periodic, double beta, const TensorOptions& options) {
  return window("kaiser_window", window_length, periodic, options, [&](const Tensor& k, double last) {
    const Tensor place = k * (2 / last) - 1;
    return i0(beta * (1 - place * place).clamp(0).sqrt()) / i0(full({}, beta, k.options()));
  });
}

}  // namespace relume
