// dtype, layout and memory_format: named constants; Size, a tuple.
#include "types.h"

#include "relume/printing.h"

namespace relume::python {

namespace {

// A constant of one of the three types, such as relume.float32.
struct Constant {
  PyObject_HEAD int value;
  PyObject* name;
};

PyTypeObject* dtype_type = nullptr;
PyTypeObject* layout_type = nullptr;
PyTypeObject* format_type = nullptr;
PyTypeObject* size_type = nullptr;
PyObject* dtypes[kNumDtypes];
PyObject* formats[4];
PyObject* strided = nullptr;

const Constant* constant(PyObject* object) { return reinterpret_cast<const Constant*>(object); }
ScalarType dtype_value(PyObject* object) { return static_cast<ScalarType>(constant(object)->value); }

PyObject* constant_repr(PyObject* self) { return PyUnicode_FromFormat("torch.%U", constant(self)->name); }
PyObject* constant_reduce(PyObject* self, PyObject*) { return Py_NewRef(constant(self)->name); }

PyMethodDef constant_methods[] = {
    {"__reduce__", constant_reduce, METH_NOARGS, "Pickles by name."},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef dtype_attributes[] = {
    {"is_floating_point", [](PyObject* self, void*) { return boolean(is_floating_point(dtype_value(self))); }, nullptr,
     "Whether the elements have a fraction.", nullptr},
    {"is_complex", [](PyObject*, void*) { return boolean(false); }, nullptr, "Always False.", nullptr},
    {"is_signed", [](PyObject* self, void*) { return boolean(is_signed(dtype_value(self))); }, nullptr,
     "Whether the elements can be negative.", nullptr},
    {"itemsize", [](PyObject* self, void*) { return PyLong_FromLongLong(element_size(dtype_value(self))); }, nullptr,
     "Bytes of an element.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyTypeObject* make_constant_type(PyObject* module, const char* name, const char* documentation,
                                 PyGetSetDef* attributes) {
  PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>(documentation)},
      {Py_tp_repr, reinterpret_cast<void*>(constant_repr)},
      {Py_tp_methods, constant_methods},
      {attributes ? Py_tp_getset : 0, attributes},
      {0, nullptr},
  };
  PyType_Spec spec = {name, sizeof(Constant), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  return make_type(module, spec);
}

PyObject* make_constant(PyObject* module, PyTypeObject* type, int value, const char* name) {
  Constant* made = PyObject_New(Constant, type);
  if (!made) throw PythonError();
  made->value = value;
  made->name = checked(PyUnicode_InternFromString(name));
  PyObject* object = reinterpret_cast<PyObject*>(made);
  add_object(module, name, object);
  return object;
}

struct OtherName {
  const char* name;
  ScalarType dtype;
};
constexpr OtherName kOtherNames[] = {{"float", kFloat}, {"double", kDouble}, {"half", kHalf},
                                     {"short", kShort}, {"int", kInt},       {"long", kLong}};

void add_dtypes(PyObject* module) {
  dtype_type = make_constant_type(module, "relume.dtype", "The type of a tensor's elements, such as relume.float32.",
                                  dtype_attributes);
  for (int i = 0; i < kNumDtypes; ++i)
    dtypes[i] = make_constant(module, dtype_type, i, python_name(static_cast<ScalarType>(i)));
  for (const OtherName& other : kOtherNames) add_object(module, other.name, dtype_object(other.dtype));
}

PyObject* size_repr(PyObject* self) {
  const Ref list = Ref::steal(PySequence_List(self));
  return list ? PyUnicode_FromFormat("torch.Size(%R)", list.get()) : nullptr;
}

// A Size with the items of a tuple.
PyObject* size_from_tuple(PyObject* tuple) {
  const Py_ssize_t count = PyTuple_GET_SIZE(tuple);
  PyObject* size = PyType_GenericAlloc(size_type, count);
  if (!size) return nullptr;
  for (Py_ssize_t i = 0; i < count; ++i) PyTuple_SET_ITEM(size, i, Py_NewRef(PyTuple_GET_ITEM(tuple, i)));
  return size;
}

// What tuple's own slot makes, as a Size where it is a tuple.
template <class F>
PyObject* resized(F make) {
  const Ref made = Ref::steal(make());
  if (!made || !PyTuple_CheckExact(made.get())) return Ref(made).release();
  return size_from_tuple(made.get());
}
PyObject* size_subscript(PyObject* self, PyObject* index) {
  return resized([&] { return slot_of<binaryfunc>(&PyTuple_Type, Py_mp_subscript)(self, index); });
}
PyObject* size_concat(PyObject* self, PyObject* other) {
  return resized([&] { return slot_of<binaryfunc>(&PyTuple_Type, Py_sq_concat)(self, other); });
}
// (1,) + size and size + (1,): a Size.
PyObject* size_add(PyObject* left, PyObject* right) {
  if (!PyTuple_Check(left) || !PyTuple_Check(right)) Py_RETURN_NOTIMPLEMENTED;
  return size_concat(left, right);
}
PyObject* size_repeat(PyObject* self, Py_ssize_t times) {
  return resized([&] { return slot_of<ssizeargfunc>(&PyTuple_Type, Py_sq_repeat)(self, times); });
}

PyObject* size_numel(PyObject* self, PyObject*) {
  Ref product = Ref::steal(PyLong_FromLong(1));
  for (Py_ssize_t i = 0; product && i < PyTuple_GET_SIZE(self); ++i)
    product = Ref::steal(PyNumber_Multiply(product.get(), PyTuple_GET_ITEM(self, i)));
  return product.release();
}

PyObject* size_reduce(PyObject* self, PyObject*) {
  const Ref tuple = Ref::steal(PyTuple_GetSlice(self, 0, PyTuple_GET_SIZE(self)));
  return tuple ? Py_BuildValue("O((O))", Py_TYPE(self), tuple.get()) : nullptr;
}

PyObject* size_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  return guarded([&] {
    Ref made = own(slot_of<newfunc>(&PyTuple_Type, Py_tp_new)(type, arguments, keywords));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(made.get()); ++i) {
      PyObject* item = PyTuple_GET_ITEM(made.get(), i);
      if (PyLong_Check(item)) continue;
      Ref index = Ref::steal(PyNumber_Index(item));
      PyErr_Clear();
      if (!index)
        raise(PyExc_TypeError, "torch.Size() takes an iterable of 'int' (item " + std::to_string(i) + " is '" +
                                   type_name_of(item) + "')");
      check_status(PyTuple_SetItem(made.get(), i, index.release()));
    }
    return made.release();
  });
}

PyMethodDef size_methods[] = {
    {"numel", size_numel, METH_NOARGS, "numel($self, /)\n--\n\nThe number of elements of a tensor of this size."},
    {"__reduce__", size_reduce, METH_NOARGS, "Pickles as a tuple."},
    {nullptr, nullptr, 0, nullptr},
};

void add_size(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("The sizes of a tensor: a tuple of ints.")},
      {Py_tp_new, reinterpret_cast<void*>(size_new)},
      {Py_tp_repr, reinterpret_cast<void*>(size_repr)},
      {Py_tp_methods, size_methods},
      {Py_mp_subscript, reinterpret_cast<void*>(size_subscript)},
      {Py_sq_concat, reinterpret_cast<void*>(size_concat)},
      {Py_nb_add, reinterpret_cast<void*>(size_add)},
      {Py_sq_repeat, reinterpret_cast<void*>(size_repeat)},
      {0, nullptr},
  };
  PyType_Spec spec = {"relume.Size", 0, 0, Py_TPFLAGS_DEFAULT, slots};
  const Ref bases = own(PyTuple_Pack(1, &PyTuple_Type));
  size_type = make_type(module, spec, bases.get());
}

}  // namespace

