// Element-wise kernels of two and three tensors: arithmetic, comparisons, bits, selection.
#pragma once

#include "kernels/elementwise.h"
#include "relume/dtype.h"

namespace relume::cpu {

enum class Target : int;

// The row of each says what it computes from inputs a, b, c.
enum class ArithmeticOp : int {
  // Vectorised for every target.
  add,          // a + b; of bools: or
  sub,          // a - b
  add_scaled,   // a + scale b, rounded once (ScaleOptions); of bools: a or (scale and b)
  mul,          // a b; of bools: and
  div,          // a / b; floats only
  maximum,      // the larger, or NaN where either is
  minimum,      // the smaller, or NaN where either is
  fmax,         // the larger, or the one that is no NaN
  fmin,         // the smaller, or the one that is no NaN
  bitwise_and,  // a & b; integers and bool
  bitwise_or,   // a | b
  bitwise_xor,  // a ^ b
  eq,           // a == b; the result of this and the next three is bool. gt(a, b) is lt(b, a)
  ne,           // a != b
  lt,           // a < b
  le,           // a <= b
  where,        // a ? b : c, with a bool; every dtype as it is
  mul_number,   // a b, and
  div_number,   // a / b, with a number b that is read as float; half types only
  clamp_min,    // max(a, b), or NaN where either is
  clamp_max,    // min(a, b), or NaN where either is
  clamp,        // min(max(a, b), c), or NaN where any is
  prelu,        // a where a > 0, else a b; floats only
  lerp,         // a + c (b - a), from the nearer end; floats only
  addcmul,      // a + scale b c (ScaleOptions)
  addcdiv,      // a + scale b / c (ScaleOptions); floats only
  smooth_l1,    // |a - b| less half of scale, or below scale half its square over scale (ScaleOptions); floats only
  huber,        // scale times |a - b| less half of scale, or below scale half its square (ScaleOptions); floats only
  // One element at a time, but for floats in floor_divide, remainder and fmod, and float32 in pow.
  floor_divide,  // floor(a / b); integers throw Error("ZeroDivisionError") where b is 0, here and in the next three
  trunc_divide,  // a / b rounded towards zero
  remainder,     // a - b floor(a / b): the sign of b, as in Python
  fmod,          // a - b trunc(a / b): the sign of a
  pow,           // a to the power b; integers to negative powers give 0 but for 1 and -1
  atan2,         // angle of (b, a); floats only
  hypot,         // sqrt(a a + b b); floats only
  copysign,      // |a| with the sign of b; floats only
  xlogy,         // a log b, and 0 where a is 0 and b no NaN; floats only
  shift_left,    // a << b, 0 where b is out of range; integers only
  shift_right,   // a >> b, the sign where b is out of range; integers only
  count
};
inline constexpr int kNumArithmeticOps = static_cast<int>(ArithmeticOp::count);

// `options` of the scaled ops: floating loops take `real`, integer loops `integer`.
struct ScaleOptions {
  double real = 1;
  int64_t integer = 1;
};

// The loop of an op with inputs of `dtype` (the output too, but for comparisons), or null where there is none. The half
// types are computed in float; but for `where` and, on targets with vectors of 32 bytes, the first few ops, which have
// loops that convert as they go.
ElementwiseLoop arithmetic_loop(ArithmeticOp op, ScalarType dtype);
ElementwiseLoop arithmetic_loop(Target target, ArithmeticOp op, ScalarType dtype);  // for one of supported_targets()

}  // namespace relume::cpu
