// Images in other sizes and arrangements: Upsample, PixelShuffle, PixelUnshuffle, Fold, Unfold, LocalResponseNorm,
// LPPool.
#pragma once

#include <optional>
#include <vector>

#include "relume/maybe.h"
#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

class UpsampleOptions {
 public:
  using mode_t = enumtype::Choice<enumtype::Name::Nearest, enumtype::Name::Linear, enumtype::Name::Bilinear,
                                  enumtype::Name::Bicubic, enumtype::Name::Trilinear>;
  RELUME_ARG(relume::detail::Maybe<std::vector<int64_t>>, size) = {};
  RELUME_ARG(relume::detail::Maybe<std::vector<double>>, scale_factor) = {};
  RELUME_ARG(mode_t, mode) = kNearest;
  RELUME_ARG(std::optional<bool>, align_corners) = {};
};
// nn::functional::interpolate as a module.
class RELUME_API UpsampleImpl : public Cloneable<UpsampleImpl> {
 public:
  explicit UpsampleImpl(UpsampleOptions options_ = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
  UpsampleOptions options;
};
using Upsample = ModuleHolder<UpsampleImpl>;

class PixelShuffleOptions {
 public:
  PixelShuffleOptions(int64_t upscale_factor) : upscale_factor_(upscale_factor) {}  // NOLINT: implicit, as in libtorch
  RELUME_ARG(int64_t, upscale_factor);
};
class PixelUnshuffleOptions {
 public:
  PixelUnshuffleOptions(int64_t downscale_factor) : downscale_factor_(downscale_factor) {}  // NOLINT
  RELUME_ARG(int64_t, downscale_factor);
};
class FoldOptions {
 public:
  FoldOptions(ExpandingArray<2> output_size, ExpandingArray<2> kernel_size)
      : output_size_(output_size), kernel_size_(kernel_size) {}
  RELUME_ARG(ExpandingArray<2>, output_size);
  RELUME_ARG(ExpandingArray<2>, kernel_size);
  RELUME_ARG(ExpandingArray<2>, dilation) = 1;
  RELUME_ARG(ExpandingArray<2>, padding) = 0;
  RELUME_ARG(ExpandingArray<2>, stride) = 1;
};
class UnfoldOptions {
 public:
  UnfoldOptions(ExpandingArray<2> kernel_size) : kernel_size_(kernel_size) {}  // NOLINT
  RELUME_ARG(ExpandingArray<2>, kernel_size);
  RELUME_ARG(ExpandingArray<2>, dilation) = 1;
  RELUME_ARG(ExpandingArray<2>, padding) = 0;
  RELUME_ARG(ExpandingArray<2>, stride) = 1;
};
class LocalResponseNormOptions {
 public:
  LocalResponseNormOptions(int64_t size) : size_(size) {}  // NOLINT
  RELUME_ARG(int64_t, size);
  RELUME_ARG(double, alpha) = 1e-4;
  RELUME_ARG(double, beta) = 0.75;
  RELUME_ARG(double, k) = 1.;
};
class CrossMapLRN2dOptions {
 public:
  CrossMapLRN2dOptions(int64_t size) : size_(size) {}  // NOLINT
  RELUME_ARG(int64_t, size);
  RELUME_ARG(double, alpha) = 1e-4;
  RELUME_ARG(double, beta) = 0.75;
  RELUME_ARG(int64_t, k) = 1;
};
template <size_t D>
class LPPoolOptions {
 public:
  LPPoolOptions(double norm_type, ExpandingArray<D> kernel_size)
      : norm_type_(norm_type), kernel_size_(kernel_size), stride_(kernel_size) {}
  RELUME_ARG(double, norm_type);
  RELUME_ARG(ExpandingArray<D>, kernel_size);
  RELUME_ARG(ExpandingArray<D>, stride);
  RELUME_ARG(bool, ceil_mode) = false;
};
using LPPool1dOptions = LPPoolOptions<1>;
using LPPool2dOptions = LPPoolOptions<2>;
using LPPool3dOptions = LPPoolOptions<3>;

// nn/functional.h says what each computes.
RELUME_STATELESS_MODULE(PixelShuffle, (const Tensor& input), int64_t upscale_factor);
RELUME_STATELESS_MODULE(PixelUnshuffle, (const Tensor& input), int64_t downscale_factor);
RELUME_STATELESS_MODULE(Fold, (const Tensor& input), ExpandingArray<2> output_size, ExpandingArray<2> kernel_size);
RELUME_STATELESS_MODULE(Unfold, (const Tensor& input), ExpandingArray<2> kernel_size);
RELUME_STATELESS_MODULE(LocalResponseNorm, (const Tensor& input), int64_t size);
// LocalResponseNorm of [N, C, H, W], with a window of size - 1 channels where size is even.
RELUME_STATELESS_MODULE(CrossMapLRN2d, (const Tensor& input), int64_t size);
RELUME_STATELESS_MODULE(LPPool1d, (const Tensor& input), double norm_type, ExpandingArray<1> kernel_size);
RELUME_STATELESS_MODULE(LPPool2d, (const Tensor& input), double norm_type, ExpandingArray<2> kernel_size);
RELUME_STATELESS_MODULE(LPPool3d, (const Tensor& input), double norm_type, ExpandingArray<3> kernel_size);

}  // namespace nn
}  // namespace relume
