// Pooling as modules and as functions with options.
#include "relume/nn/pooling.h"

#include <array>
#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "ops/pooling.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

// The output size, with what was left out taken from the input.
template <size_t D>
ExpandingArray<D> output_size(const ExpandingArray<D>& size, const Tensor&) {
  return size;
}
template <size_t D>
ExpandingArray<D> output_size(const ExpandingArrayWithOptionalElem<D>& size, const Tensor& input) {
  check(input.dim() > static_cast<int64_t>(D), "Input dimension should be at least {}", D + 1);
  ExpandingArray<D> result(0);
  for (size_t d = 0; d < D; ++d)
    (*result)[d] = (*size)[d].value_or(input.size(input.dim() - static_cast<int64_t>(D - d)));
  return result;
}

}  // namespace

// `call` is the arguments of the op after the input.
#define RELUME_POOL(Name, name, Size, ...)                                                     \
  Name##Impl::Name##Impl(Size size) : Name##Impl(Name##Options(size)) {}                       \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) {}                 \
  void Name##Impl::reset() {}                                                                  \
  Tensor Name##Impl::forward(const Tensor& input) { return functional::name(input, options); } \
  Tensor functional::name(const Tensor& input, const Name##FuncOptions& options) {             \
    return take_first(relume::name(input, __VA_ARGS__));                                       \
  }
#define RELUME_WITH_INDICES(Name, name, op, ...)                                                                      \
  std::tuple<Tensor, Tensor> Name##Impl::forward_with_indices(const Tensor& input) {                                  \
    return functional::name##_with_indices(input, options);                                                           \
  }                                                                                                                   \
  std::tuple<Tensor, Tensor> functional::name##_with_indices(const Tensor& input, const Name##FuncOptions& options) { \
    return relume::op(input, __VA_ARGS__);                                                                            \
  }

namespace {

Tensor take_first(Tensor result) { return result; }
Tensor take_first(std::tuple<Tensor, Tensor> results) { return std::get<0>(std::move(results)); }

}  // namespace

#define RELUME_MAX_POOL(Name, name, D)                                                                             \
  RELUME_POOL(Name, name, ExpandingArray<D>, options.kernel_size(), options.stride(), options.padding(),           \
              options.dilation(), options.ceil_mode())                                                             \
  RELUME_WITH_INDICES(Name, name, name##_with_indices, options.kernel_size(), options.stride(), options.padding(), \
                      options.dilation(), options.ceil_mode())                                                     \
  void Name##Impl::pretty_print(std::ostream& stream) const {                                                      \
    detail::OptionsPrinter(stream, #Name)                                                                          \
        .add("kernel_size", options.kernel_size())                                                                 \
        .add("stride", options.stride())                                                                           \
        .add("padding", options.padding())                                                                         \
        .add("dilation", options.dilation())                                                                       \
        .add("ceil_mode", options.ceil_mode());                                                                    \
  }
RELUME_MAX_POOL(MaxPool1d, max_pool1d, 1)
RELUME_MAX_POOL(MaxPool2d, max_pool2d, 2)
RELUME_MAX_POOL(MaxPool3d, max_pool3d, 3)
#undef RELUME_MAX_POOL

#define RELUME_AVG_POOL(Name, name, D, ...)                                                              \
  RELUME_POOL(Name, name, ExpandingArray<D>, options.kernel_size(), options.stride(), options.padding(), \
              options.ceil_mode(), options.count_include_pad() __VA_ARGS__)                              \
  void Name##Impl::pretty_print(std::ostream& stream) const {                                            \
    detail::OptionsPrinter(stream, #Name)                                                                \
        .add("kernel_size", options.kernel_size())                                                       \
        .add("stride", options.stride())                                                                 \
        .add("padding", options.padding());                                                              \
  }
RELUME_AVG_POOL(AvgPool1d, avg_pool1d, 1, )
RELUME_AVG_POOL(AvgPool2d, avg_pool2d, 2, , options.divisor_override())
RELUME_AVG_POOL(AvgPool3d, avg_pool3d, 3, , options.divisor_override())
#undef RELUME_AVG_POOL

#define RELUME_ADAPTIVE_POOL(Name, name, D, Size)                                    \
  RELUME_POOL(Name, name, Size, output_size<D>(options.output_size(), input))        \
  void Name##Impl::pretty_print(std::ostream& stream) const {                        \
    detail::OptionsPrinter(stream, #Name).add("output_size", options.output_size()); \
  }
RELUME_ADAPTIVE_POOL(AdaptiveAvgPool1d, adaptive_avg_pool1d, 1, ExpandingArray<1>)
RELUME_ADAPTIVE_POOL(AdaptiveAvgPool2d, adaptive_avg_pool2d, 2, ExpandingArrayWithOptionalElem<2>)
RELUME_ADAPTIVE_POOL(AdaptiveAvgPool3d, adaptive_avg_pool3d, 3, ExpandingArrayWithOptionalElem<3>)
RELUME_ADAPTIVE_POOL(AdaptiveMaxPool1d, adaptive_max_pool1d, 1, ExpandingArray<1>)
RELUME_ADAPTIVE_POOL(AdaptiveMaxPool2d, adaptive_max_pool2d, 2, ExpandingArrayWithOptionalElem<2>)
RELUME_ADAPTIVE_POOL(AdaptiveMaxPool3d, adaptive_max_pool3d, 3, ExpandingArrayWithOptionalElem<3>)
RELUME_WITH_INDICES(AdaptiveMaxPool1d, adaptive_max_pool1d, adaptive_max_pool1d,
                    output_size<1>(options.output_size(), input))
RELUME_WITH_INDICES(AdaptiveMaxPool2d, adaptive_max_pool2d, adaptive_max_pool2d,
                    output_size<2>(options.output_size(), input))
RELUME_WITH_INDICES(AdaptiveMaxPool3d, adaptive_max_pool3d, adaptive_max_pool3d,
                    output_size<3>(options.output_size(), input))

}  // namespace relume::nn
