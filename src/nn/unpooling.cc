// MaxUnpool, the way back from a max pooling, and FractionalMaxPool, whose windows stand at drawn places.
#include <fmt/format.h>

#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

// ---- MaxUnpool ---------------------------------------------------------------------------------------------------

// The options of a max unpooling, of whatever dimensions.
struct Windows {
  IntArrayRef kernel_size, stride, padding;
  const relume::detail::Maybe<std::vector<int64_t>>& output_size;
};

template <size_t D>
Windows windows_of(const functional::MaxUnpoolFuncOptions<D>& options) {
  return {options.kernel_size(), options.stride(), options.padding(), options.output_size()};
}

// The spatial sizes of a result: the least that the pooling may have had before it, or those that are wanted.
std::vector<int64_t> unpooled_size(const Tensor& input, const Windows& windows) {
  const size_t dims = windows.kernel_size.size();
  std::vector<int64_t> least;
  for (size_t d = 0; d < dims; ++d) {
    const int64_t size = input.size(static_cast<int64_t>(d) - static_cast<int64_t>(dims));
    least.push_back((size - 1) * windows.stride[d] + windows.kernel_size[d] - 2 * windows.padding[d]);
  }
  if (!windows.output_size) return least;
  std::vector<int64_t> wanted = *windows.output_size;
  if (wanted.size() == dims + 2) wanted.erase(wanted.begin(), wanted.begin() + 2);
  check(wanted.size() == dims,
        "output_size should be a sequence containing {} or {} elements, but it has a length of '{}'", dims, dims + 2,
        wanted.size());
  for (size_t d = 0; d < dims; ++d) {
    const int64_t low = least[d] - windows.stride[d], high = least[d] + windows.stride[d];
    check(low <= wanted[d] && wanted[d] <= high, "invalid output_size {} (dim {} must be between {} and {})",
          fmt::join(wanted, " "), d, low, high);
  }
  return wanted;
}

// Of the last sizes.size() dimensions, all of them dimensions of the op `name`.
Tensor unpool(const char* name, const Tensor& input, const Tensor& indices, const std::vector<int64_t>& sizes) {
  const auto dims = static_cast<int64_t>(sizes.size());
  check(indices.scalar_type() == kLong, "elements in indices should be type int64 but got: {}",
        to_string(indices.scalar_type()));
  check(input.dim() == dims + 1 || input.dim() == dims + 2,
        "Input to {} should be a {}d or {}d Tensor, but got a tensor with {} dimensions.", name, dims + 1, dims + 2,
        input.dim());
  check(indices.sizes() == input.sizes(),
        "Expected shape of indices to be same as that of the input tensor ({}) but got indices tensor with shape: {}",
        input.sizes(), indices.sizes());
  int64_t total = 1;
  for (const int64_t size : sizes) total *= size;
  if (indices.numel() > 0) {
    const int64_t lowest = indices.min().item<int64_t>(), highest = indices.max().item<int64_t>();
    check(lowest >= 0 && highest < total, "Found an invalid max index: {} (output volumes are of size {})",
          lowest < 0 ? lowest : highest, fmt::join(sizes, "x"));
  }
  const Tensor values = input.flatten(-dims);
  std::vector<int64_t> flat(values.sizes().begin(), values.sizes().end()), result(flat.begin(), flat.end() - 1);
  flat.back() = total;
  result.insert(result.end(), sizes.begin(), sizes.end());
  return zeros(flat, input.options()).scatter(-1, indices.flatten(-dims), values).view(result);
}

// ---- FractionalMaxPool -------------------------------------------------------------------------------------------

// Where the windows of each plane begin along a dimension, [planes, out], for samples [planes] in [0, 1).
Tensor window_starts(const Tensor& samples, int64_t size, int64_t out, int64_t kernel) {
  const Tensor last = full({samples.size(0), 1}, size - kernel, kLong);
  if (out == 1) return last;
  const double step = static_cast<double>(size - kernel) / static_cast<double>(out - 1);
  const Tensor sample = samples.to(kDouble).unsqueeze(1);
  const Tensor places = ((arange(out - 1) + sample) * step).trunc() - (sample * step).trunc();
  return cat({places.to(kLong), last}, 1);
}

// The options of a fractional pooling, of whatever dimensions; what was not given is empty.
struct Fraction {
  IntArrayRef kernel_size, output_size;
  ArrayRef<double> output_ratio;
  const Tensor& samples;

