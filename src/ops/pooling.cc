// Max and average pooling, over fixed windows and adaptive ones. The backward passes are linear maps with backward
// passes of their own: a gradient is scattered to where the maximum was, and gathered from there.
#include <algorithm>
#include <limits>
#include <optional>

#include "autograd/record.h"
#include "kernels/pool.h"
#include "ops/autocast.h"
#include "ops/elementwise.h"
#include "ops/put_off.h"
#include "ops/spatial.h"
#include "relume/ops.h"

namespace relume {
namespace {

using cpu::Pool;
using cpu::PoolIndex;

constexpr size_t kMaxDims = cpu::kMaxSpatial;

// ---- Arguments ---------------------------------------------------------------------------------------------------

// A pooling op over the last `dims` dimensions.
struct PoolOp {
  const char* name;
  size_t dims;
  const char* grad_fn;
  const char* backward_grad_fn;
};

constexpr PoolOp kMaxPool2d = {"max_pool2d", 2, "MaxPool2DWithIndicesBackward0",
                               "MaxPool2DWithIndicesBackwardBackward0"};
constexpr PoolOp kMaxPool3d = {"max_pool3d", 3, "MaxPool3DWithIndicesBackward0",
                               "MaxPool3DWithIndicesBackwardBackward0"};
constexpr PoolOp kAvgPool2d = {"avg_pool2d", 2, "AvgPool2DBackward0", "AvgPool2DBackwardBackward0"};
constexpr PoolOp kAvgPool3d = {"avg_pool3d", 3, "AvgPool3DBackward0", "AvgPool3DBackwardBackward0"};
constexpr PoolOp kAdaptiveAvgPool2d = {"adaptive_avg_pool2d", 2, "AdaptiveAvgPool2DBackward0",
                                       "AdaptiveAvgPool2DBackwardBackward0"};
constexpr PoolOp kAdaptiveAvgPool3d = {"adaptive_avg_pool3d", 3, "AdaptiveAvgPool3DBackward0",
                                       "AdaptiveAvgPool3DBackwardBackward0"};
constexpr PoolOp kAdaptiveMaxPool2d = {"adaptive_max_pool2d", 2, "AdaptiveMaxPool2DBackward0",
                                       "AdaptiveMaxPool2DBackwardBackward0"};
constexpr PoolOp kAdaptiveMaxPool3d = {"adaptive_max_pool3d", 3, "AdaptiveMaxPool3DBackward0",
                                       "AdaptiveMaxPool3DBackwardBackward0"};

struct Windows {
  IntArrayRef kernel_size, stride, padding, dilation;
  bool ceil_mode;
};

// Option `name`, one value for every dimension or one each, into the last entries of a list of three.
void fill(const PoolOp& op, const char* name, IntArrayRef given, int64_t (&list)[kMaxDims]) {
  check(given.size() == 1 || given.size() == op.dims, "{}: {} must either be {}a single int, or a tuple of {} ints",
        op.name, name, std::string_view(name) == "stride" ? "omitted, " : "", op.dims == 2 ? "two" : "three");
  for (size_t d = 0; d < op.dims; ++d) {
    const int64_t value = given[given.size() == 1 ? 0 : d];
    check(value <= std::numeric_limits<int32_t>::max(), "{}: {} {} is too large", op.name, name, value);
    list[kMaxDims - op.dims + d] = value;
  }
}

void check_rank(const PoolOp& op, const Tensor& self) {
  const size_t rank = impl_of(self, op.name).sizes.size();
  check(rank == op.dims + 1 || rank == op.dims + 2, "non-empty {}D or {}D (batch mode) tensor expected for input",
        op.dims + 1, op.dims + 2);
  for (size_t d = rank == op.dims + 2 ? 1 : 0; d < rank; ++d)
    check(self.sizes()[d] > 0,
          "Expected {}D or {}D (batch mode) tensor with optional 0 dim batch size for input, but got:{}", op.dims + 1,
          op.dims + 2, self.sizes());
}

// The pool of an input, its windows still to be filled in.
Pool pool_of(const PoolOp& op, const Tensor& self) {
  const IntArrayRef sizes = self.sizes();
  Pool pool;
  pool.dtype = self.scalar_type();
  pool.batch = sizes.size() == op.dims + 2 ? sizes[0] : 1;
  pool.channels = sizes[sizes.size() - op.dims - 1];
  for (size_t d = 0; d < op.dims; ++d) pool.input[kMaxDims - op.dims + d] = sizes[sizes.size() - op.dims + d];
  return pool;
}

void check_windows(const Pool& pool, size_t first) {
  for (size_t d = first; d < kMaxDims; ++d) check(pool.stride[d] != 0, "stride should not be zero");
  for (size_t d = first; d < kMaxDims; ++d) {
    check(pool.kernel[d] > 0, "kernel size should be greater than zero, but got {}",
          IntArrayRef(pool.kernel + first, kMaxDims - first));
    check(pool.stride[d] > 0, "stride should be greater than zero, but got {}",
          IntArrayRef(pool.stride + first, kMaxDims - first));
    check(pool.dilation[d] > 0, "dilation should be greater than zero, but got dilationH: {} dilationW: {}",
          pool.dilation[1], pool.dilation[2]);
    check(pool.padding[d] >= 0, "pad must be non-negative, but got pad: {}", pool.padding[d]);
    check(pool.padding[d] <= ((pool.kernel[d] - 1) * pool.dilation[d] + 1) / 2,
          "pad should be at most half of effective kernel size, but got pad={}, kernel_size={} and dilation={}",
          pool.padding[d], pool.kernel[d], pool.dilation[d]);
  }
}

// Windows along dimension d: all that start inside the input or its padding before.
int64_t count_windows(const Pool& pool, size_t d, bool ceil_mode) {
  const int64_t reach = pool.dilation[d] * (pool.kernel[d] - 1) + 1, stride = pool.stride[d];
  const int64_t room = pool.input[d] + 2 * pool.padding[d] - reach + (ceil_mode ? stride - 1 : 0);
  int64_t count = room < 0 ? -((-room + stride - 1) / stride) + 1 : room / stride + 1;
  if (ceil_mode && (count - 1) * stride >= pool.input[d] + pool.padding[d]) --count;
  return count;
}

Pool describe(const PoolOp& op, const Tensor& self, const Windows& windows) {
  Pool pool = pool_of(op, self);
  fill(op, "kernel_size", windows.kernel_size, pool.kernel);
  fill(op, "stride", windows.stride.empty() ? windows.kernel_size : windows.stride, pool.stride);
  fill(op, "padding", windows.padding, pool.padding);
  fill(op, "dilation", windows.dilation, pool.dilation);
  const size_t first = kMaxDims - op.dims;
  check_windows(pool, first);
  bool enough = true;
  for (size_t d = first; d < kMaxDims; ++d) {
    pool.output[d] = count_windows(pool, d, windows.ceil_mode);
    enough = enough && pool.output[d] >= 1;
  }
  const auto text = [&](const int64_t* list) {
    std::string result = std::to_string(pool.channels);
    for (size_t d = first; d < kMaxDims; ++d) result += "x" + std::to_string(list[d]);
    return result;
  };
  check(enough, "Given input size: ({}). Calculated output size: ({}). Output size is too small", text(pool.input),
        text(pool.output));
  return pool;
}

Pool describe_adaptive(const PoolOp& op, const Tensor& self, IntArrayRef output_size) {
  const size_t rank = impl_of(self, op.name).sizes.size();
  check(rank == op.dims + 1 || rank == op.dims + 2, "{}(): Expected {}D or {}D tensor, but got {}", op.name,
        op.dims + 1, op.dims + 2, self.sizes());
  check(output_size.size() == op.dims || output_size.size() == 1, "{}: output_size must be {}", op.name, op.dims);
  Pool pool = pool_of(op, self);
  fill(op, "output_size", output_size, pool.output);
  const size_t first = kMaxDims - op.dims;
  for (size_t d = first; d < kMaxDims; ++d) {
    std::string list = to_string(IntArrayRef(pool.output + first, op.dims));
    check(pool.output[d] >= 0, "{}: elements of output_size must be greater than or equal to 0 but received {}",
          op.name, "{" + list.substr(1, list.size() - 2) + "}");
    check(pool.input[d] > 0,
          "{}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {} with dimension "
          "{} being "
          "empty",
          op.name, self.sizes(), rank - kMaxDims + d);
  }
  cpu::set_adaptive_windows(pool);
  return pool;
}

// ---- Running -----------------------------------------------------------------------------------------------------

// The sizes of the input or the output: those of `like`, but for the spatial dimensions.
DimVector sizes_like(const PoolOp& op, const Tensor& like, const int64_t (&spatial)[kMaxDims]) {
  DimVector sizes(like.sizes());
  for (size_t d = 0; d < op.dims; ++d) sizes[sizes.size() - op.dims + d] = spatial[kMaxDims - op.dims + d];
  return sizes;
}

// Where the maxima are, in the layout of the pool; undefined where nobody wants to know.
class Index {
 public:
  Index(const Tensor& index, cpu::Layout layout) {
    if (!index.defined()) return;
    elements_.emplace(index, layout);
    index_ = {index.scalar_type() == kLong ? PoolIndex::Form::Pixel : PoolIndex::Form::Tap, elements_->data()};
  }
  operator PoolIndex() const { return index_; }  // NOLINT: implicit, as kernels take it

