// Module: what it registers, how it is traversed, converted, cloned and printed, and its state dict.
#include "relume/nn/module.h"

#include <ostream>
#include <typeinfo>

#include "autograd/record.h"
#include "core/check.h"
#include "core/names.h"
#include "nn/hooks.h"
#include "nn/inference.h"
#include "relume/autograd.h"
#include "relume/nn/any.h"
#include "relume/nn/pimpl.h"
#include "relume/ops.h"
#include "relume/warning.h"

namespace relume {
namespace detail {

uint64_t KeyIndex::hash(const std::string& key) {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

void KeyIndex::insert(uint64_t hash) {
  const auto position = static_cast<int64_t>(hashes_.size());
  hashes_.push_back(hash);
  chain_.push_back(-1);
  if (hashes_.size() * 2 > heads_.size()) {
    heads_.assign(hashes_.size() * 4, -1);
    for (size_t i = 0; i < hashes_.size(); ++i) {
      int64_t& head = heads_[hashes_[i] % heads_.size()];
      chain_[i] = head;
      head = static_cast<int64_t>(i);
    }
    return;
  }
  int64_t& head = heads_[hash % heads_.size()];
  chain_[static_cast<size_t>(position)] = head;
  head = position;
}

void KeyIndex::clear() {
  hashes_.clear();
  chain_.clear();
  heads_.clear();
}

int64_t KeyIndex::first(uint64_t hash) const { return heads_.empty() ? -1 : heads_[hash % heads_.size()]; }
int64_t KeyIndex::next(int64_t position) const { return chain_[static_cast<size_t>(position)]; }

void fail_index(size_t index) { fail<IndexError>("Index {} is out of bounds", index); }
void fail_key(const std::string& description, const std::string& key, bool defined) {
  if (defined) fail("{} '{}' already defined", description, key);
  fail("{} '{}' is not defined", description, key);
}

}  // namespace detail

namespace nn {

using autograd::GradMode;

Module::Module() : Module(std::string()) {}
Module::Module(std::string name)
    : parameters_("Parameter"), buffers_("Buffer"), children_("Submodule"), name_(std::move(name)) {}
Module::Module(const Module& other) = default;
Module::Module(Module&& other) noexcept = default;
Module& Module::operator=(const Module& other) = default;
Module& Module::operator=(Module&& other) noexcept = default;
Module::~Module() = default;

const std::string& Module::name() const noexcept {
  if (name_.empty()) name_ = relume::detail::class_name(typeid(*this));
  return name_;
}

std::shared_ptr<Module> Module::clone(const std::optional<Device>&) const {
  fail(
      "clone() has not been implemented for {}. Subclass torch::nn::Cloneable<{}> instead of torch::nn::Module to "
      "inherit the ability "
      "to clone.",
      name(), name());
}

// Registration.

namespace {

void check_name(const char* what, const std::string& name) {
  check(!name.empty(), "{} name must not be empty", what);
  check(name.find('.') == std::string::npos, "{} name must not contain a dot (got '{}')", what, name);
}

}  // namespace

Tensor& Module::register_parameter(std::string name, Tensor tensor, bool requires_grad) {
  check_name("Parameter", name);
  check(!requires_grad || !tensor.defined() || tensor.is_floating_point(),
        "Only Tensors of floating point and complex dtype can require gradients");
  if (tensor.defined())
    tensor.set_requires_grad(requires_grad);
  else if (requires_grad)
    warn("An undefined tensor cannot require grad. Ignoring the `requires_grad=true` function parameter.");
  return parameters_.insert(std::move(name), std::move(tensor));
}

Tensor& Module::register_buffer(std::string name, Tensor tensor) {
  check_name("Buffer", name);
  return buffers_.insert(std::move(name), std::move(tensor));
}

void Module::add_child(std::string name, std::shared_ptr<Module> module) {
  check_name("Submodule", name);
  children_.insert(std::move(name), std::move(module));
}

void Module::set_child(const std::string& name, std::shared_ptr<Module> module) { children_[name] = std::move(module); }

void Module::unregister_module(const std::string& name) {
  check(children_.contains(name), "No Module with name `{}` is registered", name);
  children_.erase(name);
}

void Module::clear_registered() {
  parameters_.clear();
  buffers_.clear();
  children_.clear();
  if (hooks_) hooks_ = std::make_shared<detail::ModuleHooks>(*hooks_);
}

namespace {

void copy_values(const char* what, const OrderedDict<std::string, Tensor>& from, OrderedDict<std::string, Tensor>& to,
                 const std::optional<Device>& device) {
  check(from.size() == to.size(),
        "The cloned module does not have the same number of {} as the original module after calling reset(). Are you "
        "sure you called register_{}() inside reset() and not the constructor?",
        what, std::string(what).substr(0, std::string(what).size() - 1));
  for (const auto& item : from) {
    Tensor& target = to[item.key()];
    if (!item->defined()) continue;
    Tensor copy = device ? item->to(*device) : *item;
    target.set_data(copy.detach().clone());
    target.set_requires_grad(item->requires_grad());
  }
}

}  // namespace

void Module::copy_registered(const Module& other, const std::optional<Device>& device) {
  const NoGradGuard no_grad;
  copy_values("parameters", other.parameters_, parameters_, device);
  copy_values("buffers", other.buffers_, buffers_, device);
  check(
      children_.size() == other.children_.size(),
      "The cloned module does not have the same number of child modules as the original module after calling reset(). "
      "Are you sure you called register_module() inside reset() and not the constructor?");
  for (const auto& child : other.children_) children_[child.key()]->become_clone(*child.value(), device);
}

std::shared_ptr<Module> Module::finish_clone(Module* copy, void (*reset)(Module& module),
                                             const std::optional<Device>& device) const {
  std::shared_ptr<Module> owner(copy);
  copy->clear_registered();
  reset(*copy);
  copy->copy_registered(*this, device);
  return owner;
}

void Module::assign_clone(const Module& other, const std::optional<Device>& device, const std::type_info& type,
                          void (*assign)(Module& module, const Module& clone)) {
  const std::shared_ptr<Module> clone = other.clone(device);
  check(typeid(*clone) == type,
        "Attempted to clone submodule, but it is of a different type than the submodule it was to be cloned into");
  assign(*this, *clone);
}

void Module::become_clone(const Module& other, const std::optional<Device>& device) {
  copy_registered(other, device);
  is_training_ = other.is_training_;
  hooks_ = other.hooks_ ? std::make_shared<detail::ModuleHooks>(*other.hooks_) : nullptr;
}

// Traversal.

std::shared_ptr<Module> Module::checked_shared() const {
  std::shared_ptr<const Module> self = weak_from_this().lock();
  check(
      self != nullptr,
      "It looks like you attempted to retrieve your top-level module as a shared_ptr, but it is not stored in a "
      "shared_ptr. Use std::make_shared<{}> instead of creating your module on the stack, or alternatively do not try "
      "to access your submodules at all by passing /*include_self=*/false to modules() or named_modules()",
      name());
  return std::const_pointer_cast<Module>(self);
}

void Module::visit(detail::ModuleVisitor visitor, const std::string& prefix) const {
  visitor.call(visitor.callable, prefix, const_cast<Module&>(*this));
  visit_children(visitor, prefix);
}

void Module::visit_children(detail::ModuleVisitor visitor, const std::string& prefix) const {
  for (const auto& child : children_) {
    if (child.value()) child.value()->visit(visitor, prefix.empty() ? child.key() : prefix + "." + child.key());
  }
}

namespace {

// Adds what a module registered under `name`.
void gather(const std::string& name, const OrderedDict<std::string, Tensor>& from,
            OrderedDict<std::string, Tensor>& to) {
  for (const auto& item : from)
    if (item->defined()) to.insert(name.empty() ? item.key() : name + "." + item.key(), *item);
}

}  // namespace

OrderedDict<std::string, Tensor> Module::named_parameters(bool recurse) const {
  OrderedDict<std::string, Tensor> result;
  if (!recurse) {
    gather("", parameters_, result);
    return result;
  }
  apply([&](const std::string& name, Module& module) { gather(name, module.parameters_, result); });
  return result;
}

OrderedDict<std::string, Tensor> Module::named_buffers(bool recurse) const {
  OrderedDict<std::string, Tensor> result;
  if (!recurse) {
    gather("", buffers_, result);
    return result;
  }
  apply([&](const std::string& name, Module& module) { gather(name, module.buffers_, result); });
  return result;
}

std::vector<Tensor> Module::parameters(bool recurse) const { return named_parameters(recurse).values(); }
std::vector<Tensor> Module::buffers(bool recurse) const { return named_buffers(recurse).values(); }

OrderedDict<std::string, std::shared_ptr<Module>> Module::named_modules(const std::string& name_prefix,
                                                                        bool include_self) const {
  OrderedDict<std::string, std::shared_ptr<Module>> result;
  auto insert = [&](const std::string& name, const std::shared_ptr<Module>& module) { result.insert(name, module); };
  if (include_self)
    visit(visitor(insert), name_prefix);
  else
    visit_children(visitor(insert), name_prefix);
  return result;
}

std::vector<std::shared_ptr<Module>> Module::modules(bool include_self) const {
  return named_modules(std::string(), include_self).values();
}

std::vector<std::shared_ptr<Module>> Module::children() const { return children_.values(); }
OrderedDict<std::string, std::shared_ptr<Module>> Module::named_children() const { return children_; }

// Modes and conversions.

bool Module::is_training() const noexcept { return is_training_ && !detail::t_inference.plan; }

void Module::train(bool on) {
  for (const auto& child : children_)
    if (child.value()) child.value()->train(on);
  is_training_ = on;
}

template <class F>
void Module::convert(F conversion) {
  const NoGradGuard no_grad;
  auto each = [&](Module& module) {
    for (auto* dict : {&module.parameters_, &module.buffers_}) {
      for (auto& item : *dict) {
        if (!item->defined()) continue;
        const Tensor gradient = item->is_leaf() ? item->grad() : Tensor();
        if (gradient.defined()) item->mutable_grad().reset();
        item->set_data(conversion(*item));
        if (gradient.defined()) item->mutable_grad() = conversion(gradient);
      }
    }
  };
  visit(visitor(each), std::string());
}

void Module::to(Device device, ScalarType dtype, bool non_blocking) {
  check<TypeError>(relume::is_floating_point(dtype),
                   "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.{}",
                   python_name(dtype));
  convert([&](const Tensor& t) {
    return t.is_floating_point() ? t.to(device, dtype, non_blocking) : t.to(device, non_blocking);
  });
}

void Module::to(ScalarType dtype, bool non_blocking) {
  check<TypeError>(relume::is_floating_point(dtype),
                   "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.{}",
                   python_name(dtype));
  convert([&](const Tensor& t) { return t.is_floating_point() ? t.to(dtype, non_blocking) : t; });
}

void Module::to(Device device, bool non_blocking) {
  convert([&](const Tensor& t) { return t.to(device, non_blocking); });
}

void Module::zero_grad(bool set_to_none) {
  for (const Tensor& parameter : parameters()) {
    Tensor& gradient = parameter.mutable_grad();
    if (!gradient.defined()) continue;
    if (set_to_none) {
      gradient.reset();
    } else {
      gradient = gradient.detach();
      gradient.zero_();
    }
  }
}

void Module::requires_grad_(bool requires_grad) {
  for (const Tensor& parameter : parameters()) parameter.set_requires_grad(requires_grad);
}

// State.

StateDict Module::state_dict(const std::string& prefix) const {
  StateDict state;
  auto each = [&](const std::string& name, Module& module) {
    for (const auto* dict : {&module.parameters_, &module.buffers_}) {
      for (const auto& item : *dict)
        if (item->defined()) state.insert(prefix + (name.empty() ? "" : name + ".") + item.key(), item->detach());
    }
  };
  visit(visitor(each), std::string());
  return state;
}

namespace {

std::string quoted(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "\"" : ", \"") + key + "\"";
  return text;
}

// "(2, 3)" is written "torch.Size([2, 3])" in these texts.
std::string size_text(const Tensor& tensor) { return "torch.Size(" + to_string(tensor.sizes()) + ")"; }

// "Linear" of torch::nn::LinearImpl, as Python calls it.
std::string short_name(const Module& module) {
  std::string name = module.name();
  name = name.substr(name.rfind(':') + 1);
  constexpr std::string_view suffix = "Impl";
  if (name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0)
    name.resize(name.size() - suffix.size());
  return name;
}

}  // namespace

IncompatibleKeys Module::load_state_dict(const StateDict& state, bool strict) {
  const NoGradGuard no_grad;
  const StateDict own = state_dict();
  IncompatibleKeys keys;
  std::vector<std::string> problems;
  std::vector<std::pair<Tensor, Tensor>> copies;
  for (const auto& item : own) {
    const Tensor* value = state.find(item.key());
    if (!value || !value->defined()) {
      keys.missing_keys.push_back(item.key());
      continue;
    }
    // Checkpoints of old hold numbers as tensors of one element.
    const Tensor source = item->dim() == 0 && value->dim() == 1 && value->numel() == 1 ? value->select(0, 0) : *value;
    if (source.sizes() != item->sizes())
      problems.push_back("size mismatch for " + item.key() + ": copying a param with shape " + size_text(source) +
                         " from checkpoint, the shape in current model is " + size_text(*item) + ".");
    else
      copies.emplace_back(*item, source);
  }
  for (const auto& item : state)
    if (!own.contains(item.key())) keys.unexpected_keys.push_back(item.key());
  if (strict) {
    if (!keys.unexpected_keys.empty())
      problems.insert(problems.begin(), "Unexpected key(s) in state_dict: " + quoted(keys.unexpected_keys) + ". ");
    if (!keys.missing_keys.empty())
      problems.insert(problems.begin(), "Missing key(s) in state_dict: " + quoted(keys.missing_keys) + ". ");
  }
  std::string text;
  for (const std::string& problem : problems) text += "\n\t" + problem;
  check(problems.empty(), "Error(s) in loading state_dict for {}:{}", short_name(*this), text);
  for (auto& [target, source] : copies) target.copy_(source);
  return keys;
}

// Printing.

void Module::pretty_print(std::ostream& stream) const { stream << name(); }

void Module::print(std::ostream& stream, const std::string& indentation) const {
  pretty_print(stream);
  if (children_.is_empty()) return;
  stream << "(\n";
  const std::string inner = indentation + "  ";
  for (const auto& child : children_) {
    stream << inner << "(" << child.key() << "): ";
    if (child.value())
      child.value()->print(stream, inner);
    else
      stream << "None";
    stream << "\n";
  }
  stream << indentation << ")";
}

std::ostream& operator<<(std::ostream& stream, const Module& module) {
  module.print(stream, std::string());
  return stream;
}

namespace detail {

void fail_empty_holder() { fail("Accessing empty ModuleHolder"); }

}  // namespace detail
}  // namespace nn
}  // namespace relume
