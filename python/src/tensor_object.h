// The Python object of a tensor, and who owns whom.
//
// As long as Python holds the object, the object owns the tensor. When Python lets go of an object that carries
// something of its own (attributes, a subclass, weak references) while C++ still holds the tensor, ownership turns
// round: the tensor keeps the object, and hands the same one out when it comes back to Python.
#pragma once

#include "python.h"
#include "relume/tensor.h"

namespace relume::python {

struct TensorObject {
  PyObject_HEAD union {
    Tensor tensor;  // not counted while owned_by_tensor
  };
  PyObject* attributes;  // __dict__
  PyObject* weak_references;
  bool owned_by_tensor;
};

extern PyTypeObject* tensor_type;
void add_tensor_type(PyObject* module);

inline bool is_tensor(PyObject* object) {
  return Py_TYPE(object) == tensor_type || PyObject_TypeCheck(object, tensor_type);
}
// The tensor of an object that is known to be one.
inline Tensor& tensor_of(PyObject* object) { return reinterpret_cast<TensorObject*>(object)->tensor; }
// The same for any object; throws TypeError, naming the function, where it is none.
Tensor& tensor_argument(PyObject* object, const char* function);

// The object of a tensor: the one that it has, or a new one. None for an undefined tensor.
PyObject* wrap(const Tensor& tensor);
PyObject* wrap(Tensor&& tensor);
inline PyObject* wrap(Tensor& tensor) { return wrap(static_cast<const Tensor&>(tensor)); }
// A new object of a subclass, for a tensor that has none yet.
PyObject* wrap_as(PyTypeObject* type, Tensor tensor);
// A tuple of them.
PyObject* wrap(TensorList tensors);
inline PyObject* wrap(const std::vector<Tensor>& tensors) { return wrap(TensorList(tensors)); }

// A hook written in Python, as Tensor::register_hook takes one. It is called, and dies, under the lock.
class PythonHook {
 public:
  explicit PythonHook(PyObject* callable) : callable_(Ref::borrow(callable)) {}
  PythonHook(PythonHook&&) = default;
  ~PythonHook();
  Tensor operator()(const Tensor& gradient) const;
  PyObject* callable() const { return callable_.get(); }

 private:
  Ref callable_;
};

}  // namespace relume::python
