// Convolutions and transposed convolutions. Both are the same three bilinear maps, which are each other's derivatives:
// from (x, w) to y, from (y, w) to x, and from (x, y) to w.
#include <limits>

#include "autograd/record.h"
#include "kernels/conv.h"
#include "ops/autocast.h"
#include "ops/constant_weight.h"
#include "ops/elementwise.h"
#include "ops/put_off.h"
#include "ops/same_padding.h"
#include "ops/spatial.h"
#include "relume/ops.h"

namespace relume {
namespace {

using cpu::Conv;

// ---- The three maps ----------------------------------------------------------------------------------------------

// Whether x is made from y: the forward pass of a transposed convolution, or a gradient of a plain one.
enum class Direction { ToOutput, ToInput };

Direction opposite(Direction direction) {
  return direction == Direction::ToOutput ? Direction::ToInput : Direction::ToOutput;
}

// Sizes of x (the input of the plain convolution) or of y.
DimVector sizes_of(const Conv& conv, bool of_x) {
  DimVector sizes = {conv.batch, of_x ? conv.in_channels : conv.out_channels};
  for (int d = 0; d < conv.spatial; ++d) sizes.push_back(of_x ? conv.input[d] : conv.output[d]);
  return sizes;
}

DimVector weight_sizes(const Conv& conv) {
  DimVector sizes = {conv.out_channels, conv.in_channels / conv.groups};
  for (int d = 0; d < conv.spatial; ++d) sizes.push_back(conv.kernel[d]);
  return sizes;
}

const void* data_of(const Tensor& tensor) { return tensor.defined() ? tensor.impl()->data() : nullptr; }

// Channels-last as the operand's or the weight's strides say; hidden so where the kernels are at their best with it.
Form result_form(const Conv& conv, Direction direction, const DenseActivation& operand, const Tensor& weight) {
  if (operand.form() == Form::ChannelsLast || form_of(weight) == Form::ChannelsLast) return Form::ChannelsLast;
  return hides_layouts() && cpu::conv_likes_channels_last(conv, direction == Direction::ToOutput) ? Form::Hidden
                                                                                                  : Form::Plain;
}

// The map from x or y, with the weight, to the other.
Tensor apply_value(Conv conv, Direction direction, const Tensor& from, const Tensor& weight, const Tensor& bias,
                   bool may_put_off) {
  const NoGradGuard unrecorded;
  conv.dtype = from.scalar_type();
  const Tensor w = weight.contiguous(), b = bias.defined() ? bias.contiguous() : bias;
  detail::Storage& weight_storage = *w.impl()->storage;
  const std::shared_ptr<const detail::Derived> before = weight_storage.derived();
  std::shared_ptr<const detail::Derived> kept = before;
  if (w.is_same(weight) && w.storage_offset() == 0 && cpu::are_packed_weights(before.get())) conv.kept_weight = &kept;
  if (may_put_off && direction == Direction::ToOutput && conv.kept_weight) {
    conv.inference = detail::PutOffScope::current();
    if (const Tensor result = put_off_convolution(conv, sizes_of(conv, false), from, w, b); result.defined()) {
      if (kept != before) weight_storage.keep_derived(std::move(kept));
      return result;
    }
  }
  const DenseActivation operand(from);
  const Form form = result_form(conv, direction, operand, weight);
  Tensor result = make_activation(sizes_of(conv, direction == Direction::ToInput), conv.dtype, form);
  const DenseActivation target(result);
  if (direction == Direction::ToOutput) {
    conv.input_layout = operand.layout(), conv.output_layout = layout_of(form);
    cpu::conv_forward(conv, operand.data(), w.impl()->data(), data_of(b), target.data());
  } else {
    conv.input_layout = layout_of(form), conv.output_layout = operand.layout();
    cpu::conv_backward_input(conv, operand.data(), w.impl()->data(), data_of(b), target.data());
  }
  if (kept != before) weight_storage.keep_derived(std::move(kept));
  return result;
}

// The map from x and y to the weight; also the sum of y a channel, where it is asked for.
Tensor weight_value(Conv conv, const Tensor& x, const Tensor& y, Tensor* channel_sums) {
  const NoGradGuard unrecorded;
  const DenseActivation input(x), output(y);
  conv.dtype = x.scalar_type();
  conv.input_layout = input.layout(), conv.output_layout = output.layout();
  Tensor weight = make_tensor(weight_sizes(conv), conv.dtype);
  if (channel_sums) *channel_sums = make_tensor({conv.out_channels}, conv.dtype);
  cpu::conv_backward_weight(conv, input.data(), output.data(), weight.data_ptr(),
                            channel_sums ? channel_sums->data_ptr() : nullptr);
  return weight;
}

Tensor apply(const Conv& conv, Direction direction, const Tensor& from, const Tensor& weight, const Tensor& bias = {});

Tensor weight_of(const Conv& conv, const Tensor& x, const Tensor& y) {
  return record("ConvolutionBackwardBackward0", weight_value(conv, x, y, nullptr), {x, y}, {x, y},
                [conv](Backward& run) {
                  if (run.needs(0)) run.set(0, apply(conv, Direction::ToInput, run.saved(1), run.grad()));
                  if (run.needs(1)) run.set(1, apply(conv, Direction::ToOutput, run.saved(0), run.grad()));
                });
}

Tensor sum_of_channels(const Tensor& grad) {
  DimVector dims = {0};
  for (int64_t d = 2; d < grad.dim(); ++d) dims.push_back(d);
  return grad.sum(dims);
}

Tensor apply(const Conv& conv, Direction direction, const Tensor& from, const Tensor& weight, const Tensor& bias) {
  Tensor value = apply_value(conv, direction, from, weight, bias, !recording({from, weight, bias}));
  return record("ConvolutionBackward0", std::move(value), {from, weight, bias}, {from, weight},
                [conv, direction](Backward& run) {
                  const Tensor& grad = run.grad();
                  if (run.needs(0)) run.set(0, apply(conv, opposite(direction), grad, run.saved(1)));
                  const bool forward = direction == Direction::ToOutput;
                  if (run.needs(1) && run.needs(2) && forward && !GradMode::is_enabled()) {  // one pass makes both
                    Tensor sums;
                    run.set(1, weight_value(conv, run.saved(0), grad, &sums));
                    run.set(2, sums);
                    return;
                  }
                  if (run.needs(1))
                    run.set(1, forward ? weight_of(conv, run.saved(0), grad) : weight_of(conv, grad, run.saved(0)));
                  if (run.needs(2)) run.set(2, sum_of_channels(grad));
                });
}

// ---- Arguments ---------------------------------------------------------------------------------------------------

constexpr int64_t kLargestOption = std::numeric_limits<int32_t>::max();  // sizes formed with larger ones may overflow

// One value for every dimension, or one each.
DimVector option_list(const char* name, IntArrayRef given, size_t dims) {
  check(given.size() == 1 || given.size() == dims,
        "expected {} to be a single integer value or a list of {} values to match the convolution dimensions, but got "
        "{}={}",
        name, dims, name, given);
  return given.size() == dims ? DimVector(given) : DimVector(dims, given[0]);
}

struct Options {
  const char* op;
  bool transposed;
  DimVector stride, padding, output_padding, dilation;
  int64_t groups;
};

// "kernel_height: 0 kernel_width: 3".
std::string named(const char* name, IntArrayRef list) {
  constexpr const char* kAxes[] = {"depth", "height", "width"};
  std::string text;
  for (size_t i = 0; i < list.size(); ++i)
    text += fmt::format("{}{}_{}: {}", i ? " " : "", name, kAxes[3 - list.size() + i], list[i]);
  return text;
}

bool any_below(IntArrayRef list, int64_t limit) {
  for (int64_t value : list)
    if (value < limit) return true;
  return false;
}

void check_options(const Options& options) {
  check(!any_below(options.padding, 0), "negative padding is not supported");
  check(!any_below(options.output_padding, 0), "negative output_padding is not supported");
  check(!any_below(options.stride, 1), "non-positive stride is not supported");
  check(!any_below(options.dilation, 1), "dilation should be greater than zero, but got {}",
        IntArrayRef(options.dilation));
  check(options.groups > 0, "non-positive groups is not supported");
  for (const DimVector* list : {&options.stride, &options.padding, &options.output_padding, &options.dilation})
    for (int64_t value : *list)
      check(value <= kLargestOption, "{}: expected strides, paddings and dilations of at most {}, got {}", options.op,
            kLargestOption, value);
}

void check_weight(const Options& options, IntArrayRef input, const Tensor& weight, const Tensor& bias) {
  const IntArrayRef w = weight.sizes();
  check(w.size() == input.size(),
        "Expected {}-dimensional input for {}-dimensional weight {}, but got {}-dimensional input of size {} instead",
        w.size(), w.size(), w, input.size(), input);
  check(w[0] >= options.groups,
        "Given groups={}, expected weight to be at least {} at dimension 0, but got weight of size {} instead",
        options.groups, options.groups, w);
  check(w[0] % options.groups == 0,
        "Given groups={}, expected weight to be divisible by {} at dimension 0, but got weight of size [{}] instead",
        options.groups, options.groups, w);
  const int64_t channels = options.transposed ? w[0] : w[1] * options.groups;
  const std::string given = options.transposed ? "transposed=1" : fmt::format("groups={}", options.groups);
  check(input[1] == channels,
        "Given {}, weight of size {}, expected input{} to have {} channels, but got {} channels instead", given, w,
        input, channels, input[1]);
  const int64_t outputs = options.transposed ? w[1] * options.groups : w[0];
  check(
      !bias.defined() || (bias.dim() == 1 && bias.size(0) == outputs),
      "Given {}weight of size {}, expected bias to be 1-dimensional with {} elements, but got bias of size {} instead",
      options.transposed ? "transposed=1, " : "", w, outputs, bias.defined() ? bias.sizes() : IntArrayRef());
  check(!any_below(w.slice(2), 1), "kernel size should be greater than zero, but got {}", named("kernel", w.slice(2)));
}

void check_dtypes(const Options& options, const Tensor& input, const Tensor& weight, const Tensor& bias) {
  const ScalarType dtype = input.scalar_type();
  const bool biased = bias.defined() && bias.scalar_type() != dtype;
  const auto check_bias = [&] {
    check(!biased, "Input type ({}) and bias type ({}) should be the same", input.dtype().name(),
          biased ? bias.dtype().name() : "");
  };
  if (!options.transposed) check_bias();
  if (weight.scalar_type() != dtype) {
    // Which text PyTorch gives depends on which library it would have called.
    const IntArrayRef kernel = weight.sizes().slice(2);
    const bool wide = std::all_of(kernel.begin(), kernel.end(), [](int64_t size) { return size > 3; });
    const bool large = options.groups > 1 || input.size(0) > 1 || input.numel() > 20480 || wide;
    check(is_reduced_floating_point(dtype) || (dtype == kFloat && large), "expected scalar type {} but found {}",
          to_string(dtype), to_string(weight.scalar_type()));
    fail(
        "Input type (CPU{}Type) and weight type (CPU{}Type) should be the same or input should be a MKLDNN "
        "tensor and weight is a dense tensor",
        to_string(dtype), to_string(weight.scalar_type()));
  }
  check_bias();
}

// What the kernels call x and y for these arguments: a transposed convolution's input is y.
Conv describe(const Options& options, IntArrayRef input, IntArrayRef weight) {
  Conv conv;
  conv.spatial = static_cast<int>(input.size()) - 2;
  conv.batch = input[0];
  conv.groups = options.groups;
  conv.out_channels = weight[0];
  conv.in_channels = weight[1] * options.groups;
  for (int d = 0; d < conv.spatial; ++d) {
    conv.kernel[d] = weight[d + 2];
    conv.stride[d] = options.stride[d];
    conv.padding[d] = options.padding[d];
    conv.dilation[d] = options.dilation[d];
    const int64_t reach = conv.dilation[d] * (conv.kernel[d] - 1) + 1, size = input[d + 2];
    if (options.transposed) {
      conv.output[d] = size;
      conv.input[d] = (size - 1) * conv.stride[d] - 2 * conv.padding[d] + reach + options.output_padding[d];
    } else {
      conv.input[d] = size;
      conv.output[d] =
          size + 2 * conv.padding[d] < reach ? 0 : (size + 2 * conv.padding[d] - reach) / conv.stride[d] + 1;
    }
  }
  return conv;
}

void check_sizes(const Options& options, const Conv& conv) {
  const auto count = static_cast<size_t>(conv.spatial);
  if (options.transposed) {
    for (size_t d = 0; d < count; ++d)
      check(options.output_padding[d] < std::max(options.stride[d], options.dilation[d]),
            "output padding must be smaller than either stride or dilation, but got {} {} {}",
            named("output_padding", options.output_padding), named("stride", options.stride),
            named("dilation", options.dilation));
    const IntArrayRef result(conv.input, count);
    check(!any_below(result, 1),
          "Given input size per channel: {}. Calculated output size per channel: {}. Output size is too small",
          joined(IntArrayRef(conv.output, count)), joined(result));
    return;
  }
  DimVector padded, reach;
  for (size_t d = 0; d < count; ++d) {
    padded.push_back(conv.input[d] + 2 * conv.padding[d]);
    reach.push_back(conv.dilation[d] * (conv.kernel[d] - 1) + 1);
  }
  check(!any_below(IntArrayRef(conv.output, count), 1),
        "Calculated padded input size per channel: {}. Kernel size: {}. Kernel size can't be greater than actual input "
        "size",
        joined(padded), joined(reach));
}

Tensor convolution(const Tensor& input, const Tensor& weight, const Tensor& bias, const Options& options) {
  check_options(options);
  check_weight(options, input.sizes(), weight, bias);
  const Conv conv = describe(options, input.sizes(), weight.sizes());
  check_sizes(options, conv);
  check_dtypes(options, input, weight, bias);
  return apply(conv, options.transposed ? Direction::ToInput : Direction::ToOutput, input, weight, bias);
}

// Adds the batch dimension where it is missing, and takes it away again.
Tensor convolution(const char* op, size_t dims, bool transposed, const Tensor& input, const Tensor& weight,
                   const Tensor& bias, IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding,
                   IntArrayRef dilation, int64_t groups) {
  if (const Autocast cast(CastTo::ScopeDtype); cast)
    return convolution(op, dims, transposed, cast(input), cast(weight), cast(bias), stride, padding, output_padding,
                       dilation, groups);
  const size_t rank = impl_of(input, op).sizes.size();
  impl_of(weight, op);
  check(rank == dims + 1 || rank == dims + 2,
        "Expected {}D (unbatched) or {}D (batched) input to {}, but got input of size: {}", dims + 1, dims + 2, op,
        input.sizes());
  const Options options{op,
                        transposed,
                        option_list("stride", stride, dims),
                        option_list("padding", padding, dims),
                        option_list("output_padding", output_padding, dims),
                        option_list("dilation", dilation, dims),
                        groups};
  if (rank == dims + 2) return convolution(input, weight, bias, options);
  return convolution(input.unsqueeze(0), weight, bias, options).squeeze(0);
}

}  // namespace

void keep_packed(const Tensor& weight) {
  detail::Storage& storage = *weight.impl()->storage;
  if (storage.can_keep() && !storage.derived()) storage.keep_derived(cpu::no_packed_weights());
}

// y[n, o, p] = bias[o] + sum_{i, q} weight[o, i, q] input[n, i, p * stride - padding + q * dilation], in groups of
// channels. Input [batch, in, spatial...] or without batch, weight [out, in / groups, kernel...].
// conv_transpose is the gradient of that: weight [in, out / groups, kernel...].
#define RELUME_CONVOLUTION(dims)                                                                                     \
  Tensor conv##dims##d(const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride,            \
                       IntArrayRef padding, IntArrayRef dilation, int64_t groups) {                                  \
    return convolution("conv" #dims "d", dims, false, input, weight, bias, stride, padding, 0, dilation, groups);    \
  }                                                                                                                  \
  Tensor conv_transpose##dims##d(const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride,  \
                                 IntArrayRef padding, IntArrayRef output_padding, int64_t groups,                    \
                                 IntArrayRef dilation) {                                                             \
    return convolution("conv_transpose" #dims "d", dims, true, input, weight, bias, stride, padding, output_padding, \
                       dilation, groups);                                                                            \
  }
