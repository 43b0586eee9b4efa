// Batch, instance, layer and group norm as modules and as functions with options.
#include "relume/nn/norm.h"

#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "relume/autograd.h"
#include "relume/nn/functional.h"
#include "relume/nn/init.h"
#include "relume/ops.h"
#include "relume/out.h"

namespace relume::nn {
namespace {

// The statistics of one value would be that value and zero.
void check_several_values(const Tensor& input) {
  int64_t count = input.dim() > 0 ? input.size(0) : 1;
  for (int64_t d = 2; d < input.dim(); ++d) count *= input.size(d);
  check<ValueError>(count != 1, "Expected more than 1 value per channel when training, got input size {}",
                    input.sizes());
}

}  // namespace

namespace detail {

template <class Options>
NormBase<Options>::NormBase(const Options& options_) : options(options_) {}

template <class Options>
void NormBase<Options>::reset() {
  const DimVector sizes{options.num_features()};
  weight = register_parameter("weight", options.affine() ? relume::empty(sizes) : Tensor());
  bias = register_parameter("bias", options.affine() ? relume::empty(sizes) : Tensor());
  const bool tracks = options.track_running_stats();
  running_mean = register_buffer("running_mean", tracks ? relume::zeros(sizes) : Tensor());
  running_var = register_buffer("running_var", tracks ? relume::ones(sizes) : Tensor());
  num_batches_tracked = register_buffer("num_batches_tracked", tracks ? relume::zeros({}, kLong) : Tensor());
  reset_parameters();
}

template <class Options>
void NormBase<Options>::reset_running_stats() {
  if (!options.track_running_stats()) return;
  running_mean.zero_();
  running_var.fill_(1);
  num_batches_tracked.zero_();
}

template <class Options>
void NormBase<Options>::reset_parameters() {
  reset_running_stats();
  if (!options.affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

template <class Options>
Tensor NormBase<Options>::batch_norm(const Tensor& input) {
  double factor = 0;
  if constexpr (std::is_same_v<Options, BatchNormOptions>) {
    factor = options.momentum().value_or(0);
    if (is_training() && num_batches_tracked.defined()) {
      const NoGradGuard no_grad;
      num_batches_tracked.add_(1);
      // Without a momentum the running statistics are the mean over all batches.
      if (!options.momentum()) factor = 1.0 / num_batches_tracked.template item<double>();
    }
  }
  const bool from_batch = is_training() || !running_mean.defined();
  if (from_batch) check_several_values(input);
  return relume::batch_norm(input, weight, bias, running_mean, running_var, from_batch, factor, options.eps());
}

template <class Options>
Tensor NormBase<Options>::instance_norm(const Tensor& input, int64_t rank_without_batch) {
  const bool from_input = is_training() || !options.track_running_stats();
  const bool batched = input.dim() != rank_without_batch;
  double momentum = 0;
  if constexpr (std::is_same_v<Options, InstanceNormOptions>) momentum = options.momentum();
  const Tensor result = relume::instance_norm(batched ? input : input.unsqueeze(0), weight, bias, running_mean,
                                              running_var, from_input, momentum, options.eps());
  return batched ? result : result.squeeze(0);
}

template <class Options>
void NormBase<Options>::print(std::ostream& stream, const char* name) const {
  OptionsPrinter(stream, name)
      .add(options.num_features())
      .add("eps", options.eps())
      .add("momentum", options.momentum())
      .add("affine", options.affine())
      .add("track_running_stats", options.track_running_stats());
}

template class NormBase<BatchNormOptions>;
template class NormBase<InstanceNormOptions>;

namespace {

void check_rank(const Tensor& input, int64_t first, int64_t second) {
  const int64_t rank = input.dim();
  if (first == second)
    check<ValueError>(rank == first, "expected {}D input (got {}D input)", first, rank);
  else
    check<ValueError>(rank == first || rank == second, "expected {}D or {}D input (got {}D input)", first, second,
                      rank);
}

}  // namespace
}  // namespace detail

#define RELUME_NORM(Name, first, second, compute)                                                      \
  Name##Impl::Name##Impl(int64_t num_features) : Name##Impl(Name##Options(num_features)) {}            \
  Name##Impl::Name##Impl(const Name##Options& options_) : Cloneable(options_) { Name##Impl::reset(); } \
  void Name##Impl::reset() { NormBase::reset(); }                                                      \
  void Name##Impl::pretty_print(std::ostream& stream) const { print(stream, #Name); }                  \
  Tensor Name##Impl::forward(const Tensor& input) {                                                    \
    detail::check_rank(input, first, second);                                                          \
    return compute;                                                                                    \
  }
RELUME_NORM(BatchNorm1d, 2, 3, batch_norm(input))
RELUME_NORM(BatchNorm2d, 4, 4, batch_norm(input))
RELUME_NORM(BatchNorm3d, 5, 5, batch_norm(input))
RELUME_NORM(InstanceNorm1d, 2, 3, instance_norm(input, 2))
RELUME_NORM(InstanceNorm2d, 3, 4, instance_norm(input, 3))
RELUME_NORM(InstanceNorm3d, 4, 5, instance_norm(input, 4))
#undef RELUME_NORM

LayerNormImpl::LayerNormImpl(std::vector<int64_t> normalized_shape)
    : LayerNormImpl(LayerNormOptions(std::move(normalized_shape))) {}
LayerNormImpl::LayerNormImpl(LayerNormOptions options_) : options(std::move(options_)) { LayerNormImpl::reset(); }

void LayerNormImpl::reset() {
  const bool affine = options.elementwise_affine();
  weight = register_parameter("weight", affine ? relume::empty(options.normalized_shape()) : Tensor());
  bias = register_parameter("bias", affine && options.bias() ? relume::empty(options.normalized_shape()) : Tensor());
  reset_parameters();
}

void LayerNormImpl::reset_parameters() {
  if (weight.defined()) init::ones_(weight);
  if (bias.defined()) init::zeros_(bias);
}

void LayerNormImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter printer(stream, "LayerNorm");
  printer.add(IntArrayRef(options.normalized_shape())).add("eps", options.eps());
  printer.add("elementwise_affine", options.elementwise_affine());
  printer.add_unless(options.bias(), "bias", options.bias());
}

Tensor LayerNormImpl::forward(const Tensor& input) {
  return relume::layer_norm(input, options.normalized_shape(), weight, bias, options.eps());
}

GroupNormImpl::GroupNormImpl(int64_t num_groups, int64_t num_channels)
    : GroupNormImpl(GroupNormOptions(num_groups, num_channels)) {}
GroupNormImpl::GroupNormImpl(const GroupNormOptions& options_) : options(options_) { GroupNormImpl::reset(); }

void GroupNormImpl::reset() {
  check<ValueError>(options.num_groups() > 0 && options.num_channels() % options.num_groups() == 0,
                    "num_channels must be divisible by num_groups");
  const DimVector sizes{options.num_channels()};
  weight = register_parameter("weight", options.affine() ? relume::empty(sizes) : Tensor());
  bias = register_parameter("bias", options.affine() ? relume::empty(sizes) : Tensor());
  reset_parameters();
}

void GroupNormImpl::reset_parameters() {
  if (!options.affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

void GroupNormImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter(stream, "GroupNorm")
      .add(options.num_groups())
      .add(options.num_channels())
      .add("eps", options.eps())
      .add("affine", options.affine());
}

Tensor GroupNormImpl::forward(const Tensor& input) {
  return relume::group_norm(input, options.num_groups(), weight, bias, options.eps());
}

// Functions.

Tensor functional::batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                              const BatchNormFuncOptions& options) {
  check(options.momentum().has_value(), "Expected momentum to be a double, but it doesn't have a value");
  if (options.training()) check_several_values(input);
  return relume::batch_norm(input, options.weight(), options.bias(), running_mean, running_var, options.training(),
                            *options.momentum(), options.eps());
}

Tensor functional::instance_norm(const Tensor& input, const InstanceNormFuncOptions& options) {
  return relume::instance_norm(input, options.weight(), options.bias(), options.running_mean(), options.running_var(),
                               options.use_input_stats(), options.momentum(), options.eps());
}

Tensor functional::layer_norm(const Tensor& input, const LayerNormFuncOptions& options) {
  return relume::layer_norm(input, options.normalized_shape(), options.weight(), options.bias(), options.eps());
}

Tensor functional::group_norm(const Tensor& input, const GroupNormFuncOptions& options) {
  return relume::group_norm(input, options.num_groups(), options.weight(), options.bias(), options.eps());
}

Tensor functional::normalize(const Tensor& input, const NormalizeFuncOptions& options) {
  const Tensor norm = input.norm(options.p(), {options.dim()}, true).clamp_min(options.eps());
  const Tensor result = input / norm.expand_as(input);
  if (!options.out()) return result;
  Tensor out = *options.out();
  return write_out("div", out, result);
}

Tensor functional::cosine_similarity(const Tensor& x1, const Tensor& x2, const CosineSimilarityFuncOptions& options) {
  return relume::cosine_similarity(x1, x2, options.dim(), options.eps());
}

Tensor functional::pairwise_distance(const Tensor& x1, const Tensor& x2, const PairwiseDistanceFuncOptions& options) {
  return relume::pairwise_distance(x1, x2, options.p(), options.eps(), options.keepdim());
}

}  // namespace relume::nn
