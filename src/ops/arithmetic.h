// What ops on kernels of cpu::ArithmeticOp share: each is a row that says which kernel it runs and how it
// differentiates.
#pragma once

#include "autograd/record.h"
#include "kernels/arithmetic.h"
#include "ops/elementwise.h"

namespace relume {

// Whether an operand is saved for backward: ForOther where the gradient of the other operand alone needs it.
enum class Kept : uint8_t { Never, Always, ForOther };

struct ArithmeticRow {
  const char* name;      // "mul"
  const char* in_place;  // "mul_"
  const char* kernel;    // in the text about dtypes that it lacks: "mul_cpu"
  cpu::ArithmeticOp op;
  const char* grad_fn = nullptr;  // "MulBackward0"; null where there is no gradient
  // saved(0) is self, saved(1) is other, where they are kept (else undefined).
  void (*backward)(Backward& run) = nullptr;
  Kept keeps_self = Kept::Always;
  Kept keeps_other = Kept::Always;
  int cost = 1;
  // Half types are computed in float, but of operands that are rounded to the half type first: all but a number, or a
  // 0-dim tensor, that stands at this place. It is as PyTorch does it.
  int exact = -1;
};

// A number as an operand: a 0-dim tensor of the number's own kind, which takes no part in promotion.
inline Tensor number(const Scalar& value) { return make_scalar(value, value.type()); }
// The same of a number that an integer dtype must have: throws Error where it does not.
inline Tensor number_within(const Scalar& value, ScalarType dtype) {
  return is_floating_point(dtype) ? number(value) : make_scalar(value, dtype);
}

// The difference and the quotient of a number and a tensor, as C++ programs write them. (Python's are rsub, and the
// reciprocal times the number.)
Tensor number_minus(const Scalar& value, const Tensor& other);
Tensor number_over(const Scalar& value, const Tensor& other);

// The kernel of an op for operands of the promoted dtype. Throws NotImplementedError where there is none.
ElementwiseKernel arithmetic_kernel(const ArithmeticRow& row, ScalarType dtype, const void* options = nullptr);

// row(self, other) in the promoted dtype, recorded.
Tensor arithmetic(const ArithmeticRow& row, const Tensor& self, const Tensor& other, ScalarType dtype);
Tensor& arithmetic_into(const ArithmeticRow& row, Tensor& self, const Tensor& other, ScalarType dtype);

// The same with the promotion that most ops have: between tensors, or of a tensor and a number.
Tensor arithmetic(const ArithmeticRow& row, const Tensor& self, const Tensor& other);
Tensor arithmetic(const ArithmeticRow& row, const Tensor& self, const Scalar& other);
Tensor& arithmetic_into(const ArithmeticRow& row, Tensor& self, const Tensor& other);
Tensor& arithmetic_into(const ArithmeticRow& row, Tensor& self, const Scalar& other);

}  // namespace relume
