// autograd::Function: differentiable functions of one's own, with a forward and a backward written by hand.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "relume/autograd.h"

namespace relume {

// A value of one of a few kinds: nothing, int, double, bool, string, Tensor, or a list of ints, doubles or Tensors.
// toInt() and its like throw TypeError where the value is of another kind.
class RELUME_API IValue {
 public:
  IValue();
  IValue(std::nullopt_t);               // NOLINT: implicit, as in libtorch
  IValue(bool value);                   // NOLINT
  IValue(int value);                    // NOLINT
  IValue(long value);                   // NOLINT
  IValue(long long value);              // NOLINT
  IValue(double value);                 // NOLINT
  IValue(const Scalar& value);          // NOLINT
  IValue(std::string value);            // NOLINT
  IValue(const char* value);            // NOLINT
  IValue(Tensor value);                 // NOLINT
  IValue(std::vector<int64_t> values);  // NOLINT
  IValue(IntArrayRef values);           // NOLINT
  IValue(std::vector<double> values);   // NOLINT
  IValue(std::vector<Tensor> values);   // NOLINT
  IValue(TensorList values);            // NOLINT
  IValue(const IValue& other);
  IValue(IValue&& other) noexcept;
  IValue& operator=(const IValue& other);
  IValue& operator=(IValue&& other) noexcept;
  ~IValue();

  bool isNone() const { return kind_ == Kind::None; }
  bool isBool() const { return kind_ == Kind::Bool; }
  bool isInt() const { return kind_ == Kind::Int; }
  bool isDouble() const { return kind_ == Kind::Double; }
  bool isScalar() const { return isBool() || isInt() || isDouble(); }
  bool isString() const { return kind_ == Kind::String; }
  bool isTensor() const { return kind_ == Kind::Tensor; }
  bool isIntList() const { return kind_ == Kind::IntList; }
  bool isDoubleList() const { return kind_ == Kind::DoubleList; }
  bool isTensorList() const { return kind_ == Kind::TensorList; }
  bool isList() const { return isIntList() || isDoubleList() || isTensorList(); }
  // "Int", "Tensor"; "GenericList" of any list.
  std::string tagKind() const;

  bool toBool() const { return expect(Kind::Bool).int_ != 0; }
  int64_t toInt() const { return expect(Kind::Int).int_; }
  double toDouble() const { return expect(Kind::Double).double_; }
  Scalar toScalar() const;
  const std::string& toStringRef() const { return expect(Kind::String).string_; }
  const Tensor& toTensor() const { return expect(Kind::Tensor).tensors_[0]; }
  std::vector<int64_t> toIntVector() const;
  std::vector<double> toDoubleVector() const;
  std::vector<Tensor> toTensorVector() const;
  // The value as a T: bool, a number, std::string, Tensor or a std::vector of int64_t, double or Tensor.
  template <class T>
  T to() const {
    if constexpr (std::is_same_v<T, bool>)
      return toBool();
    else if constexpr (std::is_integral_v<T>)
      return static_cast<T>(toInt());
    else if constexpr (std::is_floating_point_v<T>)
      return static_cast<T>(toDouble());
    else if constexpr (std::is_same_v<T, std::string>)
      return toStringRef();
    else if constexpr (std::is_same_v<T, Tensor>)
      return toTensor();
    else if constexpr (std::is_same_v<T, std::vector<int64_t>>)
      return toIntVector();
    else if constexpr (std::is_same_v<T, std::vector<double>>)
      return toDoubleVector();
    else
      return toTensorVector();
  }

 private:
  enum class Kind : uint8_t { None, Bool, Int, Double, String, Tensor, IntList, DoubleList, TensorList };
  const IValue& expect(Kind kind) const;

  Kind kind_ = Kind::None;
  int64_t int_ = 0;
  double double_ = 0;
  std::string string_;
  std::vector<int64_t> ints_;
  std::vector<double> doubles_;
  std::vector<Tensor> tensors_;
};

// As Python writes it, but strings without quotes and whole doubles as "3.": None, True, [1, 2].
RELUME_API std::ostream& operator<<(std::ostream& stream, const IValue& value);

namespace detail {
class CustomNode;

// Values by name, in the order in which they were first set.
class RELUME_API SavedData {
 public:
  using value_type = std::pair<std::string, IValue>;
  // The value of that name; a new one is None.
  IValue& operator[](const std::string& name);
  // Adds a value whose name no other has.
  void append(std::string name, IValue value);
  // Throws IndexError where there is none of that name.
  const IValue& at(const std::string& name) const;
  size_t count(const std::string& name) const;
  std::vector<value_type>::const_iterator find(const std::string& name) const;
  std::vector<value_type>::const_iterator begin() const { return values_.begin(); }
  std::vector<value_type>::const_iterator end() const { return values_.end(); }
  size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }
  void clear();

