// Module: a part of a network with parameters, buffers and further modules as children.
#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "relume/export.h"
#include "relume/nn/ordered_dict.h"
#include "relume/tensor.h"

namespace relume {
namespace serialize {
class OutputArchive;
class InputArchive;
}  // namespace serialize
namespace nn {

class Module;
template <class Contained>
class ModuleHolder;

using ParameterDictionary = OrderedDict<std::string, Tensor>;
using StateDict = OrderedDict<std::string, Tensor>;

// Keys on which a state dict and a module disagree.
struct IncompatibleKeys {
  std::vector<std::string> missing_keys;
  std::vector<std::string> unexpected_keys;
};

namespace detail {

struct ModuleHooks;
using TensorVector = std::vector<Tensor>;

// A hook on calls of a module. `first` and `second` are inputs and outputs, or their gradients; the hook may replace
// what its kind allows.
struct CallHook {
  virtual ~CallHook() = default;
  virtual void call(Module& module, TensorVector& first, TensorVector& second) = 0;
};
enum class HookKind { ForwardPre, Forward, FullBackward };

template <HookKind Kind, class F>
struct CallHookOf final : CallHook {
  explicit CallHookOf(F f) : hook(std::move(f)) {}
  void call(Module& module, TensorVector& first, TensorVector& second) override {
    if constexpr (Kind == HookKind::ForwardPre)
      run(first, module, first);
    else
      run(Kind == HookKind::Forward ? second : first, module, first, second);
  }
  template <class... Args>
  void run(TensorVector& replaced, Args&... args) {
    using Result = decltype(hook(args...));
    if constexpr (std::is_void_v<Result>)
      hook(args...);
    else
      replace(replaced, hook(args...));
  }
  static void replace(TensorVector& list, Tensor result) {
    if (result.defined()) list.at(0) = std::move(result);
  }
  static void replace(TensorVector& list, TensorVector result) {
    if (!result.empty()) list = std::move(result);
  }
  F hook;
};

// A callable of any type, seen for the time of a call.
struct ModuleVisitor {
  void* callable;
  void (*call)(void* callable, const std::string& name, Module& module);
};

}  // namespace detail

// Takes a hook off again.
class RELUME_API HookHandle {
 public:
  HookHandle(std::weak_ptr<detail::ModuleHooks> hooks, uint64_t id) : hooks_(std::move(hooks)), id_(id) {}
  void remove();

 private:
  std::weak_ptr<detail::ModuleHooks> hooks_;
  uint64_t id_;
};

// Base of all modules. A module of one's own registers its parameters, buffers and children in the constructor, defines
// forward(), and is wrapped by RELUME_MODULE so that it is handled like a shared pointer:
//   struct NetImpl : nn::Module {
//     NetImpl() : fc(register_module("fc", nn::Linear(4, 2))) {}
//     Tensor forward(Tensor x) { return relu(fc(x)); }
//     nn::Linear fc{nullptr};
//   };
//   RELUME_MODULE(Net);
class RELUME_API Module : public std::enable_shared_from_this<Module> {
 public:
  // Without a name, name() is that of the class.
  Module();
  explicit Module(std::string name);
  Module(const Module& other);
  Module(Module&& other) noexcept;
  Module& operator=(const Module& other);
  Module& operator=(Module&& other) noexcept;
  virtual ~Module();

  const std::string& name() const noexcept;
  // A deep copy. Throws Error unless the class derives from Cloneable.
  virtual std::shared_ptr<Module> clone(const std::optional<Device>& device = {}) const;

  // Calls function on this module, then on all below it. It takes Module& or std::shared_ptr<Module>, or the module's
  // dotted name and one of these.
  template <class F>
  void apply(F&& function, const std::string& name_prefix = std::string()) const {
    if constexpr (std::is_function_v<std::remove_reference_t<F>>) {
      auto* pointer = &function;  // an object, which the visitor can point to
      visit(visitor(pointer), name_prefix);
    } else {
      visit(visitor(function), name_prefix);
    }
  }

