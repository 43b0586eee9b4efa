// Functions of tensors that libtorch has and Relume's table of ops has not: other forms and names of those that it has.
#pragma once

#include <torch/nn.h>
#include <torch/types.h>

namespace at {
namespace detail {

inline Tensor padded(const Tensor& self, IntArrayRef pad, std::string_view mode, size_t dims) {
  TORCH_CHECK(pad.size() == 2 * dims, "padding size is expected to be ", 2 * dims, ", but got: ", pad.size());
  return relume::pad(self, pad, mode);
}

}  // namespace detail

inline Tensor nll_loss_nd(const Tensor& self, const Tensor& target, const Tensor& weight = {},
                          int64_t reduction = Reduction::Mean, int64_t ignore_index = -100) {
  return relume::nll_loss(self, target, weight, reduction, ignore_index);
}

// ---- Padding: elements before and after, the last dimension first ------------------------------------------------

#define RELUME_PADDING(dims)                                                        \
  inline Tensor reflection_pad##dims##d(const Tensor& self, IntArrayRef padding) {  \
    return detail::padded(self, padding, "reflect", dims);                          \
  }                                                                                 \
  inline Tensor replication_pad##dims##d(const Tensor& self, IntArrayRef padding) { \
    return detail::padded(self, padding, "replicate", dims);                        \
  }
// clang-format off
RELUME_PADDING(1)
RELUME_PADDING(2)
RELUME_PADDING(3)
#undef RELUME_PADDING
// clang-format on
inline Tensor pad_sequence(TensorList sequences, bool batch_first = false, double padding_value = 0.0) {
  return relume::nn::utils::rnn::pad_sequence(sequences, batch_first, padding_value);
}

// ---- Histograms and differences ----------------------------------------------------------------------------------

// How many elements, or how much of `weight`, lie between neighbours of the edges `bins`, and those edges; the last bin
// has its upper edge. With density the integral is 1.
inline std::tuple<Tensor, Tensor> histogram(const Tensor& self, const Tensor& bins,
                                            const std::optional<Tensor>& weight = {}, bool density = false) {
  const Tensor values = self.detach().flatten();
  const int64_t count = bins.numel() - 1;
  const Tensor place = relume::bucketize(values, bins, false, true) - 1;
  const Tensor bin = relume::where(values == bins[count], count - 1, place);
  const Tensor inside = (bin >= 0) & (bin < count) & relume::isnan(values).logical_not();
  const Tensor weights = weight ? weight->detach().flatten() : relume::ones_like(values);
  Tensor counts = relume::zeros({count}, values.options());
  counts.scatter_add_(0, bin.index({inside}), weights.index({inside}).to(values.scalar_type()));
  if (density) counts = counts / counts.sum() / bins.diff();
  return {counts, bins};
}
// The same for a number of bins of one width, over `range` or from the least to the greatest element.
inline std::tuple<Tensor, Tensor> histogram(const Tensor& self, int64_t bins = 100,
                                            std::optional<ArrayRef<double>> range = {},
                                            const std::optional<Tensor>& weight = {}, bool density = false) {
  double first = 0, last = 1;
  if (range)
    first = (*range)[0], last = (*range)[1];
  else if (self.numel() > 0)
    first = self.min().item<double>(), last = self.max().item<double>();
  if (first == last) first -= 0.5, last += 0.5;
  return histogram(self, relume::linspace(first, last, bins + 1, self.scalar_type()), weight, density);
}

namespace detail {

// The derivative along the first dimension.
inline Tensor slope(const Tensor& values, double distance, int64_t edge_order) {
  const int64_t last = values.size(0) - 1;
  const auto row = [&](int64_t i) { return values.narrow(0, i, 1); };
  const auto edge = [&](int64_t i, int64_t inwards) {
    const Tensor rise =
        edge_order == 1 ? row(i + inwards) - row(i) : row(i + inwards) * 2 - row(i) * 1.5 - row(i + 2 * inwards) * 0.5;
    return rise / (distance * static_cast<double>(inwards));
  };
  const Tensor inner = (values.slice(0, 2) - values.slice(0, 0, last - 1)) / (2 * distance);
  return relume::cat({edge(0, 1), inner, edge(last, -1)});
}

}  // namespace detail

