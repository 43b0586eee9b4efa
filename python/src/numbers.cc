// Operators of tensors: x + y, 2 - x, x @ y, x += 1, x < y, -x, float(x).
#include "arguments.h"
#include "core/tensor_impl.h"
#include "core/warn_once.h"
#include "creation.h"
#include "overrides.h"
#include "relume/autograd.h"
#include "relume/ops.h"
#include "tensor_type.h"

namespace relume::python {

namespace {

bool large(const Tensor& a) { return a.defined() && a.numel() >= 32768; }

template <class F>
PyObject* run(const Tensor& a, F body) {
  return wrap([&]() -> Tensor {
    const Unlocked unlocked(large(a));
    return body();
  }());
}

// What a subclass of Tensor makes of an operator, which is the method `name`; nothing where there is none.
Ref overridden_by(const char* name, std::initializer_list<PyObject*> operands) {
  return tensor_subclasses ? overridden_operator(name, operands) : Ref();
}
template <class Operation>
Ref overridden_binary(PyObject* left, PyObject* right) {
  return is_tensor(left) ? overridden_by(Operation::kMethod, {left, right})
                         : overridden_by(Operation::kReflected, {right, left});
}

// What an object that is no tensor makes of an operator, by its __torch_function__; NotImplemented where it has none.
PyObject* other_binary(const char* method, PyObject* tensor, PyObject* other) {
  Ref result;
  if (has_torch_function(other)) result = overridden_operator(method, {tensor, other}, true);
  if (result) return result.release();
  Py_RETURN_NOTIMPLEMENTED;
}
template <class Operation>
PyObject* other_binary(PyObject* left, PyObject* right) {
  return is_tensor(left) ? other_binary(Operation::kMethod, left, right)
                         : other_binary(Operation::kReflected, right, left);
}

// Whether an operand is an array of NumPy, which stands for a tensor.
bool is_array(PyObject* object) {
  return !is_tensor(object) && has_buffer_of_numbers(object) && PyObject_HasAttrString(object, "__array_priority__");
}

// Calls operation(a, b) with tensors or numbers; NotImplemented for anything else, which leaves arrays to NumPy. Of
// operators with an array on the left the division alone is ours: Python makes it of the reciprocal.
template <class Operation>
PyObject* binary(PyObject* left, PyObject* right) {
  return guarded([&]() -> PyObject* {
    if (Ref result = overridden_binary<Operation>(left, right)) return result.release();
    const Operation operation;
    if (is_tensor(left)) {
      const Tensor& a = tensor_of(left);
      if (is_tensor(right)) return run(a, [&] { return operation(a, tensor_of(right)); });
      if (is_number(right)) return run(a, [&, b = scalar_of(right)] { return operation(a, b); });
    } else if (is_number(left)) {
      const Tensor& b = tensor_of(right);
      return run(b, [&, a = scalar_of(left)] { return operation(a, b); });
    } else if (Operation::kReflected == std::string_view("__rtruediv__") && is_array(left)) {
      return PyNumber_Multiply(own(wrap(relume::reciprocal(tensor_of(right)))).get(), left);
    }
    return other_binary<Operation>(left, right);
  });
}

template <class Operation>
PyObject* in_place(PyObject* left, PyObject* right) {
  return guarded([&]() -> PyObject* {
    if (Ref result = overridden_by(Operation::kMethod, {left, right})) return result.release();
    const Operation operation;
    Tensor& a = tensor_of(left);
    if (is_tensor(right)) return run(a, [&] { return operation(a, tensor_of(right)); });
    if (is_number(right)) return run(a, [&, b = scalar_of(right)] { return operation(a, b); });
    return other_binary(Operation::kMethod, left, right);
  });
}

// A number as a tensor that promotes as the number does, for operators without a form of their own for it.
Tensor lifted(const Scalar& number, const Tensor& like) {
  const ScalarType dtype = like.scalar_type();
  const bool floats = number.isFloatingPoint() && !like.is_floating_point();
  const bool counts = number.isIntegral(false) && dtype == kBool;
  return relume::scalar_tensor(number, floats ? ScalarType{get_default_dtype()} : counts ? kLong : dtype);
}

#define RELUME_OPERATOR(Name, symbol, method, reflected)                    \
  struct Name {                                                             \
    static constexpr const char *kMethod = method, *kReflected = reflected; \
    template <class A, class B>                                             \
    Tensor operator()(const A& a, const B& b) const {                       \
      return a symbol b;                                                    \
    }                                                                       \
  };
RELUME_OPERATOR(Add, +, "add", "add")
RELUME_OPERATOR(Multiply, *, "mul", "mul")
RELUME_OPERATOR(Remainder, %, "remainder", "__rmod__")
RELUME_OPERATOR(And, &, "__and__", "__rand__")
RELUME_OPERATOR(Or, |, "__or__", "__ror__")
RELUME_OPERATOR(Xor, ^, "__xor__", "__rxor__")
#undef RELUME_OPERATOR

// Operators that Python composes in a way of its own where the number comes first.
#define RELUME_OPERATOR(Name, symbol, method, reflected, mirror)                 \
  struct Name {                                                                  \
    static constexpr const char *kMethod = method, *kReflected = reflected;      \
    template <class B>                                                           \
    Tensor operator()(const Tensor& a, const B& b) const {                       \
      return a symbol b;                                                         \
    }                                                                            \
    Tensor operator()(const Scalar& a, const Tensor& b) const { return mirror; } \
  };
RELUME_OPERATOR(Subtract, -, "sub", "__rsub__", relume::rsub(b, a))
RELUME_OPERATOR(Divide, /, "div", "__rtruediv__", relume::mul(relume::reciprocal(b), a))
#undef RELUME_OPERATOR

// An operator that is a function of a tensor and a tensor or number.
#define RELUME_FUNCTION_OPERATOR(Name, function, method, reflected)                                         \
  struct Name {                                                                                             \
    static constexpr const char *kMethod = method, *kReflected = reflected;                                 \
    template <class B>                                                                                      \
    Tensor operator()(const Tensor& a, const B& b) const {                                                  \
      return relume::function(a, b);                                                                        \
    }                                                                                                       \
    Tensor operator()(const Scalar& a, const Tensor& b) const { return relume::function(lifted(a, b), b); } \
  };
RELUME_FUNCTION_OPERATOR(FloorDivide, floor_divide, "__floordiv__", "__rfloordiv__")
RELUME_FUNCTION_OPERATOR(LeftShift, bitwise_left_shift, "__lshift__", "__rlshift__")
RELUME_FUNCTION_OPERATOR(RightShift, bitwise_right_shift, "__rshift__", "__rrshift__")
#undef RELUME_FUNCTION_OPERATOR

struct Power {
  static constexpr const char *kMethod = "pow", *kReflected = "__rpow__";
  template <class A, class B>
  Tensor operator()(const A& a, const B& b) const {
    return relume::pow(a, b);
  }
};

#define RELUME_IN_PLACE(Name, function)               \
  struct Name {                                       \
    static constexpr const char* kMethod = #function; \
    template <class B>                                \
    Tensor& operator()(Tensor& a, const B& b) const { \
      return a.function(b);                           \
    }                                                 \
  };
RELUME_IN_PLACE(AddInPlace, add_)
RELUME_IN_PLACE(SubtractInPlace, sub_)
RELUME_IN_PLACE(MultiplyInPlace, mul_)
RELUME_IN_PLACE(DivideInPlace, div_)
RELUME_IN_PLACE(FloorDivideInPlace, floor_divide_)
RELUME_IN_PLACE(RemainderInPlace, remainder_)
RELUME_IN_PLACE(PowerInPlace, pow_)
RELUME_IN_PLACE(AndInPlace, bitwise_and_)
RELUME_IN_PLACE(OrInPlace, bitwise_or_)
RELUME_IN_PLACE(XorInPlace, bitwise_xor_)
RELUME_IN_PLACE(LeftShiftInPlace, bitwise_left_shift_)
RELUME_IN_PLACE(RightShiftInPlace, bitwise_right_shift_)
#undef RELUME_IN_PLACE

PyObject* power(PyObject* left, PyObject* right, PyObject*) { return binary<Power>(left, right); }
PyObject* power_in_place(PyObject* left, PyObject* right, PyObject*) { return in_place<PowerInPlace>(left, right); }

PyObject* matmul(PyObject* left, PyObject* right) {
  return guarded([&]() -> PyObject* {
    if (!is_tensor(right)) return other_binary("matmul", left, right);
    if (!is_tensor(left)) return other_binary("__rmatmul__", right, left);
    if (Ref result = overridden_by("matmul", {left, right})) return result.release();
    const Tensor &a = tensor_of(left), &b = tensor_of(right);
    return wrap([&] {
      const Unlocked unlocked(large(a) || large(b));
      return relume::matmul(a, b);
    }());
  });
}

PyObject* compare(PyObject* left, PyObject* right, int operation) {
  constexpr const char* kMethods[] = {"lt", "le", "__eq__", "ne", "gt", "ge"};  // Py_LT is 0, and so on
  return guarded([&]() -> PyObject* {
    if (Ref result = overridden_by(kMethods[operation], {left, right})) return result.release();
    const Tensor& a = tensor_of(left);
    const auto against = [&](const auto& b) {
      return run(a, [&] {
        switch (operation) {
          case Py_LT:
            return a < b;
          case Py_LE:
            return a <= b;
          case Py_EQ:
            return a == b;
          case Py_NE:
            return a != b;
          case Py_GT:
            return a > b;
          default:
            return a >= b;
        }
      });
    };
    if (is_tensor(right)) return against(tensor_of(right));
    if (is_number(right)) return against(scalar_of(right));
    if (operation == Py_EQ && is_array(right)) return against(tensor_on_buffer(right, kMethods[operation]));
    return other_binary(kMethods[operation], left, right);
  });
}

template <class F>
PyObject* unary(PyObject* self, const char* method, F function) {
  return guarded([&] {
    Ref result = overridden_by(method, {self});
    return result ? result.release() : run(tensor_of(self), [&] { return function(tensor_of(self)); });
  });
}
PyObject* negative(PyObject* self) {
  return unary(self, "neg", [](const Tensor& a) { return -a; });
}
PyObject* positive(PyObject* self) {
  return unary(self, "positive", [](const Tensor& a) { return relume::positive(a); });
}
PyObject* absolute(PyObject* self) {
  return unary(self, "abs", [](const Tensor& a) { return relume::abs(a); });
}
PyObject* invert(PyObject* self) {
  return unary(self, "__invert__", [](const Tensor& a) {
    if (a.is_floating_point())
      raise(PyExc_TypeError, "~ (operator.invert) is only implemented on integer and Boolean-type tensors");
    return ~a;
  });
}

int truth(PyObject* self) {
  bool value = false;
  return guarded_status([&] { value = relume::is_nonzero(tensor_of(self)); }) < 0 ? -1 : value;
}

Scalar only_element(PyObject* self) {
  const Tensor& tensor = tensor_of(self);
  if (tensor.defined() && tensor.numel() != 1)
    raise(PyExc_ValueError, "only one element tensors can be converted to Python scalars");
  return tensor.item();
}

}  // namespace

void warn_of_gradient(PyObject* self) {
  static std::atomic<bool> warned = false;
  if (!GradMode::is_enabled() || !tensor_of(self).requires_grad()) return;
  warn_once(&warned,
            "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
            "Consider using tensor.detach() first.");
}

namespace {

PyObject* to_int(PyObject* self) {
  return guarded([&] {
    warn_of_gradient(self);
    const Scalar value = only_element(self);
    return value.isFloatingPoint() ? PyLong_FromDouble(value.toDouble()) : PyLong_FromLongLong(value.toLong());
  });
}
PyObject* to_float(PyObject* self) {
  return guarded([&] {
    warn_of_gradient(self);
    return PyFloat_FromDouble(only_element(self).toDouble());
  });
}
PyObject* to_index(PyObject* self) {
  return guarded([&] {
    const Tensor& tensor = tensor_of(self);
    if (tensor.is_floating_point() || tensor.numel() != 1)
      raise(PyExc_TypeError, "only integer tensors of a single element can be converted to an index");
    return PyLong_FromLongLong(tensor.item().toLong());
  });
}

Py_hash_t identity_hash(PyObject* self) { return static_cast<Py_hash_t>(reinterpret_cast<uintptr_t>(self) >> 4); }

}  // namespace

std::vector<PyType_Slot> number_slots() {
  const auto slot = [](int id, auto* function) { return PyType_Slot{id, reinterpret_cast<void*>(function)}; };
  return {
      slot(Py_nb_add, binary<Add>),
      slot(Py_nb_subtract, binary<Subtract>),
      slot(Py_nb_multiply, binary<Multiply>),
      slot(Py_nb_true_divide, binary<Divide>),
      slot(Py_nb_floor_divide, binary<FloorDivide>),
      slot(Py_nb_remainder, binary<Remainder>),
      slot(Py_nb_power, power),
      slot(Py_nb_matrix_multiply, matmul),
      slot(Py_nb_and, binary<And>),
      slot(Py_nb_or, binary<Or>),
      slot(Py_nb_xor, binary<Xor>),
      slot(Py_nb_lshift, binary<LeftShift>),
      slot(Py_nb_rshift, binary<RightShift>),
      slot(Py_nb_inplace_add, in_place<AddInPlace>),
      slot(Py_nb_inplace_subtract, in_place<SubtractInPlace>),
      slot(Py_nb_inplace_multiply, in_place<MultiplyInPlace>),
      slot(Py_nb_inplace_true_divide, in_place<DivideInPlace>),
      slot(Py_nb_inplace_floor_divide, in_place<FloorDivideInPlace>),
      slot(Py_nb_inplace_remainder, in_place<RemainderInPlace>),
      slot(Py_nb_inplace_power, power_in_place),
      slot(Py_nb_inplace_and, in_place<AndInPlace>),
      slot(Py_nb_inplace_or, in_place<OrInPlace>),
      slot(Py_nb_inplace_xor, in_place<XorInPlace>),
      slot(Py_nb_inplace_lshift, in_place<LeftShiftInPlace>),
      slot(Py_nb_inplace_rshift, in_place<RightShiftInPlace>),
      slot(Py_nb_negative, negative),
      slot(Py_nb_positive, positive),
      slot(Py_nb_absolute, absolute),
      slot(Py_nb_invert, invert),
      slot(Py_nb_bool, truth),
      slot(Py_nb_int, to_int),
      slot(Py_nb_float, to_float),
      slot(Py_nb_index, to_index),
      slot(Py_tp_richcompare, compare),
      slot(Py_tp_hash, identity_hash),
  };
}

}  // namespace relume::python
