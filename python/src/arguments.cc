// Calls of ops: finding the overload, and reading its arguments.
#include "arguments.h"

#include <algorithm>
#include <atomic>

#include "core/tensor_impl.h"
#include "core/warn_once.h"
#include "overrides.h"
#include "relume/autograd.h"
#include "relume/ops.h"
#include "relume/out.h"
#include "signature.h"
#include "types.h"

namespace relume::python {

namespace {

// Thrown where a list of tensors holds an object that is none, but has a __torch_function__.
struct ObjectAmongTensors {};

constexpr int64_t kWorthUnlocking = 32768;  // elements: some microseconds of work

const Lines& lines_of(const Op& op) {
  if (!op.lines) {
    auto* lines = new Lines;
    for (const Overload& overload : op.overloads) lines->lines.emplace_back(overload);
    op.lines = lines;
  }
  return *op.lines;
}

// The function of the package that an op is, as programs know it: where the package has a function of its own by that
// name, or none, the op, which takes the arguments at hand.
Ref function_of(const Op& op, Form form) {
  if (form == kMethod) return own(PyObject_GetAttrString(reinterpret_cast<PyObject*>(tensor_type), op.name));
  const Ref module = own(PyImport_ImportModule(form == kFunction ? "relume._C" : "relume.nn.functional"));
  if (form == kFunctional) return own(PyObject_GetAttrString(module.get(), op.name));
  return own(PyObject_GetAttrString(own(PyObject_GetAttrString(module.get(), "ops")).get(), op.name));
}

// Ops that functions of the package compute with, and which classes have a say in as in those functions. Other ops with
// such names are the package's own.
constexpr std::string_view kComputing[] = {"_adaptive_max_pool3d",  "_col2im", "_im2col",
                                           "_thnn_fused_lstm_cell", "_unique", "_unique_consecutive"};

// What a class of the program makes of a call of `op`; nothing where it has no say in it.
Ref overridden_call(const Op& op, Form form, PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                    PyObject* keywords, bool any_object) {
  if (op.name[0] == '_' && !std::string_view(op.name).starts_with("_upsample_") &&
      std::find(std::begin(kComputing), std::end(kComputing), op.name) == std::end(kComputing))
    return Ref();
  std::vector<PyObject*> all;
  if (self) all.push_back(self);
  all.insert(all.end(), arguments, arguments + count + (keywords ? PyTuple_GET_SIZE(keywords) : 0));
  const auto function = [&] { return function_of(op, form); };
  return overridden(function, all.data(), count + (self ? 1 : 0), keywords, any_object);
}

double number_of(PyObject* object) {
  if (is_tensor(object)) return tensor_of(object).item().toDouble();
  const double value = PyFloat_AsDouble(object);
  if (value == -1 && PyErr_Occurred()) throw PythonError();
  return value;
}

// The tensors among the arguments of a call, and in its lists of tensors.
std::vector<Tensor> tensors_among(PyObject* self, const std::vector<PyObject*>& arguments) {
  std::vector<Tensor> tensors;
  const auto add = [&tensors](PyObject* object) {
    if (object && is_tensor(object)) tensors.push_back(tensor_of(object));
  };
  add(self);
  for (PyObject* const argument : arguments) {
    add(argument);
    if (!PyTuple_Check(argument) && !PyList_Check(argument)) continue;
    for (Py_ssize_t i = 0; i < PySequence_Size(argument); ++i) add(own(PySequence_GetItem(argument, i)).get());
  }
  return tensors;
}

// Writes several results, each of which has its tensor in the tuple `out`; they keep their names.
PyObject* write_results(const Op& op, PyObject* out, PyObject* results, TensorList inputs) {
  const Py_ssize_t count = PyTuple_GET_SIZE(results), given = PyTuple_GET_SIZE(out);
  if (given != count)
    raise(PyExc_TypeError, "expected tuple of " + std::to_string(count) + " elements but got " + std::to_string(given));
  for (Py_ssize_t i = 0; i < count; ++i)
    write_out(op.name, tensor_of(PyTuple_GET_ITEM(out, i)), tensor_of(PyTuple_GET_ITEM(results, i)), inputs);
  return named_out(results, out);
}

[[noreturn]] void refuse_out(const Op& op, PyObject* out, const char* wanted) {
  raise(PyExc_TypeError, std::string(op.name) + "(): argument 'out' must be " + wanted + ", not " + type_name_of(out));
}

// Whether `out` is a tuple or list of tensors.
bool are_tensors(PyObject* out) {
  if (!PyTuple_Check(out) && !PyList_Check(out)) return false;
  for (Py_ssize_t i = 0; i < PySequence_Size(out); ++i)
    if (!is_tensor(own(PySequence_GetItem(out, i)).get())) return false;
  return true;
}

// The overload that the arguments fit, and these in their slots; null where there is none.
const Line* fitting_line(const Op& op, Form form, PyObject* self, PyObject* const* arguments, size_t count,
                         PyObject* keywords, Arguments& slots) {
  for (const Line& line : lines_of(op).lines) {
    if (!(line.overload->forms & form)) continue;
    if (line.match(slots, self, arguments, count, keywords).reason == Misfit::None) return &line;
    slots = Arguments();
  }
  return nullptr;
}

// Whether a call that fits takes a dtype and was given none.
bool lacks_dtype(const Op& op, Form form, PyObject* self, PyObject* const* arguments, size_t count,
                 PyObject* keywords) {
  Arguments slots;
  const Line* line = fitting_line(op, form, self, arguments, count, keywords, slots);
  for (size_t i = 0; line && i < line->parameters.size(); ++i)
    if (line->parameters[i].kind == Kind::Dtype) return !slots.has(i);
  return false;
}

// Whether an op that was given no dtype computes in `dtype`, that of out; norms and softmax, which refuse another,
// don't.
bool computes_in(ScalarType dtype, const Op& op) {
  const std::string_view name = op.name;
  if (name == "mean") return is_floating_point(dtype);
  return name.find("norm") == name.npos && name.find("softmax") == name.npos;
}

// Calls `op` with its result written into `out`.
PyObject* call_into(const Op& op, Form form, PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                    PyObject* keywords, Py_ssize_t out_index) {
  PyObject* out = arguments[count + out_index];
  if (out != Py_None && !is_tensor(out) && !are_tensors(out)) refuse_out(op, out, "Tensor");
  std::vector<PyObject*> others(arguments, arguments + count);
  const Ref rest = own(PyList_New(0));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); ++i) {
    if (i == out_index) continue;
    others.push_back(arguments[count + i]);
    check_status(PyList_Append(rest.get(), PyTuple_GET_ITEM(keywords, i)));
  }
  Ref names = own(PyList_AsTuple(rest.get()));
  if (is_tensor(out) && computes_in(tensor_of(out).scalar_type(), op) &&
      lacks_dtype(op, form, self, others.data(), static_cast<size_t>(count), names.get())) {
    others.push_back(dtype_object(tensor_of(out).scalar_type()));
    check_status(PyList_Append(rest.get(), text("dtype").get()));
    names = own(PyList_AsTuple(rest.get()));
  }
  const Ref result = own(call(op, form, self, others.data(), count, names.get()));
  if (out == Py_None) return Ref(result).release();
  if (is_tensor(out) ? !is_tensor(result.get()) : !PyTuple_Check(result.get()))
    refuse_out(op, out, is_tensor(out) ? "a tuple of Tensors" : "Tensor");
  const std::vector<Tensor> inputs = tensors_among(self, others);
  if (!is_tensor(out)) return write_results(op, own(PySequence_Tuple(out)).get(), result.get(), inputs);
  write_out(op.name, tensor_of(out), tensor_of(result.get()), inputs);
  return Py_NewRef(out);
}

