// Elements added before and after, or taken away.
#include <algorithm>

#include "ops/autocast.h"
#include "ops/elementwise.h"
#include "ops/resampling.h"
#include "relume/ops.h"

namespace relume {
namespace {

enum class Mode { Reflect, Replicate, Circular };

// Of the padded dimension `number`, counted from the last.
void check_amount(Mode mode, const Tensor& input, int64_t number, int64_t before, int64_t after) {
  const int64_t dim = input.dim() - 1 - number, size = input.size(dim);
  if (mode == Mode::Reflect)
    check(before < size && after < size,
          "Argument #{}: Padding size should be less than the corresponding input dimension, but got: padding ({}, {}) "
          "at "
          "dimension {} of input {}",
          4 + 2 * number, before, after, dim, input.sizes());
  if (mode == Mode::Circular) {
    check(before <= size && after <= size, "Padding value causes wrapping around more than once.");
    check(size + std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0) > 0,
          "Negative padding value is resulting in an empty dimension");
  }
}

void check_input(Mode mode, const Tensor& input, int64_t given, int64_t padded) {
  check<NotImplementedError>(
      padded >= 1 && padded <= 3 && (input.dim() == padded + 1 || input.dim() == padded + 2),
      "Padding size {} is not supported for {}D input tensor.\nSupported combinations for non-constant padding:\n"
      "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
      "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
      "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)",
      given, input.dim());
  const IntArrayRef sizes = input.sizes().slice(input.dim() == padded + 2 ? 1 : 0);
  check(mode == Mode::Circular || std::find(sizes.begin(), sizes.end(), 0) == sizes.end(),
        "Expected {}D or {}D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
        "but got: {}",
        padded + 1, padded + 2, input.sizes());
}

// Which elements of a dimension of `size` those of the padded one are.
Taps sources(Mode mode, int64_t size, int64_t before, int64_t after) {
  Taps taps(size + before + after, 1);
  const int64_t start = std::max<int64_t>(0, -before), left = size + std::min<int64_t>(0, after) - start;
  for (int64_t o = 0; o < size + before + after; ++o) {
    const int64_t at = o - before;
    int64_t from = std::clamp<int64_t>(at, 0, size - 1);
    if (mode == Mode::Reflect) from = at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
    if (mode == Mode::Circular) from = start + ((at - start) % left + left) % left;  // what is left is repeated
    taps.set(o, 0, from, 1);
  }
  return taps;
}

// From the last dimension on.
Tensor pad_by_elements(const Tensor& input, IntArrayRef pad, Mode mode) {
  static constexpr const char* kGradFns[3][3] = {
      {"ReflectionPad1DBackward0", "ReflectionPad2DBackward0", "ReflectionPad3DBackward0"},
      {"ReplicationPad1DBackward0", "ReplicationPad2DBackward0", "ReplicationPad3DBackward0"},
      {"torch::autograd::CopySlices", "torch::autograd::CopySlices", "torch::autograd::CopySlices"}};
  static constexpr const char* kBackwardGradFns[3][3] = {
      {"ReflectionPad1DBackwardBackward0", "ReflectionPad2DBackwardBackward0", "ReflectionPad3DBackwardBackward0"},
      {"ReplicationPad1DBackwardBackward0", "ReplicationPad2DBackwardBackward0", "ReplicationPad3DBackwardBackward0"},
      {"CopySlicesBackward0", "CopySlicesBackward0", "CopySlicesBackward0"}};
  const auto padded = static_cast<int64_t>(pad.size() / 2);
  check_input(mode, input, static_cast<int64_t>(pad.size()), padded);
  DimVector sizes(input.sizes());
  for (int64_t i = 0; i < padded; ++i) {
    const int64_t before = pad[2 * i], after = pad[2 * i + 1];
    if (before != 0 || after != 0) check_amount(mode, input, i, before, after);
    sizes[sizes.size() - 1 - static_cast<size_t>(i)] += before + after;
  }
  for (const int64_t size : sizes)
    check(size >= 0, "Trying to create tensor with negative dimension {}: {}", size, IntArrayRef(sizes));
  check_room(input, sizes);
  auto plan = std::make_shared<ResamplePlan>();
  const auto row = static_cast<size_t>(mode);
  const bool keeps_layout = mode != Mode::Circular;
  *plan = {kGradFns[row][padded - 1], kBackwardGradFns[row][padded - 1], true, keeps_layout, keeps_layout, {}};
  for (int64_t i = padded; i-- > 0;) {
    const int64_t size = input.size(input.dim() - 1 - i), before = pad[2 * i], after = pad[2 * i + 1];
    plan->axes.push_back({size, size + before + after, {}});
    if (before != 0 || after != 0) plan->axes.back().taps = sources(mode, size, before, after);
  }
  return resample(std::move(plan), input);
}

}  // namespace

// pad = (left, right, top, bottom, ...): elements before and after, the last dimension first; negative numbers take
// elements away. mode is "constant", "reflect", "replicate" or "circular".
Tensor pad(const Tensor& self, IntArrayRef pad, std::string_view mode, std::optional<double> value) {
  impl_of(self, "pad");
  check(pad.size() % 2 == 0, "Padding length must be divisible by 2");
  check(static_cast<int64_t>(pad.size()) <= self.dim() * 2,
        "Padding length should be less than or equal to two times the input dimension but got padding length {} and "
        "input of dimension {}",
        pad.size(), self.dim());
  if (mode == "constant") return constant_pad_nd(self, pad, value.value_or(0));
  check(value.value_or(0) == 0, "Padding mode \"{}\" doesn't take in value argument", mode);
  if (mode == "circular") return pad_by_elements(self, pad, Mode::Circular);
  check<NotImplementedError>(mode == "reflect" || mode == "replicate", "Unrecognised padding mode {}", mode);
  if (const Autocast cast(CastTo::Float); cast) return relume::pad(cast(self), pad, mode, value);
  return pad_by_elements(self, pad, mode == "reflect" ? Mode::Reflect : Mode::Replicate);
}

}  // namespace relume
