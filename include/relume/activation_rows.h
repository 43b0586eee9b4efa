// How the options of a row of activations.inc are read: with RELUME_OPTION(type, name, value) defined as
// (type, name, value), a row's last argument is a list (type, name, value)(type, name, value)..., and
// RELUME_EACH(WHAT, list) applies RELUME_EACH_WHAT_A, RELUME_EACH_WHAT_B, RELUME_EACH_WHAT_A, ... to its members, each
// of which ends with the name of the other.
#pragma once

#include <string>
#include <string_view>

#define RELUME_EACH(apply, list) RELUME_EACH_END(RELUME_EACH_##apply##_A list)
#define RELUME_EACH_END(...) RELUME_EACH_END_(__VA_ARGS__)
#define RELUME_EACH_END_(...) __VA_ARGS__##_END

// Parameters after another, with their defaults.
#define RELUME_EACH_FURTHER_A(type, name, value) \
  , ::relume::detail::ActivationArgument<type> name = value RELUME_EACH_FURTHER_B
#define RELUME_EACH_FURTHER_B(type, name, value) \
  , ::relume::detail::ActivationArgument<type> name = value RELUME_EACH_FURTHER_A
#define RELUME_EACH_FURTHER_A_END
#define RELUME_EACH_FURTHER_B_END
// All parameters, with their defaults.
#define RELUME_EACH_ALL_A(type, name, value) \
  ::relume::detail::ActivationArgument<type> name = value RELUME_EACH_FURTHER_A
#define RELUME_EACH_ALL_A_END

// What is left out of a row without an in-place form.
#define RELUME_IF_IN_PLACE_Option(...) __VA_ARGS__
#define RELUME_IF_IN_PLACE_Function(...) __VA_ARGS__
#define RELUME_IF_IN_PLACE_None(...)

namespace relume {
namespace detail {

// How functions take an option.
template <class T>
struct ActivationArgumentOf {
  using type = T;
};
template <>
struct ActivationArgumentOf<std::string> {
  using type = std::string_view;
};
template <class T>
using ActivationArgument = typename ActivationArgumentOf<T>::type;

}  // namespace detail
}  // namespace relume