// What programs once wrote: x.add_(2, y) for x.add_(y, alpha=2), addmm(2, x, 3, a, b) for addmm(x, a, b, beta=2,
// alpha=3). The numbers that an op takes by keyword only stood among its tensors. Nothing where the call is none of
// these.
PyObject* call_old_form(const Op& op, Form form, PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                        PyObject* keywords) {
  static std::atomic<bool> warned = false;
  for (const Line& line : lines_of(op).lines) {
    if (!(line.overload->forms & form)) continue;
    const size_t from = line.first(self);
    size_t tensor = from, number = line.positional;
    std::vector<PyObject*> all, numbers;
    const Ref names = own(PyList_New(0));
    std::string old;
    const auto take = [&](size_t& next, size_t end, Kind kind) {
      if (next == end || line.parameters[next].kind != kind) return false;
      old += (old.empty() ? "" : ", ") + std::string(kind == Kind::Tensor ? "Tensor " : "Number ") +
             std::string(text_of(line.parameters[next++].name));
      return true;
    };
    for (Py_ssize_t i = 0; i < count; ++i) {
      if (is_tensor(arguments[i]) ? !take(tensor, line.positional, Kind::Tensor)
                                  : !is_number(arguments[i]) || !take(number, line.parameters.size(), Kind::Number))
        return nullptr;
      (is_tensor(arguments[i]) ? all : numbers).push_back(arguments[i]);
    }
    if (tensor != line.positional || numbers.empty()) return nullptr;
    const auto tensors = static_cast<Py_ssize_t>(all.size());
    all.insert(all.end(), numbers.begin(), numbers.end());
    for (size_t i = line.positional; i < number; ++i) check_status(PyList_Append(names.get(), line.parameters[i].name));
    for (Py_ssize_t i = 0; keywords && i < PyTuple_GET_SIZE(keywords); ++i) {
      all.push_back(arguments[count + i]);
      check_status(PyList_Append(names.get(), PyTuple_GET_ITEM(keywords, i)));
    }
    const std::string name = op.name;
    const std::string text = "This overload of " + name + " is deprecated:\n\t" + name + "(" + old +
                             ")\nConsider using one of the following signatures instead:\n\t" + name +
                             shown(line, form);
    warn_once(&warned, text.c_str());
    return call(op, form, self, all.data(), tensors, own(PyList_AsTuple(names.get())).get());
  }
  return nullptr;
}

