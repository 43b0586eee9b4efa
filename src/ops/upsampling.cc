// Images in other sizes: which neighbours along each dimension a pixel of the result comes from, with which weights.
#include <algorithm>
#include <cmath>
#include <optional>

#include "ops/elementwise.h"
#include "ops/resampling.h"
#include "relume/ops.h"

namespace relume {
namespace {

enum class Filter { Nearest, NearestExact, Linear, Cubic, Lanczos };

struct Method {
  size_t dims;
  Filter filter;
  const char* name;  // of the op in errors
  const char* grad_fn;
  const char* backward_grad_fn;
  bool antialias = false;  // where the result is smaller, filters grow with the distance between its pixels

  bool chooses() const { return filter == Filter::Nearest || filter == Filter::NearestExact; }
};

constexpr Method kNearest[] = {
    {1, Filter::Nearest, "upsample_nearest1d", "UpsampleNearest1DBackward0", "UpsampleNearest1DBackwardBackward0"},
    {2, Filter::Nearest, "upsample_nearest2d", "UpsampleNearest2DBackward0", "UpsampleNearest2DBackwardBackward0"},
    {3, Filter::Nearest, "upsample_nearest3d", "UpsampleNearest3DBackward0", "UpsampleNearest3DBackwardBackward0"},
};
constexpr Method kNearestExact[] = {
    {1, Filter::NearestExact, "_upsample_nearest_exact1d", "UpsampleNearestExact1DBackward0",
     "UpsampleNearestExact1DBackwardBackward0"},
    {2, Filter::NearestExact, "_upsample_nearest_exact2d", "UpsampleNearestExact2DBackward0",
     "UpsampleNearestExact2DBackwardBackward0"},
    {3, Filter::NearestExact, "_upsample_nearest_exact3d", "UpsampleNearestExact3DBackward0",
     "UpsampleNearestExact3DBackwardBackward0"},
};
constexpr Method kLinear[] = {
    {1, Filter::Linear, "upsample_linear1d", "UpsampleLinear1DBackward0", "UpsampleLinear1DBackwardBackward0"},
    {2, Filter::Linear, "upsample_bilinear2d", "UpsampleBilinear2DBackward0", "UpsampleBilinear2DBackwardBackward0"},
    {3, Filter::Linear, "upsample_trilinear3d", "UpsampleTrilinear3DBackward0", "UpsampleTrilinear3DBackwardBackward0"},
};
constexpr Method kCubic = {2, Filter::Cubic, "upsample_bicubic2d", "UpsampleBicubic2DBackward0",
                           "UpsampleBicubic2DBackwardBackward0"};
constexpr Method kSmoothLinear = {2,
                                  Filter::Linear,
                                  "_upsample_bilinear2d_aa",
                                  "UpsampleBilinear2DAaBackward0",
                                  "UpsampleBilinear2DAaBackwardBackward0",
                                  true};
constexpr Method kSmoothCubic = {2,
                                 Filter::Cubic,
                                 "_upsample_bicubic2d_aa",
                                 "UpsampleBicubic2DAaBackward0",
                                 "UpsampleBicubic2DAaBackwardBackward0",
                                 true};
constexpr Method kSmoothLanczos = {2,
                                   Filter::Lanczos,
                                   "_upsample_lanczos2d_aa",
                                   "UpsampleLanczos2DAaBackward0",
                                   "UpsampleLanczos2DAaBackwardBackward0",
                                   true};

// A dimension of a call: its sizes, and the factor that was given, 0 where sizes alone count.
struct Axis {
  int64_t in, out;
  double scale;
};

// ---- Where the elements of a result come from --------------------------------------------------------------------

// Cubic convolution (Keys, 1981) at the distance x >= 0.
template <class T>
T cubic(T x, T a) {
  if (x < 1) return std::fma(std::fma(a + 2, x, -(a + 3)) * x, x, T(1));
  if (x < 2) return std::fma(std::fma(std::fma(a, x, -5 * a), x, 8 * a), x, -4 * a);
  return 0;
}

// sinc(x) sinc(x / 3) at the distance x >= 0 (Duchon, 1979).
template <class T>
T lanczos(T x) {
  constexpr T kPi = static_cast<T>(3.14159265358979323846);
  if (x == 0) return 1;
  return x < 3 ? 3 * std::sin(kPi * x) * std::sin(kPi * x / 3) / (kPi * kPi * x * x) : T(0);
}

template <class T>
class TapMaker {
 public:
  TapMaker(const Method& method, bool align_corners, const Axis& axis)
      : filter_(method.filter),
        align_corners_(align_corners),
        shares_pixels_(method.dims == 2 && filter_ == Filter::Nearest),
        in_(axis.in),
        out_(axis.out) {
    if (align_corners_)
      step_ = out_ > 1 ? static_cast<T>(in_ - 1) / static_cast<T>(out_ - 1) : T(0);
    else
      step_ = axis.scale > 0 ? static_cast<T>(1.0 / axis.scale) : static_cast<T>(in_) / static_cast<T>(out_);
    taps_ = Taps(out_, method.antialias            ? static_cast<int64_t>(std::ceil(support())) * 2 + 1
                       : filter_ == Filter::Linear ? 2
                       : filter_ == Filter::Cubic  ? 4
                                                   : 1);
    for (int64_t o = 0; o < out_; ++o) {
      if (method.antialias)
        smooth(o);
      else if (filter_ == Filter::Linear)
        linear(o);
      else if (filter_ == Filter::Cubic)
        cubic_taps(o);
      else
        nearest(o);
    }
  }
  Taps take() { return std::move(taps_); }

