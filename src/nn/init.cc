// nn::init: initial values of weights.
#include "relume/nn/init.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/check.h"
#include "nn/reset.h"
#include "relume/autograd.h"
#include "relume/ops.h"

namespace relume::nn {

using enumtype::Name;

double init::calculate_gain(NonlinearityType nonlinearity, double param) {
  switch (Name(nonlinearity)) {
    case Name::Tanh:
      return 5.0 / 3.0;
    case Name::ReLU:
      return std::sqrt(2.0);
    case Name::LeakyReLU:
      return std::sqrt(2.0 / (1 + param * param));
    case Name::SELU:
      return 3.0 / 4.0;
    default:
      return 1.0;
  }
}

std::tuple<int64_t, int64_t> init::_calculate_fan_in_and_fan_out(const Tensor& tensor) {
  check<ValueError>(tensor.dim() >= 2,
                    "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
  int64_t field = 1;
  for (int64_t d = 2; d < tensor.dim(); ++d) field *= tensor.size(d);
  return {tensor.size(1) * field, tensor.size(0) * field};
}

Tensor init::constant_(Tensor tensor, const Scalar& value) {
  const NoGradGuard no_grad;
  return tensor.fill_(value);
}
Tensor init::ones_(Tensor tensor) { return constant_(std::move(tensor), 1); }
Tensor init::zeros_(Tensor tensor) { return constant_(std::move(tensor), 0); }

Tensor init::eye_(Tensor matrix) {
  const NoGradGuard no_grad;
  check<ValueError>(matrix.dim() == 2, "Only tensors with 2 dimensions are supported");
  return matrix.copy_(relume::eye(matrix.size(0), matrix.size(1), matrix.options()));
}

Tensor init::dirac_(Tensor tensor, int64_t groups) {
  const NoGradGuard no_grad;
  check<ValueError>(tensor.dim() >= 3 && tensor.dim() <= 5, "Only tensors with 3, 4, or 5 dimensions are supported");
  check<ValueError>(groups > 0 && tensor.size(0) % groups == 0, "dim 0 must be divisible by groups");
  const int64_t out_per_group = tensor.size(0) / groups;
  const int64_t count = std::min(out_per_group, tensor.size(1));
  tensor.zero_();
  for (int64_t group = 0; group < groups; ++group) {
    for (int64_t d = 0; d < count; ++d) {
      Tensor centre = tensor.select(0, group * out_per_group + d).select(0, d);
      while (centre.dim() > 0) centre = centre.select(0, centre.size(0) / 2);
      centre.fill_(1);
    }
  }
  return tensor;
}

Tensor init::uniform_(Tensor tensor, double low, double high) {
  const NoGradGuard no_grad;
  return tensor.uniform_(low, high);
}

Tensor init::normal_(Tensor tensor, double mean, double std) {
  const NoGradGuard no_grad;
  return tensor.normal_(mean, std);
}

namespace {

double normal_cdf(double x) { return (1 + std::erf(x / std::sqrt(2.0))) / 2; }

}  // namespace

Tensor init::trunc_normal_(Tensor tensor, double mean, double std, double a, double b) {
  const NoGradGuard no_grad;
  check<ValueError>(a <= b, "trunc_normal_: expected a <= b, got a={}, b={}", a, b);
  check<ValueError>(std != 0, "trunc_normal_: expected a standard deviation other than 0");
  const double low = normal_cdf((a - mean) / std), high = normal_cdf((b - mean) / std);
  if (high - low > 0.3) {  // most numbers fall inside: draw until all do
    tensor.normal_(mean, std);
    Tensor outside = relume::logical_or(tensor<a, tensor> b);
    while (outside.any().item<bool>()) {
      tensor.copy_(relume::where(outside, relume::empty_like(tensor).normal_(mean, std), tensor));
      outside = relume::logical_or(tensor<a, tensor> b);
    }
    return tensor;
  }
  // Else draw evenly, and keep a number with the probability that its density has beside the highest one.
  const double nearest = (std::clamp(mean, a, b) - mean) / std;
  const double peak = -0.5 * nearest * nearest;
  Tensor pending = relume::ones_like(tensor, kBool);
  while (pending.any().item<bool>()) {
    const Tensor drawn = relume::empty_like(tensor).uniform_(a, b);
    tensor.copy_(relume::where(pending, drawn, tensor));
    const Tensor density = drawn.sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(peak);
    pending = relume::logical_and(pending, relume::empty_like(tensor).uniform_(0, 1).log_() > density);
  }
  return tensor;
}

namespace {

// Q of the QR factorisation of `matrix` (rows >= columns) by Householder reflections, with the signs for which R has a
// positive diagonal. Computed in double. Householder, 1958.
Tensor orthonormal_columns(const Tensor& matrix) {
  const int64_t rows = matrix.size(0), columns = matrix.size(1);
  Tensor work = matrix.to(kDouble).t().contiguous().clone();  // one column of the matrix a row
  auto* const data = work.data_ptr<double>();
  std::vector<double> scales(static_cast<size_t>(columns)), diagonal(static_cast<size_t>(columns));
  const auto reflect = [rows](const double* v, double scale, double* column, int64_t from) {
    double dot = 0;
    for (int64_t i = from; i < rows; ++i) dot += v[i] * column[i];
    for (int64_t i = from; i < rows; ++i) column[i] -= scale * dot * v[i];
  };
  for (int64_t k = 0; k < columns; ++k) {
    double* const v = data + k * rows;
    double norm = 0;
    for (int64_t i = k; i < rows; ++i) norm += v[i] * v[i];
    norm = std::sqrt(norm);
    const double beta = v[k] > 0 ? -norm : norm;
    diagonal[k] = beta;
    v[k] -= beta;
    double square = 0;
    for (int64_t i = k; i < rows; ++i) square += v[i] * v[i];
    scales[k] = square > 0 ? 2 / square : 0;
    for (int64_t j = k + 1; j < columns; ++j) reflect(v, scales[k], data + j * rows, k);
  }
  Tensor result = relume::zeros({columns, rows}, kDouble);
  auto* const q = result.data_ptr<double>();
  for (int64_t j = 0; j < columns; ++j) {
    double* const column = q + j * rows;
    column[j] = diagonal[j] < 0 ? -1 : 1;
    for (int64_t k = std::min(columns, rows) - 1; k >= 0; --k) reflect(data + k * rows, scales[k], column, k);
  }
  return result.t();
}

}  // namespace

Tensor init::orthogonal_(Tensor tensor, double gain, const std::optional<Generator>& generator) {
  const NoGradGuard no_grad;
  check<ValueError>(tensor.dim() >= 2, "Only tensors with 2 or more dimensions are supported");
  if (tensor.numel() == 0) return tensor;
  const int64_t rows = tensor.size(0), columns = tensor.numel() / rows;
  const Tensor flat = relume::empty({rows, columns}, tensor.options()).normal_(0, 1, generator);
  const Tensor q = rows < columns ? orthonormal_columns(flat.t()).t() : orthonormal_columns(flat);
  tensor.copy_(q.to(tensor.scalar_type()).reshape(tensor.sizes()));
  return tensor.mul_(gain);
}

Tensor init::sparse_(Tensor tensor, double sparsity, double std) {
  const NoGradGuard no_grad;
  check<ValueError>(tensor.dim() == 2, "Only tensors with 2 dimensions are supported");
  const int64_t rows = tensor.size(0), columns = tensor.size(1);
  const auto zeros = static_cast<int64_t>(std::ceil(sparsity * static_cast<double>(rows)));
  tensor.normal_(0, std);
  for (int64_t column = 0; column < columns; ++column) {
    const Tensor chosen = relume::randperm(rows).narrow(0, 0, zeros);
    tensor.select(1, column).index_fill_(0, chosen, 0);
  }
  return tensor;
}

Tensor init::xavier_uniform_(Tensor tensor, double gain) {
  const auto [fan_in, fan_out] = _calculate_fan_in_and_fan_out(tensor);
  const double std = gain * std::sqrt(2.0 / static_cast<double>(fan_in + fan_out));
  const double bound = std::sqrt(3.0) * std;
  return uniform_(std::move(tensor), -bound, bound);
}

Tensor init::xavier_normal_(Tensor tensor, double gain) {
  const auto [fan_in, fan_out] = _calculate_fan_in_and_fan_out(tensor);
  return normal_(std::move(tensor), 0, gain * std::sqrt(2.0 / static_cast<double>(fan_in + fan_out)));
}

namespace {

double kaiming_std(const Tensor& tensor, double a, init::FanModeType mode, init::NonlinearityType nonlinearity) {
  const auto [fan_in, fan_out] = init::_calculate_fan_in_and_fan_out(tensor);
  const int64_t fan = Name(mode) == Name::FanIn ? fan_in : fan_out;
  return init::calculate_gain(nonlinearity, a) / std::sqrt(static_cast<double>(fan));
}

}  // namespace

Tensor init::kaiming_uniform_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  if (tensor.numel() == 0) return tensor;
  const double bound = std::sqrt(3.0) * kaiming_std(tensor, a, mode, nonlinearity);
  return uniform_(std::move(tensor), -bound, bound);
}

Tensor init::kaiming_normal_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  if (tensor.numel() == 0) return tensor;
  const double std = kaiming_std(tensor, a, mode, nonlinearity);
  return normal_(std::move(tensor), 0, std);
}

void detail::reset_weight_and_bias(const Tensor& weight, const Tensor& bias) {
  // A slope of sqrt(5) makes the bound 1 / sqrt(fan_in), by way of PyTorch's rounding.
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined()) return;
  const auto fan_in = std::get<0>(init::_calculate_fan_in_and_fan_out(weight));
  if (fan_in == 0) return;
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  init::uniform_(bias, -bound, bound);
}

}  // namespace relume::nn
