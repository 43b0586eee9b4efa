// Padding as modules and as a function with options.
#include "relume/nn/padding.h"

#include <ostream>
#include <vector>

#include "core/check.h"
#include "nn/print.h"
#include "ops/autocast.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

using enumtype::Name;

// Which element of a dimension of `size` stands at `at`, beyond its ends.
int64_t source_of(Name mode, int64_t at, int64_t size) {
  switch (mode) {
    case Name::Reflect:
      return at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
    case Name::Replicate:
      return at < 0 ? 0 : at >= size ? size - 1 : at;
    default:
      return at < 0 ? at + size : at >= size ? at - size : at;
  }
}

void check_amount(Name mode, const Tensor& input, int64_t dim, int64_t before, int64_t after) {
  const int64_t size = input.size(dim);
  if (mode == Name::Reflect)
    check(
        before < size && after < size,
        "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding ({}, {}) at "
        "dimension {} of input {}",
        before, after, dim, input.sizes());
  if (mode == Name::Circular)
    check(before <= size && after <= size, "Padding value causes wrapping around more than once.");
  check(size + before + after > 0, "pad: expected a size above 0 after padding dimension {} of {} by ({}, {})", dim,
        input.sizes(), before, after);
}

// One dimension after the other: the padded tensor is a selection of the elements of the input.
Tensor pad_by_selection(Tensor input, IntArrayRef pad, Name mode) {
  const auto padded = static_cast<int64_t>(pad.size() / 2);
  check<NotImplementedError>(
      padded >= 1 && padded <= 3 && (input.dim() == padded + 1 || input.dim() == padded + 2),
      "Padding size {} is not supported for {}D input tensor.\nSupported combinations for non-constant padding:\n"
      "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
      "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
      "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)",
      pad.size(), input.dim());
  for (int64_t i = 0; i < padded; ++i) {
    const int64_t dim = input.dim() - 1 - i;
    int64_t before = pad[2 * i], after = pad[2 * i + 1], size = input.size(dim);
    if (before == 0 && after == 0) continue;
    check_amount(mode, input, dim, before, after);
    if (mode == Name::Circular && (before < 0 || after < 0)) {  // what is left is repeated
      const int64_t start = std::max<int64_t>(0, -before), end = size + std::min<int64_t>(0, after);
      input = input.narrow(dim, start, end - start);
      size = end - start, before = std::max<int64_t>(0, before), after = std::max<int64_t>(0, after);
    }
    std::vector<int64_t> sources;
    for (int64_t at = -before; at < size + after; ++at) sources.push_back(source_of(mode, at, size));
    const Tensor index = relume::empty({static_cast<int64_t>(sources.size())}, kLong);
    std::copy(sources.begin(), sources.end(), index.data_ptr<int64_t>());
    input = input.index_select(dim, index);
  }
  return input;
}

}  // namespace

Tensor functional::pad(const Tensor& input, const PadFuncOptions& options) {
  check(options.pad().size() % 2 == 0, "Padding length must be divisible by 2");
  check(static_cast<int64_t>(options.pad().size()) <= input.dim() * 2,
        "Padding length should be less than or equal to two times the input dimension but got padding length {} and "
        "input of dimension {}",
        options.pad().size(), input.dim());
  const Name mode = options.mode();
  if (mode == Name::Constant) return relume::constant_pad_nd(input, options.pad(), options.value());
  if (const Autocast cast(CastTo::Float); cast && mode != Name::Circular)
    return pad_by_selection(cast(input), options.pad(), mode);
  return pad_by_selection(input, options.pad(), mode);
}

#define RELUME_PAD(Name, D, kMode)                                                              \
  Name##Impl::Name##Impl(ExpandingArray<D * 2> padding) : Name##Impl(Name##Options(padding)) {} \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) {}                  \
  void Name##Impl::reset() {}                                                                   \
  void Name##Impl::pretty_print(std::ostream& stream) const {                                   \
    detail::OptionsPrinter(stream, #Name).add("padding", options.padding());                    \
  }                                                                                             \
  Tensor Name##Impl::forward(const Tensor& input) {                                             \
    const IntArrayRef padding = options.padding();                                              \
    return functional::pad(input, functional::PadFuncOptions(padding.vec()).mode(kMode));       \
  }
RELUME_PAD(ZeroPad1d, 1, kConstant)
RELUME_PAD(ZeroPad2d, 2, kConstant)
RELUME_PAD(ZeroPad3d, 3, kConstant)
RELUME_PAD(ReflectionPad1d, 1, kReflect)
RELUME_PAD(ReflectionPad2d, 2, kReflect)
RELUME_PAD(ReflectionPad3d, 3, kReflect)
RELUME_PAD(ReplicationPad1d, 1, kReplicate)
RELUME_PAD(ReplicationPad2d, 2, kReplicate)
RELUME_PAD(ReplicationPad3d, 3, kReplicate)
RELUME_PAD(CircularPad1d, 1, kCircular)
RELUME_PAD(CircularPad2d, 2, kCircular)
RELUME_PAD(CircularPad3d, 3, kCircular)
#undef RELUME_PAD

#define RELUME_CONSTANT_PAD(Name, D)                                                                                 \
  Name##Impl::Name##Impl(ExpandingArray<D * 2> padding, double value) : Name##Impl(Name##Options(padding, value)) {} \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) {}                                       \
  void Name##Impl::reset() {}                                                                                        \
  void Name##Impl::pretty_print(std::ostream& stream) const {                                                        \
    detail::OptionsPrinter(stream, #Name).add("padding", options.padding()).add("value", options.value());           \
  }                                                                                                                  \
  Tensor Name##Impl::forward(const Tensor& input) {                                                                  \
    return relume::constant_pad_nd(input, options.padding(), options.value());                                       \
  }
RELUME_CONSTANT_PAD(ConstantPad1d, 1)
RELUME_CONSTANT_PAD(ConstantPad2d, 2)
RELUME_CONSTANT_PAD(ConstantPad3d, 3)
#undef RELUME_CONSTANT_PAD

}  // namespace relume::nn
