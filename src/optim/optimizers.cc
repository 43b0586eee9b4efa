// The optimizers: their options and states as tables of fields, and their steps.
#include "relume/optim/optimizers.h"

#include <cmath>
#include <limits>

#include "core/check.h"
#include "core/printing.h"
#include "ops/optimizer_step.h"
#include "optim/inherit.h"
#include "relume/autograd.h"
#include "relume/ops.h"
#include "relume/profiler.h"

namespace relume::optim {
namespace {

using cpu::OptimizerNumbers;
using cpu::OptimizerStep;
using Numbers = std::vector<std::pair<std::string, double>>;

// Calls visit(name, field) for every option or part of a state, in the order in which they are written.
template <class O, class V>
void visit_betas(O& options, V visit) {
  visit("beta1", std::get<0>(options.betas()));
  visit("beta2", std::get<1>(options.betas()));
}
template <class V>
void visit_fields(SGDOptions& o, V visit) {
  visit("lr", o.lr());
  visit("momentum", o.momentum());
  visit("dampening", o.dampening());
  visit("weight_decay", o.weight_decay());
  visit("nesterov", o.nesterov());
  visit("maximize", o.maximize());
}
template <class O, class V>
void visit_adam(O& o, V visit) {
  visit("lr", o.lr());
  visit_betas(o, visit);
  visit("eps", o.eps());
  visit("weight_decay", o.weight_decay());
  visit("amsgrad", o.amsgrad());
  visit("maximize", o.maximize());
}
template <class V>
void visit_fields(AdamOptions& o, V visit) {
  visit_adam(o, visit);
}
template <class V>
void visit_fields(AdamWOptions& o, V visit) {
  visit_adam(o, visit);
}
template <class V>
void visit_fields(RMSpropOptions& o, V visit) {
  visit("lr", o.lr());
  visit("alpha", o.alpha());
  visit("eps", o.eps());
  visit("weight_decay", o.weight_decay());
  visit("momentum", o.momentum());
  visit("centered", o.centered());
  visit("maximize", o.maximize());
}
template <class V>
void visit_fields(AdagradOptions& o, V visit) {
  visit("lr", o.lr());
  visit("lr_decay", o.lr_decay());
  visit("weight_decay", o.weight_decay());
  visit("initial_accumulator_value", o.initial_accumulator_value());
  visit("eps", o.eps());
  visit("maximize", o.maximize());
}
template <class V>
void visit_fields(SGDParamState& s, V visit) {
  visit("momentum_buffer", s.momentum_buffer());
}
template <class V>
void visit_fields(AdamParamState& s, V visit) {
  visit("step", s.step());
  visit("exp_avg", s.exp_avg());
  visit("exp_avg_sq", s.exp_avg_sq());
  visit("max_exp_avg_sq", s.max_exp_avg_sq());
}
template <class V>
void visit_fields(RMSpropParamState& s, V visit) {
  visit("step", s.step());
  visit("square_avg", s.square_avg());
  visit("momentum_buffer", s.momentum_buffer());
  visit("grad_avg", s.grad_avg());
}
template <class V>
void visit_fields(AdagradParamState& s, V visit) {
  visit("step", s.step());
  visit("sum", s.sum());
}

template <class O>
Numbers numbers_of(const O& options) {
  Numbers list;
  visit_fields(const_cast<O&>(options),
               [&](const char* name, auto& field) { list.emplace_back(name, static_cast<double>(field)); });
  return list;
}

template <class O>
void set_numbers_of(O& options, const Numbers& numbers) {
  visit_fields(options, [&](const char* name, auto& field) {
    for (const auto& [key, value] : numbers)
      if (key == name) field = static_cast<std::decay_t<decltype(field)>>(value);
  });
}

// Where an option has the value that the class gives it, that of `defaults`. A rate that the class leaves open is
// never taken over.
template <class O>
void inherit_from(O& options, const OptimizerOptions& defaults) {
  const auto* from = dynamic_cast<const O*>(&defaults);
  check(from != nullptr, "Optimizer: expected options of the optimizer's own kind for each group");
  O fresh = [] {
    if constexpr (std::is_default_constructible_v<O>)
      return O();
    else
      return O(std::numeric_limits<double>::quiet_NaN());
  }();
  inherit_numbers(options, fresh, *from);
}

OrderedDict<std::string, Tensor>& insert_field(OrderedDict<std::string, Tensor>& dict, const char* name,
                                               const Tensor& field) {
  if (field.defined()) dict.insert(name, field);
  return dict;
}
OrderedDict<std::string, Tensor>& insert_field(OrderedDict<std::string, Tensor>& dict, const char* name,
                                               int64_t field) {
  dict.insert(name, full({}, field, kLong));
  return dict;
}

}  // namespace

#define RELUME_OPTIONS_MEMBERS(Name)                                                                                   \
  std::unique_ptr<OptimizerOptions> Name::clone() const { return std::unique_ptr<OptimizerOptions>(new Name(*this)); } \
  double Name::get_lr() const { return lr(); }                                                                         \
  void Name::set_lr(double value) { lr(value); }                                                                       \
  Numbers Name::numbers() const { return numbers_of(*this); }                                                          \
  void Name::set_numbers(const Numbers& numbers) { set_numbers_of(*this, numbers); }                                   \
  void Name::inherit(const OptimizerOptions& defaults) { inherit_from(*this, defaults); }                              \
  bool operator==(const Name& a, const Name& b) { return numbers_of(a) == numbers_of(b); }                             \
  Name::Name(double lr) : lr_(lr) {}
RELUME_OPTIONS_MEMBERS(SGDOptions)
RELUME_OPTIONS_MEMBERS(AdamOptions)
RELUME_OPTIONS_MEMBERS(AdamWOptions)
RELUME_OPTIONS_MEMBERS(RMSpropOptions)
RELUME_OPTIONS_MEMBERS(AdagradOptions)
#undef RELUME_OPTIONS_MEMBERS

#define RELUME_STATE_MEMBERS(Name)                                                                                   \
  std::unique_ptr<OptimizerParamState> Name::clone() const {                                                         \
    return std::unique_ptr<OptimizerParamState>(new Name(*this));                                                    \
  }                                                                                                                  \
  OrderedDict<std::string, Tensor> Name::tensors() const {                                                           \
    OrderedDict<std::string, Tensor> dict;                                                                           \
    visit_fields(const_cast<Name&>(*this), [&](const char* name, auto& field) { insert_field(dict, name, field); }); \
    return dict;                                                                                                     \
  }                                                                                                                  \
  void Name::set_tensors(const OrderedDict<std::string, Tensor>& tensors) {                                          \
    visit_fields(*this, [&](const char* name, auto& field) {                                                         \
      const Tensor* value = tensors.find(name);                                                                      \
      if constexpr (std::is_same_v<std::decay_t<decltype(field)>, Tensor>)                                           \
        field = value ? value->detach().clone() : Tensor();                                                          \
      else                                                                                                           \
        field = value ? value->item<int64_t>() : 0;                                                                  \
    });                                                                                                              \
  }
RELUME_STATE_MEMBERS(SGDParamState)
RELUME_STATE_MEMBERS(AdamParamState)
RELUME_STATE_MEMBERS(RMSpropParamState)
RELUME_STATE_MEMBERS(AdagradParamState)
#undef RELUME_STATE_MEMBERS

namespace {

void check_not_negative(const char* what, double value) {
  check<ValueError>(value >= 0, "Invalid {}: {}", what, stream_text(value));
}

template <class O>
void check_betas(const O& options) {
  int index = 0;
  visit_betas(const_cast<O&>(options), [&](const char*, double beta) {
    check<ValueError>(beta >= 0 && beta < 1, "Invalid beta parameter at index {}: {}", index++, stream_text(beta));
  });
}

void check_options(const SGDOptions& o) {
  check_not_negative("learning rate", o.lr());
  check_not_negative("momentum value", o.momentum());
  check_not_negative("weight_decay value", o.weight_decay());
  check<ValueError>(!o.nesterov() || (o.momentum() > 0 && o.dampening() == 0),
                    "Nesterov momentum requires a momentum and zero dampening");
}
template <class O>
void check_adam_options(const O& o) {
  check_not_negative("learning rate", o.lr());
  check_not_negative("epsilon value", o.eps());
  check_betas(o);
  check_not_negative("weight_decay value", o.weight_decay());
}
void check_options(const AdamOptions& o) { check_adam_options(o); }
void check_options(const AdamWOptions& o) { check_adam_options(o); }
void check_options(const RMSpropOptions& o) {
  check_not_negative("learning rate", o.lr());
  check_not_negative("epsilon value", o.eps());
  check_not_negative("momentum value", o.momentum());
  check_not_negative("weight_decay value", o.weight_decay());
  check_not_negative("alpha value", o.alpha());
}
void check_options(const AdagradOptions& o) {
  check_not_negative("learning rate", o.lr());
  check_not_negative("lr_decay value", o.lr_decay());
  check_not_negative("weight_decay value", o.weight_decay());
  check_not_negative("initial_accumulator_value value", o.initial_accumulator_value());
  check_not_negative("epsilon value", o.eps());
}

// The state of a parameter, made where there is none.
template <class State>
State& state_of(ParamStates& states, const Tensor& parameter) {
  auto& state = states[parameter.unsafeGetTensorImpl()];
  if (!state) state = std::make_unique<State>();
  return static_cast<State&>(*state);
}

Tensor zeros_for(const Tensor& parameter) { return zeros_like(parameter).detach(); }
void make_zeros(Tensor& state, const Tensor& parameter) {
  if (!state.defined()) state = zeros_for(parameter);
}

Tensor call(const LossClosure& closure) {
  if (!closure) return Tensor();
  const EnableGradGuard enable_grad;
  return closure();
}

// Calls update(parameter, options) for every parameter with a gradient.
template <class Options, class F>
Tensor for_each_parameter(std::vector<OptimizerParamGroup>& groups, const LossClosure& closure, F update) {
  const NoGradGuard no_grad;
  const Tensor loss = call(closure);
  for (OptimizerParamGroup& group : groups) {
    const auto& options = static_cast<const Options&>(group.options());
    for (const Tensor& parameter : group.params())
      if (parameter.grad().defined()) update(parameter, options);
  }
  return loss;
}

void step_of(const Tensor& parameter, const SGDOptions& o, ParamStates& states) {
  OptimizerNumbers numbers;
  numbers.rate = o.lr();
  numbers.weight_decay = o.weight_decay();
  numbers.momentum = o.momentum();
  numbers.dampening = o.dampening();
  numbers.nesterov = o.nesterov();
  numbers.maximize = o.maximize();
  Tensor none;
  Tensor* buffer = &none;
  if (o.momentum() != 0) {
    buffer = &state_of<SGDParamState>(states, parameter).momentum_buffer();
    numbers.first = !buffer->defined();
    if (numbers.first) *buffer = empty_like(parameter).detach();
  }
  optimizer_step(OptimizerStep::Sgd, parameter, parameter.grad(), {buffer}, numbers);
}

template <class O>
void adam_step(const Tensor& parameter, const O& o, ParamStates& states, OptimizerNumbers numbers) {
  auto& state = state_of<AdamParamState>(states, parameter);
  make_zeros(state.exp_avg(), parameter);
  make_zeros(state.exp_avg_sq(), parameter);
  if (o.amsgrad()) make_zeros(state.max_exp_avg_sq(), parameter);
  const auto [beta1, beta2] = o.betas();
  const auto steps = static_cast<double>(++state.step());
  numbers.rate = o.lr() / (1 - std::pow(beta1, steps));
  numbers.root = std::sqrt(1 - std::pow(beta2, steps));
  numbers.beta1 = beta1;
  numbers.beta2 = beta2;
  numbers.eps = o.eps();
  numbers.amsgrad = o.amsgrad();
  numbers.maximize = o.maximize();
  optimizer_step(OptimizerStep::Adam, parameter, parameter.grad(),
                 {&state.exp_avg(), &state.exp_avg_sq(), &state.max_exp_avg_sq()}, numbers);
}
void step_of(const Tensor& parameter, const AdamOptions& o, ParamStates& states) {
  OptimizerNumbers numbers;
  numbers.weight_decay = o.weight_decay();
  adam_step(parameter, o, states, numbers);
}
void step_of(const Tensor& parameter, const AdamWOptions& o, ParamStates& states) {
  OptimizerNumbers numbers;
  numbers.keep = 1 - o.lr() * o.weight_decay();
  adam_step(parameter, o, states, numbers);
}

void step_of(const Tensor& parameter, const RMSpropOptions& o, ParamStates& states) {
  auto& state = state_of<RMSpropParamState>(states, parameter);
  ++state.step();
  make_zeros(state.square_avg(), parameter);
  if (o.centered()) make_zeros(state.grad_avg(), parameter);
  if (o.momentum() > 0) make_zeros(state.momentum_buffer(), parameter);
  OptimizerNumbers numbers;
  numbers.rate = o.lr();
  numbers.weight_decay = o.weight_decay();
  numbers.alpha = o.alpha();
  numbers.eps = o.eps();
  numbers.momentum = o.momentum();
  numbers.centered = o.centered();
  numbers.maximize = o.maximize();
  optimizer_step(OptimizerStep::RmsProp, parameter, parameter.grad(),
                 {&state.square_avg(), &state.grad_avg(), &state.momentum_buffer()}, numbers);
}

void step_of(const Tensor& parameter, const AdagradOptions& o, ParamStates& states) {
  auto& state = state_of<AdagradParamState>(states, parameter);
  if (!state.sum().defined()) state.sum(full_like(parameter, o.initial_accumulator_value()).detach());
  OptimizerNumbers numbers;
  numbers.rate = o.lr() / (1 + static_cast<double>(state.step()++) * o.lr_decay());
  numbers.weight_decay = o.weight_decay();
  numbers.eps = o.eps();
  numbers.maximize = o.maximize();
  optimizer_step(OptimizerStep::Adagrad, parameter, parameter.grad(), {&state.sum()}, numbers);
}

}  // namespace

#define RELUME_OPTIMIZER(Name)                                                                                   \
  Name::Name(const std::vector<OptimizerParamGroup>& param_groups, Name##Options defaults)                       \
      : Optimizer(param_groups, defaults.clone()) {                                                              \
    check_options(defaults);                                                                                     \
    for (const OptimizerParamGroup& group : this->param_groups())                                                \
      check_options(static_cast<const Name##Options&>(group.options()));                                         \
  }                                                                                                              \
  Name::Name(std::vector<Tensor> params, Name##Options defaults)                                                 \
      : Name({OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}                                   \
  Tensor Name::step(LossClosure closure) {                                                                       \
    const profiler::RecordFunction scope("Optimizer.step#" #Name ".step");                                       \
    return for_each_parameter<Name##Options>(                                                                    \
        param_groups_, closure,                                                                                  \
        [this](const Tensor& parameter, const Name##Options& options) { step_of(parameter, options, state_); }); \
  }                                                                                                              \
  std::unique_ptr<OptimizerParamState> Name::make_state() const { return std::make_unique<Name##ParamState>(); }
RELUME_OPTIMIZER(SGD)
RELUME_OPTIMIZER(Adam)
RELUME_OPTIMIZER(AdamW)
RELUME_OPTIMIZER(RMSprop)
RELUME_OPTIMIZER(Adagrad)
#undef RELUME_OPTIMIZER

}  // namespace relume::optim
