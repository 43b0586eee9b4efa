// Optimizer: the base of all optimizers, with groups of parameters, their options and the state of each parameter.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/export.h"
#include "relume/nn/options.h"
#include "relume/nn/ordered_dict.h"
#include "relume/owned.h"
#include "relume/tensor.h"

namespace relume {
namespace serialize {
class OutputArchive;
class InputArchive;
}  // namespace serialize
namespace optim {

// The options of a group; each optimizer has its own class.
class RELUME_API OptimizerOptions {
 public:
  OptimizerOptions() = default;
  OptimizerOptions(const OptimizerOptions&) = default;
  OptimizerOptions& operator=(const OptimizerOptions&) = default;
  virtual ~OptimizerOptions();
  virtual std::unique_ptr<OptimizerOptions> clone() const;
  virtual double get_lr() const;
  virtual void set_lr(double lr);
  // Every option as a number, by name, and back.
  virtual std::vector<std::pair<std::string, double>> numbers() const;
  virtual void set_numbers(const std::vector<std::pair<std::string, double>>& numbers);
  // Takes over from `defaults` every option that still has the value of its class.
  virtual void inherit(const OptimizerOptions& defaults);
};
template <class Derived>
class OptimizerCloneableOptions : public OptimizerOptions {
  relume::detail::UniqueIn<OptimizerOptions, Derived> clone() const override {
    return relume::detail::UniqueIn<OptimizerOptions, Derived>(new Derived(static_cast<const Derived&>(*this)));
  }
};

// What an optimizer remembers of a parameter.
class RELUME_API OptimizerParamState {
 public:
  OptimizerParamState() = default;
  OptimizerParamState(const OptimizerParamState&) = default;
  OptimizerParamState& operator=(const OptimizerParamState&) = default;
  virtual ~OptimizerParamState();
  virtual std::unique_ptr<OptimizerParamState> clone() const;
  // Every tensor of the state by name, numbers as 0-dim tensors, and back.
  virtual OrderedDict<std::string, Tensor> tensors() const;
  virtual void set_tensors(const OrderedDict<std::string, Tensor>& tensors);
  // Whether each tensor of more than no dimension has the parameter's shape, as load_state_dict() then demands.
  virtual bool has_shape_of_parameter() const;
};
template <class Derived>
class OptimizerCloneableParamState : public OptimizerParamState {
  relume::detail::UniqueIn<OptimizerParamState, Derived> clone() const override {
    return relume::detail::UniqueIn<OptimizerParamState, Derived>(new Derived(static_cast<const Derived&>(*this)));
  }
};

// Parameters that share options; without options of its own a group takes the optimizer's.
class RELUME_API OptimizerParamGroup {
 public:
  OptimizerParamGroup(std::vector<Tensor> params) : params_(std::move(params)) {}  // NOLINT: implicit, as in libtorch
  OptimizerParamGroup(std::vector<Tensor> params, std::unique_ptr<OptimizerOptions> options);
  OptimizerParamGroup(const OptimizerParamGroup& other);
  OptimizerParamGroup(OptimizerParamGroup&& other) noexcept = default;
  OptimizerParamGroup& operator=(const OptimizerParamGroup& other);
  OptimizerParamGroup& operator=(OptimizerParamGroup&& other) noexcept = default;

  bool has_options() const { return static_cast<bool>(options_); }
  OptimizerOptions& options();
  const OptimizerOptions& options() const;
  void set_options(std::unique_ptr<OptimizerOptions> options);
  std::vector<Tensor>& params() { return params_; }
  const std::vector<Tensor>& params() const { return params_; }

 private:
  std::vector<Tensor> params_;
  relume::detail::Owned<OptimizerOptions> options_;
};

// The states by the parameter's impl pointer.
class RELUME_API ParamStates {
 public:
  struct Item {  // has the names of a std::pair
    void* first;
    relume::detail::Owned<OptimizerParamState> second;
  };
  using iterator = std::vector<Item>::iterator;
  using const_iterator = std::vector<Item>::const_iterator;

  relume::detail::Owned<OptimizerParamState>& operator[](void* parameter);
  relume::detail::Owned<OptimizerParamState>& at(void* parameter);
  const relume::detail::Owned<OptimizerParamState>& at(void* parameter) const;
  iterator find(void* parameter);
  const_iterator find(void* parameter) const;
  size_t count(void* parameter) const { return find(parameter) != end() ? 1 : 0; }
  iterator begin() { return items_.begin(); }
  iterator end() { return items_.end(); }
  const_iterator begin() const { return items_.begin(); }
  const_iterator end() const { return items_.end(); }
  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  void clear();

 private:
  int64_t position(void* parameter) const;

