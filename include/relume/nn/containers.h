// Modules made of modules, parameters or functions: Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict,
// Functional, Identity.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "relume/nn/any.h"
#include "relume/nn/module.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

// Modules called one after the other: each takes what the one before returned.
class RELUME_API SequentialImpl : public Cloneable<SequentialImpl> {
 public:
  using Iterator = std::vector<AnyModule>::iterator;
  using ConstIterator = std::vector<AnyModule>::const_iterator;
  using ForwardsAnything = void;

  SequentialImpl();
  // Children with names, or with numbers for names.
  explicit SequentialImpl(std::initializer_list<NamedAnyModule> modules);
  explicit SequentialImpl(OrderedDict<std::string, AnyModule>&& modules);
  template <class First, class... Rest,
            class = std::enable_if_t<!std::is_same_v<std::decay_t<First>, SequentialImpl> &&
                                     !std::is_same_v<std::decay_t<First>, OrderedDict<std::string, AnyModule>>>>
  explicit SequentialImpl(First&& first, Rest&&... rest) : SequentialImpl() {
    push_back(std::forward<First>(first));
    (push_back(std::forward<Rest>(rest)), ...);
  }
  SequentialImpl(const SequentialImpl& other);
  SequentialImpl& operator=(const SequentialImpl& other);
  ~SequentialImpl() override;

  std::shared_ptr<Module> clone(const std::optional<Device>& device = {}) const override;
  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  // The result of the last module, of type R. Throws Error where there is no module.
  template <class R = Tensor, class... Args>
  R forward(Args&&... args) {
    if constexpr (std::is_same_v<R, Tensor> && detail::is_one_tensor_v<Args...>) {
      return forward_tensor(*this, args...);
    } else {
      AnyValue values[] = {AnyValue(std::forward<Args>(args))...};
      return detail::result_of<R>(forward_any(*this, values, sizeof...(Args)));
    }
  }
  static Tensor forward_tensor(Module& self, Tensor input);
  static AnyValue forward_any(Module& self, AnyValue* args, size_t count);

  template <class M>
  void push_back(M&& module) {
    add(std::string(), AnyModule(std::forward<M>(module)));
  }
  void push_back(AnyModule module) { add(std::string(), std::move(module)); }
  void push_back(const NamedAnyModule& named) { add(named.name(), named.module()); }
  template <class M>
  void push_back(std::string name, M&& module) {
    add(std::move(name), AnyModule(std::forward<M>(module)));
  }
  void push_back(std::string name, AnyModule module) { add(std::move(name), std::move(module)); }
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }

  Iterator begin() { return modules_.begin(); }
  ConstIterator begin() const { return modules_.begin(); }
  Iterator end() { return modules_.end(); }
  ConstIterator end() const { return modules_.end(); }
  template <class M>
  M& at(size_t index) const {
    return checked(index).template get<M>();
  }
  std::shared_ptr<Module> ptr(size_t index) const { return checked(index).ptr(); }
  template <class M>
  std::shared_ptr<M> ptr(size_t index) const {
    return checked(index).template ptr<M>();
  }
  std::shared_ptr<Module> operator[](size_t index) const { return ptr(index); }
  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }

 private:
  void add(std::string name, AnyModule module);
  const AnyModule& checked(size_t index) const;

  std::vector<AnyModule> modules_;
};

class Sequential : public ModuleHolder<SequentialImpl> {
 public:
  using ModuleHolder<SequentialImpl>::ModuleHolder;
  using Impl = SequentialImpl;
  Sequential() = default;
  RELUME_API Sequential(std::initializer_list<NamedAnyModule> modules);  // NOLINT: implicit, as in libtorch
};

// A list of modules that are not called by it.
class RELUME_API ModuleListImpl : public Cloneable<ModuleListImpl> {
 public:
  using Iterator = std::vector<std::shared_ptr<Module>>::iterator;
  using ConstIterator = std::vector<std::shared_ptr<Module>>::const_iterator;

