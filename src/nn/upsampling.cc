// Images in other sizes, and read at points between their pixels: options of the ops that do it.
#include <algorithm>
#include <cmath>
#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"
#include "relume/warning.h"

namespace relume::nn {
namespace {

using enumtype::Name;
using functional::InterpolateFuncOptions;

// A dimension: its size in the output, and the factor that was given, if sizes alone don't count.
struct Axis {
  int64_t out;
  std::optional<double> scale;
};

std::string shown(Name mode) { return enumtype::get_enum_name(mode); }

// The input's rank that a mode needs; 0 where it takes any.
int64_t rank_of(Name mode) {
  return mode == Name::Linear                              ? 3
         : mode == Name::Bilinear || mode == Name::Bicubic ? 4
         : mode == Name::Trilinear                         ? 5
                                                           : 0;
}

void check_mode(const Tensor& input, const InterpolateFuncOptions& options) {
  const Name mode = options.mode();
  check(rank_of(mode) > 0 || !options.align_corners(),
        "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear");
  if (mode != Name::Nearest && mode != Name::Area && !options.align_corners())
    warn("Default upsampling behavior when mode=" + shown(mode) +
         " is changed to align_corners=False since 0.4.0. Please specify align_corners=True if the old behavior is "
         "desired. See the documentation of nn.Upsample for details.");
  check(
      input.dim() >= 3 && input.dim() <= 5 && (mode != Name::Bicubic || input.dim() == 4),
      "Input Error: Only 3D, 4D and 5D input Tensors supported (got {}D) for the modes: nearest | linear | bilinear | "
      "bicubic | trilinear (got {})",
      input.dim(), shown(mode));
  check(!options.antialias() || ((mode == Name::Bilinear || mode == Name::Bicubic) && input.dim() == 4),
        "Anti-alias option is only supported for bilinear and bicubic modes");
  std::string name = shown(mode).substr(1);
  name[0] = static_cast<char>(std::tolower(name[0]));
  check(rank_of(mode) == 0 || rank_of(mode) == input.dim(), "Got {}D input, but {} mode needs {}D input", input.dim(),
        name, rank_of(mode));
}

std::vector<Axis> axes_of(const Tensor& input, const InterpolateFuncOptions& options) {
  const auto& size = options.size();
  const auto& scales = options.scale_factor();
  check(size || scales, "either size or scale_factor should be defined");
  check(!size || !scales, "only one of size or scale_factor should be defined");
  const auto rank = static_cast<size_t>(input.dim() - 2);
  const size_t given = size ? size->size() : scales->size();
  if (size) check(given == rank, "It is expected output_size equals to {}, but got size {}", rank, given);
  if (scales)
    check(given == rank, "scale_factor shape must match input shape. Input is {}D, scale_factor size is {}", rank,
          detail::text_of(*scales));
  const auto is_fraction = [](double scale) { return std::floor(scale) != scale; };
  if (scales && !options.recompute_scale_factor() && std::any_of(scales->begin(), scales->end(), is_fraction))
    warn(
        "The default behavior for interpolate/upsample with float scale_factor changed in 1.6.0 to align with other "
        "frameworks/libraries, and uses scale_factor directly, instead of relying on the computed output size. If you "
        "wish to keep the old behavior, please set recompute_scale_factor=True. See the documentation of nn.Upsample "
        "for details. ");
  std::vector<Axis> axes;
  for (size_t i = 0; i < rank; ++i) {
    if (size) {
      axes.push_back({(*size)[i], {}});
      continue;
    }
    const double scale = (*scales)[i], in = static_cast<double>(input.size(static_cast<int64_t>(i) + 2));
    axes.push_back({static_cast<int64_t>(std::floor(in * scale)), {}});
    if (!options.recompute_scale_factor().value_or(false)) axes.back().scale = scale;
  }
  return axes;
}

// By an op of one, two or three dimensions.
template <class One, class Two, class Three>
Tensor by_rank(const std::vector<Axis>& axes, const One& one, const Two& two, const Three& three) {
  switch (axes.size()) {
    case 1:
      return one(axes[0].scale);
    case 2:
      return two(axes[0].scale, axes[1].scale);
    default:
      return three(axes[0].scale, axes[1].scale, axes[2].scale);
  }
}

}  // namespace

Tensor functional::interpolate(const Tensor& input, const InterpolateFuncOptions& options) {
  check_mode(input, options);
  const std::vector<Axis> axes = axes_of(input, options);
  std::vector<int64_t> out;
  for (const Axis& axis : axes) out.push_back(axis.out);
  const bool corners = options.align_corners().value_or(false);
  switch (Name(options.mode())) {
    case Name::Area:
      return axes.size() == 1   ? adaptive_avg_pool1d(input, out)
             : axes.size() == 2 ? adaptive_avg_pool2d(input, out)
                                : adaptive_avg_pool3d(input, out);
    case Name::Nearest:
      return by_rank(
          axes, [&](auto... scales) { return upsample_nearest1d(input, out, scales...); },
          [&](auto... scales) { return upsample_nearest2d(input, out, scales...); },
          [&](auto... scales) { return upsample_nearest3d(input, out, scales...); });
    case Name::NearestExact:
      return by_rank(
          axes, [&](auto... scales) { return _upsample_nearest_exact1d(input, out, scales...); },
          [&](auto... scales) { return _upsample_nearest_exact2d(input, out, scales...); },
          [&](auto... scales) { return _upsample_nearest_exact3d(input, out, scales...); });
    case Name::Bicubic:
      return (options.antialias() ? _upsample_bicubic2d_aa : upsample_bicubic2d)(input, out, corners, axes[0].scale,
                                                                                 axes[1].scale);
    case Name::Bilinear:
      return (options.antialias() ? _upsample_bilinear2d_aa : upsample_bilinear2d)(input, out, corners, axes[0].scale,
                                                                                   axes[1].scale);
    case Name::Linear:
      return upsample_linear1d(input, out, corners, axes[0].scale);
    default:
      return upsample_trilinear3d(input, out, corners, axes[0].scale, axes[1].scale, axes[2].scale);
  }
}

namespace {

// An image read at points is an op of tensors; the modes are numbers there.
int64_t number(Name mode) {
  return mode == Name::Nearest || mode == Name::Border ? 1 : mode == Name::Bicubic || mode == Name::Reflection ? 2 : 0;
}

}  // namespace

Tensor functional::grid_sample(const Tensor& input, const Tensor& grid, const GridSampleFuncOptions& options) {
  if (!options.align_corners())
    warn(
        "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
        "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.");
  return grid_sampler(input, grid, number(options.mode()), number(options.padding_mode()),
                      options.align_corners().value_or(false));
}

Tensor functional::affine_grid(const Tensor& theta, const IntArrayRef& size, bool align_corners) {
  return affine_grid_generator(theta, size, align_corners);
}

UpsampleImpl::UpsampleImpl(UpsampleOptions options_) : options(std::move(options_)) {}
void UpsampleImpl::reset() {}

void UpsampleImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter printer(stream, "Upsample");
  if (options.scale_factor())
    printer.add("scale_factor", ArrayRef<double>(*options.scale_factor()));
  else if (options.size())
    printer.add("size", ArrayRef<int64_t>(*options.size()));
  printer.add("mode", enumtype::get_enum_name(options.mode()));
}

Tensor UpsampleImpl::forward(const Tensor& input) {
  functional::InterpolateFuncOptions chosen;
  chosen.size(options.size()).scale_factor(options.scale_factor()).align_corners(options.align_corners());
  switch (Name(options.mode())) {
    case Name::Linear:
      chosen.mode(kLinear);
      break;
    case Name::Bilinear:
      chosen.mode(kBilinear);
      break;
    case Name::Bicubic:
      chosen.mode(kBicubic);
      break;
    case Name::Trilinear:
      chosen.mode(kTrilinear);
      break;
    default:
      chosen.mode(kNearest);
  }
  return functional::interpolate(input, chosen);
}

}  // namespace relume::nn