  std::vector<Item> items_;
  std::vector<int64_t> slots_;  // positions in items_ by hash of the pointer; -1 is free
};

// A callable that evaluates the model and returns the loss, seen for the time of a step.
class LossClosure {
 public:
  LossClosure(std::nullptr_t = nullptr) {}  // NOLINT: implicit, as in libtorch
  LossClosure(Tensor (*closure)())          // NOLINT
      : closure_(reinterpret_cast<void*>(closure)),
        call_([](void* f) -> Tensor { return reinterpret_cast<Tensor (*)()>(f)(); }) {}
  template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, LossClosure> &&
                                              !std::is_function_v<std::remove_reference_t<F>> &&
                                              std::is_invocable_v<std::remove_reference_t<F>&>>>
  LossClosure(F&& closure)  // NOLINT
      : closure_(const_cast<void*>(static_cast<const void*>(&closure))),
        call_([](void* f) -> Tensor { return (*static_cast<std::remove_reference_t<F>*>(f))(); }) {}
  Tensor operator()() const { return call_(closure_); }
  explicit operator bool() const { return call_ != nullptr; }
  friend bool operator==(const LossClosure& closure, std::nullptr_t) { return !closure; }
  friend bool operator!=(const LossClosure& closure, std::nullptr_t) { return static_cast<bool>(closure); }

 private:
  void* closure_ = nullptr;
  Tensor (*call_)(void*) = nullptr;
};

class RELUME_API Optimizer {
 public:
  using LossClosure = optim::LossClosure;

  explicit Optimizer(const std::vector<OptimizerParamGroup>& param_groups, std::unique_ptr<OptimizerOptions> defaults);
  explicit Optimizer(std::vector<Tensor> parameters, std::unique_ptr<OptimizerOptions> defaults);
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer();

  // Adds parameters, which must be leaves of the graph.
  void add_param_group(const OptimizerParamGroup& param_group);
  void add_parameters(const std::vector<Tensor>& parameters);
  // Updates every parameter that has a gradient. With a closure, calls it first, with grad mode on, and returns the
  // loss.
  virtual Tensor step(LossClosure closure = nullptr) = 0;
  // Drops the gradients of all parameters, or fills them with zeros.
  void zero_grad(bool set_to_none = true);

  const std::vector<Tensor>& parameters() const noexcept;
  std::vector<Tensor>& parameters() noexcept;
  size_t size() const noexcept;
  OptimizerOptions& defaults() noexcept { return *defaults_; }
  const OptimizerOptions& defaults() const noexcept { return *defaults_; }
  std::vector<OptimizerParamGroup>& param_groups() noexcept { return param_groups_; }
  const std::vector<OptimizerParamGroup>& param_groups() const noexcept { return param_groups_; }
  ParamStates& state() noexcept { return state_; }
  const ParamStates& state() const noexcept { return state_; }

  // State and options as tensors by name, state.<parameter number>.<name> and group.<group number>.<name>: what a
  // checkpoint needs so that training goes on with the same numbers. load_state_dict() throws Error where the
  // dictionary does not fit the parameters.
  OrderedDict<std::string, Tensor> state_dict() const;
  void load_state_dict(const OrderedDict<std::string, Tensor>& state);
  // The same to and from an archive: what save() and load() of relume/serialize.h call.
  virtual void save(serialize::OutputArchive& archive) const;
  virtual void load(serialize::InputArchive& archive);

 protected:
  // An empty state of the optimizer's kind; for load_state_dict().
  virtual std::unique_ptr<OptimizerParamState> make_state() const;

  std::vector<OptimizerParamGroup> param_groups_;
  ParamStates state_;
  relume::detail::Owned<OptimizerOptions> defaults_;
};

}  // namespace optim
}  // namespace relume

// Declares what every options (state) class overrides.
#define RELUME_OPTIMIZER_OPTIONS(Name)                                                   \
 public:                                                                                 \
  std::unique_ptr<::relume::optim::OptimizerOptions> clone() const override;             \
  double get_lr() const override;                                                        \
  void set_lr(double lr) override;                                                       \
  std::vector<std::pair<std::string, double>> numbers() const override;                  \
  void set_numbers(const std::vector<std::pair<std::string, double>>& numbers) override; \
  void inherit(const ::relume::optim::OptimizerOptions& defaults) override;              \
  friend RELUME_API bool operator==(const Name& a, const Name& b)
#define RELUME_OPTIMIZER_STATE(Name)                                            \
 public:                                                                        \
  std::unique_ptr<::relume::optim::OptimizerParamState> clone() const override; \
  OrderedDict<std::string, Tensor> tensors() const override;                    \
  void set_tensors(const OrderedDict<std::string, Tensor>& tensors) override
