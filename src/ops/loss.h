// How losses are reduced: `reduction` is 0 for none, 1 for the mean, 2 for the sum.
#pragma once

#include "core/check.h"
#include "relume/ops.h"

namespace relume {

enum Reduction : int64_t { kNone = 0, kMean = 1, kSum = 2 };

inline void check_reduction(const char* op, int64_t reduction) {
  check(reduction >= kNone && reduction <= kSum, "{}: expected a reduction of 0 (none), 1 (mean) or 2 (sum), got {}",
        op, reduction);
}

inline Tensor reduce(const Tensor& losses, int64_t reduction) {
  return reduction == kNone ? losses : reduction == kMean ? losses.mean() : losses.sum();
}

}  // namespace relume
