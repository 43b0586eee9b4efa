// The extension module relume._C: types, and the ops as functions and methods.

#include "arguments.h"
#include "dlpack.h"
#include "function.h"
#include "module.h"
#include "tables.h"
#include "tensor_type.h"
#include "types.h"

namespace relume::python {

namespace {

PyMethodDef definition(const Op& op, FastCall function) {
  return {op.name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function)), METH_FASTCALL | METH_KEYWORDS,
          op.documentation};
}

uint8_t forms_of(const Op& op) {
  uint8_t forms = 0;
  for (const Overload& overload : op.overloads) forms |= overload.forms;
  return forms;
}

// The rows of a form as the null-terminated list that the interpreter wants, which must live for ever.
PyMethodDef* definitions(const std::vector<OpEntry>& entries, Form form, FastCall OpEntry::*function) {
  auto* list = new std::vector<PyMethodDef>;
  for (const OpEntry& entry : entries)
    if (forms_of(*entry.op) & form) list->push_back(definition(*entry.op, entry.*function));
  list->push_back({nullptr, nullptr, 0, nullptr});
  return list->data();
}

PyObject* new_tensor(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static PyObject* const make = PyUnicode_InternFromString("_legacy_new");
  const Ref factory = Ref::steal(PyObject_GetAttr(reinterpret_cast<PyObject*>(tensor_type), make));
  if (!factory) return nullptr;
  const Ref types = Ref::steal(PyTuple_Pack(1, type));
  const Ref all = types ? Ref::steal(PySequence_Concat(types.get(), arguments)) : Ref();
  return all ? PyObject_Call(factory.get(), all.get(), keywords) : nullptr;
}

PyMemberDef tensor_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(TensorObject, attributes), READONLY, nullptr},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(TensorObject, weak_references), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

void add_tensor(PyObject* module, const std::vector<OpEntry>& entries) {
  std::vector<PyType_Slot> slots = number_slots();
  const auto add = [&](int id, auto* value) { slots.push_back({id, reinterpret_cast<void*>(value)}); };
  slots.push_back({Py_tp_doc, const_cast<char*>("An n-dimensional array of numbers that autograd can track.")});
  add(Py_tp_new, new_tensor);
  add(Py_tp_dealloc, delete_tensor);
  add(Py_tp_traverse, traverse_tensor);
  add(Py_tp_clear, clear_tensor);
  add(Py_mp_subscript, get_item);
  add(Py_mp_ass_subscript, set_item);
  add(Py_mp_length, length);
  add(Py_sq_length, length);
  add(Py_sq_contains, contains);
  add(Py_bf_getbuffer, get_buffer);
  add(Py_bf_releasebuffer, release_buffer);
  add(Py_tp_getset, tensor_attributes);
  add(Py_tp_members, tensor_members);
  add(Py_tp_methods, definitions(entries, kMethod, &OpEntry::method));
  slots.push_back({0, nullptr});
  PyType_Spec spec = {"relume.Tensor", sizeof(TensorObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots.data()};
  tensor_type = make_type(module, spec);
  // As messages of the interpreter name it.
  check_status(PyObject_SetAttrString(reinterpret_cast<PyObject*>(tensor_type), "__name__", text("Tensor").get()));
  watch_tensors();
}

// A namespace of functions below the module; it can be imported, as pickles of the functions ask for.
void add_functions(PyObject* module, const char* name, const char* documentation, PyMethodDef* functions) {
  PyObject* const space = PyImport_AddModule((std::string("relume._C.") + name).c_str());  // borrowed
  if (!space) throw PythonError();
  check_status(PyModule_SetDocString(space, documentation));
  check_status(PyModule_AddFunctions(space, functions));
  add_object(module, name, space);
}

PyModuleDef definition_of_module = {
    PyModuleDef_HEAD_INIT, "relume._C", "Relume's C++ core.", -1, nullptr, nullptr, nullptr, nullptr, nullptr};

}  // namespace
}  // namespace relume::python

PyMODINIT_FUNC PyInit__C() {
  using namespace relume::python;
  return guarded([] {
    Ref module = own(PyModule_Create(&definition_of_module));
    std::vector<OpEntry> entries;
    append_ops(entries);
    append_tensor_ops(entries);
    append_autograd_ops(entries);
    append_saved_hooks(entries);
    append_autocast_ops(entries);
    append_settings(entries);
    append_optimizer_ops(entries);
    append_file_ops(entries);
    append_overrides(entries);
    append_profiling(entries);
    hand_warnings_to_python();
    add_object(module.get(), "OutOfMemoryError", out_of_memory_error());
    add_object(module.get(), "_LinAlgError", linear_algebra_error());
    add_types(module.get());
    add_tensor(module.get(), entries);
    add_graph_types(module.get());
    add_module_type(module.get());
    add_dlpack(module.get());
    add_functions(module.get(), "ops", "Every op as a function.", definitions(entries, kFunction, &OpEntry::function));
    add_functions(module.get(), "functional", "Activations as nn.functional has them.",
                  definitions(entries, kFunctional, &OpEntry::functional));
    return module.release();
  });
}
