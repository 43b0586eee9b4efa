// Functions of the user's own: the node behind Function::apply, and the values that its context keeps.
#include "relume/custom_function.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <ostream>

#include "autograd/custom_node.h"
#include "autograd/record.h"
#include "core/check.h"
#include "core/names.h"

namespace relume {

// Out of the header, where the lists in it would be work for the compiler of every program.
IValue::IValue() = default;
IValue::IValue(std::nullopt_t) {}
IValue::IValue(bool value) : kind_(Kind::Bool), int_(value) {}
IValue::IValue(int value) : kind_(Kind::Int), int_(value) {}
IValue::IValue(long value) : kind_(Kind::Int), int_(value) {}
IValue::IValue(long long value) : kind_(Kind::Int), int_(value) {}
IValue::IValue(double value) : kind_(Kind::Double), double_(value) {}
IValue::IValue(std::string value) : kind_(Kind::String), string_(std::move(value)) {}
IValue::IValue(const char* value) : IValue(std::string(value)) {}
IValue::IValue(Tensor value) : kind_(Kind::Tensor), tensors_{std::move(value)} {}
IValue::IValue(std::vector<int64_t> values) : kind_(Kind::IntList), ints_(std::move(values)) {}
IValue::IValue(IntArrayRef values) : IValue(values.vec()) {}
IValue::IValue(std::vector<double> values) : kind_(Kind::DoubleList), doubles_(std::move(values)) {}
IValue::IValue(std::vector<Tensor> values) : kind_(Kind::TensorList), tensors_(std::move(values)) {}
IValue::IValue(TensorList values) : IValue(values.vec()) {}
IValue::IValue(const IValue& other) = default;
IValue::IValue(IValue&& other) noexcept = default;
IValue& IValue::operator=(const IValue& other) = default;
IValue& IValue::operator=(IValue&& other) noexcept = default;
IValue::~IValue() = default;

std::vector<int64_t> IValue::toIntVector() const { return expect(Kind::IntList).ints_; }
std::vector<double> IValue::toDoubleVector() const { return expect(Kind::DoubleList).doubles_; }
std::vector<Tensor> IValue::toTensorVector() const { return expect(Kind::TensorList).tensors_; }

IValue::IValue(const Scalar& value) {
  if (value.isBoolean())
    *this = value.toBool();
  else if (value.isFloatingPoint())
    *this = value.toDouble();
  else
    *this = value.toLong();
}

Scalar IValue::toScalar() const {
  if (isBool()) return toBool();
  return isInt() ? Scalar(toInt()) : Scalar(toDouble());
}

std::string IValue::tagKind() const {
  static constexpr const char* kNames[] = {"None",   "Bool",        "Int",         "Double",     "String",
                                           "Tensor", "GenericList", "GenericList", "GenericList"};
  return kNames[static_cast<int>(kind_)];
}

const IValue& IValue::expect(Kind kind) const {
  static constexpr const char* kNames[] = {"None",   "Bool",    "Int",        "Double",    "String",
                                           "Tensor", "IntList", "DoubleList", "TensorList"};
  check<TypeError>(kind == kind_, "Expected {} but got {}", kNames[static_cast<int>(kind)],
                   kNames[static_cast<int>(kind_)]);
  return *this;
}

namespace {

void write_double(std::ostream& stream, double value) {
  constexpr double kWhole = 1e10;  // the bound below which a whole number ends in a point
  if (std::abs(value) < kWhole && value == std::trunc(value)) {
    stream << static_cast<int64_t>(value) << '.';
  } else {
    const auto precision = stream.precision(std::numeric_limits<double>::max_digits10);
    stream << value;
    stream.precision(precision);
  }
}

template <class T, class Write>
std::ostream& write_list(std::ostream& stream, const std::vector<T>& values, Write write) {
  stream << '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) stream << ", ";
    write(stream, values[i]);
  }
  return stream << ']';
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const IValue& value) {
  if (value.isNone()) return stream << "None";
  if (value.isBool()) return stream << (value.toBool() ? "True" : "False");
  if (value.isInt()) return stream << value.toInt();
  if (value.isString()) return stream << value.toStringRef();
  if (value.isTensor()) return stream << value.toTensor();
  if (value.isIntList()) return stream << IntArrayRef(value.toIntVector());
  if (value.isDoubleList()) return write_list(stream, value.toDoubleVector(), write_double);
  if (value.isTensorList())
    return write_list(stream, value.toTensorVector(), [](std::ostream& to, const Tensor& each) { to << each; });
  write_double(stream, value.toDouble());
  return stream;
}

namespace detail {
namespace {

using namespace autograd;

bool contains(const variable_list& list, const Tensor& tensor) {
  return std::any_of(list.begin(), list.end(), [&](const Tensor& item) { return item.is_same(tensor); });
}

// The node of a Function written in C++.
class CppNode final : public CustomNode {
 public:
  CppNode(const std::type_info& function, CustomCall::BackwardFunction backward)
      : function_(function), backward_(backward) {}
  std::string name() const override { return "torch::autograd::CppNode<" + class_name(function_) + ">"; }

 private:
  variable_list run_backward(variable_list grads) override { return backward_(&context, std::move(grads)); }

