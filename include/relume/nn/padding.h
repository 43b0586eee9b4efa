// Padding of the last one to three dimensions.
#pragma once

#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

// Elements added before and after, the last dimension first: {left, right, top, bottom}. Negative numbers take away.
template <size_t D>
class PadOptions {
 public:
  PadOptions(ExpandingArray<D * 2> padding) : padding_(padding) {}  // NOLINT: implicit, as in libtorch
  RELUME_ARG(ExpandingArray<D * 2>, padding);
};
template <size_t D>
class ConstantPadOptions {
 public:
  ConstantPadOptions(ExpandingArray<D * 2> padding, double value) : padding_(padding), value_(value) {}
  RELUME_ARG(ExpandingArray<D * 2>, padding);
  RELUME_ARG(double, value) = 0;
};

#define RELUME_PAD_MODULE(Name, D)     \
  using Name##Options = PadOptions<D>; \
  RELUME_STATELESS_MODULE(Name, (const Tensor& input), ExpandingArray<D * 2> padding)
#define RELUME_CONSTANT_PAD_MODULE(Name, D)    \
  using Name##Options = ConstantPadOptions<D>; \
  RELUME_STATELESS_MODULE(Name, (const Tensor& input), ExpandingArray<D * 2> padding, double value)

// With zeros,
RELUME_PAD_MODULE(ZeroPad1d, 1);
RELUME_PAD_MODULE(ZeroPad2d, 2);
RELUME_PAD_MODULE(ZeroPad3d, 3);
// with a value,
RELUME_CONSTANT_PAD_MODULE(ConstantPad1d, 1);
RELUME_CONSTANT_PAD_MODULE(ConstantPad2d, 2);
RELUME_CONSTANT_PAD_MODULE(ConstantPad3d, 3);
// with the input mirrored at its edge,
RELUME_PAD_MODULE(ReflectionPad1d, 1);
RELUME_PAD_MODULE(ReflectionPad2d, 2);
RELUME_PAD_MODULE(ReflectionPad3d, 3);
// with the value at the edge,
RELUME_PAD_MODULE(ReplicationPad1d, 1);
RELUME_PAD_MODULE(ReplicationPad2d, 2);
RELUME_PAD_MODULE(ReplicationPad3d, 3);
// with the input continued from its other side.
RELUME_PAD_MODULE(CircularPad1d, 1);
RELUME_PAD_MODULE(CircularPad2d, 2);
RELUME_PAD_MODULE(CircularPad3d, 3);
#undef RELUME_PAD_MODULE
#undef RELUME_CONSTANT_PAD_MODULE

}  // namespace nn
}  // namespace relume