 private:
  std::optional<DenseActivation> elements_;
  PoolIndex index_;
};

// The input; without a batch dimension its channels are not where a hidden layout has them.
DenseActivation input_of(const PoolOp& op, const Tensor& self) {
  return self.sizes().size() == op.dims + 2 ? DenseActivation(self) : DenseActivation(self, cpu::Layout::Plain);
}

Tensor gather(const PoolOp& op, const Pool& pool, Form form, const Tensor& from, const Tensor& index);

// What flows to the maxima, scattered to where they were.
Tensor scatter(const PoolOp& op, const Pool& pool, Form form, const Tensor& grad, const Tensor& index) {
  Tensor result = make_activation(sizes_like(op, grad, pool.input), grad.scalar_type(), form);
  cpu::max_pool_backward(pool, DenseActivation(grad, pool.layout).data(), Index(index, pool.layout),
                         DenseActivation(result, pool.layout).data());
  return record(op.backward_grad_fn, std::move(result), {grad}, {index},
                [&op, pool, form](Backward& run) { run.set(0, gather(op, pool, form, run.grad(), run.saved(0))); });
}

Tensor gather(const PoolOp& op, const Pool& pool, Form form, const Tensor& from, const Tensor& index) {
  Tensor result = make_activation(sizes_like(op, from, pool.output), from.scalar_type(), form);
  cpu::max_pool_gather(pool, DenseActivation(from, pool.layout).data(), Index(index, pool.layout),
                       DenseActivation(result, pool.layout).data());
  return record("GatherBackward0", std::move(result), {from}, {index},
                [&op, pool, form](Backward& run) { run.set(0, scatter(op, pool, form, run.grad(), run.saved(0))); });
}

bool has_padding(const Pool& pool) {
  return std::any_of(std::begin(pool.padding), std::end(pool.padding), [](int64_t amount) { return amount != 0; });
}

struct Maxima {
  Tensor values, index;  // the latter undefined where nobody wants to know
};
Maxima make_maxima(const PoolOp& op, const Pool& pool, const Tensor& self, Form form, bool return_indices) {
  Maxima made = {make_activation(sizes_like(op, self, pool.output), self.scalar_type(), form), {}};
  if (return_indices || recording({self}))
    made.index = make_activation(made.values.sizes(), return_indices || !cpu::taps_fit(pool) ? kLong : kByte, form);
  return made;
}

// Sets the maxima of an input that is owed a ReLU, which is done on the result: max(max(x, 0), ...) = max(max(x, ...),
// 0), unless a window has padding alone. False where it has to be done first.
bool pool_before_relu(const PoolOp& op, Pool& pool, const Tensor& self, Maxima& made) {
  if (self.sizes().size() != op.dims + 2 || has_padding(pool)) return false;
  pool.layout = cpu::Layout::ChannelsLast;
  const bool writes_mask = cpu::pools_with_relu(pool);
  if (recording({self}) && !writes_mask) return false;
  OwedRelu owed(*self.impl()->storage);
  if (!owed.elements()) return false;
  pool.relu = true;
  made = make_maxima(op, pool, self, Form::Hidden, false);
  cpu::max_pool_forward(pool, owed.elements()->data, DenseActivation(made.values, pool.layout).data(),
                        Index(made.index, pool.layout), writes_mask ? owed.mask() : nullptr);
  if (writes_mask) owed.set_mask_written();
  return true;
}

// The maxima, and where they are: as asked for, or as the backward pass needs it.
std::tuple<Tensor, Tensor> max_pool(const PoolOp& op, Pool pool, const Tensor& self, bool return_indices) {
  if (!return_indices && !recording({self}))
    if (Tensor result = put_off_max_pool(pool, self, sizes_like(op, self, pool.output)); result.defined())
      return {std::move(result), Tensor()};
  Maxima made;
  Form form = Form::Hidden;
  if (return_indices || !pool_before_relu(op, pool, self, made)) {
    const DenseActivation input = input_of(op, self);
    form = input.form();
    pool.layout = input.layout();
    made = make_maxima(op, pool, self, form, return_indices);
    cpu::max_pool_forward(pool, input.data(), DenseActivation(made.values, pool.layout).data(),
                          Index(made.index, pool.layout));
  }
  const auto& [result, index] = made;
  return {record(op.grad_fn, result, {self}, {index},
                 [&op, pool, form](Backward& run) {
                   run.set_constant(0, op.backward_grad_fn, scatter(op, pool, form, run.grad(), run.saved(0)));
                 }),
          index};
}

Tensor average_backward(const PoolOp& op, const Pool& pool, Form form, cpu::AverageDivisor divisor, const Tensor& grad);

Tensor average(const PoolOp& op, Pool pool, cpu::AverageDivisor divisor, const Tensor& self, const char* grad_fn) {
  const DenseActivation input = input_of(op, self);
  const Form form = input.form();
  pool.layout = input.layout();
  Tensor result = make_activation(sizes_like(op, self, pool.output), self.scalar_type(), form);
  cpu::avg_pool_forward(pool, divisor, input.data(), DenseActivation(result, pool.layout).data());
  return record(grad_fn, std::move(result), {self}, {}, [&op, pool, form, divisor](Backward& run) {
    run.set_constant(0, op.backward_grad_fn, average_backward(op, pool, form, divisor, run.grad()));
  });
}

Tensor average_backward(const PoolOp& op, const Pool& pool, Form form, cpu::AverageDivisor divisor,
                        const Tensor& grad) {
  Tensor result = make_activation(sizes_like(op, grad, pool.input), grad.scalar_type(), form);
  cpu::avg_pool_backward(pool, divisor, DenseActivation(grad, pool.layout).data(),
                         DenseActivation(result, pool.layout).data());
  return record(op.backward_grad_fn, std::move(result), {grad}, {}, [&op, pool, divisor](Backward& run) {
    run.set(0, average(op, pool, divisor, run.grad(), op.backward_grad_fn));
  });
}

Tensor average_pool(const PoolOp& op, const Tensor& self, const Windows& windows, bool count_include_pad,
                    std::optional<int64_t> divisor_override) {
  check_rank(op, self);
  check(!divisor_override || *divisor_override != 0, "divisor must be not zero");
  return average(op, describe(op, self, windows), {count_include_pad, divisor_override.value_or(0)}, self, op.grad_fn);
}

// A single output element is the plain mean.
Tensor adaptive_average_pool(const PoolOp& op, const Tensor& self, IntArrayRef output_size) {
  const Pool pool = describe_adaptive(op, self, output_size);
  if (!is_floating_point(self.scalar_type())) fail_not_implemented(op.name, self.scalar_type());
  if (pool.output_pixels() == 1)
    return op.dims == 2 ? self.mean({-1, -2}, /*keepdim=*/true) : self.mean({-1, -2, -3}, /*keepdim=*/true);
  return average(op, pool, {}, self, op.grad_fn);
}

// ---- One dimension is two, the first of size 1 -------------------------------------------------------------------

// {1, option}: an option of a 1-D op as one of the 2-D op.
DimVector beside_one(const char* op, const char* name, IntArrayRef option, int64_t one) {
  check(option.size() == 1, "{}() {} must be an int, list of ints or tuple of ints of size 1 but got size {}", op, name,
        option.size());
  return {one, option[0]};
}

void check_line(const char* op, const Tensor& self) {
  const int64_t rank = impl_of(self, op).dim();
  check(rank == 2 || rank == 3,
        "{}: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:{}", op,
        self.sizes());
}

void check_rank_of_line(const char* op, const Tensor& self) {
  const int64_t rank = impl_of(self, op).dim();
  check(rank == 2 || rank == 3,
        "Expected 2 to 3 dimensions, but got {}-dimensional tensor for argument #1 'self' (while checking arguments "
        "for {})",
        rank, op);
}

std::tuple<Tensor, Tensor> max_pool_line(const Tensor& self, const Windows& windows, bool return_indices) {
  constexpr const char* kOp = "max_pool1d";
  check_line(kOp, self);
  const DimVector kernel = beside_one(kOp, "kernel_size", windows.kernel_size, 1);
  const DimVector stride = windows.stride.empty() ? kernel : beside_one(kOp, "stride", windows.stride, 1);
  const DimVector padding = beside_one(kOp, "padding", windows.padding, 0);
  const DimVector dilation = beside_one(kOp, "dilation", windows.dilation, 1);
  check(kernel[1] > 0, "max_pool1d() kernel_size must be greater than zero, but got {}", kernel[1]);
  check(padding[1] <= kernel[1] / 2 || dilation[1] != 1,
        "max_pool1d() padding should be at most half of kernel size, but got padding={} and kernel_size={}", padding[1],
        kernel[1]);
  const Tensor plane = self.unsqueeze(-2);
  check_rank(kMaxPool2d, plane);
  const Pool pool = describe(kMaxPool2d, plane, {kernel, stride, padding, dilation, windows.ceil_mode});
  auto [result, index] = max_pool(kMaxPool2d, pool, plane, return_indices);
  return {result.squeeze(-2), return_indices ? index.squeeze(-2) : index};
}

std::tuple<Tensor, Tensor> max_pool_of(const PoolOp& op, const Tensor& self, const Windows& windows,
                                       bool return_indices) {
  check_rank(op, self);
  return max_pool(op, describe(op, self, windows), self, return_indices);
}

}  // namespace

// ---- Ops ---------------------------------------------------------------------------------------------------------

// The largest element of each window of `kernel_size` elements, `dilation` apart, every `stride` (by default
// kernel_size) elements; -inf is padded. Input [batch, channels, spatial...] or without batch; spatial sizes become
// floor((size + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1, or ceil with ceil_mode.
Tensor max_pool1d(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                  IntArrayRef dilation, bool ceil_mode) {
  return std::get<0>(max_pool_line(self, {kernel_size, stride, padding, dilation, ceil_mode}, false));
}
Tensor max_pool2d(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                  IntArrayRef dilation, bool ceil_mode) {
  return std::get<0>(max_pool_of(kMaxPool2d, self, {kernel_size, stride, padding, dilation, ceil_mode}, false));
}
Tensor max_pool3d(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding,
                  IntArrayRef dilation, bool ceil_mode) {
  if (const Autocast cast(CastTo::Float); cast)
    return max_pool3d(cast(self), kernel_size, stride, padding, dilation, ceil_mode);
  return std::get<0>(max_pool_of(kMaxPool3d, self, {kernel_size, stride, padding, dilation, ceil_mode}, false));
}

// The same, and the places of the maxima in their images.
std::tuple<Tensor, Tensor> max_pool1d_with_indices(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride,
                                                   IntArrayRef padding, IntArrayRef dilation, bool ceil_mode) {
  return max_pool_line(self, {kernel_size, stride, padding, dilation, ceil_mode}, true);
}
std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride,
                                                   IntArrayRef padding, IntArrayRef dilation, bool ceil_mode) {
  return max_pool_of(kMaxPool2d, self, {kernel_size, stride, padding, dilation, ceil_mode}, true);
}
std::tuple<Tensor, Tensor> max_pool3d_with_indices(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride,
                                                   IntArrayRef padding, IntArrayRef dilation, bool ceil_mode) {
  if (const Autocast cast(CastTo::Float); cast)
    return max_pool3d_with_indices(cast(self), kernel_size, stride, padding, dilation, ceil_mode);
  return max_pool_of(kMaxPool3d, self, {kernel_size, stride, padding, dilation, ceil_mode}, true);
}

