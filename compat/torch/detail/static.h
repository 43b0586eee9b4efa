// Traits of modules.
#pragma once

#include <torch/nn.h>

#include <type_traits>

namespace torch {
namespace detail {

// Whether M is a module's class.
template <class M>
using is_module = std::is_base_of<nn::Module, std::decay_t<M>>;
template <class M, class T = void>
using enable_if_module_t = std::enable_if_t<is_module<M>::value, T>;

// Whether T has one forward(), which is no template.
template <class T, class = void>
struct has_forward : std::false_type {};
template <class T>
struct has_forward<T, std::void_t<decltype(&T::forward)>> : std::true_type {};

}  // namespace detail
}  // namespace torch
