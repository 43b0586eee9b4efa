// x[...] and x[...] = value: integers, slices, None, Ellipsis, bools, lists, and index or mask tensors and arrays.
#include "relume/indexing.h"

#include "arguments.h"
#include "core/tensor_impl.h"
#include "creation.h"
#include "overrides.h"
#include "relume/ops.h"
#include "relume/warning.h"
#include "tensor_type.h"

namespace relume::python {

namespace {

using indexing::Slice;
using indexing::TensorIndex;
using Indices = std::vector<TensorIndex>;

std::optional<int64_t> bound(PyObject* object) {
  if (object == Py_None) return std::nullopt;
  if (!PyIndex_Check(object))
    raise(PyExc_TypeError, "slice indices must be integers or None or have an __index__ method");
  const Ref index = own(PyNumber_Index(object));
  int overflow;
  const long long value = PyLong_AsLongLongAndOverflow(index.get(), &overflow);
  return overflow ? (overflow > 0 ? INT64_MAX : INT64_MIN) : value;
}

TensorIndex slice_index(PyObject* object) {
  const SliceBounds slice = bounds_of(object);
  const std::optional<int64_t> step = bound(slice.step);
  if (step && *step <= 0) raise(PyExc_ValueError, "step must be greater than zero");
  return Slice(bound(slice.start), bound(slice.stop), step);
}

TensorIndex index_of(PyObject* object) {
  if (object == Py_None) return std::nullopt;
  if (object == Py_Ellipsis) return indexing::Ellipsis;
  if (PyBool_Check(object)) return object == Py_True;
  if (PyLong_Check(object)) return integer_of(object);
  if (PySlice_Check(object)) return slice_index(object);
  if (is_tensor(object)) return tensor_of(object);
  if (PySequence_Check(object)) {
    const Tensor tensor = tensor_from(object, std::nullopt, "index");
    return tensor.numel() == 0 && tensor.is_floating_point() ? tensor.to(kLong) : tensor;
  }
  if (PyIndex_Check(object)) return integer_of(object);
  raise(PyExc_IndexError,
        std::string("only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
                    "(got ") +
            type_name_of(object) + ")");
}

// Whether a list stands for a tuple of indices: a short one in which something is no number.
bool stands_for_tuple(PyObject* index) {
  constexpr Py_ssize_t kShort = 32;
  if (!PyList_Check(index) || PyList_GET_SIZE(index) >= kShort) return false;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(index); ++i) {
    PyObject* const item = PyList_GET_ITEM(index, i);
    if (is_tensor(item) || PySequence_Check(item) || PySlice_Check(item) || item == Py_None || item == Py_Ellipsis)
      return true;
  }
  return false;
}

Indices indices_of(PyObject* index) {
  Indices indices;
  if (stands_for_tuple(index)) {
    warn(
        "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; "
        "use "
        "x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, "
        "x[torch.tensor(seq)], which will result either in an error or a different result");
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(index); ++i) indices.push_back(index_of(PyList_GET_ITEM(index, i)));
    return indices;
  }
  if (!PyTuple_Check(index)) {
    indices.push_back(index_of(index));
    return indices;
  }
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(index); ++i) indices.push_back(index_of(PyTuple_GET_ITEM(index, i)));
  if (indices.empty()) indices.push_back(indexing::Ellipsis);
  return indices;
}

}  // namespace

PyObject* get_item(PyObject* self, PyObject* index) {
  return guarded([&] {
    if (tensor_subclasses) [[unlikely]] {
      Ref result = overridden_operator("__getitem__", {self, index});
      if (result) return result.release();
    }
    const Tensor& tensor = tensor_of(self);
    if (PyLong_CheckExact(index)) return wrap(tensor.index({indexing::TensorIndex(integer_of(index))}));
    const Indices indices = indices_of(index);
    return wrap(tensor.index(indices));
  });
}

int set_item(PyObject* self, PyObject* index, PyObject* value) {
  return guarded_status([&] {
    if (!value) raise(PyExc_TypeError, "Tensor does not support deleting items");
    if (tensor_subclasses && overridden_operator("__setitem__", {self, index, value})) return;
    Tensor& tensor = tensor_of(self);
    const Indices indices = indices_of(index);
    if (is_tensor(value))
      tensor.index_put_(indices, tensor_of(value));
    else if (PyFloat_Check(value) || PyLong_Check(value) || (PyIndex_Check(value) && !PySequence_Check(value)))
      tensor.index_put_(indices, scalar_of(value));
    else
      raise(PyExc_TypeError,
            "can't assign a " + type_name_of(value) + " to a torch." + to_string(tensor.scalar_type()) + "Tensor");
  });
}

Py_ssize_t length(PyObject* self) {
  Py_ssize_t size = -1;
  guarded_status([&] {
    const Tensor& tensor = tensor_of(self);
    if (tensor.dim() == 0) raise(PyExc_TypeError, "len() of a 0-d tensor");
    size = tensor.size(0);
  });
  return size;
}

int contains(PyObject* self, PyObject* value) {
  bool found = false;
  const int status = guarded_status([&] {
    if (!is_tensor(value) && !is_number(value))
      raise(PyExc_RuntimeError,
            std::string("Tensor.__contains__ only supports Tensor or scalar, but you passed in a <class '") +
                type_name_of(value) + "'>.");
    const Tensor& tensor = tensor_of(self);
    const Tensor equal = is_tensor(value) ? tensor == tensor_of(value) : tensor == scalar_of(value);
    found = relume::any(equal).item().toBool();
  });
  return status < 0 ? -1 : found;
}

}  // namespace relume::python