// The mean of each window; zeros are padded, and count unless count_include_pad is false. divisor_override replaces
// the count.
Tensor avg_pool1d(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding, bool ceil_mode,
                  bool count_include_pad) {
  constexpr const char* kOp = "avg_pool1d";
  check_rank_of_line(kOp, self);
  const DimVector kernel = beside_one(kOp, "kernel_size", kernel_size, 1);
  const DimVector step = stride.empty() ? kernel : beside_one(kOp, "stride", stride, 1);
  const DimVector pad = beside_one(kOp, "padding", padding, 0);
  return average_pool(kAvgPool2d, self.unsqueeze(-2), {kernel, step, pad, 1, ceil_mode}, count_include_pad,
                      std::nullopt)
      .squeeze(-2);
}
Tensor avg_pool2d(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding, bool ceil_mode,
                  bool count_include_pad, std::optional<int64_t> divisor_override) {
  wrap_dim(-3, impl_of(self, "avg_pool2d").dim());  // throws IndexError where there are fewer, as PyTorch does
  return average_pool(kAvgPool2d, self, {kernel_size, stride, padding, 1, ceil_mode}, count_include_pad,
                      divisor_override);
}
Tensor avg_pool3d(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride, IntArrayRef padding, bool ceil_mode,
                  bool count_include_pad, std::optional<int64_t> divisor_override) {
  if (const Autocast cast(CastTo::Float); cast)
    return avg_pool3d(cast(self), kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);
  return average_pool(kAvgPool3d, self, {kernel_size, stride, padding, 1, ceil_mode}, count_include_pad,
                      divisor_override);
}

