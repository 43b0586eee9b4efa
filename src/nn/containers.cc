// Containers: Sequential, lists and dictionaries of modules and parameters, Functional, Identity.
#include "relume/nn/containers.h"

#include <ostream>

#include "core/check.h"
#include "nn/inference.h"

namespace relume::nn {

// Sequential.

SequentialImpl::SequentialImpl() = default;
SequentialImpl::SequentialImpl(const SequentialImpl& other) = default;
SequentialImpl& SequentialImpl::operator=(const SequentialImpl& other) = default;
SequentialImpl::~SequentialImpl() = default;

SequentialImpl::SequentialImpl(std::initializer_list<NamedAnyModule> modules) {
  for (const NamedAnyModule& named : modules) push_back(named);
}

Sequential::Sequential(std::initializer_list<NamedAnyModule> modules)
    : ModuleHolder(std::shared_ptr<SequentialImpl>(new SequentialImpl(modules))) {}

SequentialImpl::SequentialImpl(OrderedDict<std::string, AnyModule>&& modules) {
  for (auto& item : modules) push_back(item.key(), std::move(item.value()));
}

std::shared_ptr<Module> SequentialImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<SequentialImpl>(*this);
  copy->clear_registered();
  copy->modules_.clear();
  for (size_t i = 0; i < modules_.size(); ++i) copy->push_back(children_[i].key(), modules_[i].clone(device));
  return copy;
}

void SequentialImpl::reset() {}
void SequentialImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::Sequential"; }

Tensor SequentialImpl::forward_tensor(Module& self, Tensor input) {
  auto& modules = static_cast<SequentialImpl&>(self).modules_;
  check(!modules.empty(), "Cannot call forward() on an empty Sequential");
  if (detail::t_inference.plan && detail::run_planned(self, input)) return input;
  for (size_t i = 0; i + 1 < modules.size(); ++i) {
    AnyModule& module = modules[i];
    // A module on the way may return something else than a tensor: then all values go as AnyValue.
    if (!module.returns_tensor()) {
      AnyValue value = module.any_forward(std::move(input));
      for (size_t j = i + 1; j < modules.size(); ++j) value = modules[j].forward_values(&value, 1);
      return value.get<Tensor>();
    }
    input = module.forward_tensor(std::move(input));
  }
  return modules.back().forward_tensor(std::move(input));
}

AnyValue SequentialImpl::forward_any(Module& self, AnyValue* args, size_t count) {
  auto& modules = static_cast<SequentialImpl&>(self).modules_;
  check(!modules.empty(), "Cannot call forward() on an empty Sequential");
  AnyValue value = modules[0].forward_values(args, count);
  for (size_t i = 1; i < modules.size(); ++i) value = modules[i].forward_values(&value, 1);
  return value;
}

void SequentialImpl::add(std::string name, AnyModule module) {
  if (name.empty()) name = std::to_string(modules_.size());
  register_module(std::move(name), module.ptr());
  modules_.push_back(std::move(module));
}

const AnyModule& SequentialImpl::checked(size_t index) const {
  check(index < size(), "Index out of range");
  return modules_[index];
}

// ModuleList.

ModuleListImpl::ModuleListImpl() = default;
ModuleListImpl::ModuleListImpl(const ModuleListImpl& other) = default;
ModuleListImpl& ModuleListImpl::operator=(const ModuleListImpl& other) = default;
ModuleListImpl::~ModuleListImpl() = default;

std::shared_ptr<Module> ModuleListImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ModuleListImpl>(*this);
  copy->clear_registered();
  copy->modules_.clear();
  for (const auto& module : modules_) copy->push_back(module->clone(device));
  return copy;
}

void ModuleListImpl::reset() {}
void ModuleListImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::ModuleList"; }

void ModuleListImpl::push_back(std::shared_ptr<Module> module) {
  modules_.push_back(std::move(module));
  register_module(std::to_string(modules_.size() - 1), modules_.back());
}

void ModuleListImpl::insert(size_t index, std::shared_ptr<Module> module) {
  check(index <= size(), "Index out of range");
  modules_.insert(modules_.begin() + static_cast<std::ptrdiff_t>(index), std::move(module));
  children_.clear();
  for (size_t i = 0; i < modules_.size(); ++i) register_module(std::to_string(i), modules_[i]);
}

std::shared_ptr<Module> ModuleListImpl::ptr(size_t index) const {
  check(index < size(), "Index out of range");
  return modules_[index];
}

// ModuleDict.

ModuleDictImpl::ModuleDictImpl() = default;
ModuleDictImpl::ModuleDictImpl(const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules) {
  update(modules);
}
ModuleDictImpl::ModuleDictImpl(const OrderedDict<std::string, std::shared_ptr<Module>>& modules) { update(modules); }
ModuleDict::ModuleDict(const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules)
    : ModuleHolder(std::shared_ptr<ModuleDictImpl>(new ModuleDictImpl(modules))) {}

std::shared_ptr<Module> ModuleDictImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ModuleDictImpl>(*this);
  copy->clear_registered();
  for (const auto& child : children_) copy->register_module(child.key(), child.value()->clone(device));
  return copy;
}

void ModuleDictImpl::reset() {}
void ModuleDictImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::ModuleDict"; }

