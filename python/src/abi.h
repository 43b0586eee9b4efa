// What the binding reads of the interpreter's objects: in place where the whole API is there, through functions where
// Py_LIMITED_API hides them (the stable ABI, by which one build serves Python 3.12 and every later version).
#pragma once

// Before every standard header, as Python.h demands.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#ifdef Py_LIMITED_API
// Functions in place of the macros of the same names.
inline Py_ssize_t PyTuple_GET_SIZE(PyObject* tuple) { return PyTuple_Size(tuple); }
inline PyObject* PyTuple_GET_ITEM(PyObject* tuple, Py_ssize_t i) { return PyTuple_GetItem(tuple, i); }
inline void PyTuple_SET_ITEM(PyObject* tuple, Py_ssize_t i, PyObject* item) { PyTuple_SetItem(tuple, i, item); }
inline Py_ssize_t PyList_GET_SIZE(PyObject* list) { return PyList_Size(list); }
inline PyObject* PyList_GET_ITEM(PyObject* list, Py_ssize_t i) { return PyList_GetItem(list, i); }
inline void PyList_SET_ITEM(PyObject* list, Py_ssize_t i, PyObject* item) { PyList_SetItem(list, i, item); }
inline Py_ssize_t PyDict_GET_SIZE(PyObject* dict) { return PyDict_Size(dict); }
inline double PyFloat_AS_DOUBLE(PyObject* number) { return PyFloat_AsDouble(number); }
#endif

namespace relume::python {

// Whether `object` is a function written in Python.
inline bool is_plain_function(PyObject* object) {
#ifdef Py_LIMITED_API
  static PyObject* const type = [] {
    PyObject* types = PyImport_ImportModule("types");
    PyObject* found = types ? PyObject_GetAttrString(types, "FunctionType") : nullptr;
    Py_XDECREF(types);
    PyErr_Clear();
    return found;
  }();
  return reinterpret_cast<PyObject*>(Py_TYPE(object)) == type;
#else
  return PyFunction_Check(object);
#endif
}

// What a slice is made of, which lives as long as the slice.
struct SliceBounds {
  PyObject *start, *stop, *step;
};
inline SliceBounds bounds_of(PyObject* slice) {
#ifdef Py_LIMITED_API
  static PyObject* const names[] = {PyUnicode_InternFromString("start"), PyUnicode_InternFromString("stop"),
                                    PyUnicode_InternFromString("step")};
  const auto member = [slice](PyObject* name) {
    PyObject* value = PyObject_GetAttr(slice, name);
    Py_XDECREF(value);
    return value;
  };
  return {member(names[0]), member(names[1]), member(names[2])};
#else
  const auto* object = reinterpret_cast<PySliceObject*>(slice);
  return {object->start, object->stop, object->step};
#endif
}

// A slot of a type, such as slot_of<reprfunc>(type, Py_tp_repr); null where the type has none.
template <class F>
F slot_of(PyTypeObject* type, int slot) {
  return reinterpret_cast<F>(PyType_GetSlot(type, slot));
}

// The end of a tp_dealloc: frees the memory of an object of a type made by make_type.
inline void free_object(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  slot_of<freefunc>(type, Py_tp_free)(self);
  Py_DECREF(type);
}

}  // namespace relume::python
