// AnyModule: a module of any type, called through its forward() without knowing the type.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "relume/nn/module.h"
#include "relume/nn/pimpl.h"
#include "relume/owned.h"

namespace relume {
namespace nn {

namespace detail {
[[noreturn]] RELUME_API void fail_module_cast(const std::type_info& wanted, const std::type_info& actual);
[[noreturn]] RELUME_API void fail_module_cast(size_t index, const std::type_info& wanted);
[[noreturn]] RELUME_API void fail_module_cast(const std::string& key, const std::type_info& wanted);
[[noreturn]] RELUME_API void fail_value_cast(const std::type_info& wanted, const std::type_info& actual);
[[noreturn]] RELUME_API void fail_result(const std::type_info& wanted, const std::type_info& actual);
[[noreturn]] RELUME_API void fail_argument(size_t index, const std::type_info& wanted, const std::type_info& actual);
[[noreturn]] RELUME_API void fail_argument_count(const std::type_info& module, size_t least, size_t most, size_t got);
}  // namespace detail

// A value of any type that can be copied or moved.
class AnyValue {
 public:
  template <class T, class = std::enable_if_t<!std::is_same_v<std::decay_t<T>, AnyValue>>>
  explicit AnyValue(T&& value) : content_(new ContentOf<std::decay_t<T>>(std::forward<T>(value))) {}
  AnyValue(AnyValue&&) noexcept = default;
  AnyValue& operator=(AnyValue&&) noexcept = default;

  // The value, if it is a T; null otherwise.
  template <class T>
  T* try_get() {
    return typeid(T) == type_info() ? &static_cast<ContentOf<T>&>(*content_).value : nullptr;
  }
  // The value. Throws Error where it is not a T.
  template <class T>
  T get() {
    if (T* value = try_get<T>()) return *value;
    detail::fail_value_cast(typeid(T), type_info());
  }
  const std::type_info& type_info() const noexcept { return content_->type; }

 private:
  struct Content {
    explicit Content(const std::type_info& type) : type(type) {}
    virtual ~Content() = default;
    const std::type_info& type;
  };
  template <class T>
  struct ContentOf final : Content {
    template <class V>
    explicit ContentOf(V&& value) : Content(typeid(T)), value(std::forward<V>(value)) {}
    T value;
  };
  relume::detail::Owned<Content> content_;
};

namespace detail {

// What AnyModule knows of a module type: its name, and how to call it.
struct AnyModuleType {
  const std::type_info& type;
  Tensor (*forward_tensor)(Module& module, Tensor input);  // null where forward(Tensor) -> Tensor does not exist
  AnyValue (*forward)(Module& module, AnyValue* args, size_t count);  // null where there is only forward_tensor
};

// What forward() returned, as the R that was asked for.
template <class R>
R result_of(AnyValue value) {
  if (R* result = value.try_get<R>()) return std::move(*result);
  fail_result(typeid(R), value.type_info());
}

template <class T>
T&& take(AnyValue* args, size_t index) {
  if (T* value = args[index].try_get<T>()) return std::move(*value);
  fail_argument(index, typeid(T), args[index].type_info());
}

// Calls forward with `count` of its arguments, the rest being defaults, where forward can be called so.
template <class M, class R, class... Args, size_t... I>
AnyValue call_forward(Module& base, AnyValue* args, std::index_sequence<I...>) {
  using List = std::tuple<std::decay_t<Args>...>;
  return AnyValue(ModuleHolder<M>(std::static_pointer_cast<M>(base.shared_from_this()))(
      take<std::tuple_element_t<I, List>>(args, I)...));
}

template <class M, class... Args>
using ForwardResult = decltype(std::declval<M&>().forward(std::declval<Args>()...));
template <class M, class = void, class... Args>
inline constexpr bool can_forward_v = false;
template <class M, class... Args>
inline constexpr bool can_forward_v<M, std::void_t<ForwardResult<M, Args...>>, Args...> = true;

template <class M, class R, class... Args>
struct Forward {
  template <size_t... I>
  static constexpr bool accepts(std::index_sequence<I...>) {
    using List = std::tuple<std::decay_t<Args>...>;
    return can_forward_v<M, void, std::tuple_element_t<I, List>...>;
  }
  template <size_t Count = sizeof...(Args)>
  static AnyValue call(Module& module, AnyValue* args, size_t count) {
    if (count == Count) return call_forward<M, R, Args...>(module, args, std::make_index_sequence<Count>());
    if constexpr (Count > 0) {
      if constexpr (accepts(std::make_index_sequence<Count - 1>())) return call<Count - 1>(module, args, count);
    }
    fail_argument_count(typeid(M), Count, sizeof...(Args), count);
  }
};

template <class M>
Tensor forward_tensor(Module& module, Tensor input) {
  return static_cast<M&>(module).forward(std::move(input));
}

template <class M, class R, class C, class... Args>
const AnyModuleType* any_module_type(R (C::*)(Args...)) {
  constexpr bool only_tensor = is_one_tensor_v<Args...> && std::is_same_v<std::decay_t<R>, Tensor>;
  if constexpr (only_tensor) {
    static constexpr AnyModuleType type{typeid(M), forward_tensor<M>, nullptr};
    return &type;
  } else {
    static constexpr AnyModuleType type{typeid(M), nullptr, Forward<M, R, Args...>::template call<>};
    return &type;
  }
}
template <class M, class R, class C, class... Args>
const AnyModuleType* any_module_type(R (C::*)(Args...) const) {
  return any_module_type<M, R, C, Args...>(static_cast<R (C::*)(Args...)>(nullptr));
}

template <class M, class = void>
inline constexpr bool takes_anything_v = false;
template <class M>
inline constexpr bool takes_anything_v<M, std::void_t<typename M::ForwardsAnything>> = true;

template <class M>
const AnyModuleType* any_module_type() {
  if constexpr (takes_anything_v<M>) {
    static constexpr AnyModuleType type{typeid(M), M::forward_tensor, M::forward_any};
    return &type;
  } else {
    return any_module_type<M>(&M::forward);
  }
}

}  // namespace detail

// A module whose type was forgotten, and its forward(), which takes what the module's own takes: types must fit
// exactly.
class RELUME_API AnyModule {
 public:
  AnyModule() = default;
  template <class M>
  explicit AnyModule(std::shared_ptr<M> module) : module_(std::move(module)), type_(detail::any_module_type<M>()) {}
  template <class M, class = std::enable_if_t<detail::is_module_v<M>>>
  explicit AnyModule(M&& module)
      : AnyModule(std::shared_ptr<std::decay_t<M>>(new std::decay_t<M>(std::forward<M>(module)))) {}
  template <class M>
  explicit AnyModule(const ModuleHolder<M>& holder) : AnyModule(holder.ptr()) {}
  template <class M>
  AnyModule& operator=(std::shared_ptr<M> module) {
    return *this = AnyModule(std::move(module));
  }

