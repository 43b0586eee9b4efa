// Convolutions and transposed convolutions as modules and as functions with options.
#include "relume/nn/conv.h"

#include <array>
#include <ostream>

#include "core/check.h"
#include "nn/inference.h"
#include "nn/print.h"
#include "nn/reset.h"
#include "ops/constant_weight.h"
#include "ops/same_padding.h"
#include "relume/autograd.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

using enumtype::Name;

template <size_t D>
Tensor conv(const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride, IntArrayRef padding,
            IntArrayRef dilation, int64_t groups) {
  constexpr auto op = D == 1 ? relume::conv1d : D == 2 ? relume::conv2d : relume::conv3d;
  return op(input, weight, bias, stride, padding, dilation, groups);
}

template <size_t D>
Tensor conv_transpose(const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
                      IntArrayRef padding, IntArrayRef output_padding, int64_t groups, IntArrayRef dilation) {
  constexpr auto op = D == 1 ? relume::conv_transpose1d : D == 2 ? relume::conv_transpose2d : relume::conv_transpose3d;
  return op(input, weight, bias, stride, padding, output_padding, groups, dilation);
}

// Elements before and after each dimension, the last one first, that keep the size: an odd one goes after.
template <size_t D>
std::vector<int64_t> same_padding(const IntArrayRef kernel_size, const ExpandingArray<D>& dilation) {
  std::vector<int64_t> pad(2 * D);
  for (size_t d = 0; d < D; ++d) {
    const int64_t total = (*dilation)[d] * (kernel_size[d] - 1);
    pad[2 * (D - 1 - d)] = total / 2;
    pad[2 * (D - 1 - d) + 1] = total - total / 2;
  }
  return pad;
}

template <size_t D>
bool all_equal(const ExpandingArray<D>& list, int64_t value) {
  for (const int64_t each : *list)
    if (each != value) return false;
  return true;
}

template <size_t D>
Tensor with_options(const Tensor& input, const Tensor& weight, const functional::ConvFuncOptions<D>& o) {
  if (o.padding().is_same()) return convolution_same(D, input, weight, o.bias(), o.stride(), o.dilation(), o.groups());
  return conv<D>(input, weight, o.bias(), o.stride(), o.padding().amount(), o.dilation(), o.groups());
}

template <size_t D>
Tensor with_options(const Tensor& input, const Tensor& weight, const functional::ConvTransposeFuncOptions<D>& o) {
  return conv_transpose<D>(input, weight, o.bias(), o.stride(), o.padding(), o.output_padding(), o.groups(),
                           o.dilation());
}

template <size_t D>
std::vector<int64_t> weight_sizes(int64_t first, int64_t second, const ExpandingArray<D>& kernel_size) {
  std::vector<int64_t> sizes{first, second};
  sizes.insert(sizes.end(), kernel_size->begin(), kernel_size->end());
  return sizes;
}

template <class Options>
void check_channels(const Options& options) {
  check<ValueError>(options.in_channels() > 0 && options.groups() > 0 && options.out_channels() > 0,
                    "in_channels, groups and out_channels must be a positive integer.");
  check<ValueError>(options.in_channels() % options.groups() == 0, "in_channels must be divisible by groups");
  check<ValueError>(options.out_channels() % options.groups() == 0, "out_channels must be divisible by groups");
}

}  // namespace

