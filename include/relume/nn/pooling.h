// Pooling: the largest value or the mean of windows.
#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include "relume/maybe.h"
#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

template <size_t D>
class MaxPoolOptions {
 public:
  MaxPoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}  // NOLINT
  RELUME_ARG(ExpandingArray<D>, kernel_size);
  RELUME_ARG(ExpandingArray<D>, stride);
  RELUME_ARG(ExpandingArray<D>, padding) = 0;
  RELUME_ARG(ExpandingArray<D>, dilation) = 1;
  RELUME_ARG(bool, ceil_mode) = false;
};
using MaxPool1dOptions = MaxPoolOptions<1>;
using MaxPool2dOptions = MaxPoolOptions<2>;
using MaxPool3dOptions = MaxPoolOptions<3>;

template <size_t D>
class AvgPoolOptions {
 public:
  AvgPoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}  // NOLINT
  RELUME_ARG(ExpandingArray<D>, kernel_size);
  RELUME_ARG(ExpandingArray<D>, stride);
  RELUME_ARG(ExpandingArray<D>, padding) = 0;
  RELUME_ARG(bool, ceil_mode) = false;
  RELUME_ARG(bool, count_include_pad) = true;
  RELUME_ARG(std::optional<int64_t>, divisor_override) = {};
};
using AvgPool1dOptions = AvgPoolOptions<1>;
using AvgPool2dOptions = AvgPoolOptions<2>;
using AvgPool3dOptions = AvgPoolOptions<3>;

// An output size; std::nullopt keeps that of the input.
template <class Size>
class AdaptivePoolOptions {
 public:
  AdaptivePoolOptions(Size output_size) : output_size_(output_size) {}  // NOLINT
  RELUME_ARG(Size, output_size);
};
using AdaptiveAvgPool1dOptions = AdaptivePoolOptions<ExpandingArray<1>>;
using AdaptiveAvgPool2dOptions = AdaptivePoolOptions<ExpandingArrayWithOptionalElem<2>>;
using AdaptiveAvgPool3dOptions = AdaptivePoolOptions<ExpandingArrayWithOptionalElem<3>>;
using AdaptiveMaxPool1dOptions = AdaptiveAvgPool1dOptions;
using AdaptiveMaxPool2dOptions = AdaptiveAvgPool2dOptions;
using AdaptiveMaxPool3dOptions = AdaptiveAvgPool3dOptions;

template <size_t D>
class MaxUnpoolOptions {
 public:
  MaxUnpoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}  // NOLINT
  RELUME_ARG(ExpandingArray<D>, kernel_size);
  RELUME_ARG(ExpandingArray<D>, stride);
  RELUME_ARG(ExpandingArray<D>, padding) = 0;
};
using MaxUnpool1dOptions = MaxUnpoolOptions<1>;
using MaxUnpool2dOptions = MaxUnpoolOptions<2>;
using MaxUnpool3dOptions = MaxUnpoolOptions<3>;

template <size_t D>
class FractionalMaxPoolOptions {
 public:
  using ExpandingArrayDouble = ExpandingArray<D, double>;
  FractionalMaxPoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size) {}  // NOLINT
  RELUME_ARG(ExpandingArray<D>, kernel_size);
  RELUME_ARG(relume::detail::Maybe<ExpandingArray<D>>, output_size) = {};
  RELUME_ARG(relume::detail::Maybe<ExpandingArrayDouble>, output_ratio) = {};
  RELUME_ARG(Tensor, _random_samples) = {};
};
using FractionalMaxPool2dOptions = FractionalMaxPoolOptions<2>;
using FractionalMaxPool3dOptions = FractionalMaxPoolOptions<3>;

// The largest value of each window. forward_with_indices also gives where it stood in its plane.
#define RELUME_MAX_POOL_MODULE(Name, Size)                                \
  class RELUME_API Name##Impl : public Cloneable<Name##Impl> {            \
   public:                                                                \
    explicit Name##Impl(Size size);                                       \
    explicit Name##Impl(const Name##Options& options_);                   \
    void reset() override;                                                \
    void pretty_print(std::ostream& stream) const override;               \
    Tensor forward(const Tensor& input);                                  \
    std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input); \
    Name##Options options;                                                \
  };                                                                      \
  using Name = ModuleHolder<Name##Impl>
RELUME_MAX_POOL_MODULE(MaxPool1d, ExpandingArray<1>);
RELUME_MAX_POOL_MODULE(MaxPool2d, ExpandingArray<2>);
RELUME_MAX_POOL_MODULE(MaxPool3d, ExpandingArray<3>);
// The same with windows that divide the input into output_size parts.
RELUME_MAX_POOL_MODULE(AdaptiveMaxPool1d, ExpandingArray<1>);
RELUME_MAX_POOL_MODULE(AdaptiveMaxPool2d, ExpandingArrayWithOptionalElem<2>);
RELUME_MAX_POOL_MODULE(AdaptiveMaxPool3d, ExpandingArrayWithOptionalElem<3>);
// The same with windows at places that are drawn anew at each call, unless the options have _random_samples.
RELUME_MAX_POOL_MODULE(FractionalMaxPool2d, ExpandingArray<2>);
RELUME_MAX_POOL_MODULE(FractionalMaxPool3d, ExpandingArray<3>);
#undef RELUME_MAX_POOL_MODULE

// The values of a max pooling put back to where its indices say, among zeros. output_size chooses among the sizes that
// the pooling may have had before it.
#define RELUME_MAX_UNPOOL_MODULE(Name, D)                                                \
  class RELUME_API Name##Impl : public Cloneable<Name##Impl> {                           \
   public:                                                                               \
    explicit Name##Impl(ExpandingArray<D> kernel_size);                                  \
    explicit Name##Impl(const Name##Options& options_);                                  \
    void reset() override;                                                               \
    void pretty_print(std::ostream& stream) const override;                              \
    Tensor forward(const Tensor& input, const Tensor& indices,                           \
                   const relume::detail::Maybe<std::vector<int64_t>>& output_size = {}); \
    Name##Options options;                                                               \
  };                                                                                     \
  using Name = ModuleHolder<Name##Impl>
RELUME_MAX_UNPOOL_MODULE(MaxUnpool1d, 1);
RELUME_MAX_UNPOOL_MODULE(MaxUnpool2d, 2);
RELUME_MAX_UNPOOL_MODULE(MaxUnpool3d, 3);
#undef RELUME_MAX_UNPOOL_MODULE

// The mean of each window.
RELUME_STATELESS_MODULE(AvgPool1d, (const Tensor& input), ExpandingArray<1> kernel_size);
RELUME_STATELESS_MODULE(AvgPool2d, (const Tensor& input), ExpandingArray<2> kernel_size);
RELUME_STATELESS_MODULE(AvgPool3d, (const Tensor& input), ExpandingArray<3> kernel_size);
RELUME_STATELESS_MODULE(AdaptiveAvgPool1d, (const Tensor& input), ExpandingArray<1> output_size);
RELUME_STATELESS_MODULE(AdaptiveAvgPool2d, (const Tensor& input), ExpandingArrayWithOptionalElem<2> output_size);
RELUME_STATELESS_MODULE(AdaptiveAvgPool3d, (const Tensor& input), ExpandingArrayWithOptionalElem<3> output_size);

}  // namespace nn
}  // namespace relume