 private:
  void set(int64_t o, int64_t t, int64_t index, T weight) {
    taps_.set(o, t, std::clamp<int64_t>(index, 0, in_ - 1), static_cast<double>(weight));
  }

  // Where the middle of a pixel of the result lies in the input; not before its first pixel, if so wished.
  T place(int64_t o, bool inside) const {
    if (align_corners_) return step_ * static_cast<T>(o);
    const T at = std::fma(step_, static_cast<T>(o) + T(0.5), T(-0.5));
    return inside && at < 0 ? T(0) : at;
  }

  void nearest(int64_t o) {
    if (in_ == out_ && shares_pixels_) return set(o, 0, o, 1);
    if (2 * in_ == out_ && shares_pixels_) return set(o, 0, o / 2, 1);
    set(o, 0,
        static_cast<int64_t>(std::floor((static_cast<T>(o) + (filter_ == Filter::Nearest ? T(0) : T(0.5))) * step_)),
        1);
  }

  void linear(int64_t o) {
    const T at = place(o, true);
    const int64_t low = std::min(static_cast<int64_t>(at), in_ - 1);
    const T weight = std::clamp<T>(at - static_cast<T>(low), 0, 1);
    set(o, 0, low, 1 - weight);
    set(o, 1, low + 1, weight);
  }

  void cubic_taps(int64_t o) {
    constexpr T kA = -0.75;
    const T at = place(o, false);
    const int64_t low = std::min(static_cast<int64_t>(std::floor(at)), in_ - 1);
    const T t = std::clamp<T>(at - static_cast<T>(low), 0, 1);
    set(o, 0, low - 1, cubic(t + 1, kA));
    set(o, 1, low, cubic(t, kA));
    set(o, 2, low + 1, cubic(1 - t, kA));
    set(o, 3, low + 2, cubic(2 - t, kA));
  }

  // Half the width of a filter in pixels of the input.
  T support() const {
    const T half = filter_ == Filter::Linear ? T(1) : filter_ == Filter::Cubic ? T(2) : T(3);
    return step_ >= 1 ? half * step_ : half;
  }