namespace detail {

template <size_t D>
ConvBase<D>::ConvBase(const ConvOptions<D>& options_) : options(options_) {}

template <size_t D>
void ConvBase<D>::reset() {
  check_channels(options);
  check<ValueError>(!options.padding().is_same() || all_equal(options.stride(), 1),
                    "padding='same' is not supported for strided convolutions");
  weight = register_parameter(
      "weight", relume::empty(weight_sizes(options.out_channels(), options.in_channels() / options.groups(),
                                           options.kernel_size())));
  bias = register_parameter("bias", options.bias() ? relume::empty({options.out_channels()}) : Tensor());
  reset_parameters();
}

template <size_t D>
void ConvBase<D>::reset_parameters() {
  reset_weight_and_bias(weight, bias);
}

template <size_t D>
void ConvBase<D>::pretty_print(std::ostream& stream) const {
  OptionsPrinter printer(stream, D == 1 ? "Conv1d" : D == 2 ? "Conv2d" : "Conv3d");
  printer.add(options.in_channels()).add(options.out_channels());
  printer.add("kernel_size", options.kernel_size()).add("stride", options.stride());
  if (options.padding().is_same() || options.padding().is_valid())
    printer.add("padding", options.padding().is_same() ? "'same'" : "'valid'");
  else
    printer.add_unless(all_equal(options.padding().amount(), 0), "padding", options.padding().amount());
  printer.add_unless(all_equal(options.dilation(), 1), "dilation", options.dilation());
  printer.add_unless(options.groups() == 1, "groups", options.groups());
  printer.add_unless(options.bias(), "bias", options.bias());
  printer.add_unless(Name(options.padding_mode()) == Name::Zeros, "padding_mode",
                     enumtype::get_enum_name(options.padding_mode()));
}

namespace {

template <size_t D>
Tensor convolve(const ConvOptions<D>& options, const Tensor& input, const Tensor& weight, const Tensor& bias) {
  const auto& padding = options.padding();
  if (Name(options.padding_mode()) == Name::Zeros) {
    if (padding.is_same())
      return convolution_same(D, input, weight, bias, options.stride(), options.dilation(), options.groups());
    return conv<D>(input, weight, bias, options.stride(), padding.amount(), options.dilation(), options.groups());
  }
  std::vector<int64_t> amount;
  if (padding.is_same()) {
    amount = same_padding<D>(options.kernel_size(), options.dilation());
  } else {
    for (size_t d = D; d-- > 0;) amount.insert(amount.end(), 2, (*padding.amount())[d]);
  }
  functional::PadFuncOptions pad(amount);
  switch (Name(options.padding_mode())) {
    case Name::Reflect:
      pad.mode(kReflect);
      break;
    case Name::Replicate:
      pad.mode(kReplicate);
      break;
    default:
      pad.mode(kCircular);
  }
  return conv<D>(functional::pad(input, pad), weight, bias, options.stride(), ExpandingArray<D>(0), options.dilation(),
                 options.groups());
}

}  // namespace

template <size_t D>
Tensor ConvBase<D>::forward(const Tensor& input) {
  if (const auto planned = inference_weights(*this)) return convolve(options, input, planned->weight, planned->bias);
  if (!GradMode::is_enabled() && weight.defined()) keep_packed(weight);
  return convolve(options, input, weight, bias);
}

template <size_t D>
ConvTransposeBase<D>::ConvTransposeBase(const ConvTransposeOptions<D>& options_) : options(options_) {}

template <size_t D>
void ConvTransposeBase<D>::reset() {
  check_channels(options);
  check<ValueError>(Name(options.padding_mode()) == Name::Zeros,
                    "Only `zeros` padding mode is supported for ConvTranspose{}d", D);
  weight = register_parameter(
      "weight", relume::empty(weight_sizes(options.in_channels(), options.out_channels() / options.groups(),
                                           options.kernel_size())));
  bias = register_parameter("bias", options.bias() ? relume::empty({options.out_channels()}) : Tensor());
  reset_parameters();
}

template <size_t D>
void ConvTransposeBase<D>::reset_parameters() {
  reset_weight_and_bias(weight, bias);
}

template <size_t D>
void ConvTransposeBase<D>::pretty_print(std::ostream& stream) const {
  OptionsPrinter printer(stream, D == 1 ? "ConvTranspose1d" : D == 2 ? "ConvTranspose2d" : "ConvTranspose3d");
  printer.add(options.in_channels()).add(options.out_channels());
  printer.add("kernel_size", options.kernel_size()).add("stride", options.stride());
  printer.add_unless(all_equal(options.padding(), 0), "padding", options.padding());
  printer.add_unless(all_equal(options.dilation(), 1), "dilation", options.dilation());
  printer.add_unless(all_equal(options.output_padding(), 0), "output_padding", options.output_padding());
  printer.add_unless(options.groups() == 1, "groups", options.groups());
  printer.add_unless(options.bias(), "bias", options.bias());
}

namespace {

// What must be added to the smallest output so that it has `output_size`, which may name only the last D dimensions.
template <size_t D>
ExpandingArray<D> output_padding_for(const Tensor& input, IntArrayRef output_size,
                                     const ConvTransposeOptions<D>& options) {
  const size_t rank = static_cast<size_t>(input.dim());
  check<ValueError>(rank >= D + 1, "ConvTranspose{}d: expected an input of {} or {} dimensions, got {}-D {}", D, D + 1,
                    D + 2, rank, input.sizes());
  const size_t leading = rank - D;
  if (output_size.size() == rank) output_size = output_size.slice(leading);
  check<ValueError>(output_size.size() == D, "output_size must have {} or {} elements (got {})", D, rank,
                    output_size.size());
  ExpandingArray<D> result(0);
  std::vector<int64_t> smallest(D), largest(D);
  bool fits = true;
  for (size_t d = 0; d < D; ++d) {
    const int64_t stride = (*options.stride())[d];
    smallest[d] = (input.size(static_cast<int64_t>(leading + d)) - 1) * stride - 2 * (*options.padding())[d] +
                  (*options.dilation())[d] * ((*options.kernel_size())[d] - 1) + 1;
    largest[d] = smallest[d] + stride - 1;
    fits &= output_size[d] >= smallest[d] && output_size[d] <= largest[d];
    (*result)[d] = output_size[d] - smallest[d];
  }
  check<ValueError>(fits, "requested an output size of {}, but valid sizes range from {} to {} (for an input of {})",
                    output_size, IntArrayRef(smallest), IntArrayRef(largest), input.sizes().slice(leading));
  return result;
}

}  // namespace

template <size_t D>
Tensor ConvTransposeBase<D>::forward(const Tensor& input, const OptionalIntArrayRef& output_size) {
  const ExpandingArray<D> output_padding =
      output_size ? output_padding_for<D>(input, *output_size, options) : options.output_padding();
  const auto planned = inference_weights(*this);
  return conv_transpose<D>(input, planned ? planned->weight : weight, planned ? planned->bias : bias, options.stride(),
                           options.padding(), output_padding, options.groups(), options.dilation());
}

template class ConvBase<1>;
template class ConvBase<2>;
template class ConvBase<3>;
template class ConvTransposeBase<1>;
template class ConvTransposeBase<2>;
template class ConvTransposeBase<3>;

}  // namespace detail

