// Images in other sizes: each dimension in turn is a sum of neighbours times weights.
#include <algorithm>
#include <cmath>
#include <ostream>

#include "core/check.h"
#include "nn/cubic.h"
#include "nn/print.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

using enumtype::Name;
using functional::InterpolateFuncOptions;

// A dimension of the input, its size in the output, and the factor that was given, 0 where sizes alone count.
struct Axis {
  int64_t dim, out;
  double scale;
};
// Neighbours along an axis: an index and a weight for each place of the output.
struct Tap {
  Tensor index, weight;
};

ScalarType precision(const Tensor& input) { return input.scalar_type() == kDouble ? kDouble : kFloat; }

// How many pixels of the input one of the output is.
double step_of(int64_t size, const Axis& axis, bool align_corners) {
  if (align_corners) return axis.out > 1 ? static_cast<double>(size - 1) / static_cast<double>(axis.out - 1) : 0.0;
  return axis.scale > 0 ? 1.0 / axis.scale : static_cast<double>(size) / static_cast<double>(axis.out);
}

Tensor nearest(const Tensor& input, const Axis& axis, bool exact) {
  const int64_t size = input.size(axis.dim);
  if (axis.out == size && !exact) return input;
  const Tensor step = scalar_tensor(step_of(size, axis, false), kFloat);
  const Tensor places = (arange(axis.out, kFloat) + (exact ? 0.5 : 0.0)) * step;
  return input.index_select(axis.dim, places.floor().to(kLong).clamp_max(size - 1));
}

// Where in the input the output's pixels lie.
Tensor places(const Tensor& input, const Axis& axis, bool align_corners) {
  const Tensor step = scalar_tensor(step_of(input.size(axis.dim), axis, align_corners), precision(input));
  const Tensor place = arange(axis.out, precision(input));
  return align_corners ? place * step : (place + 0.5) * step - 0.5;
}

std::vector<Tap> linear_taps(const Tensor& input, const Axis& axis, bool align_corners) {
  const int64_t last = input.size(axis.dim) - 1;
  const Tensor place = places(input, axis, align_corners).clamp_min(0);
  const Tensor low = place.floor().to(kLong).clamp_max(last), weight = (place - low).clamp(0, 1);
  return {{low, 1 - weight}, {(low + 1).clamp_max(last), weight}};
}

std::vector<Tap> cubic_taps(const Tensor& input, const Axis& axis, bool align_corners) {
  const Tensor place = places(input, axis, align_corners), low = place.floor(), t = place - low;
  const auto weights = detail::cubic_weights(t);
  std::vector<Tap> taps;
  for (int64_t i = 0; i < 4; ++i)
    taps.push_back({(low.to(kLong) + (i - 1)).clamp(0, input.size(axis.dim) - 1), weights[static_cast<size_t>(i)]});
  return taps;
}

Tensor weighted_sum(const Tensor& input, int64_t dim, const std::vector<Tap>& taps) {
  std::vector<int64_t> shape(static_cast<size_t>(input.dim()), 1);
  shape[static_cast<size_t>(dim)] = -1;
  Tensor sum;
  for (const Tap& tap : taps) {
    const Tensor part = input.index_select(dim, tap.index) * tap.weight.view(shape);
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

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
  check(
      input.dim() >= 3 && input.dim() <= 5,
      "Input Error: Only 3D, 4D and 5D input Tensors supported (got {}D) for the modes: nearest | linear | bilinear | "
      "bicubic | trilinear (got {})",
      input.dim(), shown(mode));
  check<NotImplementedError>(!options.antialias(), "interpolate: antialias is not supported");
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
  check(given == rank, "{} shape must match input shape. Input is {}D, {} size is {}", size ? "size" : "scale_factor",
        rank, size ? "size" : "scale_factor", given);
  std::vector<Axis> axes;
  for (size_t i = 0; i < rank; ++i) {
    const auto dim = static_cast<int64_t>(i) + 2;
    const double scale = scales ? (*scales)[i] : 0;
    const int64_t out =
        size ? (*size)[i] : static_cast<int64_t>(std::floor(static_cast<double>(input.size(dim)) * scale));
    axes.push_back({dim, out, options.recompute_scale_factor().value_or(false) ? 0 : scale});
  }
  return axes;
}

void check_sizes(const Tensor& input, const std::vector<Axis>& axes) {
  std::string in, out;
  bool positive = true;
  for (const Axis& axis : axes) {
    const char name = "DHW"[3 - axes.size() + static_cast<size_t>(&axis - axes.data())];
    const char* comma = in.empty() ? "" : ", ";
    in += fmt::format("{}{}: {}", comma, name, input.size(axis.dim));
    out += fmt::format("{}{}: {}", comma, name, axis.out);
    positive &= input.size(axis.dim) > 0 && axis.out > 0;
  }
  check(positive, "Input and output sizes should be greater than 0, but got input ({}) output ({})", in, out);
}

Tensor area_means(const Tensor& input, const std::vector<Axis>& axes) {
  std::vector<int64_t> sizes;
  for (const Axis& axis : axes) sizes.push_back(axis.out);
  return sizes.size() == 1   ? adaptive_avg_pool1d(input, sizes)
         : sizes.size() == 2 ? adaptive_avg_pool2d(input, sizes)
                             : adaptive_avg_pool3d(input, sizes);
}

Tensor near_weight(const Tensor& x) { return (x * 1.25 - 2.25) * x * x + 1; }
Tensor far_weight(const Tensor& x) { return ((x * -0.75 + 3.75) * x - 6) * x + 3; }

}  // namespace

std::array<Tensor, 4> detail::cubic_weights(const Tensor& t) {
  return {far_weight(t + 1), near_weight(t), near_weight(1 - t), far_weight(2 - t)};
}

Tensor functional::interpolate(const Tensor& input, const InterpolateFuncOptions& options) {
  check_mode(input, options);
  std::vector<Axis> axes = axes_of(input, options);
  check_sizes(input, axes);
  const Name mode = options.mode();
  if (mode == Name::Area) return area_means(input, axes);
  const bool whole_pixels = mode == Name::Nearest || mode == Name::NearestExact;
  const bool corners = options.align_corners().value_or(false), bytes = input.scalar_type() == kByte;
  check<NotImplementedError>(whole_pixels || bytes || is_floating_point(input.scalar_type()),
                             "\"upsample\" not implemented for '{}'", to_string(input.scalar_type()));
  Tensor result = whole_pixels ? input : input.to(precision(input));
  std::reverse(axes.begin(), axes.end());
  for (const Axis& axis : axes) {
    if (whole_pixels)
      result = nearest(result, axis, mode == Name::NearestExact);
    else
      result =
          weighted_sum(result, axis.dim,
                       mode == Name::Bicubic ? cubic_taps(result, axis, corners) : linear_taps(result, axis, corners));
    if (bytes && !whole_pixels) result = floor(result + 0.5).clamp(0, 255);
  }
  return result.is_same(input) ? result.clone() : result.to(input.scalar_type());
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
