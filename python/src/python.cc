// Errors across the border, and types.
#include "python.h"

#include <new>
#include <string_view>

#include "relume/error.h"

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

PyObject* translate_exception() noexcept {
  try {
    throw;
  } catch (PythonError& error) {
    error.restore();
  } catch (const IndexError& error) {
    PyErr_SetString(PyExc_IndexError, error.what());
  } catch (const TypeError& error) {
    PyErr_SetString(PyExc_TypeError, error.what());
  } catch (const ValueError& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  } catch (const NotImplementedError& error) {
    PyErr_SetString(PyExc_NotImplementedError, error.what());
  } catch (const OutOfMemoryError& error) {
    PyErr_SetString(out_of_memory_error(), error.what());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "unknown C++ exception");
  }
  return nullptr;
}

PyObject* out_of_memory_error() {
  static PyObject* const type = PyErr_NewException("relume.OutOfMemoryError", PyExc_RuntimeError, nullptr);
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