  const std::type_info& function_;
  const CustomCall::BackwardFunction backward_;
};

}  // namespace

IValue& SavedData::operator[](const std::string& name) {
  for (value_type& value : values_)
    if (value.first == name) return value.second;
  return values_.emplace_back(name, IValue()).second;
}
void SavedData::append(std::string name, IValue value) { values_.emplace_back(std::move(name), std::move(value)); }
size_t SavedData::count(const std::string& name) const { return find(name) != end(); }
void SavedData::clear() { values_.clear(); }
std::vector<SavedData::value_type>::const_iterator SavedData::find(const std::string& name) const {
  return std::find_if(begin(), end(), [&](const value_type& value) { return value.first == name; });
}
const IValue& SavedData::at(const std::string& name) const {
  const auto found = find(name);
  check<IndexError>(found != end(), "saved_data has no value named '{}'", name);
  return found->second;
}

constinit thread_local Backward* CustomNode::running = nullptr;

void CustomNode::apply(Backward& run) {
  variable_list grads;
  for (size_t i = 0; i < inputs.size(); ++i)
    grads.push_back(run.has_grad(i) || context.materialize_grads_ ? run.grad(i) : Tensor());
  struct Restore {
    Backward* outer;
    ~Restore() { running = outer; }
  } const restore{running};
  running = &run;
  variable_list results = run_backward(std::move(grads));
  check_gradients(results);
  for (size_t i = 0, edge = 0; i < is_tensor_.size(); ++i)
    if (is_tensor_[i]) run.set(edge++, std::move(results[i]));
}

// More gradients than arguments are fine where the surplus is undefined.
void CustomNode::check_gradients(variable_list& grads) const {
  const size_t expected = is_tensor_.size(), got = grads.size();
  while (grads.size() > expected && !grads.back().defined()) grads.pop_back();
  check(grads.size() == expected, "function {} returned an incorrect number of gradients (expected {}, got {})", name(),
        expected, got);
  for (size_t i = 0; i < expected; ++i)
    check(
        is_tensor_[i] || !grads[i].defined(),
        "function {} returned a gradient different that is defined at position {}, but the corresponding forward input "
        "was not a Variable",
        name(), i + 1);
}

void CustomNode::check_dirty(const variable_list& inputs, const variable_list& outputs) {
  for (const Tensor& dirty : context.dirty_) {
    check(contains(outputs, dirty),
          "Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
          "modified inplace must all be outputs of the Function.");
    check(contains(inputs, dirty),
          "Only input Tensors should be given to ctx.mark_dirty(). If a Tensor is not an input, "
          "there is no need to pass it to mark_dirty().");
    dirty.impl()->note_write();
  }
}

void CustomNode::make_output(const variable_list& inputs, Tensor& output, bool several) {
  const bool is_input = contains(inputs, output);
  if (contains(context.non_differentiable_, output) || !is_floating_point(output.scalar_type())) {
    add_input(output);
    if (is_input) output = output.detach();
    return;
  }
  if (contains(context.dirty_, output)) {
    check(!(output.is_leaf() && requires_grad(output)),
          "a leaf Variable that requires grad has been used in an in-place operation.");
    check(
        !several || !output.is_view(),
        "a Function that writes to a view of another Tensor in place must have one output: clone the input, or use two "
        "Functions");
    rebase_history(output, this);
    return;
  }
  if (is_input) {
    const Tensor input = output;
    output = make_alias(input);
    set_view(output, input);
  }
  set_history(output, this);
  AutogradMeta& meta = make_meta(output);
  if (!meta.base.defined()) return;
  meta.view_kind = several ? ViewKind::MultiOutput : ViewKind::CustomFunction;
  meta.view_version = output.impl()->current_version();
}

void CustomNode::record(const variable_list& inputs, variable_list& outputs) {
  for (Tensor& output : outputs) {
    const bool kept = contains(context.to_save_, output);
    const Tensor before = output;
    make_output(inputs, output, outputs.size() > 1);
    if (kept && !contains(inputs, before))
      std::replace_if(
          context.to_save_.begin(), context.to_save_.end(), [&](const Tensor& t) { return t.is_same(before); }, output);
  }
  for (const Tensor& tensor : context.to_save_) {
    const bool is_result = tensor.defined() && grad_fn_of(tensor).get() == this;
    add_saved(is_result ? output(tensor, static_cast<uint32_t>(tensor.output_nr())) : Save(tensor));
  }
}

CustomCall::CustomCall(const std::type_info& function, BackwardFunction backward)
    : handle_(NodePtr::adopt(make_node<CppNode>(function, backward))), node_(static_cast<CustomNode*>(handle_.get())) {}
CustomCall::~CustomCall() = default;

void CustomCall::add_tensor(const Tensor& tensor) {
  node_->add_argument(&tensor);
  inputs_.push_back(tensor);
}
void CustomCall::add_other() { node_->add_argument(nullptr); }

AutogradContext* CustomCall::context() const { return &node_->context; }

void CustomNode::finish(const variable_list& inputs, variable_list& outputs) {
  for (const Tensor& output : outputs)
    check(output.defined(), "{}: forward returned an undefined tensor", short_name());
  check_dirty(inputs, outputs);
  if (autograd::recording(inputs))
    record(inputs, outputs);
  else
    for (Tensor& output : outputs)
      if (requires_grad(output) && contains(inputs, output)) output = output.detach();
  forget_forward();
}
void CustomCall::finish(variable_list& outputs) { node_->finish(inputs_, outputs); }

}  // namespace detail

namespace autograd {

void AutogradContext::save_for_backward(variable_list to_save) { to_save_ = std::move(to_save); }
void AutogradContext::mark_dirty(const variable_list& inputs) { dirty_ = inputs; }
void AutogradContext::mark_non_differentiable(const variable_list& outputs) { non_differentiable_ = outputs; }

variable_list AutogradContext::get_saved_variables() const { return node_->saved_variables(); }
bool AutogradContext::needs_input_grad(size_t i) const { return node_->needs(i); }

}  // namespace autograd
}  // namespace relume
