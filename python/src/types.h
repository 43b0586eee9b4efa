// The small types that arguments are made of: dtype, device, layout, memory_format, Size, Generator.
#pragma once

#include "python.h"
#include "relume/tensor.h"

namespace relume::python {

void add_types(PyObject* module);
void add_constants(PyObject* module);

// One object a dtype: relume.float32 is x.dtype.
PyObject* dtype_object(ScalarType dtype);
bool is_dtype(PyObject* object);
// Of a dtype, or of Python's own float, int and bool.
ScalarType dtype_of(PyObject* object);

PyObject* layout_object();
bool is_layout(PyObject* object);
PyObject* format_object(MemoryFormat format);
bool is_format(PyObject* object);
MemoryFormat format_of(PyObject* object);

PyObject* device_object(Device device);
// A device, or the name of one.
bool is_device(PyObject* object);
Device device_of(PyObject* object);
// The same for a device to compute on; raises AssertionError, as PyTorch without CUDA does, where it is another.
Device present_device(PyObject* object);

// A relume.Size: a tuple that prints as one.
PyObject* size_object(IntArrayRef sizes);
bool is_size(PyObject* object);

bool is_generator(PyObject* object);
const Generator& generator_of(PyObject* object);
PyObject* generator_object(const Generator& generator);

}  // namespace relume::python
