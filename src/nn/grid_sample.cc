// Images read at points between their pixels.
#include <algorithm>

#include "core/check.h"
#include "nn/cubic.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

using enumtype::Name;
using functional::GridSampleFuncOptions;

// From [-1, 1] to pixels.
Tensor pixels(const Tensor& coordinate, int64_t size, bool align_corners) {
  if (align_corners) return (coordinate + 1) / 2 * (size - 1);
  return ((coordinate + 1) * size - 1) / 2;
}

// Places thrown back at both borders, which are given in half pixels.
Tensor reflected(const Tensor& place, int64_t low, int64_t high) {
  if (low == high) return zeros_like(place);
  const double span = static_cast<double>(high - low) / 2, start = static_cast<double>(low) / 2;
  const Tensor distance = (place - start).abs(), extra = distance.fmod(span);
  return where((distance / span).floor().remainder(2) == 0, extra + start, span - extra + start);
}

// A place brought into the image, as the padding mode says.
Tensor inside(const Tensor& place, int64_t size, Name padding, bool align_corners) {
  if (padding == Name::Zeros) return place;
  if (padding == Name::Border) return place.clamp(0, size - 1);
  const Tensor back = align_corners ? reflected(place, 0, 2 * (size - 1)) : reflected(place, -1, 2 * size - 1);
  return back.clamp(0, size - 1);
}

// The pixels at whole places, [N, points] for each dimension; zeros outside.
Tensor read(const Tensor& input, const std::vector<Tensor>& places) {
  Tensor valid, flat;
  for (size_t i = 0; i < places.size(); ++i) {
    const int64_t size = input.size(static_cast<int64_t>(i) + 2);
    const Tensor here = (places[i] >= 0).logical_and(places[i] <= size - 1);
    const Tensor index = where(here, places[i], 0.0).to(kLong);
    valid = valid.defined() ? valid.logical_and(here) : here;
    flat = flat.defined() ? flat * size + index : index;
  }
  const Tensor read = input.flatten(2).gather(2, flat.unsqueeze(1).expand({-1, input.size(1), -1}));
  return read * valid.unsqueeze(1).to(input.scalar_type());
}

// The sum over the corners around each place.
Tensor sample_linear(const Tensor& input, const std::vector<Tensor>& places) {
  std::vector<Tensor> lows;
  for (const Tensor& place : places) lows.push_back(place.detach().floor());
  Tensor total;
  for (size_t corner = 0; corner < size_t{1} << places.size(); ++corner) {
    std::vector<Tensor> indices;
    Tensor weight;
    for (size_t i = 0; i < places.size(); ++i) {
      const bool up = corner >> i & 1;
      const Tensor part = up ? places[i] - lows[i] : lows[i] + 1 - places[i];
      indices.push_back(up ? lows[i] + 1 : lows[i]);
      weight = weight.defined() ? weight * part : part;
    }
    weight = where(isfinite(weight), weight, 0.0);  // nothing is near a place that is not finite
    const Tensor part = read(input, indices) * weight.unsqueeze(1);
    total = total.defined() ? total + part : part;
  }
  return total;
}

Tensor sample_nearest(const Tensor& input, const std::vector<Tensor>& places, const Tensor& grid) {
  std::vector<Tensor> indices;
  for (const Tensor& place : places) indices.push_back(place.detach().round());
  const Tensor result = read(input, indices);
  return grid.requires_grad() ? result + grid.masked_fill(ones_like(grid, kBool), 0).sum() : result;  // gradient 0
}

// The places of all dimensions brought into the image.
std::vector<Tensor> all_inside(const Tensor& input, std::vector<Tensor> places, const GridSampleFuncOptions& options) {
  for (size_t i = 0; i < places.size(); ++i)
    places[i] = inside(places[i], input.size(static_cast<int64_t>(i) + 2), options.padding_mode(),
                       options.align_corners().value_or(false));
  return places;
}

// The weighted sum of the 4 x 4 pixels around each place; it is the pixels that are brought into the image.
Tensor sample_cubic(const Tensor& input, const std::vector<Tensor>& places, const GridSampleFuncOptions& options) {
  const Tensor lows[] = {places[0].detach().floor(), places[1].detach().floor()};
  const auto rows = detail::cubic_weights(places[0] - lows[0]), columns = detail::cubic_weights(places[1] - lows[1]);
  Tensor total;
  for (size_t i = 0; i < 4; ++i) {
    for (size_t j = 0; j < 4; ++j) {
      const auto row = static_cast<int64_t>(i) - 1, column = static_cast<int64_t>(j) - 1;
      const Tensor pixels = read(input, all_inside(input, {lows[0] + row, lows[1] + column}, options));
      const Tensor part = pixels * (rows[i] * columns[j]).unsqueeze(1);
      total = total.defined() ? total + part : part;
    }
  }
  return total;
}

void check_sizes(const Tensor& input, const Tensor& grid) {
  const int64_t rank = input.dim() - 2;
  check((rank == 2 || rank == 3) && grid.dim() == input.dim(),
        "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes {} "
        "and "
        "grid with sizes {}",
        input.sizes(), grid.sizes());
  check(input.size(0) == grid.size(0),
        "grid_sampler(): expected grid and input to have same batch size, but got input with sizes {} and grid with "
        "sizes "
        "{}",
        input.sizes(), grid.sizes());
  check(grid.size(-1) == rank,
        "grid_sampler(): expected grid to have size {} in last dimension, but got grid with sizes {}", rank,
        grid.sizes());
}

}  // namespace

Tensor functional::grid_sample(const Tensor& input, const Tensor& grid, const GridSampleFuncOptions& options) {
  check_sizes(input, grid);
  const Name mode = options.mode();
  const int64_t rank = input.dim() - 2;
  check(mode != Name::Bicubic || rank == 2, "grid_sampler(): bicubic interpolation only supports 4D input");
  const bool corners = options.align_corners().value_or(false);
  std::vector<Tensor> places;
  for (int64_t i = 0; i < rank; ++i)
    places.push_back(pixels(grid.select(-1, rank - 1 - i).flatten(1), input.size(i + 2), corners));
  const Tensor result = mode == Name::Bicubic   ? sample_cubic(input, places, options)
                        : mode == Name::Nearest ? sample_nearest(input, all_inside(input, places, options), grid)
                                                : sample_linear(input, all_inside(input, places, options));
  std::vector<int64_t> sizes = {input.size(0), input.size(1)};
  sizes.insert(sizes.end(), grid.sizes().begin() + 1, grid.sizes().end() - 1);
  return result.view(sizes);
}

Tensor functional::affine_grid(const Tensor& theta, const IntArrayRef& size, bool align_corners) {
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
  return flat.bmm(theta.transpose(1, 2)).view(sizes);
}

}  // namespace relume::nn