  template <size_t D>
  explicit Fraction(const FractionalMaxPoolOptions<D>& options)
      : kernel_size(options.kernel_size()), samples(options._random_samples()) {
    if (options.output_size()) output_size = *options.output_size();
    if (options.output_ratio()) output_ratio = *options.output_ratio();
  }
  int64_t rank() const { return static_cast<int64_t>(kernel_size.size()); }
  int64_t kernel(int64_t d) const { return kernel_size[static_cast<size_t>(d)]; }
};

constexpr const char* kDimNames[] = {"time", "height", "width"};

std::vector<int64_t> fractional_size(const Tensor& input, const Fraction& fraction) {
  const int64_t rank = fraction.rank();
  check(!fraction.output_size.empty() || !fraction.output_ratio.empty(),
        "fractional_max_pool{}d requires specifying either an output_size or an output_ratio", rank);
  check(input.dim() == rank + 1 || input.dim() == rank + 2,
        "fractional_max_pool{}d(): Expected {}D or {}D tensor, but got: {}", rank, rank + 1, rank + 2, input.sizes());
  std::vector<int64_t> result;
  for (int64_t d = 0; d < rank; ++d) {
    const auto at = static_cast<size_t>(d);
    const int64_t size = input.size(d - rank);
    const int64_t out = fraction.output_size.empty()
                            ? static_cast<int64_t>(static_cast<double>(size) * fraction.output_ratio[at])
                            : fraction.output_size[at];
    const char* name = kDimNames[3 - rank + d];
    // In three dimensions PyTorch wants one element more than the windows need.
    check(out > 0 && out + fraction.kernel(d) - 1 <= size - (rank == 3 ? 1 : 0),
          "fractional_max_pool{}d(): pool {} {} too large relative to input {} {}", rank, name, fraction.kernel(d),
          name, size);
    result.push_back(out);
  }
  return result;
}

// The places of the windows' elements in the flat planes: [planes, out..., kernel...].
Tensor window_places(const Tensor& planes, const Tensor& samples, const std::vector<int64_t>& out,
                     const Fraction& fraction) {
  const int64_t rank = fraction.rank();
  Tensor flat;
  for (int64_t d = 0; d < rank; ++d) {
    const auto at = static_cast<size_t>(d), dims = static_cast<size_t>(rank);
    const int64_t size = planes.size(d + 1), kernel = fraction.kernel(d);
    const Tensor sample = samples.select(1, rank == 2 ? 1 - d : d);  // in two dimensions the first is the width's
    const Tensor place = window_starts(sample, size, out[at], kernel).unsqueeze(2) + arange(kernel);
    std::vector<int64_t> shape(2 * dims + 1, 1);
    shape[0] = place.size(0);
    shape[1 + at] = out[at];
    shape[1 + dims + at] = kernel;
    flat = flat.defined() ? flat * size + place.view(shape) : place.view(shape);
  }
  return flat;
}

std::tuple<Tensor, Tensor> fractional_pool(const Tensor& input, const Fraction& fraction) {
  const int64_t rank = fraction.rank();
  const std::vector<int64_t> out = fractional_size(input, fraction);
  const int64_t batch = input.dim() == rank + 1 ? 1 : input.size(0), channels = input.size(-rank - 1);
  const std::vector<int64_t> drawn = {batch, channels, rank};
  const Tensor samples =
      fraction.samples.defined() ? fraction.samples : rand(drawn, input.options().requires_grad(false));
  check(samples.numel() == batch * channels * rank,
        "fractional_max_pool{}d: expected _random_samples of shape {}, got {}", rank, IntArrayRef(drawn),
        samples.sizes());
  const Tensor planes = input.flatten(0, -rank - 1);
  const Tensor places = window_places(planes, samples.reshape({-1, rank}), out, fraction).reshape({planes.size(0), -1});
  int64_t windows = 1;
  for (const int64_t size : out) windows *= size;
  const Tensor elements = planes.flatten(1).gather(1, places).view({planes.size(0), windows, -1});
  const auto [values, chosen] = elements.max(-1);
  const Tensor index = places.view(elements.sizes()).gather(-1, chosen.unsqueeze(-1));
  std::vector<int64_t> sizes(input.sizes().begin(), input.sizes().end() - rank);
  sizes.insert(sizes.end(), out.begin(), out.end());
  return {values.view(sizes), index.view(sizes)};
}