// The derivatives along the dims by central differences, and at the ends by one-sided ones of order edge_order, 1 or 2.
// `spacing` has the distance of neighbours along each dim.
inline std::vector<Tensor> gradient(const Tensor& self, ArrayRef<Scalar> spacing, IntArrayRef dim,
                                    int64_t edge_order = 1) {
  TORCH_CHECK(edge_order == 1 || edge_order == 2, "torch.gradient only supports edge_order=1 and edge_order=2.");
  TORCH_CHECK(spacing.size() == dim.size(),
              "torch.gradient expected spacing to be unspecified, a scalar or a list of "
              "length equal to 'self.dim() = ",
              dim.size(), "', but got a list of length ", spacing.size());
  const Tensor values = self.is_floating_point() ? self : self.to(relume::get_default_dtype());
  std::vector<Tensor> slopes;
  for (size_t i = 0; i < dim.size(); ++i) {
    TORCH_CHECK(self.size(dim[i]) > edge_order,
                "torch.gradient expected each dimension size to be at least edge_order+1");
    slopes.push_back(detail::slope(values.movedim(dim[i], 0), spacing[i].toDouble(), edge_order).movedim(0, dim[i]));
  }
  return slopes;
}
inline std::vector<Tensor> gradient(const Tensor& self, const Scalar& spacing, IntArrayRef dim,
                                    int64_t edge_order = 1) {
  return gradient(self, std::vector<Scalar>(dim.size(), spacing), dim, edge_order);
}
inline std::vector<Tensor> gradient(const Tensor& self, IntArrayRef dim, int64_t edge_order = 1) {
  return gradient(self, Scalar(1), dim, edge_order);
}
inline std::vector<Tensor> gradient(const Tensor& self, const std::optional<Scalar>& spacing = {},
                                    std::optional<int64_t> dim = {}, int64_t edge_order = 1) {
  std::vector<int64_t> dims(dim ? 1 : static_cast<size_t>(self.dim()), dim.value_or(0));
  for (size_t i = 0; !dim && i < dims.size(); ++i) dims[i] = static_cast<int64_t>(i);
  return gradient(self, spacing.value_or(1), dims, edge_order);
}

// ---- Others ------------------------------------------------------------------------------------------------------

// scale x where x > 0, else scale alpha (exp(input_scale x) - 1). An object, which hides relume::elu from calls without
// a namespace.
struct Elu {
  Tensor operator()(const Tensor& self, const Scalar& alpha = 1, const Scalar& scale = 1,
                    const Scalar& input_scale = 1) const {
    const Tensor result = input_scale.toDouble() == 1
                              ? relume::elu(self, alpha.toDouble())
                              : relume::where(self > 0, self, relume::expm1(self * input_scale) * alpha);
    return scale.toDouble() == 1 ? result : result * scale;
  }
};
inline constexpr Elu elu;

// The powers of each element of x from N - 1, or size(x) - 1, down to 0, or with `increasing` upwards.
inline Tensor vander(const Tensor& x, std::optional<int64_t> N = {}, bool increasing = false) {
  const Tensor powers = relume::linalg_vander(x, N);
  return increasing ? powers : powers.flip({-1});
}
inline Tensor index(const Tensor& self, ArrayRef<indexing::TensorIndex> indices) { return self.index(indices); }
inline Tensor fill(const Tensor& self, const Scalar& value) { return self.clone().fill_(value); }
inline std::vector<Tensor> unsafe_split(const Tensor& self, int64_t split_size, int64_t dim = 0) {
  return relume::split(self, split_size, dim);
}
inline std::vector<Tensor> unsafe_chunk(const Tensor& self, int64_t chunks, int64_t dim = 0) {
  return relume::chunk(self, chunks, dim);
}
// The numbers from start to end, which is among them; arange leaves it out.
inline Tensor range(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options = {}) {
  const double first = start.toDouble(), distance = step.toDouble();
  TORCH_CHECK(distance != 0, "step must be nonzero");
  TORCH_CHECK((end.toDouble() - first) * distance >= 0, "upper bound and lower bound inconsistent with step sign");
  const auto count = static_cast<int64_t>((end.toDouble() - first) / distance) + 1;
  const Tensor places = relume::arange(count, relume::kDouble) * distance + first;
  return places.to(options.device(), options.dtype()).set_requires_grad(options.requires_grad());
}

inline Tensor range(const Scalar& start, const Scalar& end, const TensorOptions& options = {}) {
  return range(start, end, 1, options);
}

inline const Tensor& as_strided_(const Tensor& self, IntArrayRef size, IntArrayRef stride,
                                 std::optional<int64_t> storage_offset = {}) {
  return self.as_strided_(size, stride, storage_offset);
}
inline const Tensor& resize_as_(const Tensor& self, const Tensor& the_template) {
  return self.resize_as_(the_template);
}

}  // namespace at