  // All parameters (buffers, modules) of this module and, with recurse, of those below it; names are dotted paths.
  std::vector<Tensor> parameters(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_parameters(bool recurse = true) const;
  std::vector<Tensor> buffers(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_buffers(bool recurse = true) const;
  std::vector<std::shared_ptr<Module>> modules(bool include_self = true) const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_modules(const std::string& name_prefix = std::string(),
                                                                  bool include_self = true) const;
  std::vector<std::shared_ptr<Module>> children() const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_children() const;

  // Training mode, or the mode for evaluation: what dropout and batch norm go by.
  virtual void train(bool on = true);
  void eval() { train(false); }
  // In a module that is called from a compiled one (compile_for_inference) that is the mode for evaluation.
  virtual bool is_training() const noexcept;

  // Converts the floating-point parameters and buffers.
  virtual void to(Device device, ScalarType dtype, bool non_blocking = false);
  virtual void to(ScalarType dtype, bool non_blocking = false);
  virtual void to(Device device, bool non_blocking = false);
  // Drops the gradients of all parameters, or fills them with zeros.
  virtual void zero_grad(bool set_to_none = true);
  // Says whether autograd is to record what is done with the parameters.
  void requires_grad_(bool requires_grad = true);

  // Every parameter and buffer by its dotted name; the tensors share memory with the module's.
  StateDict state_dict(const std::string& prefix = std::string()) const;
  // Copies values into the parameters and buffers. Throws Error, before it changes anything, where shapes differ, and
  // with `strict` where keys are missing or unexpected; else it returns those keys.
  IncompatibleKeys load_state_dict(const StateDict& state, bool strict = true);

  // Writes parameters, buffers and children by their names, and reads them back: what save() and load() of
  // relume/serialize.h call. A module that keeps more than those overrides both.
  virtual void save(serialize::OutputArchive& archive) const;
  virtual void load(serialize::InputArchive& archive);
  // Whether the module is written and read as a child of others.
  virtual bool is_serializable() const;

  // Called around each call of the module through its holder: module(x), not module->forward(x).
  //   forward_pre   hook(Module&, inputs)                void, or a Tensor or a vector that replaces the inputs
  //   forward       hook(Module&, inputs, outputs)       void, or a Tensor or a vector that replaces the outputs
  //   full_backward hook(Module&, grad_inputs, grad_outputs)  void, or what replaces the gradients of the inputs
  // Inputs, outputs and gradients are std::vector<Tensor>.
  template <class F>
  HookHandle register_forward_pre_hook(F hook) {
    return add_hook(detail::HookKind::ForwardPre, new detail::CallHookOf<detail::HookKind::ForwardPre, F>(hook));
  }
  template <class F>
  HookHandle register_forward_hook(F hook) {
    return add_hook(detail::HookKind::Forward, new detail::CallHookOf<detail::HookKind::Forward, F>(hook));
  }
  template <class F>
  HookHandle register_full_backward_hook(F hook) {
    return add_hook(detail::HookKind::FullBackward, new detail::CallHookOf<detail::HookKind::FullBackward, F>(hook));
  }
  const detail::ModuleHooks* hooks() const noexcept { return hooks_.get(); }

  // What is printed for the module itself, without its children.
  virtual void pretty_print(std::ostream& stream) const;

  // This module as a module of type M (or of the type that holder M holds); null where it is none.
  template <class M>
  auto as() noexcept {
    return as_impl<M>(*this, 0);
  }
  template <class M>
  auto as() const noexcept {
    return as_impl<M>(*this, 0);
  }

  Tensor& register_parameter(std::string name, Tensor tensor, bool requires_grad = true);
  Tensor& register_buffer(std::string name, Tensor tensor);
  template <class M>
  std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> module) {
    add_child(std::move(name), module);
    return module;
  }
  template <class M>
  std::shared_ptr<M> register_module(std::string name, ModuleHolder<M> holder) {
    return register_module(std::move(name), holder.ptr());
  }
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, std::shared_ptr<M> module) {
    set_child(name, module);
    return module;
  }
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, ModuleHolder<M> holder) {
    return replace_module(name, holder.ptr());
  }
  void unregister_module(const std::string& name);

 protected:
  // Forgets what was registered, so that reset() registers it again; for clone().
  // Makes of a copy of this module, which it takes, a clone: `reset` registers anew what is then filled.
  std::shared_ptr<Module> finish_clone(Module* copy, void (*reset)(Module& module),
                                       const std::optional<Device>& device) const;
  // Calls assign(*this, clone) with a clone of `other`, which must be of this type.
  void assign_clone(const Module& other, const std::optional<Device>& device, const std::type_info& type,
                    void (*assign)(Module& module, const Module& clone));
  void clear_registered();
  // Copies the values of `other`, which has the same parameters, buffers and children.
  void copy_registered(const Module& other, const std::optional<Device>& device);
  // Takes over the values of a clone of `other`.
  virtual void become_clone(const Module& other, const std::optional<Device>& device);

  OrderedDict<std::string, Tensor> parameters_;
  OrderedDict<std::string, Tensor> buffers_;
  OrderedDict<std::string, std::shared_ptr<Module>> children_;

