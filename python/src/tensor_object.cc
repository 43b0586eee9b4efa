// Life and death of tensor objects: identity, ownership, and what the collector of cycles sees.
#include "tensor_object.h"

#include <chrono>

#include "autograd/variable.h"
#include "core/python_object.h"
#include "function.h"
#include "tensor_type.h"

namespace relume::python {

PyTypeObject* tensor_type = nullptr;

namespace {

using detail::TensorImpl;
using HookOfPython = detail::TensorHookOf<PythonHook>;

TensorObject* object_of(PyObject* self) { return reinterpret_cast<TensorObject*>(self); }

PyObject* make_object(PyTypeObject* type, Tensor&& tensor) {
  TensorObject* object;
  if (type == tensor_type) {
    object = PyObject_GC_New(TensorObject, type);
    if (!object) throw PythonError();
    object->attributes = nullptr;
    object->weak_references = nullptr;
  } else {
    object = object_of(checked(PyType_GenericAlloc(type, 0)));  // zeroed, and tracked
  }
  object->owned_by_tensor = false;
  tensor.impl()->python_object = object;
  new (&object->tensor) Tensor(std::move(tensor));
  if (type == tensor_type) PyObject_GC_Track(object);
  return reinterpret_cast<PyObject*>(object);
}

// The object that the tensor has already. Where the tensor owned it, Python's new reference does from now on.
PyObject* existing_object(TensorImpl* impl) {
  auto* object = static_cast<TensorObject*>(impl->python_object);
  if (object->owned_by_tensor) {
    detail::retain(impl);
    object->owned_by_tensor = false;
  } else {
    Py_INCREF(reinterpret_cast<PyObject*>(object));
  }
  return reinterpret_cast<PyObject*>(object);
}

// Turns the ownership round where that is worth it. Called for an object that nobody refers to; true where it lives on.
bool hand_to_tensor(PyObject* self) {
  TensorObject* object = object_of(self);
  if (object->owned_by_tensor || !object->tensor.defined() || object->tensor.use_count() == 1) return false;
  if (Py_TYPE(self) == tensor_type && !object->attributes && !object->weak_references) return false;
  Py_INCREF(self);
  object->owned_by_tensor = true;
  PyObject_GC_Track(self);
  detail::release(object->tensor.impl());
  return true;
}

// The last C++ owner of a tensor has gone, and with it the tensor's reference to its object.
void release_object(void* python_object) {
  if (!Py_IsInitialized()) return;
  const Locked lock;
  auto* object = static_cast<TensorObject*>(python_object);
  new (&object->tensor) Tensor();  // whoever has the object still, by a weak reference, has an undefined tensor
  object->owned_by_tensor = false;
  Py_DECREF(reinterpret_cast<PyObject*>(object));
}

// Raises what a signal's handler raises (KeyboardInterrupt), asking a hundred times a second at most. Only in threads
// that run Python: others get no signals.
void check_signals() {
  constexpr auto kBetween = std::chrono::milliseconds(10);
  thread_local std::chrono::steady_clock::time_point next{};
  const auto now = std::chrono::steady_clock::now();
  if (now < next) return;
  next = now + kBetween;
  const Locked lock;
  check_status(PyErr_CheckSignals());
}

int visit_hooks(TensorImpl* impl, visitproc visit, void* arg) {
  const auto* meta = static_cast<autograd::AutogradMeta*>(impl->autograd);
  if (!meta) return 0;
  for (const auto* hooks : {meta->leaf_hooks.get(), meta->accumulated_hooks.get()}) {
    if (!hooks) continue;
    for (const autograd::NodeHook& hook : *hooks)
      if (const auto* own = dynamic_cast<HookOfPython*>(hook.hook.get())) Py_VISIT(own->hook.callable());
  }
  if (meta->grad.defined() && meta->grad.use_count() == 1) {
    auto* object = static_cast<TensorObject*>(meta->grad.impl()->python_object);
    if (object && object->owned_by_tensor) Py_VISIT(reinterpret_cast<PyObject*>(object));
  }
  if (meta->grad_fn) return visit_node(meta->grad_fn.get(), visit, arg);
  return 0;
}

}  // namespace

int traverse_tensor(PyObject* self, visitproc visit, void* arg) {
  TensorObject* object = object_of(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(object->attributes);
  // What the tensor holds belongs to this object only where nobody else holds the tensor.
  if (!object->owned_by_tensor && object->tensor.defined() && object->tensor.use_count() == 1)
    return visit_hooks(object->tensor.impl(), visit, arg);
  return 0;
}

int clear_tensor(PyObject* self) {
  TensorObject* object = object_of(self);
  Py_CLEAR(object->attributes);
  if (object->owned_by_tensor || !object->tensor.defined()) return 0;
  Tensor tensor;
  tensor.swap(object->tensor);
  tensor.impl()->python_object = nullptr;
  return 0;
}

void delete_tensor(PyObject* self) {
  PyObject_GC_UnTrack(self);
  if (hand_to_tensor(self)) return;
  TensorObject* object = object_of(self);
  if (object->tensor.defined()) object->tensor.impl()->python_object = nullptr;
  if (object->weak_references) PyObject_ClearWeakRefs(self);
  Py_CLEAR(object->attributes);
  object->tensor.~Tensor();
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

PyObject* wrap(Tensor&& tensor) {
  if (!tensor.defined()) return none();
  TensorImpl* impl = tensor.impl();
  return impl->python_object ? existing_object(impl) : make_object(tensor_type, std::move(tensor));
}

PyObject* wrap(const Tensor& tensor) {
  if (!tensor.defined()) return none();
  TensorImpl* impl = tensor.impl();
  return impl->python_object ? existing_object(impl) : make_object(tensor_type, Tensor(tensor));
}

PyObject* wrap_as(PyTypeObject* type, Tensor tensor) { return make_object(type, std::move(tensor)); }

PyObject* wrap(TensorList tensors) {
  Ref tuple = own(PyTuple_New(static_cast<Py_ssize_t>(tensors.size())));
  for (size_t i = 0; i < tensors.size(); ++i)
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), checked(wrap(tensors[i])));
  return tuple.release();
}

Tensor& tensor_argument(PyObject* object, const char* function) {
  if (!is_tensor(object))
    raise(PyExc_TypeError, std::string(function) + ": expected Tensor, got " + type_name_of(object));
  return tensor_of(object);
}

PythonHook::~PythonHook() {
  if (!callable_) return;
  if (!Py_IsInitialized()) {
    callable_.release();
    return;
  }
  const Locked lock;
  callable_ = Ref();
}

namespace {

// Refuses what a hook made of a gradient where it cannot replace it.
void check_replacement(PyObject* hook, const Tensor& gradient, const Tensor& result) {
  const auto refuse = [hook](const std::string& text) {
    const Ref name = own(PyObject_HasAttrString(hook, "__name__") ? PyObject_GetAttrString(hook, "__name__")
                                                                  : PyUnicode_FromString("<unknown>"));
    raise(PyExc_RuntimeError, "hook '" + std::string(text_of(name.get())) + "' has changed the " + text);
  };
  if (result.scalar_type() != gradient.scalar_type())
    refuse(std::string("type of value (was torch.") + to_string(gradient.scalar_type()) + "Tensor got torch." +
           to_string(result.scalar_type()) + "Tensor)");
  if (result.sizes() != gradient.sizes()) refuse("size of value");
}

}  // namespace

Tensor PythonHook::operator()(const Tensor& gradient) const {
  const Locked lock;
  const Ref argument = Ref::steal(wrap(gradient));
  const Ref result = own(PyObject_CallFunctionObjArgs(callable_.get(), argument.get(), nullptr));
  if (result.get() == Py_None) return Tensor();
  if (!is_tensor(result.get()))
    raise(PyExc_TypeError, "expected Variable, but hook returned '" + type_name_of(result.get()) + "'");
  check_replacement(callable_.get(), gradient, tensor_of(result.get()));
  return tensor_of(result.get());
}

void watch_tensors() {
  detail::release_python_object = release_object;
  detail::check_interrupt = check_signals;
}

}  // namespace relume::python
