// The tables of ops: each file that has one appends its rows.
#pragma once

#include "arguments.h"

namespace relume::python {

void append_ops(std::vector<OpEntry>& entries);         // ops.cc: made from src/ops/table.txt
void append_tensor_ops(std::vector<OpEntry>& entries);  // tensor_ops.cc
void append_autograd_ops(std::vector<OpEntry>& entries);
void append_saved_hooks(std::vector<OpEntry>& entries);
void append_autocast_ops(std::vector<OpEntry>& entries);
void append_settings(std::vector<OpEntry>& entries);
void append_optimizer_ops(std::vector<OpEntry>& entries);
void append_file_ops(std::vector<OpEntry>& entries);
void append_overrides(std::vector<OpEntry>& entries);  // overrides.cc
void append_profiling(std::vector<OpEntry>& entries);  // profiling.cc

}  // namespace relume::python