  AnyModule clone(const std::optional<Device>& device = {}) const;

  // Calls the module's forward, hooks included. R is its result type.
  template <class R = Tensor, class... Args>
  R forward(Args&&... args) {
    if constexpr (std::is_same_v<R, Tensor> && detail::is_one_tensor_v<Args...>)
      return forward_tensor(args...);
    else
      return any_forward(std::forward<Args>(args)...).template get<R>();
  }
  template <class... Args>
  AnyValue any_forward(Args&&... args) {
    if constexpr (sizeof...(Args) == 0) {
      return forward_values(nullptr, 0);
    } else {
      AnyValue values[] = {value(std::forward<Args>(args))...};
      return forward_values(values, sizeof...(Args));
    }
  }
  // For containers: the values may be moved from.
  AnyValue forward_values(AnyValue* values, size_t count);
  Tensor forward_tensor(Tensor input);

  // The module as an M. Throws Error where it is of another type.
  template <class M, class = std::enable_if_t<detail::is_module_v<M>>>
  M& get() const {
    check_type(typeid(M), "get()");
    return static_cast<M&>(*module_);
  }
  template <class Holder, class Contained = typename Holder::ContainedType>
  Holder get() const {
    return Holder(ptr<Contained>());
  }
  std::shared_ptr<Module> ptr() const;
  template <class M, class = std::enable_if_t<detail::is_module_v<M>>>
  std::shared_ptr<M> ptr() const {
    check_type(typeid(M), "ptr()");
    return std::static_pointer_cast<M>(module_);
  }
  const std::type_info& type_info() const;
  bool is_empty() const noexcept { return module_ == nullptr; }
  // Whether forward() takes and returns one tensor.
  bool returns_tensor() const noexcept { return type_ && type_->forward_tensor; }

 private:
  template <class T>
  static decltype(auto) value(T&& argument) {
    if constexpr (std::is_same_v<std::decay_t<T>, AnyValue>)
      return std::forward<T>(argument);
    else
      return AnyValue(std::forward<T>(argument));
  }
  void check_type(const std::type_info& wanted, const char* method) const;

  std::shared_ptr<Module> module_;
  const detail::AnyModuleType* type_ = nullptr;
};

// A module with a name, for Sequential({{"fc", nn::Linear(4, 2)}, {"act", nn::ReLU()}}).
class NamedAnyModule {
 public:
  template <class M>
  NamedAnyModule(std::string name, std::shared_ptr<M> module)
      : NamedAnyModule(std::move(name), AnyModule(std::move(module))) {}
  template <class M>
  NamedAnyModule(std::string name, const ModuleHolder<M>& module)
      : NamedAnyModule(std::move(name), AnyModule(module)) {}
  template <class M, class = std::enable_if_t<detail::is_module_v<M>>>
  NamedAnyModule(std::string name, M&& module) : NamedAnyModule(std::move(name), AnyModule(std::forward<M>(module))) {}
  NamedAnyModule(std::string name, AnyModule module) : name_(std::move(name)), module_(std::move(module)) {}

  const std::string& name() const noexcept { return name_; }
  AnyModule& module() noexcept { return module_; }
  const AnyModule& module() const noexcept { return module_; }

 private:
  std::string name_;
  AnyModule module_;
};

}  // namespace nn
}  // namespace relume
