// Images read at points between their pixels.
#include <algorithm>
#include <array>

#include "autograd/record.h"
#include "kernels/grid_taps.h"
#include "kernels/weighted_gather.h"
#include "ops/autocast.h"
#include "ops/composed.h"
#include "ops/elementwise.h"

namespace relume {
namespace {

enum class Mode { Linear, Nearest, Cubic };
using Beyond = cpu::BeyondBorder;

// How an image is read.
struct Reading {
  Mode mode;
  Beyond beyond;
  bool align_corners;
};

// From [-1, 1] to pixels.
Tensor pixels(const Tensor& coordinate, int64_t size, bool align_corners) {
  if (align_corners) return (coordinate + 1) / 2 * (size - 1);
  return ((coordinate + 1) * size - 1) / 2;
}

// Places thrown back at both borders, which are given in half pixels.
Tensor reflected(const Tensor& place, int64_t low, int64_t high) {
  if (low == high) return place.masked_fill(ones_like(place, kBool), 0);
  const double span = static_cast<double>(high - low) / 2, start = static_cast<double>(low) / 2;
  const Tensor distance = (place - start).abs(), extra = distance.fmod(span);
  return where((distance / span).floor().remainder(2) == 0, extra + start, span - extra + start);
}

// A place brought into the image. The borders have no gradient, as what is beyond them.
Tensor inside(const Tensor& place, int64_t size, const Reading& reading) {
  if (reading.beyond == Beyond::Zeros) return place;
  Tensor back = place;
  if (reading.beyond == Beyond::Reflection)
    back = reading.align_corners ? reflected(place, 0, 2 * (size - 1)) : reflected(place, -1, 2 * size - 1);
  return where(logical_and(back > 0, back < size - 1), back, back.detach().clamp(0, size - 1));
}

// ---- Weighted sums of pixels: linear in the pixels and in the weights, and so are both gradients ------------------

// What the three maps are called with: index [N, points, taps], -1 where there is no pixel.
cpu::WeightedGather work_of(const Tensor& index, int64_t channels, int64_t pixels) {
  return {index.size(0), channels, pixels, index.size(1), index.size(2), index.data_ptr<int64_t>()};
}

Tensor spread(const Tensor& grad, const Tensor& index, const Tensor& weights, int64_t pixels);
Tensor products(const Tensor& input, const Tensor& grad, const Tensor& index);

// [N, C, pixels] to [N, C, points], with weights [N, points, taps].
Tensor weighted_sums(const Tensor& input, const Tensor& index, const Tensor& weights) {
  const Tensor x = input.contiguous(), w = weights.contiguous();
  Tensor result = make_tensor({input.size(0), input.size(1), index.size(1)}, input.scalar_type());
  cpu::weighted_gather(work_of(index, input.size(1), input.size(2)), input.scalar_type(), x.data_ptr(), w.data_ptr(),
                       result.data_ptr());
  return record("WeightedSumsBackward0", std::move(result), {input, weights}, {input, weights, index},
                [](Backward& run) {
                  const Tensor& pixels = run.saved(0);
                  if (run.needs(0)) run.set(0, spread(run.grad(), run.saved(2), run.saved(1), pixels.size(2)));
                  if (run.needs(1)) run.set(1, products(pixels, run.grad(), run.saved(2)));
                });
}

Tensor spread(const Tensor& grad, const Tensor& index, const Tensor& weights, int64_t pixels) {
  const Tensor y = grad.contiguous(), w = weights.contiguous();
  Tensor result = make_tensor({grad.size(0), grad.size(1), pixels}, grad.scalar_type());
  cpu::weighted_scatter(work_of(index, grad.size(1), pixels), grad.scalar_type(), y.data_ptr(), w.data_ptr(),
                        result.data_ptr());
  return record("SpreadBackward0", std::move(result), {grad, weights}, {grad, weights, index}, [](Backward& run) {
    if (run.needs(0)) run.set(0, weighted_sums(run.grad(), run.saved(2), run.saved(1)));
    if (run.needs(1)) run.set(1, products(run.grad(), run.saved(0), run.saved(2)));
  });
}

// [N, points, taps]: for each weight the pixels times what flows to the result.
Tensor products(const Tensor& input, const Tensor& grad, const Tensor& index) {
  const Tensor x = input.contiguous(), y = grad.contiguous();
  Tensor result = make_tensor(index.sizes(), input.scalar_type());
  cpu::weighted_products(work_of(index, input.size(1), input.size(2)), input.scalar_type(), x.data_ptr(), y.data_ptr(),
                         result.data_ptr());
  return record("ProductsBackward0", std::move(result), {input, grad}, {input, grad, index}, [](Backward& run) {
    if (run.needs(0)) run.set(0, spread(run.saved(1), run.saved(2), run.grad(), run.saved(0).size(2)));
    if (run.needs(1)) run.set(1, weighted_sums(run.saved(0), run.saved(2), run.grad()));
  });
}

// ---- Which pixels, with which weights ----------------------------------------------------------------------------

// Pixels to be added up: their numbers in the image and their weights, [N, points] each.
class Pixels {
 public:
  explicit Pixels(const Tensor& input) : sizes_(input.sizes().slice(2)) {}

