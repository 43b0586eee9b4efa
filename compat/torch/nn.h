// torch::nn: modules, their functional forms, initialisation and utilities.
#pragma once

#include <torch/arg.h>
#include <torch/types.h>

namespace torch {
namespace enumtype {
using namespace relume::enumtype;

using relume::enumtype::get_enum_name;
// The name of the tag that a program's own option, a std::variant, holds.
template <class Variant, class = decltype(std::declval<const Variant&>().valueless_by_exception())>
std::string get_enum_name(const Variant& tag) {
  return visit([](auto held) { return relume::enumtype::get_enum_name(held); }, tag);
}
// kNone, kMean and kSum as at::Reduction has them.
inline at::Reduction::Reduction reduction_get_enum(Name name) {
  TORCH_CHECK(name == Name::None || name == Name::Mean || name == Name::Sum, get_enum_name(name),
              " is not a valid value for reduction");
  return name == Name::None ? at::Reduction::None : name == Name::Mean ? at::Reduction::Mean : at::Reduction::Sum;
}
template <class Variant, class = decltype(std::declval<const Variant&>().valueless_by_exception())>
at::Reduction::Reduction reduction_get_enum(const Variant& tag) {
  return visit([](Name held) { return reduction_get_enum(held); }, tag);
}
}  // namespace enumtype
namespace nn {
#include <torch/names/nn.inc>
namespace functional {
using namespace relume::nn::functional;
}
namespace init {
using namespace relume::nn::init;
}
namespace utils {
using namespace relume::nn::utils;
}
}  // namespace nn
}  // namespace torch

#define TORCH_MODULE(Name) RELUME_MODULE(Name)
#define TORCH_MODULE_IMPL(Name, ImplType) RELUME_MODULE_IMPL(Name, ImplType)
// AnyModule sees by itself which arguments of forward() may be left out.
#define FORWARD_HAS_DEFAULT_ARGS(...)