Py_ssize_t find_keyword(PyObject* keywords, const char* name) {
  if (!keywords) return -1;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); ++i)
    if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(keywords, i), name) == 0) return i;
  return -1;
}

}  // namespace

const Tensor& Arguments::optional_tensor(size_t i) const {
  static const Tensor* const undefined = new Tensor;
  return has(i) ? tensor(i) : *undefined;
}

std::vector<Tensor> Arguments::tensors(size_t i) const {
  std::vector<Tensor> tensors;
  const Ref items = own(PySequence_Fast(slots_[i], "expected a sequence of Tensors"));
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(items.get());
  for (Py_ssize_t j = 0; j < count; ++j) {
    PyObject* item = PySequence_Fast_GET_ITEM(items.get(), j);
    if (!is_tensor(item) && has_torch_function(item)) throw ObjectAmongTensors();
    if (!is_tensor(item))
      raise(PyExc_TypeError,
            "expected Tensor as element " + std::to_string(j) + " in argument 0, but got " + type_name_of(item));
    tensors.push_back(tensor_of(item));
  }
  return tensors;
}

int64_t integer_of(PyObject* object) {
  if (is_tensor(object)) return tensor_of(object).item().toLong();
  const Ref index = PyLong_CheckExact(object) ? Ref::borrow(object) : own(PyNumber_Index(object));
  const int64_t value = PyLong_AsLongLong(index.get());
  if (value == -1 && PyErr_Occurred()) {
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
      PyErr_Clear();
      raise(PyExc_ValueError, "Overflow when unpacking long long");
    }
    throw PythonError();
  }
  return value;
}

Scalar scalar_of(PyObject* object) {
  if (PyFloat_CheckExact(object)) return PyFloat_AS_DOUBLE(object);
  if (PyBool_Check(object)) return object == Py_True;
  if (PyLong_Check(object)) {
    const int64_t value = PyLong_AsLongLong(object);
    if (value == -1 && PyErr_Occurred()) throw PythonError();  // OverflowError: int too big to convert
    return value;
  }
  if (is_tensor(object)) return tensor_of(object).item();
  if (PyIndex_Check(object)) return integer_of(object);
  return number_of(object);
}

double Arguments::number(size_t i) const { return number_of(slots_[i]); }

bool Arguments::boolean(size_t i) const {
  const int truth = PyObject_IsTrue(slots_[i]);
  check_status(truth);
  return truth != 0;
}

DimVector Arguments::integers(size_t i) const {
  DimVector list;
  if (i == spread_slot_) {
    for (size_t j = 0; j < spread_count_; ++j) list.push_back(integer_of(spread_[j]));
  } else if (has(i)) {
    PyObject* object = slots_[i];
    if (PyTuple_Check(object) || PyList_Check(object)) {
      for (Py_ssize_t j = 0; j < PySequence_Fast_GET_SIZE(object); ++j)
        list.push_back(integer_of(PySequence_Fast_GET_ITEM(object, j)));
    } else {
      list.push_back(integer_of(object));
    }
  }
  return list;
}