  // The pixel at whole places, one for each dimension; nothing outside.
  void add(const std::vector<Tensor>& places, const Tensor& weight) {
    Tensor valid, flat;
    for (size_t i = 0; i < places.size(); ++i) {
      const int64_t size = sizes_[i];
      const Tensor here = (places[i] >= 0).logical_and(places[i] <= size - 1);
      const Tensor index = where(here, places[i], 0.0).to(kLong);  // a place may be beyond all integers
      valid = valid.defined() ? valid.logical_and(here) : here;
      flat = flat.defined() ? flat * size + index : index;
    }
    indices_.push_back(where(valid, flat, -1));
    weights_.push_back(weight);
  }

  Tensor sum(const Tensor& input) const {
    return weighted_sums(input.flatten(2), stack(indices_, -1), stack(weights_, -1));
  }

 private:
  const IntArrayRef sizes_;
  std::vector<Tensor> indices_, weights_;
};

// The corners around each place.
Tensor sample_linear(const Tensor& input, const std::vector<Tensor>& places) {
  std::vector<Tensor> lows;
  for (const Tensor& place : places) lows.push_back(place.detach().floor());
  Pixels pixels(input);
  for (size_t corner = 0; corner < size_t{1} << places.size(); ++corner) {
    std::vector<Tensor> corners;
    Tensor weight;
    for (size_t i = 0; i < places.size(); ++i) {
      const bool up = corner >> i & 1;
      const Tensor part = up ? places[i] - lows[i] : lows[i] + 1 - places[i];
      corners.push_back(up ? lows[i] + 1 : lows[i]);
      weight = weight.defined() ? weight * part : part;
    }
    pixels.add(corners, where(isfinite(weight), weight, 0.0));  // nothing is near a place that is not finite
  }
  return pixels.sum(input);
}

// The same of an image at points that want no gradient, without a tensor for each step of the way.
Tensor sample_bilinear(const Tensor& input, const Tensor& grid, const Reading& reading) {
  const Tensor points = grid.contiguous();
  const int64_t batch = input.size(0), count = points.numel() / std::max<int64_t>(1, 2 * batch);
  const Tensor index = make_tensor({batch, count, 4}, kLong),
               weights = make_tensor({batch, count, 4}, grid.scalar_type());
  cpu::bilinear_taps({batch * count, input.size(2), input.size(3), reading.beyond, reading.align_corners},
                     grid.scalar_type(), points.data_ptr(), index.data_ptr<int64_t>(), weights.data_ptr());
  return weighted_sums(input.flatten(2), index, weights);
}

// The nearest pixel, whose gradient by the grid is 0.
Tensor sample_nearest(const Tensor& input, const std::vector<Tensor>& places) {
  std::vector<Tensor> whole;
  for (const Tensor& place : places) whole.push_back(place.detach().round());
  Pixels pixels(input);
  pixels.add(whole, where(zeros_like(places[0], kBool), places[0], 1.0));
  return pixels.sum(input);
}

// The places of all dimensions brought into the image.
std::vector<Tensor> all_inside(const Tensor& input, std::vector<Tensor> places, const Reading& reading) {
  for (size_t i = 0; i < places.size(); ++i)
    places[i] = inside(places[i], input.size(static_cast<int64_t>(i) + 2), reading);
  return places;
}

// Cubic convolution: the weights of the four neighbours of a place at the distance t after the second, with a = -0.75.
// Keys, 1981.
std::array<Tensor, 4> cubic_weights(const Tensor& t) {
  constexpr double kA = -0.75;
  const auto near = [](const Tensor& x) { return ((kA + 2) * x - (kA + 3)) * x * x + 1; };
  const auto far = [](const Tensor& x) { return ((kA * x - 5 * kA) * x + 8 * kA) * x - 4 * kA; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

// The weighted sum of the 4 x 4 pixels around each place; it is the pixels that are brought into the image.
Tensor sample_cubic(const Tensor& input, const std::vector<Tensor>& places, const Reading& reading) {
  const Tensor lows[] = {places[0].detach().floor(), places[1].detach().floor()};
  const auto rows = cubic_weights(places[0] - lows[0]), columns = cubic_weights(places[1] - lows[1]);
  Pixels pixels(input);
  for (size_t i = 0; i < 4; ++i)
    for (size_t j = 0; j < 4; ++j) {
      const auto row = static_cast<int64_t>(i) - 1, column = static_cast<int64_t>(j) - 1;
      pixels.add(all_inside(input, {lows[0] + row, lows[1] + column}, reading), rows[i] * columns[j]);
    }
  return pixels.sum(input);
}

// In each dimension, of the grid's points in pixels.
std::vector<Tensor> places_of(const Tensor& input, const Tensor& grid, const Reading& reading) {
  const int64_t rank = input.dim() - 2;
  std::vector<Tensor> places;
  for (int64_t i = 0; i < rank; ++i)
    places.push_back(pixels(grid.select(-1, rank - 1 - i).flatten(1), input.size(i + 2), reading.align_corners));
  return places;
}

Tensor sample(const Tensor& input, const std::vector<Tensor>& places, const Reading& reading) {
  if (reading.mode == Mode::Cubic) return sample_cubic(input, places, reading);
  const std::vector<Tensor> inside = all_inside(input, places, reading);
  return reading.mode == Mode::Nearest ? sample_nearest(input, inside) : sample_linear(input, inside);
}

void check_arguments(const Tensor& input, const Tensor& grid, int64_t interpolation_mode, int64_t padding_mode) {
  impl_of(input, "grid_sampler");
  impl_of(grid, "grid_sampler");
  const int64_t rank = input.dim() - 2;
  check(input.size(0) == grid.size(0),
        "grid_sampler(): expected grid and input to have same batch size, but got input with sizes {} and grid with "
        "sizes {}",
        input.sizes(), grid.sizes());
  check(grid.size(-1) == rank,
        "grid_sampler(): expected grid to have size {} in last dimension, but got grid with sizes {}", rank,
        grid.sizes());
  check((rank == 2 || rank == 3) && grid.dim() == input.dim(),
        "grid_sampler(): expected {}D input and grid with same number of dimensions, but got input with sizes {} and "
        "grid with sizes {}",
        rank == 2 ? 4 : 5, input.sizes(), grid.sizes());
  for (int64_t d = 2; d < input.dim(); ++d)
    check(input.size(d) > 0,
          "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes {} with dimension "
          "{} being empty",
          input.sizes(), d);
  check(interpolation_mode >= 0 && interpolation_mode <= 2 && padding_mode >= 0 && padding_mode <= 2,
        "grid_sampler(): unknown interpolation_mode {} or padding_mode {}", interpolation_mode, padding_mode);
  check(interpolation_mode != 2 || rank == 2, "grid_sampler(): bicubic interpolation only supports 4D input");
  if (!input.is_floating_point()) fail_not_implemented("grid_sampler", input.scalar_type());
  check(input.scalar_type() == grid.scalar_type(), "expected scalar type {} but found {}",
        to_string(input.scalar_type()), to_string(grid.scalar_type()));
}

}  // namespace

// The input [N, C, H, W] read at the points of grid [N, H', W', 2], (x, y) in [-1, 1], or [N, C, D, H, W] at [N, D',
// H', W', 3]. interpolation_mode is 0 bilinear, 1 nearest, 2 bicubic; padding_mode 0 zeros, 1 border, 2 reflection.
// Jaderberg et al., 2015.
Tensor grid_sampler(const Tensor& input, const Tensor& grid, int64_t interpolation_mode, int64_t padding_mode,
                    bool align_corners) {
  if (const Autocast cast(CastTo::Float); cast)
    return grid_sampler(cast(input), cast(grid), interpolation_mode, padding_mode, align_corners);
  check_arguments(input, grid, interpolation_mode, padding_mode);
  if (const ScalarType dtype = input.scalar_type(); dtype != kFloat && dtype != kDouble)
    return grid_sampler(input.to(kFloat), grid.to(kFloat), interpolation_mode, padding_mode, align_corners).to(dtype);
  const Reading reading{static_cast<Mode>(interpolation_mode), static_cast<Beyond>(padding_mode), align_corners};
  const int64_t rank = input.dim() - 2;
  const Tensor result = rank == 2 && reading.mode == Mode::Linear && !recording({grid})
                            ? sample_bilinear(input, grid, reading)
                            : sample(input, places_of(input, grid, reading), reading);
  std::vector<int64_t> sizes = {input.size(0), input.size(1)};
  sizes.insert(sizes.end(), grid.sizes().begin() + 1, grid.sizes().end() - 1);
  return named(rank == 2 ? "GridSampler2DBackward0" : "GridSampler3DBackward0", result.view(sizes));
}

// Where grid_sampler is to read for affine maps: theta [N, 2, 3] and size (N, C, H, W) to [N, H, W, 2], or [N, 3, 4]
// and (N, C, D, H, W) to [N, D, H, W, 3].  Jaderberg et al., 2015.
Tensor affine_grid_generator(const Tensor& theta, IntArrayRef size, bool align_corners) {
  impl_of(theta, "affine_grid_generator");
  check(theta.is_floating_point(), "Expected theta to have floating point type, but got {}", theta.dtype().name());
  const auto rank = static_cast<int64_t>(size.size()) - 2;
  check(rank == 2 || rank == 3,
        "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size {}", size);
  check(theta.dim() == 3 && theta.size(1) == rank && theta.size(2) == rank + 1,
        "Expected a batch of {}D affine matrices of shape Nx{}x{} for size {}. Got {}.", rank, rank, rank + 1, size,
        theta.sizes());
  check(*std::min_element(size.begin(), size.end()) > 0, "Expected non-zero, positive output size. Got {}", size);
  std::vector<Tensor> axes;
  for (const int64_t out : size.slice(2)) {
    const Tensor axis = out > 1 ? linspace(-1, 1, out, theta.options()) : zeros({out}, theta.options());
    axes.push_back(align_corners ? axis : axis * (static_cast<double>(out - 1) / static_cast<double>(out)));
  }
  std::vector<Tensor> points = meshgrid(axes, "ij");
  std::reverse(points.begin(), points.end());
  points.push_back(ones(size.slice(2), theta.options()));
  const Tensor flat = stack(points, -1).view({1, -1, rank + 1}).expand({size[0], -1, -1});
  std::vector<int64_t> sizes = {size[0]};
  sizes.insert(sizes.end(), size.begin() + 2, size.end());
  sizes.push_back(rank);
  return named("AffineGridGeneratorBackward0", flat.bmm(theta.transpose(1, 2)).view(sizes));
}

}  // namespace relume
