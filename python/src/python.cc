// Errors across the border, and types.
#include "python.h"

#include <new>
#include <string_view>

#include "relume/dtype.h"
#include "relume/error.h"
#include "relume/warning.h"

namespace relume::python {

PythonError::PythonError() {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  type_ = Ref::steal(type);
  value_ = Ref::steal(value);
  traceback_ = Ref::steal(traceback);
}

void PythonError::restore() { PyErr_Restore(type_.release(), value_.release(), traceback_.release()); }

void raise(PyObject* kind, const std::string& message) {
  PyErr_SetString(kind, message.c_str());
  throw PythonError();
}

namespace {

void replace_all(std::string* text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text->find(from, at)) != text->npos; at += to.size()) text->replace(at, from.size(), to);
}

// A text of the library, which is libtorch's, with PyTorch's words in Python: CPUFloatType is torch.FloatTensor here.
std::string in_python(std::string text) {
#define RELUME_TRANSLATE(type, name, python) \
  if (ScalarType::name != kBFloat16) replace_all(&text, "CPU" #name "Type", "torch." #name "Tensor");
  RELUME_FORALL_DTYPES(RELUME_TRANSLATE)
#undef RELUME_TRANSLATE
  replace_all(&text, "register a hook on a variable", "register a hook on a tensor");
  return text;
}

void set_error(PyObject* kind, const std::exception& error) { PyErr_SetString(kind, in_python(error.what()).c_str()); }

}  // namespace

PyObject* translate_exception() noexcept {
  try {
    throw;
  } catch (PythonError& error) {
    error.restore();
  } catch (const IndexError& error) {
    set_error(PyExc_IndexError, error);
  } catch (const TypeError& error) {
    set_error(PyExc_TypeError, error);
  } catch (const ValueError& error) {
    set_error(PyExc_ValueError, error);
  } catch (const NotImplementedError& error) {
    set_error(PyExc_NotImplementedError, error);
  } catch (const LinAlgError& error) {
    set_error(linear_algebra_error(), error);
  } catch (const OutOfMemoryError& error) {
    set_error(out_of_memory_error(), error);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    set_error(PyExc_RuntimeError, error);
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "unknown C++ exception");
  }
  return nullptr;
}

namespace {

// Makes warnings of the library Python's, at the line of Python that called it.
class PythonWarnings : public WarningHandler {
 public:
  void process(const Warning& warning) override {
    const Locked lock;
    PyObject* const kind = warning.type().index() == 0 ? PyExc_UserWarning : PyExc_DeprecationWarning;
    check_status(PyErr_WarnEx(kind, warning.msg().c_str(), 1));
  }
};

}  // namespace

void hand_warnings_to_python() {
  static PythonWarnings handler;
  set_default_warning_handler(&handler);
}

PyObject* out_of_memory_error() {
  static PyObject* const type = PyErr_NewException("relume.OutOfMemoryError", PyExc_RuntimeError, nullptr);
  return type ? type : PyExc_RuntimeError;
}

PyObject* linear_algebra_error() {
  static PyObject* const type = PyErr_NewException("torch._C._LinAlgError", PyExc_RuntimeError, nullptr);
  return type ? type : PyExc_RuntimeError;
}

std::string_view text_of(PyObject* object) {
  Py_ssize_t size;
  const char* data = PyUnicode_AsUTF8AndSize(object, &size);
  if (!data) throw PythonError();
  return {data, static_cast<size_t>(size)};
}

std::string type_name_of(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  const Ref name = own(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), "__name__"));
  const Ref module = own(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), "__module__"));
  const std::string short_name(text_of(name.get()));
  if (!PyUnicode_Check(module.get())) return short_name;
  const std::string_view where = text_of(module.get());
  if (where == "relume" || where == "torch") return short_name == "Tensor" ? short_name : "torch." + short_name;
  const bool written_in_python = (PyType_GetFlags(type) & Py_TPFLAGS_HEAPTYPE) != 0;
  return written_in_python || where == "builtins" ? short_name : std::string(where) + "." + short_name;
}

PyTypeObject* make_type(PyObject* module, PyType_Spec& spec, PyObject* bases) {
  PyObject* type = checked(PyType_FromSpecWithBases(&spec, bases));
  const std::string_view name = spec.name;
  add_object(module, name.substr(name.rfind('.') + 1).data(), type);
  return reinterpret_cast<PyTypeObject*>(type);
}

void add_object(PyObject* module, const char* name, PyObject* object) {
  Py_INCREF(object);
  if (PyModule_AddObject(module, name, object) < 0) {
    Py_DECREF(object);
    throw PythonError();
  }
}

}  // namespace relume::python
