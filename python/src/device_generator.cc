// Where tensors are and where random numbers come from: device and Generator.
#include "relume/ops.h"
#include "tensor_object.h"
#include "types.h"

namespace relume::python {

namespace {

struct DeviceObject {
  PyObject_HEAD Device device;
};
struct GeneratorObject {
  PyObject_HEAD Generator generator;
};

PyTypeObject* device_type = nullptr;
PyTypeObject* generator_type = nullptr;

Device device_in(PyObject* self) { return reinterpret_cast<DeviceObject*>(self)->device; }
Generator& generator_in(PyObject* self) { return reinterpret_cast<GeneratorObject*>(self)->generator; }

PyObject* new_device(PyTypeObject*, PyObject* arguments, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    static const char* names[] = {"type", "index", nullptr};
    PyObject* type;
    int index = -1;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|i:device", const_cast<char**>(names), &type, &index))
      return nullptr;
    if (!is_device(type) && !PyUnicode_Check(type) && !PyLong_CheckExact(type))
      raise(PyExc_TypeError, "device(): argument 'type' must be str, not " + type_name_of(type));
    const Device device = device_of(type);
    if (index < -1) raise(PyExc_RuntimeError, "Device index must not be negative");
    if (index >= 0 && device.has_index())
      raise(PyExc_RuntimeError,
            "type (string) must not include an index because index was passed explicitly: " + device.str());
    return device_object(index < 0 ? device : Device(device.type(), static_cast<int8_t>(index)));
  });
}

PyObject* device_repr(PyObject* self) {
  const Device device = device_in(self);
  const char* type = device.is_cpu() ? "cpu" : "cuda";
  return device.has_index() ? PyUnicode_FromFormat("device(type='%s', index=%d)", type, device.index())
                            : PyUnicode_FromFormat("device(type='%s')", type);
}
PyObject* device_str(PyObject* self) { return PyUnicode_FromString(device_in(self).str().c_str()); }
Py_hash_t device_hash(PyObject* self) {
  return static_cast<Py_hash_t>(device_in(self).type()) * 1000 + device_in(self).index() + 2;
}
PyObject* device_compare(PyObject* self, PyObject* other, int operation) {
  if (!is_device(other) || (operation != Py_EQ && operation != Py_NE)) Py_RETURN_NOTIMPLEMENTED;
  return boolean((device_in(self) == device_in(other)) == (operation == Py_EQ));
}
PyObject* device_reduce(PyObject* self, PyObject*) { return Py_BuildValue("O(N)", Py_TYPE(self), device_str(self)); }

PyObject* device_enter(PyObject* self, PyObject*) {
  return guarded([&] {
    present_device(self);
    return Py_NewRef(self);
  });
}

PyGetSetDef device_attributes[] = {
    {"type", [](PyObject* self, void*) { return PyUnicode_FromString(device_in(self).is_cpu() ? "cpu" : "cuda"); },
     nullptr, "\"cpu\".", nullptr},
    {"index",
     [](PyObject* self, void*) -> PyObject* {
       return device_in(self).has_index() ? PyLong_FromLong(device_in(self).index()) : none();
     },
     nullptr, "Which device of its type, or None.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyMethodDef device_methods[] = {
    {"__reduce__", device_reduce, METH_NOARGS, "Pickles by name."},
    {"__enter__", device_enter, METH_NOARGS, "The default device of a block: the CPU, as there is no other."},
    {"__exit__", [](PyObject*, PyObject*) { return none(); }, METH_VARARGS, "Ends the block."},
    {nullptr, nullptr, 0, nullptr},
};

PyObject* new_generator(PyTypeObject*, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"device", nullptr};
  PyObject* device = nullptr;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O:Generator", const_cast<char**>(names), &device))
    return nullptr;
  return guarded([&] {
    if (device) present_device(device);
    return generator_object(Generator());
  });
}
void delete_generator(PyObject* self) {
  generator_in(self).~Generator();
  free_object(self);
}

PyObject* manual_seed_of(PyObject* self, PyObject* seed) {
  return guarded([&] {
    if (!PyIndex_Check(seed)) raise(PyExc_RuntimeError, "manual_seed expected a long, but got " + type_name_of(seed));
    const Ref index = own(PyNumber_Index(seed));
    const int overflowing = PyObject_RichCompareBool(index.get(), own(PyLong_FromLong(0)).get(), Py_LT);
    check_status(overflowing);
    const uint64_t value =
        overflowing ? static_cast<uint64_t>(PyLong_AsLongLong(index.get())) : PyLong_AsUnsignedLongLong(index.get());
    if (PyErr_Occurred()) {
      PyErr_Clear();
      raise(PyExc_ValueError, "Overflow when unpacking long long");
    }
    generator_in(self).manual_seed(value);
    return Py_NewRef(self);
  });
}
PyObject* get_state_of(PyObject* self, PyObject*) {
  return guarded([&] {
    const std::vector<uint8_t> state = generator_in(self).get_state();
    const Tensor bytes = relume::empty({static_cast<int64_t>(state.size())}, kByte);
    std::copy(state.begin(), state.end(), bytes.data_ptr<uint8_t>());
    return wrap(bytes);
  });
}
// A copy, and what is unpickled, goes on where the generator is.
PyObject* reduce_generator(PyObject* self, PyObject*) {
  return guarded([&] { return Py_BuildValue("O(s)N", Py_TYPE(self), "cpu", checked(get_state_of(self, nullptr))); });
}

