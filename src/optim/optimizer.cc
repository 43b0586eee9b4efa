// Optimizer: groups of parameters, their states, and both as a dictionary of tensors.
#include "relume/optim/optimizer.h"

#include <cstdint>

#include "core/check.h"
#include "optim/inherit.h"
#include "relume/autograd.h"
#include "relume/ops.h"

namespace relume::optim {

OptimizerOptions::~OptimizerOptions() = default;
std::unique_ptr<OptimizerOptions> OptimizerOptions::clone() const {
  fail(
      "clone() has not been implemented for optim::OptimizerOptions. Subclass "
      "optim::OptimizerCloneableOptions<YourOptions> "
      "instead of optim::OptimizerOptions to inherit the ability to clone.");
}
double OptimizerOptions::get_lr() const {
  fail("double get_lr() has not been overridden and implemented in this subclass");
}
void OptimizerOptions::set_lr(double) {
  fail("void set_lr(double) has not been overridden and implemented in this subclass");
}
std::vector<std::pair<std::string, double>> OptimizerOptions::numbers() const { return {}; }
void OptimizerOptions::set_numbers(const std::vector<std::pair<std::string, double>>&) {}
void OptimizerOptions::inherit(const OptimizerOptions&) {}

void inherit_numbers(OptimizerOptions& options, const OptimizerOptions& fresh, const OptimizerOptions& defaults) {
  auto own = options.numbers();
  const auto usual = fresh.numbers(), wanted = defaults.numbers();
  for (size_t i = 0; i < own.size(); ++i)
    if (own[i].second == usual[i].second) own[i].second = wanted[i].second;
  options.set_numbers(own);
}

OptimizerParamState::~OptimizerParamState() = default;
std::unique_ptr<OptimizerParamState> OptimizerParamState::clone() const {
  fail(
      "clone() has not been implemented for optim::OptimizerParamState. Subclass "
      "optim::OptimizerCloneableParamState<YourState> instead of optim::OptimizerParamState to inherit the ability to "
      "clone.");
}
OrderedDict<std::string, Tensor> OptimizerParamState::tensors() const { return OrderedDict<std::string, Tensor>(); }
void OptimizerParamState::set_tensors(const OrderedDict<std::string, Tensor>&) {}
bool OptimizerParamState::has_shape_of_parameter() const { return true; }

OptimizerParamGroup::OptimizerParamGroup(std::vector<Tensor> params, std::unique_ptr<OptimizerOptions> options)
    : params_(std::move(params)), options_(std::move(options)) {}
OptimizerParamGroup::OptimizerParamGroup(const OptimizerParamGroup& other) : params_(other.params_) {
  if (other.options_) options_ = other.options_->clone();
}
OptimizerParamGroup& OptimizerParamGroup::operator=(const OptimizerParamGroup& other) {
  return *this = OptimizerParamGroup(other);
}
void OptimizerParamGroup::set_options(std::unique_ptr<OptimizerOptions> options) { options_ = std::move(options); }
OptimizerOptions& OptimizerParamGroup::options() {
  check(has_options(), "OptimizerParamGroup: expected a group with options");
  return *options_;
}
const OptimizerOptions& OptimizerParamGroup::options() const {
  return const_cast<OptimizerParamGroup*>(this)->options();
}

// ParamStates.

namespace {

size_t slot_of(void* parameter, size_t slots) {
  return static_cast<size_t>((reinterpret_cast<uintptr_t>(parameter) >> 4) * 0x9e3779b97f4a7c15u) % slots;
}

}  // namespace

int64_t ParamStates::position(void* parameter) const {
  if (slots_.empty()) return -1;
  for (size_t slot = slot_of(parameter, slots_.size());; slot = (slot + 1) % slots_.size()) {
    const int64_t at = slots_[slot];
    if (at < 0 || items_[static_cast<size_t>(at)].first == parameter) return at;
  }
}

relume::detail::Owned<OptimizerParamState>& ParamStates::operator[](void* parameter) {
  const int64_t at = position(parameter);
  if (at >= 0) return items_[static_cast<size_t>(at)].second;
  items_.push_back({parameter, {}});
  // Free slots stay at least as many as those taken.
  const bool grows = items_.size() * 2 > slots_.size();
  if (grows) slots_.assign(items_.size() * 4, -1);
  for (size_t i = grows ? 0 : items_.size() - 1; i < items_.size(); ++i) {
    size_t slot = slot_of(items_[i].first, slots_.size());
    while (slots_[slot] >= 0) slot = (slot + 1) % slots_.size();
    slots_[slot] = static_cast<int64_t>(i);
  }
  return items_.back().second;
}

relume::detail::Owned<OptimizerParamState>& ParamStates::at(void* parameter) {
  const int64_t at = position(parameter);
  check<IndexError>(at >= 0, "Optimizer: expected a parameter with a state");
  return items_[static_cast<size_t>(at)].second;
}
const relume::detail::Owned<OptimizerParamState>& ParamStates::at(void* parameter) const {
  return const_cast<ParamStates*>(this)->at(parameter);
}
ParamStates::iterator ParamStates::find(void* parameter) {
  const int64_t at = position(parameter);
  return at < 0 ? items_.end() : items_.begin() + at;
}
ParamStates::const_iterator ParamStates::find(void* parameter) const {
  return const_cast<ParamStates*>(this)->find(parameter);
}
void ParamStates::clear() {
  items_.clear();
  slots_.clear();
}

// Optimizer.

Optimizer::Optimizer(const std::vector<OptimizerParamGroup>& param_groups, std::unique_ptr<OptimizerOptions> defaults)
    : defaults_(std::move(defaults)) {
  for (const OptimizerParamGroup& group : param_groups) add_param_group(group);
}

Optimizer::Optimizer(std::vector<Tensor> parameters, std::unique_ptr<OptimizerOptions> defaults)
    : Optimizer({OptimizerParamGroup(std::move(parameters))}, std::move(defaults)) {}

Optimizer::~Optimizer() = default;

void Optimizer::add_param_group(const OptimizerParamGroup& param_group) {
  for (const Tensor& parameter : param_group.params())
    check<ValueError>(parameter.is_leaf(), "can't optimize a non-leaf Tensor");
  OptimizerParamGroup group(param_group);
  if (group.has_options())
    group.options().inherit(*defaults_);
  else
    group.set_options(defaults_->clone());
  for (const Tensor& parameter : group.params()) {
    for (const OptimizerParamGroup& other : param_groups_)
      for (const Tensor& known : other.params())
        check<ValueError>(!known.is_same(parameter), "some parameters appear in more than one parameter group");
  }
  param_groups_.push_back(std::move(group));
}

void Optimizer::add_parameters(const std::vector<Tensor>& parameters) {
  auto& first = param_groups_.at(0).params();
  first.insert(first.end(), parameters.begin(), parameters.end());
}

void Optimizer::zero_grad(bool set_to_none) {
  for (OptimizerParamGroup& group : param_groups_) {
    for (const Tensor& parameter : group.params()) {
      Tensor& gradient = parameter.mutable_grad();
      if (!gradient.defined()) continue;
      if (set_to_none) {
        gradient.reset();
      } else {
        gradient.detach_();
        gradient.zero_();
      }
    }
  }
}

const std::vector<Tensor>& Optimizer::parameters() const noexcept { return param_groups_[0].params(); }
std::vector<Tensor>& Optimizer::parameters() noexcept { return param_groups_[0].params(); }

size_t Optimizer::size() const noexcept {
  size_t count = 0;
  for (const OptimizerParamGroup& group : param_groups_) count += group.params().size();
  return count;
}

std::unique_ptr<OptimizerParamState> Optimizer::make_state() const {
  return std::unique_ptr<OptimizerParamState>(new OptimizerParamState());
}

// The dictionary.

static constexpr const char* kParams = "params";  // among a group's options: how many parameters it has

OrderedDict<std::string, Tensor> Optimizer::state_dict() const {
  OrderedDict<std::string, Tensor> dict;
  int64_t number = 0;
  for (size_t g = 0; g < param_groups_.size(); ++g) {
    for (const Tensor& parameter : param_groups_[g].params()) {
      const auto found = state_.find(parameter.unsafeGetTensorImpl());
      const std::string prefix = "state." + std::to_string(number++) + ".";
      if (found == state_.end()) continue;
      for (const auto& item : found->second->tensors()) dict.insert(prefix + item.key(), *item);
    }
    const std::string prefix = "group." + std::to_string(g) + ".";
    dict.insert(prefix + kParams, full({}, static_cast<int64_t>(param_groups_[g].params().size()), kLong));
    for (const auto& [name, value] : param_groups_[g].options().numbers())
      dict.insert(prefix + name, full({}, value, kDouble));
  }
  return dict;
}

namespace {

// The entries whose keys start with `prefix`, without it.
OrderedDict<std::string, Tensor> entries_below(const OrderedDict<std::string, Tensor>& dict,
                                               const std::string& prefix) {
  OrderedDict<std::string, Tensor> result;
  for (const auto& item : dict)
    if (item.key().compare(0, prefix.size(), prefix) == 0) result.insert(item.key().substr(prefix.size()), *item);
  return result;
}

}  // namespace

void Optimizer::load_state_dict(const OrderedDict<std::string, Tensor>& dict) {
  const NoGradGuard no_grad;
  std::vector<ParamStates::Item> states;
  size_t used = 0;
  int64_t number = 0;
  for (size_t g = 0; g < param_groups_.size(); ++g) {
    for (const Tensor& parameter : param_groups_[g].params()) {
      const std::string prefix = "state." + std::to_string(number++) + ".";
      const auto entries = entries_below(dict, prefix);
      used += entries.size();
      if (entries.is_empty()) continue;
      states.emplace_back(parameter.unsafeGetTensorImpl(), make_state());
      const bool has_shape = states.back().second->has_shape_of_parameter();
      for (const auto& item : entries)
        check<ValueError>(!has_shape || item->dim() == 0 || item->sizes() == parameter.sizes(),
                          "Optimizer.load_state_dict: expected {}{} of shape {}, got {}", prefix, item.key(),
                          parameter.sizes(), item->sizes());
      states.back().second->set_tensors(entries);
    }
    const auto entries = entries_below(dict, "group." + std::to_string(g) + ".");
    used += entries.size();
    check<ValueError>(!entries.is_empty(), "Optimizer.load_state_dict: expected options of group {}", g);
    const Tensor* count = entries.find(kParams);
    check<ValueError>(!count || count->item<int64_t>() == static_cast<int64_t>(param_groups_[g].params().size()),
                      "loaded state dict contains a parameter group that has a different size than the optimizer's "
                      "parameter group");
  }
  check<ValueError>(used == dict.size(),
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's group");
  for (size_t g = 0; g < param_groups_.size(); ++g) {
    std::vector<std::pair<std::string, double>> numbers;
    for (const auto& item : entries_below(dict, "group." + std::to_string(g) + "."))
      numbers.emplace_back(item.key(), item->item<double>());
    param_groups_[g].options().set_numbers(numbers);
  }
  state_.clear();
  for (auto& [parameter, state] : states) state_[parameter] = std::move(state);
}

}  // namespace relume::optim
