// The parts of which the type of tensors is put together.
#pragma once

#include <vector>

#include "python.h"

namespace relume::python {

// tensor_object.cc
int traverse_tensor(PyObject* self, visitproc visit, void* arg);
int clear_tensor(PyObject* self);
void delete_tensor(PyObject* self);
void watch_tensors();

// indexing.cc
PyObject* get_item(PyObject* self, PyObject* index);
int set_item(PyObject* self, PyObject* index, PyObject* value);
Py_ssize_t length(PyObject* self);
int contains(PyObject* self, PyObject* value);

// numbers.cc
std::vector<PyType_Slot> number_slots();

// attributes.cc
extern PyGetSetDef tensor_attributes[];

// interchange.cc
int get_buffer(PyObject* self, Py_buffer* view, int flags);
void release_buffer(PyObject* self, Py_buffer* view);

}  // namespace relume::python
