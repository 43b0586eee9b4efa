// nn.Module's base: __call__ and __getattribute__. Everything else about modules is Python.
//
// A module keeps its parameters, buffers and children in three dicts of its own __dict__, as PyTorch's does; lookup
// goes there before the class, so that self.weight costs two lookups in dicts. A call without hooks goes straight to
// forward.
#include "module.h"

namespace relume::python {

namespace {

// The first member is not used: a type that adds a __dict__ alone could stand behind a mixin among the bases of a class,
// whose objects would then be laid out as the mixin's.
struct ModuleObject {
  PyObject_HEAD void* layout;
  PyObject* attributes;
  PyObject* weak_references;
};

// Interned names, made once.
struct Names {
  PyObject* parameters = PyUnicode_InternFromString("_parameters");
  PyObject* buffers = PyUnicode_InternFromString("_buffers");
  PyObject* modules = PyUnicode_InternFromString("_modules");
  PyObject* forward = PyUnicode_InternFromString("forward");
  PyObject* hooked = PyUnicode_InternFromString("_hooked");
  PyObject* call_with_hooks = PyUnicode_InternFromString("_call_with_hooks");
};
Names* names = nullptr;
// A list that is not empty while hooks for all modules exist.
PyObject* global_hooks = nullptr;

ModuleObject* module_of(PyObject* self) { return reinterpret_cast<ModuleObject*>(self); }

PyObject* find(PyObject* attributes, PyObject* table, PyObject* name) {
  PyObject* dict = PyDict_GetItemWithError(attributes, table);
  return dict && PyDict_CheckExact(dict) ? PyDict_GetItemWithError(dict, name) : nullptr;
}

PyObject* get_attribute(PyObject* self, PyObject* name) {
  if (PyObject* attributes = module_of(self)->attributes) {
    PyObject* value = PyDict_GetItemWithError(attributes, name);
    if (!value) value = find(attributes, names->parameters, name);
    if (!value) value = find(attributes, names->modules, name);
    if (!value) value = find(attributes, names->buffers, name);
    if (value) return Py_NewRef(value);
    if (PyErr_Occurred()) return nullptr;
  }
  return PyObject_GenericGetAttr(self, name);
}

// forward as a plain function of the class, to which self is passed; null where it is anything else.
PyObject* plain_forward(PyObject* self) {
  PyObject* attributes = module_of(self)->attributes;
  if (attributes && PyDict_GetItemWithError(attributes, names->forward)) return nullptr;
  PyObject* forward = PyObject_GetAttr(reinterpret_cast<PyObject*>(Py_TYPE(self)), names->forward);
  if (forward && is_plain_function(forward)) return forward;
  Py_XDECREF(forward);
  PyErr_Clear();
  return nullptr;
}

bool has_hooks(PyObject* self) {
  if (global_hooks && PyList_GET_SIZE(global_hooks) > 0) return true;
  PyObject* attributes = module_of(self)->attributes;
  return attributes && PyDict_GetItemWithError(attributes, names->hooked) == Py_True;
}

PyObject* call_module(PyObject* self, PyObject* arguments, PyObject* keywords) {
  if (has_hooks(self)) {
    const Ref method = Ref::steal(PyObject_GetAttr(self, names->call_with_hooks));
    return method ? PyObject_Call(method.get(), arguments, keywords) : nullptr;
  }
  const Ref forward = Ref::steal(plain_forward(self));
  const Py_ssize_t count = PyTuple_GET_SIZE(arguments);
  constexpr Py_ssize_t kMost = 8;
  if (forward && count < kMost && (!keywords || PyDict_GET_SIZE(keywords) == 0)) {
    PyObject* all[kMost] = {self};
    for (Py_ssize_t i = 0; i < count; ++i) all[i + 1] = PyTuple_GET_ITEM(arguments, i);
    return PyObject_Vectorcall(forward.get(), all, static_cast<size_t>(count) + 1, nullptr);
  }
  const Ref method = Ref::steal(PyObject_GetAttr(self, names->forward));
  return method ? PyObject_Call(method.get(), arguments, keywords) : nullptr;
}

void delete_module(PyObject* self) {
  PyObject_GC_UnTrack(self);
  ModuleObject* module = module_of(self);
  if (module->weak_references) PyObject_ClearWeakRefs(self);
  Py_CLEAR(module->attributes);
  free_object(self);
}
int traverse_module(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(module_of(self)->attributes);
  return 0;
}
int clear_module(PyObject* self) {
  Py_CLEAR(module_of(self)->attributes);
  return 0;
}

PyGetSetDef module_attributes[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyMemberDef module_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(ModuleObject, attributes), READONLY, nullptr},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(ModuleObject, weak_references), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

}  // namespace

void add_module_type(PyObject* module) {
  names = new Names;
  global_hooks = checked(PyList_New(0));
  add_object(module, "_global_hooks", global_hooks);
  PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("The base of nn.Module: calls forward, and finds parameters and children.")},
      {Py_tp_dealloc, reinterpret_cast<void*>(delete_module)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse_module)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_module)},
      {Py_tp_call, reinterpret_cast<void*>(call_module)},
      {Py_tp_getattro, reinterpret_cast<void*>(get_attribute)},
      {Py_tp_setattro, reinterpret_cast<void*>(PyObject_GenericSetAttr)},
      {Py_tp_getset, module_attributes},
      {Py_tp_members, module_members},
      {0, nullptr},
  };
  PyType_Spec spec = {"relume._C.ModuleBase", sizeof(ModuleObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  make_type(module, spec);
}

}  // namespace relume::python
