// Tensors from Python's data: numbers, nested lists, arrays, buffers.
#pragma once

#include <optional>

#include "python.h"
#include "relume/tensor.h"

namespace relume::python {

// A copy of `data` (a number, a tensor, an array, a nested sequence) as a tensor; its dtype is deduced where none is
// given. Throws ValueError for ragged lists and TypeError for what is no number; `function` is named in the texts.
Tensor tensor_from(PyObject* data, std::optional<ScalarType> dtype, const char* function);

// A tensor on the memory of an object that has the buffer protocol; the tensor keeps the object alive.
Tensor tensor_on_buffer(PyObject* object, const char* function, bool* writable = nullptr);
// The same for an array that the user will go on using: warns where it is read-only.
Tensor tensor_sharing(PyObject* array, const char* function);
bool has_buffer_of_numbers(PyObject* object);

// Warns, once, of a tensor that becomes a number where it requires grad.
void warn_of_gradient(PyObject* tensor);

// A list of lists of numbers, or a number.
PyObject* list_of(const Tensor& tensor);
PyObject* item_of(const Scalar& value);

}  // namespace relume::python
