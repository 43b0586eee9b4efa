// ModuleHolder: a module handled like a shared pointer that can be called, and RELUME_MODULE, which makes one.
#pragma once

#include <cstddef>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "relume/nn/module.h"

// Defines class Name, the holder of class NameImpl. Relume's own holders are aliases, which compile in less time.
#define RELUME_MODULE(Name) RELUME_MODULE_IMPL(Name, Name##Impl)
#define RELUME_MODULE_IMPL(Name, ImplType)                    \
  class Name : public ::relume::nn::ModuleHolder<ImplType> {  \
   public:                                                    \
    using ::relume::nn::ModuleHolder<ImplType>::ModuleHolder; \
    using Impl [[maybe_unused]] = ImplType;                   \
  }

// Declares module Name, which has options and no state: NameImpl and its holder. `inputs` are the parameters of forward
// in brackets, the rest those of a constructor beside that from NameOptions.
#define RELUME_STATELESS_MODULE(Name, inputs, ...)             \
  class RELUME_API Name##Impl : public Cloneable<Name##Impl> { \
   public:                                                     \
    explicit Name##Impl(__VA_ARGS__);                          \
    explicit Name##Impl(const Name##Options& options_);        \
    void reset() override;                                     \
    void pretty_print(std::ostream& stream) const override;    \
    Tensor forward inputs;                                     \
    Name##Options options;                                     \
  };                                                           \
  using Name = ModuleHolder<Name##Impl>

namespace relume {
namespace nn {
namespace detail {

template <class T>
inline constexpr bool is_module_v = std::is_base_of_v<Module, std::decay_t<T>>;
template <class T>
inline constexpr bool is_shared_ptr_v = false;
template <class T>
inline constexpr bool is_shared_ptr_v<std::shared_ptr<T>> = true;
[[noreturn]] RELUME_API void fail_empty_holder();

template <class... Args>
inline constexpr bool is_one_tensor_v = false;
template <class T>
inline constexpr bool is_one_tensor_v<T> = std::is_same_v<std::decay_t<T>, Tensor>;

// The same as module.forward(args...), with the module's hooks around it.
template <class M, class... Args>
decltype(auto) call_hooked(M& module, Args&&... args) {
  using Result = decltype(module.forward(std::forward<Args>(args)...));
  if constexpr (is_one_tensor_v<Args...> && std::is_same_v<Result, Tensor>) {
    return call_with_hooks(
        module, [](Module& base, Tensor input) -> Tensor { return static_cast<M&>(base).forward(std::move(input)); },
        args...);
  } else if constexpr (std::is_void_v<Result> || std::is_reference_v<Result>) {
    return module.forward(std::forward<Args>(args)...);
  } else {
    HookedCall call(module);
    (call.add(args), ...);
    call.before();
    // A braced list: the inputs are taken from left to right.
    std::tuple<decltype(call.input(std::forward<Args>(args)))...> inputs{call.input(std::forward<Args>(args))...};
    return call.output(
        std::apply([&module](auto&&... each) { return module.forward(std::forward<decltype(each)>(each)...); },
                   std::move(inputs)));
  }
}

}  // namespace detail

// A shared pointer to a module. Copies share the module; holder->member reaches it; holder(x) calls its forward(x),
// with the hooks around it. Made from nullptr it is empty, and any use throws Error.
template <class Contained>
class ModuleHolder {
 public:
  using ContainedType = Contained;
  using Impl = Contained;

  ModuleHolder() : impl_(static_cast<Module*>(new Contained())) {}
  ModuleHolder(std::nullptr_t) {}  // NOLINT: implicit, as in libtorch
  template <class Head, class... Tail,
            class = std::enable_if_t<sizeof...(Tail) != 0 || !(std::is_base_of_v<ModuleHolder, std::decay_t<Head>> ||
                                                               detail::is_shared_ptr_v<std::decay_t<Head>>)>>
  explicit ModuleHolder(Head&& head, Tail&&... tail)
      : impl_(static_cast<Module*>(new Contained(std::forward<Head>(head), std::forward<Tail>(tail)...))) {}
  template <class M, class = std::enable_if_t<std::is_convertible_v<M*, Contained*>>>
  ModuleHolder(std::shared_ptr<M> module) : impl_(std::move(module)) {}  // NOLINT

  explicit operator bool() const noexcept { return impl_ != nullptr; }
  bool is_empty() const noexcept { return impl_ == nullptr; }
  Contained* operator->() const { return get(); }
  Contained& operator*() const { return *get(); }
  Contained* get() const {
    if (!impl_) detail::fail_empty_holder();
    return static_cast<Contained*>(impl_.get());
  }
  std::shared_ptr<Contained> ptr() const { return std::shared_ptr<Contained>(impl_, get()); }

  template <class... Args>
  decltype(auto) operator()(Args&&... args) const {
    Contained& module = *get();
    if (module.hooks()) return detail::call_hooked(module, std::forward<Args>(args)...);
    return module.forward(std::forward<Args>(args)...);
  }
  template <class Arg>
  decltype(auto) operator[](Arg&& arg) const {
    return (*get())[std::forward<Arg>(arg)];
  }

 private:
  // A Contained. The pointer is to the base so that the compiler makes one class of it, not one a module.
  std::shared_ptr<Module> impl_;
};

template <class Contained>
std::ostream& operator<<(std::ostream& stream, const ModuleHolder<Contained>& module) {
  return stream << static_cast<const Module&>(*module);
}

}  // namespace nn
}  // namespace relume
