// Normalisation: batch, instance, layer and group norm.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

class RELUME_API BatchNormOptions {
 public:
  BatchNormOptions(int64_t num_features) : num_features_(num_features) {}  // NOLINT: implicit, as in libtorch
  RELUME_ARG(int64_t, num_features);
  RELUME_ARG(double, eps) = 1e-5;
  // Weight of the new statistics in the running ones; without it these are the mean over all batches.
  RELUME_ARG(std::optional<double>, momentum) = 0.1;
  RELUME_ARG(bool, affine) = true;
  RELUME_ARG(bool, track_running_stats) = true;
};
using BatchNorm1dOptions = BatchNormOptions;
using BatchNorm2dOptions = BatchNormOptions;
using BatchNorm3dOptions = BatchNormOptions;

class RELUME_API InstanceNormOptions {
 public:
  InstanceNormOptions(int64_t num_features) : num_features_(num_features) {}  // NOLINT
  RELUME_ARG(int64_t, num_features);
  RELUME_ARG(double, eps) = 1e-5;
  RELUME_ARG(double, momentum) = 0.1;
  RELUME_ARG(bool, affine) = false;
  RELUME_ARG(bool, track_running_stats) = false;
};
using InstanceNorm1dOptions = InstanceNormOptions;
using InstanceNorm2dOptions = InstanceNormOptions;
using InstanceNorm3dOptions = InstanceNormOptions;

namespace detail {

// What batch and instance norm share: scale, shift and running statistics a channel.
template <class Options>
class RELUME_API NormBase : public Module {
 public:
  explicit NormBase(const Options& options_);
  virtual void reset();
  void reset_parameters();
  void reset_running_stats();
  Options options;
  Tensor weight, bias;
  Tensor running_mean, running_var, num_batches_tracked;

 protected:
  Tensor batch_norm(const Tensor& input);
  Tensor instance_norm(const Tensor& input, int64_t rank_without_batch);
  void print(std::ostream& stream, const char* name) const;
};

}  // namespace detail

// (x - mean) / sqrt(var + eps) * weight + bias, with the statistics of each channel over the batch in training, and the
// running ones in evaluation.  Ioffe and Szegedy, 2015.  [N, C], [N, C, L]; [N, C, H, W]; [N, C, D, H, W].
#define RELUME_NORM_MODULE(Name)                                                                \
  class RELUME_API Name##Impl : public Cloneable<Name##Impl, detail::NormBase<Name##Options>> { \
   public:                                                                                      \
    explicit Name##Impl(int64_t num_features);                                                  \
    explicit Name##Impl(const Name##Options& options_);                                         \
    void reset() override;                                                                      \
    void pretty_print(std::ostream& stream) const override;                                     \
    Tensor forward(const Tensor& input);                                                        \
  };                                                                                            \
  using Name = ModuleHolder<Name##Impl>
RELUME_NORM_MODULE(BatchNorm1d);
RELUME_NORM_MODULE(BatchNorm2d);
RELUME_NORM_MODULE(BatchNorm3d);
// The same with the statistics of each sample.  Ulyanov et al., 2016.
RELUME_NORM_MODULE(InstanceNorm1d);
RELUME_NORM_MODULE(InstanceNorm2d);
RELUME_NORM_MODULE(InstanceNorm3d);
#undef RELUME_NORM_MODULE

class LayerNormOptions {
 public:
  LayerNormOptions(std::vector<int64_t> normalized_shape) : normalized_shape_(std::move(normalized_shape)) {}  // NOLINT
  RELUME_ARG(std::vector<int64_t>, normalized_shape);
  RELUME_ARG(double, eps) = 1e-5;
  RELUME_ARG(bool, elementwise_affine) = true;
  RELUME_ARG(bool, bias) = true;
};
// Normalises over the last dimensions, which are normalized_shape.  Ba et al., 2016.
class RELUME_API LayerNormImpl : public Cloneable<LayerNormImpl> {
 public:
  explicit LayerNormImpl(std::vector<int64_t> normalized_shape);
  explicit LayerNormImpl(LayerNormOptions options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  LayerNormOptions options;
  Tensor weight, bias;
};
using LayerNorm = ModuleHolder<LayerNormImpl>;

class GroupNormOptions {
 public:
  GroupNormOptions(int64_t num_groups, int64_t num_channels) : num_groups_(num_groups), num_channels_(num_channels) {}
  RELUME_ARG(int64_t, num_groups);
  RELUME_ARG(int64_t, num_channels);
  RELUME_ARG(double, eps) = 1e-5;
  RELUME_ARG(bool, affine) = true;
};
// Normalises groups of channels of each sample.  Wu and He, 2018.
class RELUME_API GroupNormImpl : public Cloneable<GroupNormImpl> {
 public:
  GroupNormImpl(int64_t num_groups, int64_t num_channels);
  explicit GroupNormImpl(const GroupNormOptions& options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  GroupNormOptions options;
  Tensor weight, bias;
};
using GroupNorm = ModuleHolder<GroupNormImpl>;

}  // namespace nn
}  // namespace relume
