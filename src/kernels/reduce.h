// Reductions of strided tensors over any set of their dimensions.
#pragma once

#include "relume/dtype.h"
#include "relume/shape.h"

namespace relume::cpu {

enum class Target : int;

// What a reduction computes from the elements x, and its loop dtypes: F float and double, L int64, B bool. Results have
// the loop dtype, counts and indices are int64. Floats are summed in float64.
enum class ReduceOp : int {
  sum,      // F L: sum x / divisor (ReduceOptions)
  prod,     // F L: product of x
  any,      // B: whether one is true
  all,      // B: whether none is false
  count,    // B: how many are true, as int64
  amax,     // F L: the largest, or NaN where there is one
  amin,     // F L: the smallest, or NaN where there is one
  max,      // F L: the largest or the first NaN, and where it comes first: two outputs; exactly one reduced dimension
  min,      // F L: the smallest or the first NaN, and where it comes first: likewise
  abs_sum,  // F: sum |x|
  square_sum,  // F: sqrt(sum x x)
  abs_max,     // F: the largest |x|, or NaN
  abs_min,     // F: the smallest |x|, or NaN
  power_sum,   // F: (sum |x|^p)^(1/p) (ReduceOptions)
  variance,    // F: sum (x - mean)^2 / (n - correction), and the mean: two outputs (ReduceOptions)
  deviation,   // F: the square root of it, and the mean
  count_ops
};
inline constexpr int kNumReduceOps = static_cast<int>(ReduceOp::count_ops);

struct ReduceOptions {
  double divisor = 1;
  double p = 2;
  double correction = 1;
};

struct ReduceOutput {
  void* data = nullptr;  // dense, row-major over the dimensions that are kept; null where it is not wanted
  ScalarType dtype = ScalarType::Undefined;
};

struct ReduceCall {
  ReduceOp op = ReduceOp::sum;
  IntArrayRef sizes;
  const void* input = nullptr;
  const int64_t* strides = nullptr;  // in elements; null: dense, row-major
  ScalarType dtype = ScalarType::Undefined;
  ScalarType loop_dtype = ScalarType::Undefined;  // what elements are converted to on their way in
  uint64_t reduced = 0;                           // bit d: dimension d is reduced
  ReduceOutput outputs[2];
  ReduceOptions options;
};

// Whether the op has kernels for a loop dtype.
bool has_reduction(ReduceOp op, ScalarType loop_dtype);

// Runs the call. Over no elements the result is the op's neutral value: 0, 1, false, true, -inf or the lowest, NaN.
// The same bits for any number of threads and any target.
void run_reduction(const ReduceCall& call);

}  // namespace relume::cpu