RELUME_CONVOLUTION(1)
RELUME_CONVOLUTION(2)
RELUME_CONVOLUTION(3)
#undef RELUME_CONVOLUTION

Tensor convolution_same(size_t dims, const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
                        IntArrayRef dilation, int64_t groups) {
  constexpr const char* kNames[] = {"conv1d", "conv2d", "conv3d"};
  const char* const op = kNames[dims - 1];
  for (const int64_t step : stride) check(step == 1, "padding='same' is not supported for strided convolutions");
  check(impl_of(weight, op).sizes.size() == dims + 2, "{}: expected a {}-D weight, got {}-D {}", op, dims + 2,
        weight.dim(), weight.sizes());
  const auto steps = option_list("dilation", dilation, dims);
  DimVector padding(dims), rest(2 * dims);
  bool lopsided = false;
  for (size_t d = 0; d < dims; ++d) {
    const int64_t total = steps[d] * (weight.sizes()[d + 2] - 1);
    padding[d] = total / 2;
    rest[2 * (dims - d) - 1] = total % 2;
    lopsided |= total % 2 != 0;
  }
  const Tensor padded = lopsided ? constant_pad_nd(input, rest, 0) : input;
  return convolution(op, dims, false, padded, weight, bias, stride, padding, 0, dilation, groups);
}

}  // namespace relume
