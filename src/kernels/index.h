// Reading and writing elements at places that index tensors name, and finding elements.
#pragma once

#include <optional>

#include "relume/dtype.h"
#include "relume/shape.h"

namespace relume::cpu {

// The position of the first index that is not in [low, size), or -1 where there is none.
int64_t first_outside(const int64_t* index, int64_t n, int64_t low, int64_t size);

// offsets[i] += place * stride, where place is index[i], or index[i] + size for one below 0 if `wrap` is set. Returns
// the position of the first index out of range, or -1 where there is none.
int64_t add_offsets(int64_t* offsets, const int64_t* index, int64_t n, int64_t size, int64_t stride, bool wrap);

// Offsets in a contiguous tensor become those in one of the same sizes with other strides.
void place_in_strides(int64_t* offsets, int64_t n, IntArrayRef sizes, const int64_t* strides);

enum class IndexedOp {
  Get,  // plain = indexed
  Put,  // indexed = plain, the last of several elements for one place
  Add,  // indexed += plain, in order; of bools: or
  Multiply,
  Max,  // NaN where one is
  Min,
};

// What a number among the offsets says: it is a place in units of `scale` elements, in [0, bound), or [-bound, bound)
// with `wrap`, where those below 0 count from the end. Without a bound (-1) nothing is checked.
struct OffsetUnits {
  int64_t scale = 1, bound = -1;
  bool wrap = false;
};

// A loop over `sizes`, in row-major order, between a plain tensor and one whose elements lie at
// indexed + sum(at * indexed_strides) + offsets[sum(at * offset_strides)]. Strides and offsets are in elements, offsets
// in `units` of them. Where the outermost of the dimensions that offsets depend on has an indexed stride too, no
// element is named twice but within one step of it.
struct IndexedCall {
  IndexedOp op = IndexedOp::Get;
  IntArrayRef sizes;
  ScalarType dtype = ScalarType::Undefined;  // of both
  void* plain = nullptr;
  const int64_t* plain_strides = nullptr;
  void* indexed = nullptr;
  const int64_t* indexed_strides = nullptr;
  const int64_t* offsets = nullptr;
  const int64_t* offset_strides = nullptr;
  OffsetUnits units;
};
// Returns an offset that is out of range, for which the work was not done, if there is one.
std::optional<int64_t> run_indexed(const IndexedCall& call);

// places[i] = where values[i] would have to stand in a sorted row of `length` elements: before equal ones, or with
// `right` behind them. Rows follow each other, and have `per_row` of the values each. Of float, double, int64.
void search_sorted(ScalarType dtype, const void* rows, int64_t length, const void* values, int64_t count,
                   int64_t per_row, bool right, int64_t* places);

// Writes the indices of the true elements of a dense row-major tensor: `count` numbers for each dimension in turn.
void write_nonzero(int64_t* out, int64_t count, const bool* input, IntArrayRef sizes);

// counts[input[i]] += weights ? weights[i] : 1.
void count_values(int64_t* counts, const int64_t* input, int64_t n);
void count_values(double* counts, const int64_t* input, const double* weights, int64_t n);

}  // namespace relume::cpu
