// ReduceKernel: what one reduction does with contiguous pieces of its input; one table of them a target.
#pragma once

#include "kernels/reduce.h"

namespace relume::cpu {

// `state` holds what a reduction knows of `columns` independent results: arrays of `columns` slots of 8 bytes each, one
// array a component.
struct ReduceKernel {
  using Options = const ReduceOptions&;

  int components = 0;    // 0: the op has no kernel for the dtype
  int column_bytes = 0;  // of a column's state, where there is one component: column j's begins at j times as many
  ScalarType outputs[2] = {ScalarType::Undefined, ScalarType::Undefined};
  void (*init)(void* state, int64_t columns) = nullptr;
  // One column absorbs x[0..n), whose first element has the given index along the reduced dimension.
  void (*row)(void* state, const void* x, int64_t n, int64_t index, Options options) = nullptr;
  // Column j absorbs x[j].
  void (*columns)(void* state, const void* x, int64_t columns, int64_t index, Options options) = nullptr;
  // ... and x[j + stride], x[j + 2 stride], ... of kRowsAtOnce rows. Null where it would be no quicker.
  static constexpr int64_t kRowsAtOnce = 8;
  void (*rows)(void* state, const void* x, int64_t stride, int64_t columns) = nullptr;
  // `into` absorbs what `from` knows of later elements.
  void (*combine)(void* into, const void* from, int64_t columns) = nullptr;
  // Writes one value a column to each output.
  void (*finish)(void* const* outputs, const void* state, int64_t columns, Options options) = nullptr;
};

struct ReduceTable {
  ReduceKernel kernels[kNumReduceOps][kNumDtypes] = {};

  constexpr ReduceKernel& at(ReduceOp op, ScalarType dtype) {
    return kernels[static_cast<int>(op)][static_cast<int>(dtype)];
  }
  constexpr const ReduceKernel& at(ReduceOp op, ScalarType dtype) const {
    return kernels[static_cast<int>(op)][static_cast<int>(dtype)];
  }
};

const ReduceTable& reduce_table();
const ReduceTable& reduce_table(Target target);

}  // namespace relume::cpu
