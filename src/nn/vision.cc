// Rearrangement of pixels, windows as columns, and normalisation and pooling of neighbours.
#include "relume/nn/vision.h"

#include <cmath>
#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "ops/patches.h"
#include "relume/activations.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

using Pair = ExpandingArray<2>;

std::string in_brackets(const Pair& pair) { return fmt::format("({}, {})", (*pair)[0], (*pair)[1]); }

// How windows lie in an image.
struct Windows {
  Pair kernel, dilation, padding, stride;

  std::array<int64_t, 2> counts(int64_t height, int64_t width) const {
    std::array<int64_t, 2> counts = {height, width};
    for (size_t i = 0; i < 2; ++i) {
      const int64_t span = counts[i] + 2 * (*padding)[i] - (*dilation)[i] * ((*kernel)[i] - 1) - 1;
      counts[i] = (span < 0 ? -((-span + (*stride)[i] - 1) / (*stride)[i]) : span / (*stride)[i]) + 1;
    }
    return counts;
  }
  void check_positive() const {
    for (const auto& [name, pair] : {std::pair("kernel size", kernel), {"dilation", dilation}, {"stride", stride}})
      check((*pair)[0] > 0 && (*pair)[1] > 0, "{} should be greater than zero, but got {}_height: {} {}_width: {}",
            name, name, (*pair)[0], name, (*pair)[1]);
    check((*padding)[0] >= 0 && (*padding)[1] >= 0,
          "padding should be non-negative, but got pad_height: {} pad_width: {}", (*padding)[0], (*padding)[1]);
  }
  Patches patches() const { return {*kernel, *dilation, *padding, *stride}; }
  std::string text() const {
    return fmt::format("kernel_size={}, dilation={}, padding={}", in_brackets(kernel), in_brackets(dilation),
                       in_brackets(padding));
  }
};

template <class Options>
Windows windows_of(const Options& options) {
  Windows windows{options.kernel_size(), options.dilation(), options.padding(), options.stride()};
  windows.check_positive();
  return windows;
}

// Sums of powers out of means of them, and their root.
Tensor root_of_sums(const Tensor& means, int64_t count, double norm_type) {
  return (means.sign() * relume::relu(means.abs())).mul(static_cast<double>(count)).pow(1.0 / norm_type);
}

}  // namespace

namespace functional {

Tensor pixel_shuffle(const Tensor& input, const PixelShuffleFuncOptions& options) {
  return relume::pixel_shuffle(input, options.upscale_factor());
}

Tensor pixel_unshuffle(const Tensor& input, const PixelUnshuffleFuncOptions& options) {
  return relume::pixel_unshuffle(input, options.downscale_factor());
}

Tensor unfold(const Tensor& input, const UnfoldFuncOptions& options) {
  check(input.dim() == 4, "Input Error: Only 4D input Tensors are supported (got {}D)", input.dim());
  const Windows windows = windows_of(options);
  const auto counts = windows.counts(input.size(-2), input.size(-1));
  check(counts[0] > 0 && counts[1] > 0,
        "Given input with spatial size ({}, {}), {}, calculated shape of the array of sliding blocks as ({}, {}), but "
        "its "
        "components must be at least one.",
        input.size(-2), input.size(-1), windows.text(), counts[0], counts[1]);
  return im2col(input, windows.patches());
}

Tensor fold(const Tensor& input, const FoldFuncOptions& options) {
  check(input.dim() == 2 || input.dim() == 3,
        "Input Error: Only unbatched (2D) or batched (3D) input Tensors are supported (got {}D)", input.dim());
  const Windows windows = windows_of(options);
  const auto [height, width] = *options.output_size();
  const int64_t elements = (*windows.kernel)[0] * (*windows.kernel)[1];
  check(input.size(-2) % elements == 0,
        "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)={} "
        "and "
        "kernel_size={}.",
        input.size(-2), in_brackets(windows.kernel));
  const auto counts = windows.counts(height, width);
  check(input.size(-1) == counts[0] * counts[1],
        "Given output_size={}, {}, stride={}, expected size of input's dimension 2 to match the calculated number of "
        "sliding blocks {} * {} = {}, but got input.size(2)={}.",
        in_brackets(options.output_size()), windows.text(), in_brackets(windows.stride), counts[0], counts[1],
        counts[0] * counts[1], input.size(-1));
  return col2im(input, {height, width}, windows.patches());
}

Tensor local_response_norm(const Tensor& input, const LocalResponseNormFuncOptions& options) {
  check(input.dim() >= 3, "Expected 3D or higher dimensionality input (got {} dimensions)", input.dim());
  if (input.numel() == 0) return input;
  std::vector<int64_t> sides(2 * static_cast<size_t>(input.dim() - 2), 0);
  sides.insert(sides.end(), {options.size() / 2, (options.size() - 1) / 2});
  const Tensor squares = constant_pad_nd((input * input).unsqueeze(1), sides);
  const Tensor means = squares.unfold(2, options.size(), 1).mean(IntArrayRef{-1}).squeeze(1);
  return input / (means * options.alpha() + options.k()).pow(options.beta());
}

#define RELUME_LP_POOL(name, Name, D)                                                                                 \
  Tensor name(const Tensor& input, const Name##FuncOptions& options) {                                                \
    if (std::isinf(options.norm_type()))                                                                              \
      return relume::max_pool##D##d(input.abs(), options.kernel_size(), options.stride(), 0, 1, options.ceil_mode()); \
    int64_t count = 1;                                                                                                \
    for (const int64_t size : *options.kernel_size()) count *= size;                                                  \
    const Tensor powers = input.pow(options.norm_type());                                                             \
    return root_of_sums(                                                                                              \
        relume::avg_pool##D##d(powers, options.kernel_size(), options.stride(), 0, options.ceil_mode()), count,       \
        options.norm_type());                                                                                         \
  }
RELUME_LP_POOL(lp_pool1d, LPPool1d, 1)
RELUME_LP_POOL(lp_pool2d, LPPool2d, 2)
RELUME_LP_POOL(lp_pool3d, LPPool3d, 3)
#undef RELUME_LP_POOL

}  // namespace functional