  ModuleListImpl();
  template <class First, class... Rest, class = std::enable_if_t<!std::is_same_v<std::decay_t<First>, ModuleListImpl>>>
  explicit ModuleListImpl(First&& first, Rest&&... rest) : ModuleListImpl() {
    push_back(std::forward<First>(first));
    (push_back(std::forward<Rest>(rest)), ...);
  }
  ModuleListImpl(const ModuleListImpl& other);
  ModuleListImpl& operator=(const ModuleListImpl& other);
  ~ModuleListImpl() override;
  std::shared_ptr<Module> clone(const std::optional<Device>& device = {}) const override;
  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  void push_back(std::shared_ptr<Module> module);
  template <class M>
  void push_back(const ModuleHolder<M>& module) {
    push_back(std::shared_ptr<Module>(module.ptr()));
  }
  template <class M, class = std::enable_if_t<detail::is_module_v<M>>>
  void push_back(M&& module) {
    push_back(std::shared_ptr<Module>(new std::decay_t<M>(std::forward<M>(module))));
  }
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }
  void insert(size_t index, std::shared_ptr<Module> module);
  template <class M>
  void insert(size_t index, const ModuleHolder<M>& module) {
    insert(index, std::shared_ptr<Module>(module.ptr()));
  }
  template <class M, class = std::enable_if_t<detail::is_module_v<M>>>
  void insert(size_t index, M&& module) {
    insert(index, std::shared_ptr<Module>(new std::decay_t<M>(std::forward<M>(module))));
  }

  Iterator begin() { return modules_.begin(); }
  ConstIterator begin() const { return modules_.begin(); }
  Iterator end() { return modules_.end(); }
  ConstIterator end() const { return modules_.end(); }
  template <class M>
  M& at(size_t index) const {
    return *ptr<M>(index);
  }
  std::shared_ptr<Module> ptr(size_t index) const;
  template <class M>
  std::shared_ptr<M> ptr(size_t index) const {
    auto module = std::dynamic_pointer_cast<M>(ptr(index));
    if (!module) detail::fail_module_cast(index, typeid(M));
    return module;
  }
  std::shared_ptr<Module> operator[](size_t index) const { return ptr(index); }
  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }

 private:
  std::vector<std::shared_ptr<Module>> modules_;
};
using ModuleList = ModuleHolder<ModuleListImpl>;

// Modules by name.
class RELUME_API ModuleDictImpl : public Cloneable<ModuleDictImpl> {
 public:
  using Iterator = OrderedDict<std::string, std::shared_ptr<Module>>::Iterator;
  using ConstIterator = OrderedDict<std::string, std::shared_ptr<Module>>::ConstIterator;

  ModuleDictImpl();
  explicit ModuleDictImpl(const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules);
  explicit ModuleDictImpl(const OrderedDict<std::string, std::shared_ptr<Module>>& modules);
  std::shared_ptr<Module> clone(const std::optional<Device>& device = {}) const override;
  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  std::vector<std::pair<std::string, std::shared_ptr<Module>>> items() const;
  std::vector<std::string> keys() const;
  std::vector<std::shared_ptr<Module>> values() const;
  Iterator begin() { return children_.begin(); }
  ConstIterator begin() const { return children_.begin(); }
  Iterator end() { return children_.end(); }
  ConstIterator end() const { return children_.end(); }
  size_t size() const noexcept;
  bool empty() const noexcept;
  bool contains(const std::string& key) const noexcept;
  void clear();
  std::shared_ptr<Module> operator[](const std::string& key) const;
  template <class M>
  M& at(const std::string& key) const {
    auto* module = (*this)[key]->template as<M>();
    if (!module) detail::fail_module_cast(key, typeid(M));
    return *module;
  }
  std::shared_ptr<Module> pop(const std::string& key);
  void update(const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules);
  template <class Container>
  void update(const Container& container) {
    for (const auto& item : container) set(item.key(), item.value());
  }

 private:
  void set(const std::string& key, std::shared_ptr<Module> module);
};
class ModuleDict : public ModuleHolder<ModuleDictImpl> {
 public:
  using ModuleHolder<ModuleDictImpl>::ModuleHolder;
  using Impl = ModuleDictImpl;
  ModuleDict() = default;
  RELUME_API ModuleDict(const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules);  // NOLINT
};

// Parameters by number.
class RELUME_API ParameterListImpl : public Cloneable<ParameterListImpl> {
 public:
  using Iterator = OrderedDict<std::string, Tensor>::Iterator;
  using ConstIterator = OrderedDict<std::string, Tensor>::ConstIterator;

