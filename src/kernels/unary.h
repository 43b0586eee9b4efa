// The kernels of the element-wise functions of one tensor: exp, sqrt, floor, isnan and so on.
#pragma once

#include "kernels/elementwise.h"
#include "relume/dtype.h"

namespace relume::cpu {

// Functions of float32 and float64; those in the second list take integers too, and those in the third give bool.
#define RELUME_FORALL_FLOAT_UNARY(_)                                                                                   \
  _(Exp)                                                                                                               \
  _(Exp2)                                                                                                              \
  _(Expm1)                                                                                                             \
  _(Log) _(Log2) _(Log10) _(Log1p) _(Sqrt) _(Rsqrt) _(Reciprocal) _(Sin) _(Cos) _(Tan) _(Asin) _(Acos) _(Atan) _(Sinh) \
      _(Cosh) _(Tanh) _(Asinh) _(Acosh) _(Atanh) _(Erf) _(Erfc) _(Erfinv) _(Lgamma) _(Digamma) _(Sigmoid) _(Logit)     \
          _(Floor) _(Ceil) _(Round) _(Trunc) _(Frac)
#define RELUME_FORALL_NUMBER_UNARY(_) _(Abs) _(Neg) _(Sign) _(Square) _(Cube)
#define RELUME_FORALL_TEST_UNARY(_) _(IsNan) _(IsInf) _(IsFinite) _(LogicalNot)

enum class UnaryOp : int {
#define RELUME_NAME(Name) Name,
  RELUME_FORALL_FLOAT_UNARY(RELUME_NAME) RELUME_FORALL_NUMBER_UNARY(RELUME_NAME) RELUME_FORALL_TEST_UNARY(RELUME_NAME)
      BitwiseNot
#undef RELUME_NAME
};
inline constexpr int kNumUnaryOps = static_cast<int>(UnaryOp::BitwiseNot) + 1;

// Round is to the nearest, ties to even. Sign of NaN is 0. Integers wrap around, as in the absolute value of the lowest
// one. The tests write bool; for integers IsNan and IsInf are always false. BitwiseNot takes integers and bool,
// LogicalNot every dtype. Half types are computed through the loops of float.
struct UnaryKernel {
  ElementwiseLoop loop = nullptr;  // null where the op does not take the dtype
  int cost = 1;                    // see ElementwiseCall::cost
};

struct UnaryKernels {
  UnaryKernel kernels[kNumUnaryOps][kNumDtypes];

  constexpr const UnaryKernel& at(UnaryOp op, ScalarType dtype) const {
    return kernels[static_cast<int>(op)][static_cast<int>(dtype)];
  }
};

enum class Target : int;
const UnaryKernels& unary_kernels();               // for this machine
const UnaryKernels& unary_kernels(Target target);  // for one of supported_targets()

}  // namespace relume::cpu
