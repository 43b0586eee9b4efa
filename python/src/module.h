// The base of nn.Module that is written in C++: calls and attribute lookup, which every layer of a network goes
// through.
#pragma once

#include "python.h"

namespace relume::python {

void add_module_type(PyObject* module);

}  // namespace relume::python