  ParameterListImpl();
  template <class... Tensors>
  explicit ParameterListImpl(const Tensor& first, const Tensors&... rest) : ParameterListImpl() {
    append(first);
    (append(rest), ...);
  }
  std::shared_ptr<Module> clone(const std::optional<Device>& device = {}) const override;
  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  void append(Tensor parameter);
  void append(const OrderedDict<std::string, Tensor>::Item& item);
  template <class Container>
  void extend(const Container& container) {
    for (const auto& parameter : container) append(parameter);
  }
  ParameterListImpl& operator+=(const ParameterListImpl& other);
  Iterator begin() { return parameters_.begin(); }
  ConstIterator begin() const { return parameters_.begin(); }
  Iterator end() { return parameters_.end(); }
  ConstIterator end() const { return parameters_.end(); }
  Tensor& at(size_t index);
  const Tensor& at(size_t index) const { return const_cast<ParameterListImpl*>(this)->at(index); }
  Tensor& operator[](size_t index) { return at(index); }
  const Tensor& operator[](size_t index) const { return at(index); }
  size_t size() const noexcept;
  bool is_empty() const noexcept;
};
using ParameterList = ModuleHolder<ParameterListImpl>;

// Parameters by name.
class RELUME_API ParameterDictImpl : public Cloneable<ParameterDictImpl> {
 public:
  using Iterator = OrderedDict<std::string, Tensor>::Iterator;
  using ConstIterator = OrderedDict<std::string, Tensor>::ConstIterator;

  ParameterDictImpl();
  explicit ParameterDictImpl(const OrderedDict<std::string, Tensor>& parameters);
  std::shared_ptr<Module> clone(const std::optional<Device>& device = {}) const override;
  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  Tensor& insert(std::string key, Tensor parameter);
  Tensor pop(const std::string& key);
  std::vector<std::string> keys() const;
  std::vector<Tensor> values() const;
  Iterator begin() { return parameters_.begin(); }
  ConstIterator begin() const { return parameters_.begin(); }
  Iterator end() { return parameters_.end(); }
  ConstIterator end() const { return parameters_.end(); }
  size_t size() const noexcept;
  bool empty() const noexcept;
  template <class Container>
  void update(const Container& container) {
    for (const auto& item : container) set(item.key(), item.value());
  }
  void clear();
  bool contains(const std::string& key) const noexcept;
  Tensor& get(const std::string& key);
  const Tensor& get(const std::string& key) const { return const_cast<ParameterDictImpl*>(this)->get(key); }
  Tensor& operator[](const std::string& key) { return get(key); }
  const Tensor& operator[](const std::string& key) const { return get(key); }

 private:
  void set(const std::string& key, Tensor parameter);
};
using ParameterDict = ModuleHolder<ParameterDictImpl>;

// A function from a tensor to a tensor as a module; further arguments are bound: Functional(relume::elu, 0.5).
class RELUME_API FunctionalImpl : public Cloneable<FunctionalImpl> {
 public:
  struct Function {
    virtual ~Function() = default;
    virtual Tensor call(Tensor input) = 0;
  };
  template <class F, class... Args, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, FunctionalImpl>>>
  explicit FunctionalImpl(F&& function, Args&&... args)
      : FunctionalImpl(std::shared_ptr<Function>(new Bound<std::decay_t<F>, std::decay_t<Args>...>{
            std::forward<F>(function), {std::forward<Args>(args)...}})) {}
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  // A function cannot be written.
  bool is_serializable() const override;
  Tensor forward(Tensor input);
  Tensor operator()(Tensor input) { return forward(std::move(input)); }

 private:
  template <class F, class... Args>
  struct Bound final : Function {
    Bound(F function, std::tuple<Args...> args) : function(std::move(function)), args(std::move(args)) {}
    Tensor call(Tensor input) override {
      return std::apply([&](auto&... each) { return function(std::move(input), each...); }, args);
    }
    F function;
    std::tuple<Args...> args;
  };
  explicit FunctionalImpl(std::shared_ptr<Function> function);

  std::shared_ptr<Function> function_;
};
using Functional = ModuleHolder<FunctionalImpl>;

// Returns its input; any arguments of the constructor are ignored.
class RELUME_API IdentityImpl : public Cloneable<IdentityImpl> {
 public:
  IdentityImpl();
  template <class First, class... Rest, class = std::enable_if_t<!std::is_same_v<std::decay_t<First>, IdentityImpl>>>
  explicit IdentityImpl(First&&, Rest&&...) : IdentityImpl() {}
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
using Identity = ModuleHolder<IdentityImpl>;

}  // namespace nn
}  // namespace relume
