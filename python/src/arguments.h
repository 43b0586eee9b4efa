// Calls from Python to C++ by tables. An op is a row: its name and the ways to call it, each a line of parameters as
// the documentation shows them and a function that reads the arguments one by one. Overloads, keywords, defaults and
// the texts of TypeErrors come from the lines.
#pragma once

#include <initializer_list>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "python.h"
#include "relume/tensor.h"
#include "tensor_object.h"
#include "types.h"

namespace relume::python {

// Whether an object can stand for a Scalar: a number of Python or NumPy, or a tensor without dimensions.
bool is_number(PyObject* object);
Scalar scalar_of(PyObject* object);
int64_t integer_of(PyObject* object);

// What the arguments of one call are, by position in the line of parameters. Reading one whose kind is wrong cannot
// happen: the line was compared before.
class Arguments {
 public:
  static constexpr size_t kMost = 20;

  // Whether the argument was given, and is not None.
  bool has(size_t i) const { return slots_[i] && slots_[i] != Py_None; }
  PyObject* object(size_t i) const { return slots_[i]; }
  Tensor& tensor(size_t i) const { return tensor_of(slots_[i]); }
  // Undefined where it was not given.
  const Tensor& optional_tensor(size_t i) const;
  std::vector<Tensor> tensors(size_t i) const;
  Scalar scalar(size_t i) const { return scalar_of(slots_[i]); }
  Scalar scalar(size_t i, const Scalar& otherwise) const { return has(i) ? scalar(i) : otherwise; }
  std::optional<Scalar> optional_scalar(size_t i) const {
    return has(i) ? std::optional<Scalar>(scalar(i)) : std::nullopt;
  }
  int64_t integer(size_t i) const { return integer_of(slots_[i]); }
  int64_t integer(size_t i, int64_t otherwise) const { return has(i) ? integer(i) : otherwise; }
  std::optional<int64_t> optional_integer(size_t i) const {
    return has(i) ? std::optional<int64_t>(integer(i)) : std::nullopt;
  }
  // A list of integers, or one integer; nothing where it was not given.
  DimVector integers(size_t i) const;
  DimVector integers(size_t i, const DimVector& otherwise) const { return has(i) ? integers(i) : otherwise; }
  double number(size_t i) const;
  double number(size_t i, double otherwise) const { return has(i) ? number(i) : otherwise; }
  std::optional<double> optional_number(size_t i) const {
    return has(i) ? std::optional<double>(number(i)) : std::nullopt;
  }
  bool boolean(size_t i) const;
  bool boolean(size_t i, bool otherwise) const { return has(i) ? boolean(i) : otherwise; }
  std::optional<bool> optional_boolean(size_t i) const {
    return has(i) ? std::optional<bool>(boolean(i)) : std::nullopt;
  }
  std::string_view text(size_t i) const { return text_of(slots_[i]); }
  std::string_view text(size_t i, std::string_view otherwise) const { return has(i) ? text(i) : otherwise; }
  std::optional<std::string_view> optional_text(size_t i) const {
    return has(i) ? std::optional<std::string_view>(text(i)) : std::nullopt;
  }
  ScalarType dtype(size_t i) const { return dtype_of(slots_[i]); }
  std::optional<ScalarType> optional_dtype(size_t i) const {
    return has(i) ? std::optional<ScalarType>(dtype(i)) : std::nullopt;
  }
  std::optional<Device> optional_device(size_t i) const {
    return has(i) ? std::optional<Device>(present_device(slots_[i])) : std::nullopt;
  }
  MemoryFormat format(size_t i, MemoryFormat otherwise) const { return has(i) ? format_of(slots_[i]) : otherwise; }
  std::optional<MemoryFormat> optional_format(size_t i) const {
    return has(i) ? std::optional<MemoryFormat>(format_of(slots_[i])) : std::nullopt;
  }
  std::optional<Generator> optional_generator(size_t i) const {
    return has(i) ? std::optional<Generator>(generator_of(slots_[i])) : std::nullopt;
  }
  // dtype, layout, device, pin_memory, requires_grad: five parameters from i on.
  TensorOptions options(size_t i, TensorOptions options = {}) const;

  // Whether the tensors given are so large that other threads should run meanwhile.
  bool large() const;
  // The object that a method was called on, or the first argument.
  PyObject* self() const { return slots_[0]; }

 private:
  friend struct Line;
  PyObject* slots_[kMost] = {};
  // Integers given one by one, as in x.view(2, 3), stand for the list in this slot.
  size_t spread_slot_ = kMost;
  PyObject* const* spread_ = nullptr;
  size_t spread_count_ = 0;
};

// Results that have names, a tuple that prints as torch.return_types.max(values=..., indices=...). The texts must live
// for ever.
PyObject* named(const char* op, std::initializer_list<const char*> names, TensorList results);
template <class... T>
PyObject* named(const char* op, std::initializer_list<const char*> names, const std::tuple<T...>& results) {
  return std::apply([&](const T&... each) { return named(op, names, TensorList({each...})); }, results);
}
// A tuple of tensors under the names that `results` has, as torch.return_types.max_out.
PyObject* named_out(PyObject* results, PyObject* out);
inline PyObject* wrap(bool value) { return boolean(value); }
template <class... T>
PyObject* wrap(const std::tuple<T...>& results) {
  return std::apply([](const T&... each) { return wrap(TensorList({each...})); }, results);
}

// The value of a call into C++, made while other threads may run Python where the tensors are large.
#define RELUME_RESULT(...)              \
  [&]() -> decltype(auto) {             \
    const Unlocked unlocked(a.large()); \
    return __VA_ARGS__;                 \
  }()

enum Form : uint8_t { kFunction = 1, kMethod = 2, kFunctional = 4 };

struct Overload {
  uint8_t forms;
  const char* parameters;  // "Tensor input, int[] dim, bool keepdim=False, *, dtype dtype=None"
  PyObject* (*call)(Arguments& arguments);
};

struct Op {
  const char* name;
  const char* documentation;
  std::initializer_list<Overload> overloads;
  mutable struct Lines* lines = nullptr;  // the overloads' parameters, read on the first call
};

// Calls an op by the first overload that fits. Throws a TypeError that lists them where none does. `self` is the object
// of a method, null for a function.
PyObject* call(const Op& op, Form form, PyObject* self, PyObject* const* arguments, Py_ssize_t count,
               PyObject* keywords) noexcept;

// Ops as functions and methods of the interpreter.
using FastCall = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);
struct OpEntry {
  const Op* op;
  FastCall function, method, functional;
};
template <const auto& ops, size_t i>
constexpr OpEntry entry_of() {
  return {&ops[i],
          [](PyObject*, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
            return call(ops[i], kFunction, nullptr, arguments, count, keywords);
          },
          [](PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
            return call(ops[i], kMethod, self, arguments, count, keywords);
          },
          [](PyObject*, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
            return call(ops[i], kFunctional, nullptr, arguments, count, keywords);
          }};
}
template <const auto& ops, size_t... i>
void append_entries(std::vector<OpEntry>& entries, std::index_sequence<i...>) {
  entries.insert(entries.end(), {entry_of<ops, i>()...});
}
// Appends every row of a table (a constant array of Op).
template <const auto& ops>
void append_entries(std::vector<OpEntry>& entries) {
  append_entries<ops>(entries, std::make_index_sequence<std::extent_v<std::remove_reference_t<decltype(ops)>>>());
}

}  // namespace relume::python