std::vector<std::pair<std::string, std::shared_ptr<Module>>> ModuleDictImpl::items() const { return children_.pairs(); }
std::vector<std::string> ModuleDictImpl::keys() const { return children_.keys(); }
std::vector<std::shared_ptr<Module>> ModuleDictImpl::values() const { return children_.values(); }
size_t ModuleDictImpl::size() const noexcept { return children_.size(); }
bool ModuleDictImpl::empty() const noexcept { return children_.is_empty(); }
bool ModuleDictImpl::contains(const std::string& key) const noexcept { return children_.contains(key); }
void ModuleDictImpl::clear() { children_.clear(); }
std::shared_ptr<Module> ModuleDictImpl::operator[](const std::string& key) const {
  check(children_.contains(key), "Key '{}' is not defined", key);
  return children_[key];
}

std::shared_ptr<Module> ModuleDictImpl::pop(const std::string& key) {
  std::shared_ptr<Module> module = (*this)[key];
  unregister_module(key);
  return module;
}

void ModuleDictImpl::update(const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules) {
  for (const auto& [key, module] : modules) set(key, module);
}

void ModuleDictImpl::set(const std::string& key, std::shared_ptr<Module> module) {
  if (contains(key))
    replace_module(key, std::move(module));
  else
    register_module(key, std::move(module));
}

// ParameterList and ParameterDict.

namespace {

void print_parameters(std::ostream& stream, const char* name, const OrderedDict<std::string, Tensor>& parameters) {
  stream << "torch::nn::" << name << "(\n";
  for (const auto& item : parameters) {
    stream << "(" << item.key() << "): Parameter containing: [" << item->scalar_type() << " of size " << item->sizes()
           << "]\n";
  }
  stream << ")";
}

Tensor copy_of(const Tensor& parameter, const std::optional<Device>& device) {
  const Tensor there = device ? parameter.to(*device) : parameter;
  return there.detach().clone();
}

}  // namespace

ParameterListImpl::ParameterListImpl() = default;

std::shared_ptr<Module> ParameterListImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ParameterListImpl>(*this);
  copy->clear_registered();
  for (const auto& item : parameters_)
    copy->register_parameter(item.key(), copy_of(*item, device), item->requires_grad());
  return copy;
}

void ParameterListImpl::reset() {}
void ParameterListImpl::pretty_print(std::ostream& stream) const {
  print_parameters(stream, "ParameterList", parameters_);
}

size_t ParameterListImpl::size() const noexcept { return parameters_.size(); }
bool ParameterListImpl::is_empty() const noexcept { return parameters_.is_empty(); }
void ParameterListImpl::append(const OrderedDict<std::string, Tensor>::Item& item) { append(item.value()); }
void ParameterListImpl::append(Tensor parameter) {
  const bool requires_grad = parameter.requires_grad();
  register_parameter(std::to_string(size()), std::move(parameter), requires_grad);
}

ParameterListImpl& ParameterListImpl::operator+=(const ParameterListImpl& other) {
  extend(other.parameters_.values());
  return *this;
}

Tensor& ParameterListImpl::at(size_t index) {
  check(index < size(), "Index out of range");
  return *parameters_[index];
}

ParameterDictImpl::ParameterDictImpl() = default;
ParameterDictImpl::ParameterDictImpl(const OrderedDict<std::string, Tensor>& parameters) { update(parameters); }

std::shared_ptr<Module> ParameterDictImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ParameterDictImpl>(*this);
  copy->clear_registered();
  for (const auto& item : parameters_)
    copy->register_parameter(item.key(), copy_of(*item, device), item->requires_grad());
  return copy;
}

void ParameterDictImpl::reset() {}
void ParameterDictImpl::pretty_print(std::ostream& stream) const {
  print_parameters(stream, "ParameterDict", parameters_);
}

std::vector<std::string> ParameterDictImpl::keys() const { return parameters_.keys(); }
std::vector<Tensor> ParameterDictImpl::values() const { return parameters_.values(); }
size_t ParameterDictImpl::size() const noexcept { return parameters_.size(); }
bool ParameterDictImpl::empty() const noexcept { return parameters_.is_empty(); }
bool ParameterDictImpl::contains(const std::string& key) const noexcept { return parameters_.contains(key); }
void ParameterDictImpl::clear() { parameters_.clear(); }
Tensor& ParameterDictImpl::get(const std::string& key) { return parameters_[key]; }

Tensor& ParameterDictImpl::insert(std::string key, Tensor parameter) {
  const bool requires_grad = parameter.requires_grad();
  return register_parameter(std::move(key), std::move(parameter), requires_grad);
}

Tensor ParameterDictImpl::pop(const std::string& key) {
  const Tensor parameter = parameters_[key];
  parameters_.erase(key);
  return parameter;
}

void ParameterDictImpl::set(const std::string& key, Tensor parameter) {
  if (contains(key))
    parameters_[key] = std::move(parameter);
  else
    insert(key, std::move(parameter));
}

// Functional and Identity.

FunctionalImpl::FunctionalImpl(std::shared_ptr<Function> function) : function_(std::move(function)) {}
void FunctionalImpl::reset() {}
void FunctionalImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::Functional()"; }
bool FunctionalImpl::is_serializable() const { return false; }
Tensor FunctionalImpl::forward(Tensor input) { return function_->call(std::move(input)); }

IdentityImpl::IdentityImpl() = default;
void IdentityImpl::reset() {}
void IdentityImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::Identity()"; }
Tensor IdentityImpl::forward(const Tensor& input) { return input; }

}  // namespace relume::nn
