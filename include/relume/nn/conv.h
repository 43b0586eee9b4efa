// Convolutions and transposed convolutions of one to three dimensions.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

using PaddingMode = enumtype::Choice<enumtype::Name::Zeros, enumtype::Name::Reflect, enumtype::Name::Replicate,
                                     enumtype::Name::Circular>;

// Zeros on either side, a number a dimension; or kSame, as many as keep the size; or kValid, none.
template <size_t D>
class ConvPadding : public std::variant<ExpandingArray<D>, enumtype::kValid, enumtype::kSame> {
  using Base = std::variant<ExpandingArray<D>, enumtype::kValid, enumtype::kSame>;

 public:
  using Base::Base;
  ConvPadding(const Base& padding) : Base(padding) {}                                      // NOLINT: implicit
  ConvPadding(int64_t amount) : Base(ExpandingArray<D>(amount)) {}                         // NOLINT
  ConvPadding(std::initializer_list<int64_t> amount) : Base(ExpandingArray<D>(amount)) {}  // NOLINT
  ConvPadding(const std::vector<int64_t>& amount) : Base(ExpandingArray<D>(amount)) {}     // NOLINT
  ConvPadding(IntArrayRef amount) : Base(ExpandingArray<D>(amount)) {}                     // NOLINT
  bool is_same() const { return std::holds_alternative<enumtype::kSame>(*this); }
  bool is_valid() const { return std::holds_alternative<enumtype::kValid>(*this); }
  ExpandingArray<D> amount() const { return is_same() || is_valid() ? 0 : std::get<0>(*this); }
};

template <size_t D>
class ConvOptions {
 public:
  using padding_t = ConvPadding<D>;
  using padding_mode_t = PaddingMode;
  ConvOptions(int64_t in_channels, int64_t out_channels, ExpandingArray<D> kernel_size)
      : in_channels_(in_channels), out_channels_(out_channels), kernel_size_(kernel_size) {}
  RELUME_ARG(int64_t, in_channels);
  RELUME_ARG(int64_t, out_channels);
  RELUME_ARG(ExpandingArray<D>, kernel_size);
  RELUME_ARG(ExpandingArray<D>, stride) = 1;
  RELUME_ARG(padding_t, padding) = 0;
  RELUME_ARG(ExpandingArray<D>, dilation) = 1;
  RELUME_ARG(int64_t, groups) = 1;
  RELUME_ARG(bool, bias) = true;
  RELUME_ARG(padding_mode_t, padding_mode) = kZeros;
};
using Conv1dOptions = ConvOptions<1>;
using Conv2dOptions = ConvOptions<2>;
using Conv3dOptions = ConvOptions<3>;

template <size_t D>
class ConvTransposeOptions {
 public:
  using padding_mode_t = PaddingMode;
  ConvTransposeOptions(int64_t in_channels, int64_t out_channels, ExpandingArray<D> kernel_size)
      : in_channels_(in_channels), out_channels_(out_channels), kernel_size_(kernel_size) {}
  RELUME_ARG(int64_t, in_channels);
  RELUME_ARG(int64_t, out_channels);
  RELUME_ARG(ExpandingArray<D>, kernel_size);
  RELUME_ARG(ExpandingArray<D>, stride) = 1;
  RELUME_ARG(ExpandingArray<D>, padding) = 0;
  RELUME_ARG(ExpandingArray<D>, output_padding) = 0;
  RELUME_ARG(int64_t, groups) = 1;
  RELUME_ARG(bool, bias) = true;
  RELUME_ARG(ExpandingArray<D>, dilation) = 1;
  RELUME_ARG(padding_mode_t, padding_mode) = kZeros;
};
using ConvTranspose1dOptions = ConvTransposeOptions<1>;
using ConvTranspose2dOptions = ConvTransposeOptions<2>;
using ConvTranspose3dOptions = ConvTransposeOptions<3>;

namespace detail {

template <size_t D>
class RELUME_API ConvBase : public Module {
 public:
  explicit ConvBase(const ConvOptions<D>& options_);
  virtual void reset();
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  ConvOptions<D> options;
  Tensor weight, bias;
};

template <size_t D>
class RELUME_API ConvTransposeBase : public Module {
 public:
  explicit ConvTransposeBase(const ConvTransposeOptions<D>& options_);
  virtual void reset();
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  // `output_size` chooses among the sizes that the stride allows.
  Tensor forward(const Tensor& input, const OptionalIntArrayRef& output_size = {});
  ConvTransposeOptions<D> options;
  Tensor weight, bias;
};

}  // namespace detail

// Cross-correlation with a weight [out_channels, in_channels / groups, kernel...], plus a bias.
// [N, in_channels, size...] or [in_channels, size...] -> the same with out_channels and, in each dimension,
// floor((size + 2 padding - dilation (kernel - 1) - 1) / stride + 1).
#define RELUME_CONV_MODULE(Name, Base, D)                                                 \
  class RELUME_API Name##Impl : public Cloneable<Name##Impl, detail::Base<D>> {           \
   public:                                                                                \
    Name##Impl(int64_t in_channels, int64_t out_channels, ExpandingArray<D> kernel_size); \
    explicit Name##Impl(const Name##Options& options_);                                   \
    void reset() override;                                                                \
  };                                                                                      \
  using Name = ModuleHolder<Name##Impl>
RELUME_CONV_MODULE(Conv1d, ConvBase, 1);
RELUME_CONV_MODULE(Conv2d, ConvBase, 2);
RELUME_CONV_MODULE(Conv3d, ConvBase, 3);
// The gradient of a convolution with respect to its input, as a layer: in each dimension the size becomes
// (size - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1.
RELUME_CONV_MODULE(ConvTranspose1d, ConvTransposeBase, 1);
RELUME_CONV_MODULE(ConvTranspose2d, ConvTransposeBase, 2);
RELUME_CONV_MODULE(ConvTranspose3d, ConvTransposeBase, 3);
#undef RELUME_CONV_MODULE

}  // namespace nn
}  // namespace relume