// Means over windows that divide the input evenly into output_size parts: window o covers
// [floor(o size / output), ceil((o + 1) size / output)).
Tensor adaptive_avg_pool1d(const Tensor& self, IntArrayRef output_size) {
  check_rank_of_line("adaptive_avg_pool1d", self);
  return adaptive_average_pool(kAdaptiveAvgPool2d, self.unsqueeze(-2),
                               beside_one("adaptive_avg_pool1d", "output_size", output_size, 1))
      .squeeze(-2);
}
Tensor adaptive_avg_pool2d(const Tensor& self, IntArrayRef output_size) {
  return adaptive_average_pool(kAdaptiveAvgPool2d, self, output_size);
}
Tensor adaptive_avg_pool3d(const Tensor& self, IntArrayRef output_size) {
  if (const Autocast cast(CastTo::Float); cast) return adaptive_avg_pool3d(cast(self), output_size);
  return adaptive_average_pool(kAdaptiveAvgPool3d, self, output_size);
}

// Maxima of such windows, and their places.
std::tuple<Tensor, Tensor> adaptive_max_pool1d(const Tensor& self, IntArrayRef output_size) {
  check_rank_of_line("adaptive_max_pool1d", self);
  auto [result, index] =
      adaptive_max_pool2d(self.unsqueeze(-2), beside_one("adaptive_max_pool1d", "output_size", output_size, 1));
  return {result.squeeze(-2), index.squeeze(-2)};
}
std::tuple<Tensor, Tensor> adaptive_max_pool2d(const Tensor& self, IntArrayRef output_size) {
  return max_pool(kAdaptiveMaxPool2d, describe_adaptive(kAdaptiveMaxPool2d, self, output_size), self, true);
}
std::tuple<Tensor, Tensor> adaptive_max_pool3d(const Tensor& self, IntArrayRef output_size) {
  return max_pool(kAdaptiveMaxPool3d, describe_adaptive(kAdaptiveMaxPool3d, self, output_size), self, true);
}

}  // namespace relume