  void smooth(int64_t o) {
    const T middle = step_ * (static_cast<T>(o) + T(0.5)), half = support(), shrink = step_ >= 1 ? 1 / step_ : T(1);
    const int64_t first = std::max<int64_t>(static_cast<int64_t>(middle - half + T(0.5)), 0);
    const int64_t end = std::min(static_cast<int64_t>(middle + half + T(0.5)), in_);
    const int64_t count = std::clamp<int64_t>(end - first, 1, taps_.most);
    std::vector<T> weights;
    T total = 0;
    for (int64_t t = 0; t < count; ++t) {
      const T x = std::abs((static_cast<T>(t + first) - middle + T(0.5)) * shrink);
      weights.push_back(filter_ == Filter::Linear  ? std::max<T>(0, 1 - x)
                        : filter_ == Filter::Cubic ? cubic(x, T(-0.5))
                                                   : lanczos(x));
      total += weights.back();
    }
    for (int64_t t = 0; t < count; ++t)
      set(o, t, first + t, total == 0 ? weights[static_cast<size_t>(t)] : weights[static_cast<size_t>(t)] / total);
    taps_.count.push_back(count);
  }

  const Filter filter_;
  const bool align_corners_;
  const bool shares_pixels_;  // of images: as many each of a result as large or twice as large, whatever the scale
  const int64_t in_, out_;
  T step_;
  Taps taps_;
};

// Whether a dimension stays as it is.
bool keeps(const Method& method, const Axis& axis) {
  return axis.in == axis.out && (method.antialias || method.filter == Filter::Linear);
}

// ---- Calls -------------------------------------------------------------------------------------------------------

// "H: 4, W: 3"
std::string sizes_text(IntArrayRef sizes) {
  std::string text;
  for (size_t d = 0; d < sizes.size(); ++d)
    text += fmt::format("{}{}: {}", d ? ", " : "", "DHW"[kMaxResampledDims - sizes.size() + d], sizes[d]);
  return text;
}

Tensor resized(const Method& method, const Tensor& self, IntArrayRef output_size, bool align_corners,
               std::initializer_list<std::optional<double>> scales) {
  impl_of(self, method.name);
  const auto dims = static_cast<int64_t>(method.dims);
  check(static_cast<int64_t>(output_size.size()) == dims, "It is expected output_size equals to {}, but got size {}",
        dims, output_size.size());
  check(self.dim() == dims + 2, "It is expected input_size equals to {}, but got size {}", dims + 2, self.dim());
  const IntArrayRef in = self.sizes().slice(2);
  const auto positive = [](IntArrayRef sizes) { return *std::min_element(sizes.begin(), sizes.end()) > 0; };
  check(positive(in) && positive(output_size),
        "Input and output sizes should be greater than 0, but got input ({}) {}output ({})", sizes_text(in),
        dims == 1 ? "and " : "", sizes_text(output_size));
  check(self.size(1) > 0, "Non-empty {}D data tensor expected but got a tensor with sizes {}", dims + 2, self.sizes());
  const ScalarType dtype = self.scalar_type();
  if (!method.chooses() && !is_floating_point(dtype) && dtype != kByte) fail_not_implemented(method.name, dtype);
  DimVector sizes(self.sizes());
  std::copy(output_size.begin(), output_size.end(), sizes.begin() + 2);
  check_room(self, sizes);
  auto plan = std::make_shared<ResamplePlan>();
  *plan = {method.grad_fn, method.backward_grad_fn, method.chooses(), true, false, {}};
  for (size_t d = 0; d < method.dims; ++d) {
    const Axis axis{in[d], output_size[d], scales.begin()[d].value_or(0)};
    plan->axes.push_back({axis.in, axis.out, {}});
    if (!keeps(method, axis))
      plan->axes.back().taps = dtype == kDouble || dtype == kByte ? TapMaker<double>(method, align_corners, axis).take()
                                                                  : TapMaker<float>(method, align_corners, axis).take();
  }
  return resample(std::move(plan), self);
}

}  // namespace

// A result pixel is the one of the input at floor(o / scale), where scale is that of the sizes unless it is given.
Tensor upsample_nearest1d(const Tensor& self, IntArrayRef output_size, std::optional<double> scales) {
  return resized(kNearest[0], self, output_size, false, {scales});
}
Tensor upsample_nearest2d(const Tensor& self, IntArrayRef output_size, std::optional<double> scales_h,
                          std::optional<double> scales_w) {
  return resized(kNearest[1], self, output_size, false, {scales_h, scales_w});
}
Tensor upsample_nearest3d(const Tensor& self, IntArrayRef output_size, std::optional<double> scales_d,
                          std::optional<double> scales_h, std::optional<double> scales_w) {
  return resized(kNearest[2], self, output_size, false, {scales_d, scales_h, scales_w});
}

// The pixel at floor((o + 0.5) / scale).
Tensor _upsample_nearest_exact1d(const Tensor& self, IntArrayRef output_size, std::optional<double> scales) {
  return resized(kNearestExact[0], self, output_size, false, {scales});
}
Tensor _upsample_nearest_exact2d(const Tensor& self, IntArrayRef output_size, std::optional<double> scales_h,
                                 std::optional<double> scales_w) {
  return resized(kNearestExact[1], self, output_size, false, {scales_h, scales_w});
}
Tensor _upsample_nearest_exact3d(const Tensor& self, IntArrayRef output_size, std::optional<double> scales_d,
                                 std::optional<double> scales_h, std::optional<double> scales_w) {
  return resized(kNearestExact[2], self, output_size, false, {scales_d, scales_h, scales_w});
}

// Between the two neighbours along each dimension; with align_corners the middles of the corner pixels are kept.
Tensor upsample_linear1d(const Tensor& self, IntArrayRef output_size, bool align_corners,
                         std::optional<double> scales) {
  return resized(kLinear[0], self, output_size, align_corners, {scales});
}
Tensor upsample_bilinear2d(const Tensor& self, IntArrayRef output_size, bool align_corners,
                           std::optional<double> scales_h, std::optional<double> scales_w) {
  return resized(kLinear[1], self, output_size, align_corners, {scales_h, scales_w});
}
Tensor upsample_trilinear3d(const Tensor& self, IntArrayRef output_size, bool align_corners,
                            std::optional<double> scales_d, std::optional<double> scales_h,
                            std::optional<double> scales_w) {
  return resized(kLinear[2], self, output_size, align_corners, {scales_d, scales_h, scales_w});
}

// Cubic convolution of four neighbours along each dimension, with a = -0.75.  Keys, 1981.
Tensor upsample_bicubic2d(const Tensor& self, IntArrayRef output_size, bool align_corners,
                          std::optional<double> scales_h, std::optional<double> scales_w) {
  return resized(kCubic, self, output_size, align_corners, {scales_h, scales_w});
}

// With filters as wide as a pixel of the result: triangles, cubic convolution with a = -0.5, or Lanczos's of size 3.
Tensor _upsample_bilinear2d_aa(const Tensor& self, IntArrayRef output_size, bool align_corners,
                               std::optional<double> scales_h, std::optional<double> scales_w) {
  return resized(kSmoothLinear, self, output_size, align_corners, {scales_h, scales_w});
}
Tensor _upsample_bicubic2d_aa(const Tensor& self, IntArrayRef output_size, bool align_corners,
                              std::optional<double> scales_h, std::optional<double> scales_w) {
  return resized(kSmoothCubic, self, output_size, align_corners, {scales_h, scales_w});
}
Tensor _upsample_lanczos2d_aa(const Tensor& self, IntArrayRef output_size, bool align_corners,
                              std::optional<double> scales_h, std::optional<double> scales_w) {
  return resized(kSmoothLanczos, self, output_size, align_corners, {scales_h, scales_w});
}

}  // namespace relume
