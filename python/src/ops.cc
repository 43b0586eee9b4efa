// The ops of src/ops/table.txt and the activations, callable from Python.
#include "relume/ops.h"

#include "core/tensor_impl.h"
#include "relume/activations.h"
#include "tables.h"

namespace relume::python {

namespace {

const Op kOps[] = {
#include "op_rows.inc"
};

}  // namespace

void append_ops(std::vector<OpEntry>& entries) { append_entries<kOps>(entries); }

}  // namespace relume::python
