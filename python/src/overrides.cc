// __torch_function__: who takes part in a call, and the call of it.
#include "overrides.h"

#include <algorithm>

#include "relume/ops.h"
#include "tables.h"

namespace relume::python {

bool tensor_subclasses = false;

namespace {

thread_local int disabled = 0;  // calls that are made for a __torch_function__ mean the op itself
// The innermost TorchFunctionMode of this thread, which overrides.py keeps: it is asked before any class.
thread_local PyObject* mode = nullptr;

PyObject* function_name() {
  static PyObject* const name = PyUnicode_InternFromString("__torch_function__");
  return name;
}

// The __torch_function__ of an object's class; none where there is none, or None in its place.
Ref function_of(PyTypeObject* type) {
  Ref function = Ref::steal(PyObject_GetAttr(reinterpret_cast<PyObject*>(type), function_name()));
  if (!function) PyErr_Clear();
  return function.get() == Py_None ? Ref() : function;
}

void add_class(std::vector<PyObject*>& classes, PyObject* object, bool any_object) {
  PyTypeObject* type = Py_TYPE(object);
  if (type == tensor_type || !(any_object || is_tensor(object)) || !function_of(type)) return;
  auto* added = reinterpret_cast<PyObject*>(type);
  if (std::find(classes.begin(), classes.end(), added) != classes.end()) return;
  const auto derives = [type](PyObject* other) {
    return PyType_IsSubtype(type, reinterpret_cast<PyTypeObject*>(other)) != 0;
  };
  classes.insert(std::find_if(classes.begin(), classes.end(), derives), added);
}

[[noreturn]] void raise_all_refused(PyObject* function, const std::vector<PyObject*>& classes) {
  const Ref name = own(PyObject_GetAttrString(function, "__name__"));
  std::string text = "Multiple dispatch failed for '" + std::string(text_of(name.get())) +
                     "'; all __torch_function__ handlers returned NotImplemented:\n";
  for (PyObject* type : classes) {
    const Ref shown = own(PyObject_Repr(type));
    text += "\n  - tensor subclass " + std::string(text_of(shown.get()));
  }
  raise(PyExc_TypeError, text);
}

const Op kOverrides[] = {
    {"_watch_subclasses",
     "_watch_subclasses()\n\nSays that there is a subclass of Tensor whose __torch_function__ counts.\n",
     {{kFunction, "",
       [](Arguments&) -> PyObject* {
         tensor_subclasses = true;
         return none();
       }}}},
    {"_set_mode",
     "_set_mode(mode)\n\nHas the mode be asked in place of each op of this thread; None for none.\n",
     {{kFunction, "object mode",
       [](Arguments& a) -> PyObject* {
         mode = a.object(0) == Py_None ? nullptr : a.object(0);
         if (mode) tensor_subclasses = true;
         return none();
       }}}},
    {"_disable_overrides",
     "_disable_overrides(step)\n\nAdds to how often __torch_function__ is switched off in this thread.\n",
     {{kFunction, "int step",
       [](Arguments& a) -> PyObject* {
         disabled += static_cast<int>(a.integer(0));
         return none();
       }}}},
};

}  // namespace

namespace detail {

std::vector<PyObject*> overriding(PyObject* const* arguments, size_t count, bool any_object) {
  std::vector<PyObject*> classes;
  if (disabled) return classes;
  if (mode) classes.push_back(mode);
  for (size_t i = 0; i < count; ++i) {
    PyObject* argument = arguments[i];
    if (PyTuple_Check(argument) || PyList_Check(argument)) {
      const Py_ssize_t length = PySequence_Fast_GET_SIZE(argument);
      for (Py_ssize_t j = 0; j < length; ++j) add_class(classes, PySequence_Fast_GET_ITEM(argument, j), any_object);
    } else {
      add_class(classes, argument, any_object);
    }
  }
  return classes;
}

Ref call_overriding(const std::vector<PyObject*>& classes, PyObject* function, PyObject* const* arguments,
                    Py_ssize_t count, PyObject* keywords) {
  const size_t start = classes[0] == mode;  // a mode is no class
  const Ref types = own(PyTuple_New(static_cast<Py_ssize_t>(classes.size() - start)));
  for (size_t i = start; i < classes.size(); ++i)
    PyTuple_SET_ITEM(types.get(), static_cast<Py_ssize_t>(i - start), Py_NewRef(classes[i]));
  const Ref positional = own(PyTuple_New(count));
  for (Py_ssize_t i = 0; i < count; ++i) PyTuple_SET_ITEM(positional.get(), i, Py_NewRef(arguments[i]));
  const Ref named = own(PyDict_New());
  for (Py_ssize_t i = 0; keywords && i < PyTuple_GET_SIZE(keywords); ++i)
    check_status(PyDict_SetItem(named.get(), PyTuple_GET_ITEM(keywords, i), arguments[count + i]));
  for (PyObject* type : classes) {
    const Ref handler =
        type == mode ? own(PyObject_GetAttrString(mode, "_asked")) : function_of(reinterpret_cast<PyTypeObject*>(type));
    Ref result =
        own(PyObject_CallFunctionObjArgs(handler.get(), function, types.get(), positional.get(), named.get(), nullptr));
    if (result.get() != Py_NotImplemented) return result;
  }
  raise_all_refused(function, classes);
}

}  // namespace detail

bool has_torch_function(PyObject* object) { return !disabled && function_of(Py_TYPE(object)); }

Ref overridden_operator(const char* name, std::initializer_list<PyObject*> arguments, bool any_object) {
  const auto method = [name] { return own(PyObject_GetAttrString(reinterpret_cast<PyObject*>(tensor_type), name)); };
  return overridden(method, arguments.begin(), static_cast<Py_ssize_t>(arguments.size()), nullptr, any_object);
}

PyObject* wrap_like(PyObject* like, Tensor tensor) {
  PyTypeObject* type = Py_TYPE(like);
  if (!tensor_subclasses || type == tensor_type || disabled || !function_of(type)) return wrap(std::move(tensor));
  return wrap_as(type, relume::alias(tensor));
}

void append_overrides(std::vector<OpEntry>& entries) { append_entries<kOverrides>(entries); }

}  // namespace relume::python
