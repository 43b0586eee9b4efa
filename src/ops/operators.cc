// Operators are other names of the functions.
#include "relume/operators.h"

#include "relume/ops.h"

namespace relume {

#define RELUME_OPERATOR(op, function)                                             \
  Tensor operator op(const Tensor& a, const Tensor& b) { return function(a, b); } \
  Tensor operator op(const Tensor& a, const Scalar& b) { return function(a, b); }
// A number in front: where the function commutes (or has a mirror), the operands change places.
#define RELUME_MIRRORED(op, function, mirror) \
  RELUME_OPERATOR(op, function)               \
  Tensor operator op(const Scalar& a, const Tensor& b) { return mirror(b, a); }

RELUME_MIRRORED(+, add, add)
RELUME_MIRRORED(-, sub, rsub)
RELUME_MIRRORED(*, mul, mul)
RELUME_MIRRORED(&, bitwise_and, bitwise_and)
RELUME_MIRRORED(|, bitwise_or, bitwise_or)
RELUME_MIRRORED(^, bitwise_xor, bitwise_xor)
RELUME_MIRRORED(==, eq, eq)
RELUME_MIRRORED(!=, ne, ne)
RELUME_MIRRORED(<, lt, gt)
RELUME_MIRRORED(<=, le, ge)
RELUME_MIRRORED(>, gt, lt)
RELUME_MIRRORED(>=, ge, le)
RELUME_OPERATOR(/, div)
Tensor operator/(const Scalar& a, const Tensor& b) { return reciprocal(b) * a; }
RELUME_OPERATOR(%, remainder)
Tensor operator%(const Scalar& a, const Tensor& b) { return remainder(a, b); }

Tensor operator!(const Tensor& a) { return logical_not(a); }
Tensor Tensor::operator-() const { return relume::neg(*this); }
Tensor Tensor::operator~() const { return relume::bitwise_not(*this); }

#define RELUME_ASSIGNING(op, function) \
  Tensor& Tensor::operator op(const Tensor& other) { return relume::function(*this, other); }
#define RELUME_ASSIGNING_NUMBER(op, function) \
  RELUME_ASSIGNING(op, function)              \
  Tensor& Tensor::operator op(const Scalar& other) { return relume::function(*this, other); }

RELUME_ASSIGNING_NUMBER(+=, add_)
RELUME_ASSIGNING_NUMBER(-=, sub_)
RELUME_ASSIGNING_NUMBER(*=, mul_)
RELUME_ASSIGNING_NUMBER(/=, div_)
RELUME_ASSIGNING(&=, bitwise_and_)
RELUME_ASSIGNING(|=, bitwise_or_)
RELUME_ASSIGNING(^=, bitwise_xor_)

}  // namespace relume