TensorOptions Arguments::options(size_t i, TensorOptions options) const {
  if (has(i)) options = options.dtype(dtype(i));
  if (has(i + 2)) options = options.device(present_device(slots_[i + 2]));
  if (has(i + 4) && boolean(i + 4)) options = options.requires_grad(true);
  return options;
}

bool Arguments::large() const {
  int64_t elements = 0;
  for (size_t i = 0; i < 4 && slots_[i]; ++i)
    if (is_tensor(slots_[i]) && tensor(i).defined()) elements += tensor(i).impl()->numel;
  return elements >= kWorthUnlocking;
}

PyObject* call(const Op& op, Form form, PyObject* self, PyObject* const* arguments, Py_ssize_t count,
               PyObject* keywords) noexcept {
  return guarded([&]() -> PyObject* {
    const auto given = static_cast<size_t>(count);
    if (tensor_subclasses) [[unlikely]] {
      Ref result = overridden_call(op, form, self, arguments, count, keywords, false);
      if (result) return result.release();
    }
    Arguments slots;
    if (const Line* line = fitting_line(op, form, self, arguments, given, keywords, slots)) try {
        return line->overload->call(slots);
      } catch (const ObjectAmongTensors&) {
        return overridden_call(op, form, self, arguments, count, keywords, true).release();
      }
    const Py_ssize_t out = find_keyword(keywords, "out");
    if (out >= 0) return call_into(op, form, self, arguments, count, keywords, out);
    Ref result = overridden_call(op, form, self, arguments, count, keywords, true);
    if (result) return result.release();
    if (PyObject* old = call_old_form(op, form, self, arguments, count, keywords)) return old;
    raise_misfit(op, form, self, arguments, given, keywords);
  });
}

namespace {

// torch.return_types.max(
// values=tensor(...),
// indices=tensor(...))
PyObject* named_repr(PyObject* self, PyObject*) {
  return guarded([&] {
    const Ref fields = own(PyObject_GetAttrString(self, "__match_args__"));
    std::string result = "torch.return_types." + type_name_of(self) + "(";
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(fields.get()); ++i) {
      const Ref value = own(PyObject_Repr(PyTuple_GET_ITEM(self, i)));
      result += (i ? ",\n" : "\n") + std::string(text_of(PyTuple_GET_ITEM(fields.get(), i))) + "=";
      result += text_of(value.get());
    }
    return text(result + ")").release();
  });
}

PyObject* make_named_type(const std::string& name, const std::vector<const char*>& names) {
  static PyMethodDef repr = {"__repr__", named_repr, METH_NOARGS, nullptr};
  std::vector<PyStructSequence_Field> fields;
  for (const char* const field : names) fields.push_back({field, nullptr});
  fields.push_back({nullptr, nullptr});
  PyStructSequence_Desc description = {name.c_str(), nullptr, fields.data(), static_cast<int>(names.size())};
  PyTypeObject* type = PyStructSequence_NewType(&description);
  PyObject* object = checked(reinterpret_cast<PyObject*>(type));
  const Ref method = own(PyDescr_NewMethod(type, &repr));
  check_status(PyObject_SetAttrString(object, "__repr__", method.get()));
  return object;
}

// The type of that name, which is made when it is first asked for.
PyObject* named_type(const std::string& op, const std::vector<const char*>& names) {
  static PyObject* const types = checked(PyDict_New());
  PyObject* type = PyDict_GetItemString(types, op.c_str());
  if (!type) {
    type = make_named_type("torch.return_types." + op, names);
    check_status(PyDict_SetItemString(types, op.c_str(), type));
    Py_DECREF(type);
  }
  return type;
}

}  // namespace

PyObject* named(const char* op, std::initializer_list<const char*> names, TensorList results) {
  Ref tuple = own(PyStructSequence_New(reinterpret_cast<PyTypeObject*>(named_type(op, names))));
  for (size_t i = 0; i < results.size(); ++i)
    PyStructSequence_SetItem(tuple.get(), static_cast<Py_ssize_t>(i), checked(wrap(results[i])));
  return tuple.release();
}

PyObject* named_out(PyObject* results, PyObject* out) {
  if (PyTuple_CheckExact(results)) return Py_NewRef(out);
  const Ref fields = own(PyObject_GetAttrString(results, "__match_args__"));
  std::vector<const char*> names;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(fields.get()); ++i)
    names.push_back(text_of(PyTuple_GET_ITEM(fields.get(), i)).data());
  return PyObject_CallFunctionObjArgs(named_type(type_name_of(results) + "_out", names), out, nullptr);
}

}  // namespace relume::python