// A module that calls the function `name`; the rest prints its options.
#define RELUME_MODULE_OF(Name, name, ...)                                                      \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) {}                 \
  void Name##Impl::reset() {}                                                                  \
  Tensor Name##Impl::forward(const Tensor& input) { return functional::name(input, options); } \
  void Name##Impl::pretty_print(std::ostream& stream) const { detail::OptionsPrinter(stream, #Name) __VA_ARGS__; }
RELUME_MODULE_OF(PixelShuffle, pixel_shuffle, .add("upscale_factor", options.upscale_factor()))
RELUME_MODULE_OF(PixelUnshuffle, pixel_unshuffle, .add("downscale_factor", options.downscale_factor()))
#define RELUME_ADD_WINDOWS                   \
  .add("kernel_size", options.kernel_size()) \
      .add("dilation", options.dilation())   \
      .add("padding", options.padding())     \
      .add("stride", options.stride())
RELUME_MODULE_OF(Fold, fold, .add("output_size", options.output_size()) RELUME_ADD_WINDOWS)
RELUME_MODULE_OF(Unfold, unfold, RELUME_ADD_WINDOWS)
#undef RELUME_ADD_WINDOWS
RELUME_MODULE_OF(LocalResponseNorm, local_response_norm,
                 .add(options.size()).add("alpha", options.alpha()).add("beta", options.beta()).add("k", options.k()))
#define RELUME_LP_POOL(Name, name, D)                             \
  RELUME_MODULE_OF(Name, name,                                    \
                   .add("norm_type", options.norm_type())         \
                       .add("kernel_size", options.kernel_size()) \
                       .add("stride", options.stride())           \
                       .add("ceil_mode", options.ceil_mode()))    \
  Name##Impl::Name##Impl(double norm_type, ExpandingArray<D> kernel_size) : options(norm_type, kernel_size) {}
RELUME_LP_POOL(LPPool1d, lp_pool1d, 1)
RELUME_LP_POOL(LPPool2d, lp_pool2d, 2)
RELUME_LP_POOL(LPPool3d, lp_pool3d, 3)
#undef RELUME_LP_POOL
#undef RELUME_MODULE_OF

PixelShuffleImpl::PixelShuffleImpl(int64_t upscale_factor) : options(upscale_factor) {}
PixelUnshuffleImpl::PixelUnshuffleImpl(int64_t downscale_factor) : options(downscale_factor) {}
FoldImpl::FoldImpl(Pair output_size, Pair kernel_size) : options(output_size, kernel_size) {}
UnfoldImpl::UnfoldImpl(Pair kernel_size) : options(kernel_size) {}
LocalResponseNormImpl::LocalResponseNormImpl(int64_t size) : options(size) {}

CrossMapLRN2dImpl::CrossMapLRN2dImpl(int64_t size) : options(size) {}
CrossMapLRN2dImpl::CrossMapLRN2dImpl(const CrossMapLRN2dOptions& options_) : options(options_) {}
void CrossMapLRN2dImpl::reset() {}
void CrossMapLRN2dImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter(stream, "CrossMapLRN2d")
      .add(options.size())
      .add("alpha", options.alpha())
      .add("beta", options.beta())
      .add("k", options.k());
}
Tensor CrossMapLRN2dImpl::forward(const Tensor& input) {
  check(input.dim() == 4, "CrossMapLRN2d: Expected input to be 4D, got {}D instead.", input.dim());
  const int64_t side = (options.size() - 1) / 2, channels = input.size(1);
  const Tensor squares = input * input;
  Tensor sums = constant_pad_nd(squares, {0, 0, 0, 0, side, side}).unfold(1, 2 * side + 1, 1).sum(IntArrayRef{-1});
  // PyTorch's sums never lose the first channel again.
  if (const int64_t later = channels - side - 1; later > 0)
    sums = sums + constant_pad_nd(squares.narrow(1, 0, 1).expand({-1, later, -1, -1}), {0, 0, 0, 0, side + 1, 0});
  return input * (sums * (options.alpha() / static_cast<double>(options.size())) + options.k()).pow(-options.beta());
}

}  // namespace relume::nn