#define RELUME_CONV_MODULE(Name, name, Base, D)                                                          \
  Name##Impl::Name##Impl(int64_t in_channels, int64_t out_channels, ExpandingArray<D> kernel_size)       \
      : Name##Impl(Name##Options(in_channels, out_channels, kernel_size)) {}                             \
  Name##Impl::Name##Impl(const Name##Options& options_) : Cloneable(options_) { Name##Impl::reset(); }   \
  void Name##Impl::reset() { detail::Base<D>::reset(); }                                                 \
  Tensor functional::name(const Tensor& input, const Tensor& weight, const Name##FuncOptions& options) { \
    return with_options<D>(input, weight, options);                                                      \
  }
RELUME_CONV_MODULE(Conv1d, conv1d, ConvBase, 1)
RELUME_CONV_MODULE(Conv2d, conv2d, ConvBase, 2)
RELUME_CONV_MODULE(Conv3d, conv3d, ConvBase, 3)
RELUME_CONV_MODULE(ConvTranspose1d, conv_transpose1d, ConvTransposeBase, 1)
RELUME_CONV_MODULE(ConvTranspose2d, conv_transpose2d, ConvTransposeBase, 2)
RELUME_CONV_MODULE(ConvTranspose3d, conv_transpose3d, ConvTransposeBase, 3)
#undef RELUME_CONV_MODULE

}  // namespace relume::nn