PyObject* set_state_of(PyObject* self, PyObject* state) {
  return guarded([&] {
    if (!is_tensor(state)) raise(PyExc_TypeError, "expected a torch.ByteTensor, but got " + type_name_of(state));
    const Tensor bytes = tensor_of(state).contiguous();
    if (bytes.scalar_type() != kByte) raise(PyExc_TypeError, "RNG state must be a torch.ByteTensor");
    const auto* data = bytes.data_ptr<uint8_t>();
    generator_in(self).set_state(std::vector<uint8_t>(data, data + bytes.numel()));
    return Py_NewRef(self);
  });
}

PyMethodDef generator_methods[] = {
    {"manual_seed", manual_seed_of, METH_O,
     "manual_seed($self, seed, /)\n--\n\nStarts the stream of `seed`; returns the generator."},
    {"seed",
     [](PyObject* self, PyObject*) {
       return guarded([&] { return PyLong_FromUnsignedLongLong(generator_in(self).seed()); });
     },
     METH_NOARGS, "seed($self, /)\n--\n\nSeeds from the system's entropy; returns the seed."},
    {"initial_seed",
     [](PyObject* self, PyObject*) { return PyLong_FromUnsignedLongLong(generator_in(self).initial_seed()); },
     METH_NOARGS, "initial_seed($self, /)\n--\n\nThe seed of the stream."},
    {"get_state", get_state_of, METH_NOARGS, "get_state($self, /)\n--\n\nThe position in the stream, as bytes."},
    {"set_state", set_state_of, METH_O, "set_state($self, state, /)\n--\n\nGoes to a position of get_state()."},
    {"__reduce__", reduce_generator, METH_NOARGS, "Pickles the position in the stream."},
    {"__setstate__", set_state_of, METH_O, "Goes to the position that was pickled."},
    {"clone_state",
     [](PyObject* self, PyObject*) { return guarded([&] { return generator_object(generator_in(self).clone()); }); },
     METH_NOARGS, "clone_state($self, /)\n--\n\nA generator of its own at the same position."},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef generator_attributes[] = {
    {"device", [](PyObject*, void*) { return guarded([] { return device_object(Device()); }); }, nullptr, "The CPU.",
     nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

bool is_device(PyObject* object) { return Py_TYPE(object) == device_type; }
Device device_of(PyObject* object) {
  if (PyLong_CheckExact(object))  // the number of an accelerator
    raise(PyExc_RuntimeError, "Cannot access accelerator device when none is available.");
  return is_device(object) ? device_in(object) : Device(std::string(text_of(object)));
}
Device present_device(PyObject* object) {
  const Device device = device_of(object);
  if (!device.is_cpu()) raise(PyExc_AssertionError, "Torch not compiled with CUDA enabled");
  return device;
}
PyObject* device_object(Device device) {
  auto* object = reinterpret_cast<DeviceObject*>(checked(PyType_GenericAlloc(device_type, 0)));
  object->device = device;
  return reinterpret_cast<PyObject*>(object);
}

bool is_generator(PyObject* object) { return Py_TYPE(object) == generator_type; }
const Generator& generator_of(PyObject* object) { return generator_in(object); }
PyObject* generator_object(const Generator& generator) {
  auto* object = reinterpret_cast<GeneratorObject*>(checked(PyType_GenericAlloc(generator_type, 0)));
  new (&object->generator) Generator(generator);
  return reinterpret_cast<PyObject*>(object);
}

void add_types(PyObject* module) {
  add_constants(module);
  PyType_Slot device_slots[] = {
      {Py_tp_doc, const_cast<char*>("device(type, index=None)\n--\n\nWhere a tensor is. Relume computes on the CPU.")},
      {Py_tp_new, reinterpret_cast<void*>(new_device)},
      {Py_tp_repr, reinterpret_cast<void*>(device_repr)},
      {Py_tp_str, reinterpret_cast<void*>(device_str)},
      {Py_tp_hash, reinterpret_cast<void*>(device_hash)},
      {Py_tp_richcompare, reinterpret_cast<void*>(device_compare)},
      {Py_tp_getset, device_attributes},
      {Py_tp_methods, device_methods},
      {0, nullptr},
  };
  PyType_Spec device_spec = {"relume.device", sizeof(DeviceObject), 0, Py_TPFLAGS_DEFAULT, device_slots};
  device_type = make_type(module, device_spec);
  PyType_Slot generator_slots[] = {
      {Py_tp_doc, const_cast<char*>("Generator(device='cpu')\n--\n\nA stream of random numbers (mt19937).")},
      {Py_tp_new, reinterpret_cast<void*>(new_generator)},
      {Py_tp_dealloc, reinterpret_cast<void*>(delete_generator)},
      {Py_tp_getset, generator_attributes},
      {Py_tp_methods, generator_methods},
      {0, nullptr},
  };
  PyType_Spec generator_spec = {"relume._C.Generator", sizeof(GeneratorObject), 0, Py_TPFLAGS_DEFAULT, generator_slots};
  generator_type = make_type(module, generator_spec);
  add_object(module, "default_generator", own(generator_object(default_generator())).get());
}

}  // namespace relume::python