 private:
  template <class F>
  static detail::ModuleVisitor visitor(F& function) {
    return {const_cast<void*>(static_cast<const void*>(&function)),
            [](void* callable, const std::string& name, Module& module) {
              auto& call = *static_cast<std::remove_reference_t<F>*>(callable);
              if constexpr (std::is_invocable_v<F&, Module&>)
                call(module);
              else if constexpr (std::is_invocable_v<F&, const std::string&, Module&>)
                call(name, module);
              else if constexpr (std::is_invocable_v<F&, const std::shared_ptr<Module>&>)
                call(module.checked_shared());
              else
                call(name, module.checked_shared());
            }};
  }
  template <class M, class Self, class = typename M::ContainedType>
  static auto as_impl(Self& self, int) noexcept {
    return as_impl<typename M::ContainedType>(self, 0L);
  }
  template <class M, class Self>
  static auto as_impl(Self& self, long) noexcept {
    return dynamic_cast<std::conditional_t<std::is_const_v<Self>, const M, M>*>(&self);
  }
  void visit(detail::ModuleVisitor visitor, const std::string& prefix) const;
  void visit_children(detail::ModuleVisitor visitor, const std::string& prefix) const;
  std::shared_ptr<Module> checked_shared() const;
  void add_child(std::string name, std::shared_ptr<Module> module);
  void set_child(const std::string& name, std::shared_ptr<Module> module);
  HookHandle add_hook(detail::HookKind kind, detail::CallHook* hook);
  void print(std::ostream& stream, const std::string& indentation) const;
  template <class F>
  void convert(F conversion);
  friend RELUME_API std::ostream& operator<<(std::ostream& stream, const Module& module);

  mutable std::string name_;  // made from the class where it is empty
  std::shared_ptr<detail::ModuleHooks> hooks_;
  bool is_training_ = true;
};

// Prints the module and, indented, its children: torch::nn::Linear(in_features=4, out_features=2, bias=true).
RELUME_API std::ostream& operator<<(std::ostream& stream, const Module& module);

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winconsistent-missing-override"  // of reset(), where Base has one too
#endif
// Base of modules that can be cloned: Derived can be copied and assigned, and reset() registers what the constructor
// registered.
template <class Derived, class Base = Module>
class Cloneable : public Base {
 public:
  using Base::Base;
  virtual void reset() = 0;
  std::shared_ptr<Module> clone(const std::optional<Device>& device = {}) const override {
    Cloneable* copy = new Derived(static_cast<const Derived&>(*this));
    return this->finish_clone(
        copy, [](Module& module) { static_cast<Cloneable&>(module).reset(); }, device);
  }

 private:
  void become_clone(const Module& other, const std::optional<Device>& device) override {
    this->assign_clone(other, device, typeid(Derived), [](Module& module, const Module& copy) {
      static_cast<Derived&>(module) = static_cast<const Derived&>(copy);
    });
  }
};
#ifdef __clang__
#pragma clang diagnostic pop
#endif

namespace detail {

// One call of a module that has hooks: runs them before and after forward, which is called with what input() gives.
class RELUME_API HookedCall {
 public:
  explicit HookedCall(Module& module);
  ~HookedCall();
  HookedCall(const HookedCall&) = delete;
  HookedCall& operator=(const HookedCall&) = delete;

  void add(const Tensor& input);
  template <class T>
  void add(const T&) {}
  void before();
  Tensor input(const Tensor&);
  template <class T>
  T&& input(T&& other) {
    return std::forward<T>(other);
  }
  Tensor output(Tensor result);
  template <class... T>
  std::tuple<T...> output(std::tuple<T...> result) {
    std::apply([this](auto&... each) { (add_output(each), ...); }, result);
    after();
    next_ = 0;
    std::apply([this](auto&... each) { (take_output(each), ...); }, result);
    return result;
  }
  template <class T>
  T output(T result) {
    after();
    return result;
  }

 private:
  void add_output(const Tensor& output);
  template <class T>
  void add_output(const T&) {}
  void take_output(Tensor& output);
  template <class T>
  void take_output(T&) {}
  void after();

  Module& module_;
  std::shared_ptr<ModuleHooks> hooks_;
  TensorVector inputs_, outputs_;
  size_t next_ = 0;
  std::shared_ptr<void> backward_;  // what the backward hooks of this call share
};

// The same for the usual module, from one tensor to one.
RELUME_API Tensor call_with_hooks(Module& module, Tensor (*forward)(Module& module, Tensor input), const Tensor& input);

}  // namespace detail
}  // namespace nn
}  // namespace relume