void check_options(const Fraction& fraction) {
  const bool sized = !fraction.output_size.empty();
  check(sized || !fraction.output_ratio.empty(),
        "FractionalMaxPool{}d requires specifying either an output size, or a pooling ratio", fraction.rank());
  check(!sized || fraction.output_ratio.empty(), "only one of output_size and output_ratio may be specified");
  for (const double ratio : fraction.output_ratio)
    check(ratio > 0 && ratio < 1, "output_ratio must be between 0 and 1 (got {})",
          detail::text_of(fraction.output_ratio));
}

}  // namespace

// A line is a plane of width 1.
Tensor functional::max_unpool1d(const Tensor& input, const Tensor& indices, const MaxUnpool1dFuncOptions& options) {
  std::vector<int64_t> sizes = unpooled_size(input, windows_of(options));
  sizes.push_back(1);
  return unpool("max_unpooling2d", input.unsqueeze(-1), indices.unsqueeze(-1), sizes).squeeze(-1);
}
Tensor functional::max_unpool2d(const Tensor& input, const Tensor& indices, const MaxUnpool2dFuncOptions& options) {
  return unpool("max_unpooling2d", input, indices, unpooled_size(input, windows_of(options)));
}
Tensor functional::max_unpool3d(const Tensor& input, const Tensor& indices, const MaxUnpool3dFuncOptions& options) {
  return unpool("max_unpooling3d", input, indices, unpooled_size(input, windows_of(options)));
}

#define RELUME_MAX_UNPOOL(Name, name, D)                                                            \
  Name##Impl::Name##Impl(ExpandingArray<D> kernel_size) : Name##Impl(Name##Options(kernel_size)) {} \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) {}                      \
  void Name##Impl::reset() {}                                                                       \
  void Name##Impl::pretty_print(std::ostream& stream) const {                                       \
    detail::OptionsPrinter(stream, #Name)                                                           \
        .add("kernel_size", options.kernel_size())                                                  \
        .add("stride", options.stride())                                                            \
        .add("padding", options.padding());                                                         \
  }                                                                                                 \
  Tensor Name##Impl::forward(const Tensor& input, const Tensor& indices,                            \
                             const relume::detail::Maybe<std::vector<int64_t>>& output_size) {      \
    return functional::name(input, indices,                                                         \
                            functional::Name##FuncOptions(options.kernel_size())                    \
                                .stride(options.stride())                                           \
                                .padding(options.padding())                                         \
                                .output_size(output_size));                                         \
  }
RELUME_MAX_UNPOOL(MaxUnpool1d, max_unpool1d, 1)
RELUME_MAX_UNPOOL(MaxUnpool2d, max_unpool2d, 2)
RELUME_MAX_UNPOOL(MaxUnpool3d, max_unpool3d, 3)
#undef RELUME_MAX_UNPOOL

#define RELUME_FRACTIONAL_POOL(Name, name, D)                                                                         \
  Name##Impl::Name##Impl(ExpandingArray<D> kernel_size) : Name##Impl(Name##Options(kernel_size)) {}                   \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) { check_options(Fraction(options)); }     \
  void Name##Impl::reset() {}                                                                                         \
  void Name##Impl::pretty_print(std::ostream& stream) const { detail::OptionsPrinter(stream, #Name); }                \
  Tensor Name##Impl::forward(const Tensor& input) { return functional::name(input, options); }                        \
  std::tuple<Tensor, Tensor> Name##Impl::forward_with_indices(const Tensor& input) {                                  \
    return functional::name##_with_indices(input, options);                                                           \
  }                                                                                                                   \
  Tensor functional::name(const Tensor& input, const Name##FuncOptions& options) {                                    \
    return std::get<0>(fractional_pool(input, Fraction(options)));                                                    \
  }                                                                                                                   \
  std::tuple<Tensor, Tensor> functional::name##_with_indices(const Tensor& input, const Name##FuncOptions& options) { \
    return fractional_pool(input, Fraction(options));                                                                 \
  }
RELUME_FRACTIONAL_POOL(FractionalMaxPool2d, fractional_max_pool2d, 2)
RELUME_FRACTIONAL_POOL(FractionalMaxPool3d, fractional_max_pool3d, 3)
#undef RELUME_FRACTIONAL_POOL

}  // namespace relume::nn