 private:
  std::vector<value_type> values_;
};
}  // namespace detail

namespace autograd {

using tensor_list = variable_list;

// What the forward of a Function hands to its backward.
class RELUME_API AutogradContext {
 public:
  AutogradContext() = default;
  AutogradContext(const AutogradContext&) = delete;
  AutogradContext& operator=(const AutogradContext&) = delete;

  // Anything that is no tensor of the graph: numbers, strings, lists.
  detail::SavedData saved_data;

  // Keeps inputs or outputs for backward, which fails where they have been written to since. Called once, in forward.
  void save_for_backward(variable_list to_save);
  // The tensors saved. Throws Error where one was written to, or where they are freed already.
  variable_list get_saved_variables() const;
  // Says which inputs forward writes to; each must be an output too.
  void mark_dirty(const variable_list& inputs);
  // Says which outputs have no gradient.
  void mark_non_differentiable(const variable_list& outputs);
  // Whether backward gets zeros (true, unless said otherwise) or undefined tensors where no gradient flows.
  void set_materialize_grads(bool value) { materialize_grads_ = value; }
  // Whether the gradient of the i-th tensor among forward's arguments is wanted.
  bool needs_input_grad(size_t i) const;

 private:
  friend class detail::CustomNode;
  variable_list to_save_, dirty_, non_differentiable_;
  bool materialize_grads_ = true;
  detail::CustomNode* node_ = nullptr;
};

}  // namespace autograd

namespace detail {

// One call of Function::apply: what of it depends on no template.
class RELUME_API CustomCall {
 public:
  using Tensors = std::vector<Tensor>;
  using BackwardFunction = Tensors (*)(autograd::AutogradContext* context, Tensors grads);
  CustomCall(const std::type_info& function, BackwardFunction backward);
  ~CustomCall();
  CustomCall(const CustomCall&) = delete;
  CustomCall& operator=(const CustomCall&) = delete;

  // An argument of forward. All are added before forward runs.
  template <class A>
  void add(const A& argument) {
    if constexpr (std::is_same_v<A, Tensor>)
      add_tensor(argument);
    else if constexpr (std::is_same_v<A, std::optional<Tensor>>)
      argument && argument->defined() ? add_tensor(*argument) : add_other();
    else if constexpr (std::is_convertible_v<const A&, TensorList>)
      for (const Tensor& tensor : TensorList(argument)) add_tensor(tensor);
    else
      add_other();
  }
  autograd::AutogradContext* context() const;
  // Gives forward's results their place in the graph.
  void finish(Tensors& outputs);

 private:
  void add_tensor(const Tensor& tensor);
  void add_other();

  autograd::NodePtr handle_;
  CustomNode* node_;
  Tensors inputs_;
};

}  // namespace detail

namespace autograd {

// A differentiable function of one's own:
//
//   struct Cube : Function<Cube> {
//     static Tensor forward(AutogradContext* ctx, Tensor x, double scale) {
//       ctx->save_for_backward({x});
//       ctx->saved_data["scale"] = scale;
//       return scale * x.pow(3);
//     }
//     static variable_list backward(AutogradContext* ctx, variable_list grads) {
//       const Tensor x = ctx->get_saved_variables()[0];
//       return {grads[0] * 3 * ctx->saved_data["scale"].toDouble() * x.pow(2), Tensor()};
//     }
//   };
//   Tensor y = Cube::apply(x, 2.0);
//
// forward runs without recording and returns a Tensor or a variable_list. backward gets a gradient an output and
// returns one an argument of forward: an undefined Tensor for what is no tensor, one each for the elements of a list of
// tensors. It is written with differentiable ops where it is to be differentiated itself.
template <class T>
struct Function {
  template <class X = T, class... Args>
  static auto apply(Args&&... args)
      -> std::enable_if_t<std::is_same_v<X, T>,
                          std::decay_t<decltype(X::forward(nullptr, std::forward<Args>(args)...))>> {
    using Result = std::decay_t<decltype(X::forward(nullptr, std::forward<Args>(args)...))>;
    static_assert(std::is_same_v<Result, Tensor> || std::is_same_v<Result, variable_list>,
                  "forward returns a Tensor or a variable_list");
    detail::CustomCall call(typeid(X), &X::backward);
    (call.add(args), ...);
    variable_list outputs;
    {
      const NoGradGuard unrecorded;
      if constexpr (std::is_same_v<Result, Tensor>)
        outputs.push_back(X::forward(call.context(), std::forward<Args>(args)...));
      else
        outputs = X::forward(call.context(), std::forward<Args>(args)...);
    }
    call.finish(outputs);
    if constexpr (std::is_same_v<Result, Tensor>)
      return std::move(outputs[0]);
    else
      return outputs;
  }
};

}  // namespace autograd
}  // namespace relume
