// check(): the one way to demand something of an argument, with an error whose text is formatted by fmt.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "relume/error.h"
#include "relume/shape.h"

namespace relume {

template <class E = Error, class... Args>
[[noreturn, gnu::noinline, gnu::cold]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw E(fmt::vformat(format, fmt::make_format_args(args...)));
}

// Throws E, with the message formatted from `format` and `args`, unless `condition` holds.
template <class E = Error, class... Args>
inline void check(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) [[unlikely]]
    fail<E>(format, std::forward<Args>(args)...);
}

}  // namespace relume

// Sizes and other integer lists print as [2, 3].
template <>
struct fmt::formatter<relume::IntArrayRef> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(relume::IntArrayRef list, Context& context) const {
    const std::string text = relume::to_string(list);
    return std::copy(text.begin(), text.end(), context.out());
  }
};
