// DLPack, in both directions.
#pragma once

#include "python.h"

namespace relume::python {

void add_dlpack(PyObject* module);

}  // namespace relume::python
