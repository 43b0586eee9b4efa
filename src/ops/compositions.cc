// Functions of tensors that are made of other ops.
#include "relume/compositions.h"

#include "core/check.h"
#include "relume/creation.h"
#include "relume/operators.h"
#include "relume/ops.h"

namespace relume {

// Histograms.

std::tuple<Tensor, Tensor> histogram(const Tensor& self, const Tensor& bins, const detail::Maybe<Tensor>& weight,
                                     bool density) {
  const Tensor values = self.detach().flatten();
  const int64_t count = bins.numel() - 1;
  const Tensor place = bucketize(values, bins, false, true) - 1;
  const Tensor bin = where(values == bins[count], count - 1, place);
  const Tensor inside = (bin >= 0) & (bin < count) & isnan(values).logical_not();
  const Tensor weights = weight ? weight->detach().flatten() : ones_like(values);
  Tensor counts = zeros({count}, values.options());
  counts.scatter_add_(0, bin.index({inside}), weights.index({inside}).to(values.scalar_type()));
  if (density) counts = counts / counts.sum() / bins.diff();
  return {counts, bins};
}
std::tuple<Tensor, Tensor> histogram(const Tensor& self, int64_t bins) { return histogram(self, bins, std::nullopt); }
std::tuple<Tensor, Tensor> histogram(const Tensor& self, int64_t bins, std::optional<ArrayRef<double>> range,
                                     const detail::Maybe<Tensor>& weight, bool density) {
  check(bins > 0, "torch.histogram(): bins must be > 0, but got {} for dimension 0", bins);
  double first = 0, last = 1;
  if (range) {
    check(range->size() == 2,
          "torch.histogramdd: for a 1-dimensional histogram range should have 2 elements, but got {}", range->size());
    first = (*range)[0], last = (*range)[1];
    check(first <= last, "torch.histogramdd: min should not exceed max, but got min {} max {} for dimension 0", first,
          last);
  } else if (self.numel() > 0) {
    first = self.min().item<double>(), last = self.max().item<double>();
  }
  if (first == last) first -= 0.5, last += 0.5;
  return histogram(self, linspace(first, last, bins + 1, self.scalar_type()), weight, density);
}

// Derivatives.

namespace {

// The derivative along the first dimension.
Tensor slope(const Tensor& values, double distance, int64_t edge_order) {
  const int64_t last = values.size(0) - 1;
  const auto row = [&](int64_t i) { return values.narrow(0, i, 1); };
  const auto edge = [&](int64_t i, int64_t inwards) {
    const Tensor rise =
        edge_order == 1 ? row(i + inwards) - row(i) : row(i + inwards) * 2 - row(i) * 1.5 - row(i + 2 * inwards) * 0.5;
    return rise / (distance * static_cast<double>(inwards));
  };
  const Tensor inner = (values.slice(0, 2) - values.slice(0, 0, last - 1)) / (2 * distance);
  return cat({edge(0, 1), inner, edge(last, -1)});
}

}  // namespace

std::vector<Tensor> gradient(const Tensor& self, ArrayRef<Scalar> spacing, IntArrayRef dim, int64_t edge_order) {
  check(edge_order == 1 || edge_order == 2, "torch.gradient only supports edge_order=1 and edge_order=2.");
  check(spacing.size() == dim.size(),
        "torch.gradient expected spacing to be unspecified, a scalar or a list of length equal to 'self.dim() = {}', "
        "but got a list of length {}",
        dim.size(), spacing.size());
  const Tensor values = self.is_floating_point() ? self : self.to(get_default_dtype());
  std::vector<Tensor> slopes;
  for (size_t i = 0; i < dim.size(); ++i) {
    check(self.size(dim[i]) > edge_order, "torch.gradient expected each dimension size to be at least edge_order+1");
    slopes.push_back(slope(values.movedim(dim[i], 0), spacing[i].toDouble(), edge_order).movedim(0, dim[i]));
  }
  return slopes;
}
std::vector<Tensor> gradient(const Tensor& self, const Scalar& spacing, IntArrayRef dim, int64_t edge_order) {
  return gradient(self, std::vector<Scalar>(dim.size(), spacing), dim, edge_order);
}
std::vector<Tensor> gradient(const Tensor& self, IntArrayRef dim, int64_t edge_order) {
  return gradient(self, Scalar(1), dim, edge_order);
}
std::vector<Tensor> gradient(const Tensor& self, const std::optional<Scalar>& spacing, std::optional<int64_t> dim,
                             int64_t edge_order) {
  std::vector<int64_t> dims(dim ? 1 : static_cast<size_t>(self.dim()), dim.value_or(0));
  for (size_t i = 0; !dim && i < dims.size(); ++i) dims[i] = static_cast<int64_t>(i);
  return gradient(self, spacing.value_or(1), dims, edge_order);
}

// Numbers.

Tensor range(const Scalar& start, const Scalar& end, const TensorOptions& options) {
  return range(start, end, 1, options);
}
Tensor range(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options) {
  const double first = start.toDouble(), distance = step.toDouble();
  check(distance != 0, "step must be nonzero");
  check((end.toDouble() - first) * distance >= 0, "upper bound and lower bound inconsistent with step sign");
  const auto count = static_cast<int64_t>((end.toDouble() - first) / distance) + 1;
  const Tensor places = arange(count, kDouble) * distance + first;
  return places.to(options.device(), options.dtype()).set_requires_grad(options.requires_grad());
}

}  // namespace relume
