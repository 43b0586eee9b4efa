// Batch, layer, group and instance normalisation. A backward that is itself to be differentiated is written out in
// ops; else kernels do it.
#include <fmt/ranges.h>

#include <cmath>

#include "autograd/record.h"
#include "kernels/norm.h"
#include "ops/composed.h"
#include "ops/methods.h"
#include "ops/spatial.h"

namespace relume {
namespace {

// What there is one of a channel, row or column has this type in the kernels.
ScalarType statistic_dtype(ScalarType dtype) { return dtype == kDouble ? kDouble : kFloat; }

// A parameter as the kernels want it; undefined stays undefined.
Tensor as_statistic(const Tensor& parameter, ScalarType dtype) {
  return parameter.defined() ? parameter.to(statistic_dtype(dtype)).contiguous() : parameter;
}

void* data_of(const Tensor& tensor) { return tensor.defined() ? tensor.data_ptr() : nullptr; }

// Parameters have the input's dtype, or are float32 beside an input of half type.
void check_parameter_dtype(const Tensor& input, const Tensor& parameter) {
  if (!parameter.defined() || parameter.scalar_type() == input.scalar_type()) return;
  check(is_reduced_floating_point(input.scalar_type()), "mixed dtype (CPU): all inputs must share same datatype.");
  check(parameter.scalar_type() == kFloat, "mixed dtype (CPU): expect parameter to have scalar type of Float");
}

// 1 / sqrt(variance + eps), formed in float64.
Tensor inverse_deviation(const Tensor& variance, double eps) {
  return (variance.to(kDouble) + eps).rsqrt().to(variance.scalar_type());
}

// x and a gradient of its normalised form in terms of ops: what the written-out backward passes share.
struct Normalized {
  Tensor x, inverse;  // x normalised; one over its deviation
  DimVector dims;     // over which it was normalised

  // Statistics from x itself.
  static Normalized of(const Tensor& x, DimVector dims, double eps) {
    const Tensor centered = x - x.mean(dims, /*keepdim=*/true);
    const Tensor inverse = ((centered * centered).mean(dims, /*keepdim=*/true) + eps).rsqrt();
    return {centered * inverse, inverse, dims};
  }

