// Padding as modules and as a function with options.
#include "relume/nn/padding.h"

#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"

namespace relume::nn {

Tensor functional::pad(const Tensor& input, const PadFuncOptions& options) {
  using enumtype::Name;
  const Name mode = options.mode();
  if (mode == Name::Constant) return relume::pad(input, options.pad(), "constant", options.value());
  const char* name = mode == Name::Reflect ? "reflect" : mode == Name::Replicate ? "replicate" : "circular";
  check(options.value() == 0, "Padding mode \"{}\" doesn't take in value argument", name);
  return relume::pad(input, options.pad(), name);
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
