// Classes that have a say in what ops do with their objects: __torch_function__.
#pragma once

#include "arguments.h"

namespace relume::python {

// Whether a class of the program's own derives from Tensor: until then no call looks for one.
extern bool tensor_subclasses;

// Whether the class of an object has a __torch_function__.
bool has_torch_function(PyObject* object);

// What a class among those of the arguments makes of the call, by its __torch_function__; nothing where no class has
// one, or where it is called already. `function` is asked for only where it is needed. Besides subclasses of Tensor,
// `any_object` counts each object with a __torch_function__.
template <class F>
Ref overridden(F function, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords, bool any_object = false);

// The same for an operator that is the method `name` of Tensor.
Ref overridden_operator(const char* name, std::initializer_list<PyObject*> arguments, bool any_object = false);

// A view of the tensor as an object of a subclass where `like` is of one.
PyObject* wrap_like(PyObject* like, Tensor tensor);

namespace detail {

// The classes that take part in a call, those that derive from others first.
std::vector<PyObject*> overriding(PyObject* const* arguments, size_t count, bool any_object);
Ref call_overriding(const std::vector<PyObject*>& classes, PyObject* function, PyObject* const* arguments,
                    Py_ssize_t count, PyObject* keywords);

}  // namespace detail

template <class F>
Ref overridden(F function, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords, bool any_object) {
  const Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  const auto classes = detail::overriding(arguments, static_cast<size_t>(count + named), any_object);
  if (classes.empty()) return Ref();
  return detail::call_overriding(classes, function().get(), arguments, count, keywords);
}

}  // namespace relume::python