  Tensor input_gradient(const Tensor& grad) const {
    return inverse * (grad - grad.mean(dims, /*keepdim=*/true) - x * (grad * x).mean(dims, /*keepdim=*/true));
  }
};

// ---- Batch normalisation -----------------------------------------------------------------------------------------

cpu::BatchNorm describe(const Tensor& x, cpu::Layout layout) {
  cpu::BatchNorm norm;
  norm.dtype = x.scalar_type();
  norm.batch = x.size(0);
  norm.channels = x.size(1);
  for (int64_t d = 2; d < x.dim(); ++d) norm.pixels *= x.size(d);
  norm.layout = layout;
  return norm;
}

// All dimensions but that of the channels.
DimVector other_dims(const Tensor& tensor) {
  DimVector dims = {0};
  for (int64_t d = 2; d < tensor.dim(); ++d) dims.push_back(d);
  return dims;
}

// A value a channel, shaped to broadcast to an activation.
Tensor per_channel(const Tensor& values, int64_t rank) {
  DimVector sizes(static_cast<size_t>(rank), 1);
  sizes[1] = values.numel();
  return values.reshape(sizes);
}

// running = (1 - momentum) running + momentum value, formed in float64.
void update_running(const Tensor& running, const Tensor& value, double momentum, double factor) {
  if (!running.defined()) return;
  running.detach().copy_(running.to(kDouble) * (1 - momentum) + value.to(kDouble) * (momentum * factor));
}

struct BatchStatistics {
  Tensor mean, inverse;
};

// The gradients of batch normalisation in terms of ops.
void batch_norm_backward_of_ops(Backward& run, bool training, double eps) {
  const Tensor x = run.saved(0), weight = run.saved(1), grad = run.grad();
  const DimVector dims = other_dims(x);
  const Tensor mean = per_channel(run.saved(2), x.dim()), inverse = per_channel(run.saved(3), x.dim());
  const Normalized normal = training ? Normalized::of(x, dims, eps) : Normalized{(x - mean) * inverse, inverse, dims};
  const Tensor weighted = weight.defined() ? grad * per_channel(weight, x.dim()) : grad;
  if (run.needs(0)) run.set(0, training ? normal.input_gradient(weighted) : weighted * inverse);
  if (run.needs(1)) run.set(1, (grad * normal.x).sum(dims));
  if (run.needs(2)) run.set(2, grad.sum(dims));
}

void batch_norm_backward_of_kernels(Backward& run, bool training) {
  const Tensor input = run.saved(0), mean = run.saved(2), inverse = run.saved(3);
  const DenseActivation x(input);
  const cpu::BatchNorm norm = describe(input, x.layout());
  const Tensor grad_y = run.take_grad();
  const bool replaces = may_overwrite(grad_y) && grad_y.scalar_type() == norm.dtype && form_of(grad_y) == x.form();
  const DenseActivation grad(grad_y, norm.layout);
  const Tensor weight = as_statistic(run.saved(1), norm.dtype);
  Tensor results[3];
  if (run.needs(0)) results[0] = replaces ? grad_y : make_activation(input.sizes(), norm.dtype, x.form());
  for (size_t i : {1, 2})
    if (run.needs(i)) results[i] = make_tensor({norm.channels}, mean.scalar_type());
  void* const grad_x = run.needs(0) ? DenseActivation(results[0], norm.layout).data() : nullptr;
  cpu::batch_norm_backward(norm, training, grad.data(), x.data(), mean.data_ptr(), inverse.data_ptr(), data_of(weight),
                           {grad_x, data_of(results[1]), data_of(results[2])});
  for (size_t i = 0; i < 3; ++i)
    if (run.needs(i)) run.set(i, results[i]);
}

void check_batch_norm(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                      const Tensor& running_var, bool training) {
  check<IndexError>(impl_of(input, "batch_norm").dim() >= 2,
                    "batch_norm: expected an input of at least 2 dimensions, got {}-D {}", input.dim(), input.sizes());
  check(training || running_mean.defined(), "running_mean must be defined in evaluation mode");
  check(training || running_var.defined(), "running_var must be defined in evaluation mode");
  const std::pair<const char*, const Tensor*> parameters[] = {
      {"running_mean", &running_mean}, {"running_var", &running_var}, {"weight", &weight}, {"bias", &bias}};
  for (const auto& [name, tensor] : parameters)
    check(!tensor->defined() || tensor->numel() == input.size(1), "{} should contain {} elements not {}", name,
          input.size(1), tensor->defined() ? tensor->numel() : 0);
  if (!is_floating_point(input.scalar_type())) fail_not_implemented("batch_norm", input.scalar_type());
  for (const auto& [name, tensor] : parameters) check_parameter_dtype(input, *tensor);
}

// Mean and deviation to normalise with; in training those of x, which also move the running ones.
BatchStatistics batch_statistics(const cpu::BatchNorm& norm, const DenseActivation& x, const Tensor& running_mean,
                                 const Tensor& running_var, bool training, double momentum, double eps) {
  const ScalarType dtype = statistic_dtype(norm.dtype);
  if (!training) return {running_mean.to(dtype).clone(), inverse_deviation(running_var.to(dtype), eps)};
  const Tensor mean = make_tensor({norm.channels}, dtype), variance = make_tensor({norm.channels}, dtype);
  cpu::batch_norm_moments(norm, x.data(), mean.data_ptr(), variance.data_ptr());
  const auto count = static_cast<double>(norm.batch * norm.pixels);
  update_running(running_mean, mean, momentum, 1);
  update_running(running_var, variance, momentum, count / (count - 1));  // unbiased
  return {mean, inverse_deviation(variance, eps)};
}

}  // namespace

// (x - mean) / sqrt(variance + eps) * weight + bias for each channel (dimension 1): in training with the mean and
// biased variance of the batch, which also move running_mean and running_var by `momentum`, else with those. Ioffe and
// Szegedy, 2015.
Tensor batch_norm(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                  const Tensor& running_var, bool training, double momentum, double eps, bool) {
  if (impl_of(input, "batch_norm").numel == 0) return input.clone();
  check_batch_norm(input, weight, bias, running_mean, running_var, training);
  Tensor result;
  BatchStatistics statistics;
  {
    const NoGradGuard unrecorded;
    const DenseActivation x(input);
    const cpu::BatchNorm norm = describe(input, x.layout());
    statistics = batch_statistics(norm, x, running_mean, running_var, training, momentum, eps);
    result = make_activation(input.sizes(), norm.dtype, x.form());
    const Tensor w = as_statistic(weight, norm.dtype), b = as_statistic(bias, norm.dtype);
    cpu::batch_norm_apply(norm, x.data(), statistics.mean.data_ptr(), statistics.inverse.data_ptr(), data_of(w),
                          data_of(b), DenseActivation(result, norm.layout).data());
  }
  return record("NativeBatchNormBackward0", std::move(result), {input, weight, bias},
                {input, weight, statistics.mean, statistics.inverse}, [training, eps](Backward& run) {
                  if (GradMode::is_enabled())
                    batch_norm_backward_of_ops(run, training, eps);
                  else
                    batch_norm_backward_of_kernels(run, training);
                });
}

// batch_norm of each image by itself. Ulyanov et al., 2016.
Tensor instance_norm(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                     const Tensor& running_var, bool use_input_stats, double momentum, double eps, bool) {
  check(use_input_stats || (running_mean.defined() && running_var.defined()),
        "Expected running_mean and running_var to be defined when use_input_stats is false");
  check(impl_of(input, "instance_norm").dim() >= 2,
        "instance_norm: expected an input of at least 2 dimensions, got {}-D {}", input.dim(), input.sizes());
  const int64_t batch = input.size(0), channels = input.size(1);
  const auto repeated = [batch](const Tensor& tensor) { return tensor.defined() ? tensor.repeat({batch}) : tensor; };
  DimVector sizes(input.sizes());
  sizes[0] = 1, sizes[1] = batch * channels;
  const Tensor mean = repeated(running_mean), var = repeated(running_var);
  const Tensor result = batch_norm(input.contiguous().view(sizes), repeated(weight), repeated(bias), mean, var,
                                   use_input_stats, momentum, eps);
  const NoGradGuard unrecorded;
  if (use_input_stats && running_mean.defined()) running_mean.detach().copy_(mean.view({batch, channels}).mean({0}));
  if (use_input_stats && running_var.defined()) running_var.detach().copy_(var.view({batch, channels}).mean({0}));
  const EnableGradGuard as_before;
  return result.view(input.sizes());
}

// ---- Layer normalisation -----------------------------------------------------------------------------------------

namespace {

cpu::LayerNorm describe(const Tensor& input, size_t normalized) {
  cpu::LayerNorm norm{input.scalar_type(), 1, 1};
  const size_t rank = input.sizes().size();
  for (size_t d = 0; d < rank; ++d) (d + normalized < rank ? norm.rows : norm.columns) *= input.sizes()[d];
  return norm;
}

DimVector last_dims(size_t count) {
  DimVector dims;
  for (size_t i = count; i > 0; --i) dims.push_back(-static_cast<int64_t>(i));
  return dims;
}

void check_layer_norm(const Tensor& input, IntArrayRef shape, const Tensor& weight, const Tensor& bias) {
  const IntArrayRef sizes = impl_of(input, "layer_norm").sizes;
  check(!shape.empty(),
        "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
        "normalized_shape = {}",
        shape);
  for (const auto& [name, tensor] : {std::pair("weight", &weight), std::pair("bias", &bias)})
    check(!tensor->defined() || tensor->sizes() == shape,
          "Expected {} to be of same shape as normalized_shape, but got {} of shape {} and normalized_shape = {}", name,
          name, tensor->defined() ? tensor->sizes() : IntArrayRef(), shape);
  const bool fits = sizes.size() >= shape.size() && sizes.slice(sizes.size() - shape.size()) == shape;
  const std::string list = to_string(shape);
  check(fits, "Given normalized_shape={}, expected input with shape [*, {}, but got input of size{}", shape,
        list.substr(1), sizes);
  if (!is_floating_point(input.scalar_type())) fail_not_implemented("LayerNormKernelImpl", input.scalar_type());
  check_parameter_dtype(input, weight);
  check_parameter_dtype(input, bias);
}

void layer_norm_backward_of_ops(Backward& run, size_t normalized, double eps) {
  const Tensor weight = run.saved(1), grad = run.grad();
  const Normalized normal = Normalized::of(run.saved(0), last_dims(normalized), eps);
  if (run.needs(0)) run.set(0, normal.input_gradient(weight.defined() ? grad * weight : grad));
  if (run.needs(1)) run.set(1, grad * normal.x);
  if (run.needs(2)) run.set(2, grad);
}

void layer_norm_backward_of_kernels(Backward& run, size_t normalized) {
  const Tensor x = run.saved(0).contiguous(), grad = run.grad().contiguous();
  const Tensor mean = run.saved(2), inverse = run.saved(3), weight = as_statistic(run.saved(1), x.scalar_type());
  const cpu::LayerNorm norm = describe(x, normalized);
  const IntArrayRef shape = x.sizes().slice(x.sizes().size() - normalized);
  Tensor results[3];
  if (run.needs(0)) results[0] = make_tensor(x.sizes(), norm.dtype);
  for (size_t i : {1, 2})
    if (run.needs(i)) results[i] = make_tensor(shape, mean.scalar_type());
  cpu::layer_norm_backward(norm, grad.data_ptr(), x.data_ptr(), mean.data_ptr(), inverse.data_ptr(), data_of(weight),
                           {data_of(results[0]), data_of(results[1]), data_of(results[2])});
  for (size_t i = 0; i < 3; ++i)
    if (run.needs(i)) run.set(i, results[i]);
}

}  // namespace

// (x - mean) / sqrt(variance + eps) * weight + bias, with the mean and biased variance over the last dimensions, which
// are of normalized_shape, as weight and bias are. Ba et al., 2016.
Tensor layer_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight, const Tensor& bias,
                  double eps, bool) {
  check_layer_norm(input, normalized_shape, weight, bias);
  const size_t normalized = normalized_shape.size();
  Tensor result, mean, inverse;
  {
    const NoGradGuard unrecorded;
    const Tensor x = input.contiguous();
    const cpu::LayerNorm norm = describe(x, normalized);
    result = make_tensor(x.sizes(), norm.dtype);
    mean = make_tensor({norm.rows}, statistic_dtype(norm.dtype));
    inverse = make_tensor({norm.rows}, statistic_dtype(norm.dtype));
    const Tensor w = as_statistic(weight, norm.dtype), b = as_statistic(bias, norm.dtype);
    cpu::layer_norm_forward(norm, eps, x.data_ptr(), data_of(w), data_of(b), result.data_ptr(), mean.data_ptr(),
                            inverse.data_ptr());
  }
  return record("NativeLayerNormBackward0", result, {input, weight, bias}, {input, weight, mean, inverse},
                [normalized, eps](Backward& run) {
                  if (GradMode::is_enabled())
                    layer_norm_backward_of_ops(run, normalized, eps);
                  else
                    layer_norm_backward_of_kernels(run, normalized);
                });
}

