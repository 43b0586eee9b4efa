// nn::utils: clipping of gradients, and parameters as one vector.
#include "relume/nn/utils.h"

#include <cmath>

#include "core/check.h"
#include "relume/autograd.h"
#include "relume/ops.h"

namespace relume::nn::utils {
namespace {

std::vector<Tensor> gradients_of(const std::vector<Tensor>& parameters) {
  std::vector<Tensor> gradients;
  for (const Tensor& parameter : parameters)
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  return gradients;
}

}  // namespace

double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
  const NoGradGuard no_grad;
  const std::vector<Tensor> gradients = gradients_of(parameters);
  if (gradients.empty()) return 0;
  std::vector<Tensor> norms;
  for (const Tensor& gradient : gradients) norms.push_back(gradient.norm(norm_type));
  const Tensor total = norms.size() == 1 ? norms[0] : relume::stack(norms).norm(norm_type);
  const double norm = total.item<double>();
  check(!error_if_nonfinite || std::isfinite(norm),
        "The total norm of order {} for gradients from `parameters` is non-finite, so it cannot be clipped. To disable "
        "this error and scale the gradients with the non-finite norm anyway, set `error_if_nonfinite=false`",
        norm_type);
  const Tensor factor = (max_norm / (total + 1e-6)).clamp_max(1.0);
  // As in PyTorch, the product is taken also with a factor of 1: NaN spreads.
  for (Tensor gradient : gradients) gradient.mul_(factor);
  return norm;
}
double clip_grad_norm_(std::initializer_list<Tensor> parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
  return clip_grad_norm_(std::vector<Tensor>(parameters), max_norm, norm_type, error_if_nonfinite);
}
double clip_grad_norm_(Tensor parameter, double max_norm, double norm_type, bool error_if_nonfinite) {
  return clip_grad_norm_(std::vector<Tensor>{std::move(parameter)}, max_norm, norm_type, error_if_nonfinite);
}

void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value) {
  const NoGradGuard no_grad;
  for (Tensor gradient : gradients_of(parameters)) gradient.clamp_(-clip_value, clip_value);
}
void clip_grad_value_(std::initializer_list<Tensor> parameters, double clip_value) {
  clip_grad_value_(std::vector<Tensor>(parameters), clip_value);
}
void clip_grad_value_(Tensor parameter, double clip_value) {
  clip_grad_value_(std::vector<Tensor>{std::move(parameter)}, clip_value);
}

Tensor parameters_to_vector(const std::vector<Tensor>& parameters) {
  std::vector<Tensor> flat;
  for (const Tensor& parameter : parameters) flat.push_back(parameter.reshape({-1}));
  return relume::cat(flat);
}

void vector_to_parameters(const Tensor& vec, const std::vector<Tensor>& parameters) {
  int64_t at = 0;
  for (const Tensor& parameter : parameters) {
    check(at + parameter.numel() <= vec.numel(), "vector_to_parameters: expected {} numbers or more, got {}",
          at + parameter.numel(), vec.numel());
    parameter.set_data(vec.narrow(0, at, parameter.numel()).view_as(parameter).data());
    at += parameter.numel();
  }
}

}  // namespace relume::nn::utils