void add_constants(PyObject* module) {
  add_dtypes(module);
  layout_type = make_constant_type(module, "relume.layout", "How a tensor is stored: relume.strided.", nullptr);
  strided = make_constant(module, layout_type, 0, "strided");
  format_type =
      make_constant_type(module, "relume.memory_format", "The order of a tensor's elements in memory.", nullptr);
  constexpr const char* kFormats[] = {"contiguous_format", "preserve_format", "channels_last", "channels_last_3d"};
  for (int i = 0; i < 4; ++i) formats[i] = make_constant(module, format_type, i, kFormats[i]);
  add_size(module);
}

PyObject* dtype_object(ScalarType dtype) { return dtypes[static_cast<int>(dtype)]; }
bool is_dtype(PyObject* object) { return Py_TYPE(object) == dtype_type; }
ScalarType dtype_of(PyObject* object) {
  if (is_dtype(object)) return dtype_value(object);
  if (object == reinterpret_cast<PyObject*>(&PyFloat_Type)) return kDouble;
  return object == reinterpret_cast<PyObject*>(&PyLong_Type) ? kLong : kBool;
}

PyObject* layout_object() { return strided; }
bool is_layout(PyObject* object) { return Py_TYPE(object) == layout_type; }
PyObject* format_object(MemoryFormat format) { return formats[static_cast<int>(format)]; }
bool is_format(PyObject* object) { return Py_TYPE(object) == format_type; }
MemoryFormat format_of(PyObject* object) { return static_cast<MemoryFormat>(constant(object)->value); }

bool is_size(PyObject* object) { return Py_TYPE(object) == size_type; }
PyObject* size_object(IntArrayRef sizes) {
  Ref size = own(PyType_GenericAlloc(size_type, static_cast<Py_ssize_t>(sizes.size())));
  for (size_t i = 0; i < sizes.size(); ++i)
    PyTuple_SET_ITEM(size.get(), static_cast<Py_ssize_t>(i), checked(PyLong_FromLongLong(sizes[i])));
  return size.release();
}

}  // namespace relume::python