// ---- Group normalisation -----------------------------------------------------------------------------------------

namespace {

void check_group_norm(const Tensor& input, int64_t groups, const Tensor& weight, const Tensor& bias) {
  const IntArrayRef sizes = impl_of(input, "group_norm").sizes;
  check(sizes.size() >= 2, "Expected at least 2 dimensions for input tensor but received {}", sizes.size());
  check<ValueError>(groups > 0, "group_norm: expected a positive number of groups, got {}", groups);
  check(
      sizes[1] % groups == 0,
      "Expected number of channels in input to be divisible by num_groups, but got input of shape {} and num_groups={}",
      sizes, groups);
  for (const auto& [name, tensor] : {std::pair("weight", &weight), std::pair("bias", &bias)})
    check(!tensor->defined() || (tensor->dim() == 1 && tensor->numel() == sizes[1]),
          "Expected {} to be a vector of size equal to the number of channels in input, but got {} of shape {} and "
          "input of "
          "shape {}",
          name, name, tensor->defined() ? tensor->sizes() : IntArrayRef(), sizes);
  if (!is_floating_point(input.scalar_type())) fail_not_implemented("GroupNormKernelImpl", input.scalar_type());
  check_parameter_dtype(input, weight);
  check_parameter_dtype(input, bias);
}

// [batch, groups, the rest]: a group's elements side by side.
Tensor by_group(const Tensor& tensor, int64_t groups) { return tensor.reshape({tensor.size(0), groups, -1}); }

cpu::GroupNorm describe_groups(const Tensor& input, int64_t groups) {
  const int64_t batch = input.size(0), channels = input.size(1);
  return {statistic_dtype(input.scalar_type()), batch, groups, channels / groups, input.numel() / (batch * channels)};
}

Tensor group_norm_value(const Tensor& input, int64_t groups, const Tensor& weight, const Tensor& bias, double eps) {
  const NoGradGuard unrecorded;
  const ScalarType dtype = input.scalar_type();
  const cpu::GroupNorm norm = describe_groups(input, groups);
  const Tensor wide = as_statistic(input, dtype);
  const Tensor scale = as_statistic(weight, dtype), shift = as_statistic(bias, dtype);
  const Tensor result = make_tensor(input.sizes(), norm.dtype);
  cpu::group_norm_forward(norm, eps, wide.data_ptr(), data_of(scale), data_of(shift), result.data_ptr());
  return result.to(dtype);
}

void group_norm_backward_of_ops(Backward& run, int64_t groups, double eps) {
  const Tensor x = run.saved(0), weight = run.saved(1), grad = run.grad();
  const Normalized normal = Normalized::of(by_group(x, groups), {-1}, eps);
  const Tensor weighted = weight.defined() ? grad * per_channel(weight, x.dim()) : grad;
  if (run.needs(0)) run.set(0, normal.input_gradient(by_group(weighted, groups)).reshape(x.sizes()));
  if (run.needs(1)) run.set(1, (grad * normal.x.reshape(x.sizes())).sum(other_dims(x)));
  if (run.needs(2)) run.set(2, grad.sum(other_dims(x)));
}

void group_norm_backward_of_kernels(Backward& run, int64_t groups, double eps) {
  const Tensor input = run.saved(0);
  const ScalarType dtype = input.scalar_type();
  const cpu::GroupNorm norm = describe_groups(input, groups);
  const Tensor x = as_statistic(input, dtype), grad = as_statistic(run.grad(), dtype);
  const Tensor weight = as_statistic(run.saved(1), dtype);
  Tensor results[3];
  if (run.needs(0)) results[0] = make_tensor(input.sizes(), norm.dtype);
  for (size_t i : {1, 2})
    if (run.needs(i)) results[i] = make_tensor({input.size(1)}, norm.dtype);
  cpu::group_norm_backward(norm, eps, grad.data_ptr(), x.data_ptr(), data_of(weight),
                           {data_of(results[0]), data_of(results[1]), data_of(results[2])});
  for (size_t i = 0; i < 3; ++i)
    if (run.needs(i)) run.set(i, results[i]);
}

}  // namespace

