// AnyModule: calls through a table, and the errors of mistaken types.
#include "relume/nn/any.h"

#include "core/check.h"
#include "core/names.h"
#include "nn/hooks.h"

namespace relume::nn {
namespace detail {

using relume::detail::class_name;

namespace {

// As libtorch names the type: a tensor is one of at::, also in a tuple or a vector.
std::string value_name(const std::type_info& type) {
  constexpr std::string_view own = "relume::Tensor", known = "at::Tensor";
  std::string name = type == typeid(Tensor) ? std::string(own) : class_name(type);
  for (size_t at = name.find(own); at != std::string::npos; at = name.find(own)) name.replace(at, own.size(), known);
  return name;
}

}  // namespace

void fail_module_cast(const std::type_info& wanted, const std::type_info& actual) {
  fail("Attempted to cast module of type {} to type {}", class_name(actual), class_name(wanted));
}

void fail_module_cast(size_t index, const std::type_info& wanted) {
  fail("Unable to cast module[{}] to {}", index, class_name(wanted));
}

void fail_value_cast(const std::type_info& wanted, const std::type_info& actual) {
  fail("Attempted to cast AnyValue to {}, but its actual type is {}", value_name(wanted), value_name(actual));
}

void fail_result(const std::type_info& wanted, const std::type_info& actual) {
  fail("The type of the return value is {}, but you asked for type {}", value_name(actual), value_name(wanted));
}

void fail_argument(size_t index, const std::type_info& wanted, const std::type_info& actual) {
  fail("Expected argument #{} to be of type {}, but received value of type {}", index, value_name(wanted),
       value_name(actual));
}

void fail_module_cast(const std::string& key, const std::type_info& wanted) {
  fail("Unable to cast module[{}] to {}", key, class_name(wanted));
}

void fail_argument_count(const std::type_info& module, size_t least, size_t most, size_t got) {
  const std::string name = class_name(module);
  check(least == most,
        "{}'s forward() method expects at least {} argument(s) and at most {} argument(s), but received {}.", name,
        least, most, got);
  fail(
      "{}'s forward() method expects {} argument(s), but received {}. If {}'s forward() method has default arguments, "
      "please make sure the forward() method is declared with a corresponding `FORWARD_HAS_DEFAULT_ARGS` macro.",
      name, most, got, name);
}

}  // namespace detail

AnyModule AnyModule::clone(const std::optional<Device>& device) const {
  AnyModule copy;
  if (!module_) return copy;
  copy.module_ = module_->clone(device);
  copy.type_ = type_;
  return copy;
}

Tensor AnyModule::forward_tensor(Tensor input) {
  check(!is_empty(), "Cannot call forward() on an empty AnyModule");
  if (!type_->forward_tensor) {
    AnyValue value(std::move(input));
    return type_->forward(*module_, &value, 1).get<Tensor>();
  }
  if (module_->hooks()) return detail::call_with_hooks(*module_, type_->forward_tensor, input);
  return type_->forward_tensor(*module_, std::move(input));
}

AnyValue AnyModule::forward_values(AnyValue* values, size_t count) {
  check(!is_empty(), "Cannot call forward() on an empty AnyModule");
  if (type_->forward) return type_->forward(*module_, values, count);
  if (count != 1) detail::fail_argument_count(type_->type, 1, 1, count);
  return AnyValue(forward_tensor(detail::take<Tensor>(values, 0)));
}

std::shared_ptr<Module> AnyModule::ptr() const {
  check(!is_empty(), "Cannot call ptr() on an empty AnyModule");
  return module_;
}

const std::type_info& AnyModule::type_info() const {
  check(!is_empty(), "Cannot call type_info() on an empty AnyModule");
  return type_->type;
}

void AnyModule::check_type(const std::type_info& wanted, const char* method) const {
  check(!is_empty(), "Cannot call {} on an empty AnyModule", method);
  if (wanted != typeid(Module) && wanted != type_->type) detail::fail_module_cast(wanted, type_->type);
}

}  // namespace relume::nn
