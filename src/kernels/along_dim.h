// Kernels that work on the rows of a tensor along one dimension: scans, sorting, the k-th value.
#pragma once

#include "relume/dtype.h"
#include "relume/shape.h"

namespace relume::cpu {

// A tensor and one of its dimensions. Results are dense, row-major, of the same sizes, but for the ones that keep `k`
// elements a row.
struct RowsCall {
  IntArrayRef sizes;
  int64_t dim = 0;
  const void* input = nullptr;
  const int64_t* strides = nullptr;
  ScalarType dtype = ScalarType::Undefined;
  void* values = nullptr;      // of dtype; may be null for sort_rows, top_rows and select_rows
  int64_t* indices = nullptr;  // may be null for cumulate
};

enum class ScanOp { Sum, Product, Max, Min, LogSum };

// values[i] = x[0] op ... op x[i]. Floats are summed in float64, integers in int64. Max and Min, of which NaN is both
// the largest and the smallest, also give the index of the last such element up to i.
// LogSum, of floats only: log(exp(x[0]) + ... + exp(x[i])).
void scan_rows(const RowsCall& call, ScanOp op);

// Sorts rows, stably; NaN is larger than all numbers. `indices` says where each element was.
void sort_rows(const RowsCall& call, bool descending);

// The k largest or smallest elements of rows, sorted or as it happens, and where each was; of equal elements those that
// PyTorch finds.
void top_rows(const RowsCall& call, bool largest, int64_t k, bool sorted);

// The element that sorting would put at place k, and where it is; or, with nan_first, the first NaN where there is one.
void select_rows(const RowsCall& call, int64_t k, bool nan_first);

}  // namespace relume::cpu