// (x - mean) / sqrt(variance + eps) * weight + bias, with the mean and biased variance of each image's groups of
// channels; weight and bias are of a channel. Wu and He, 2018.
Tensor group_norm(const Tensor& input, int64_t num_groups, const Tensor& weight, const Tensor& bias, double eps, bool) {
  check_group_norm(input, num_groups, weight, bias);
  if (input.numel() == 0) {
    const Tensor scaled = weight.defined() ? input * per_channel(weight, input.dim()) : input.clone();
    const Tensor shifted = bias.defined() ? scaled + per_channel(bias, input.dim()) : scaled;
    return named("NativeGroupNormBackward0", shifted.to(input.scalar_type()));
  }
  return record("NativeGroupNormBackward0", group_norm_value(input, num_groups, weight, bias, eps),
                {input, weight, bias}, {input, weight}, [num_groups, eps](Backward& run) {
                  if (GradMode::is_enabled())
                    group_norm_backward_of_ops(run, num_groups, eps);
                  else
                    group_norm_backward_of_kernels(run, num_groups, eps);
                });
}

// x / sqrt(mean(x^2) + eps) * weight over the last dimensions, whose sizes are normalized_shape; eps is by default the
// dtype's (float32's for half types). Zhang and Sennrich, 2019.
Tensor rms_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight, std::optional<double> eps) {
  const IntArrayRef sizes = impl_of(input, "rms_norm").sizes;
  const size_t rank = normalized_shape.size();
  check(rank >= 1,
        "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
        "normalized_shape = {}",
        normalized_shape);
  check(!weight.defined() || weight.sizes() == normalized_shape,
        "Expected weight to be of same shape as normalized_shape, but got weight of shape {} and normalized_shape = {}",
        weight.defined() ? weight.sizes() : normalized_shape, normalized_shape);
  const bool fits = sizes.size() >= rank && IntArrayRef(sizes.data() + sizes.size() - rank, rank) == normalized_shape;
  check(fits, "Given normalized_shape={}, expected input with shape [*{}], but got input of size{}", normalized_shape,
        fmt::join(normalized_shape, ", "), sizes);
  const Tensor wide = is_reduced_floating_point(input.scalar_type()) ? input.to(kFloat) : input;
  const double added = eps.value_or(wide.scalar_type() == kDouble ? 0x1p-52 : 0x1p-23);
  DimVector dims;
  for (size_t d = rank; d > 0; --d) dims.push_back(-static_cast<int64_t>(d));
  const Tensor normalized = wide * rsqrt(square(wide).mean(dims, true) + added);
  return (weight.defined() ? normalized * weight : normalized).to(input.scalar_type());
}

}  // namespace relume
