// The operators of tensors and numbers: each is another name of a function.
#include "relume/operators.h"

#include "ops/arithmetic.h"
#include "relume/ops.h"

namespace relume {

// With a number in front the operands change places: `mirror` is the function that allows for that.
#define RELUME_OPERATOR(op, function, mirror)                                             \
  Tensor operator op(const Tensor& a, const Tensor& b) { return relume::function(a, b); } \
  Tensor operator op(const Tensor& a, const Scalar& b) { return relume::function(a, b); } \
  Tensor operator op(const Scalar& a, const Tensor& b) { return mirror; }

RELUME_OPERATOR(+, add, relume::add(b, a))
RELUME_OPERATOR(-, sub, number_minus(a, b))
RELUME_OPERATOR(*, mul, relume::mul(b, a))
RELUME_OPERATOR(/, div, number_over(a, b))
RELUME_OPERATOR(%, remainder, relume::remainder(a, b))
RELUME_OPERATOR(&, bitwise_and, relume::bitwise_and(b, a))
RELUME_OPERATOR(|, bitwise_or, relume::bitwise_or(b, a))
RELUME_OPERATOR(^, bitwise_xor, relume::bitwise_xor(b, a))
RELUME_OPERATOR(==, eq, relume::eq(b, a))
RELUME_OPERATOR(!=, ne, relume::ne(b, a))
RELUME_OPERATOR(<, lt, relume::gt(b, a))
RELUME_OPERATOR(<=, le, relume::ge(b, a))
RELUME_OPERATOR(>, gt, relume::lt(b, a))
RELUME_OPERATOR(>=, ge, relume::le(b, a))

Tensor operator!(const Tensor& a) { return logical_not(a); }
Tensor Tensor::operator-() const { return neg(); }
Tensor Tensor::operator~() const { return bitwise_not(); }

#define RELUME_ASSIGNMENT(op, function) \
  Tensor& Tensor::operator op(const Tensor& other) { return relume::function(*this, other); }
#define RELUME_ASSIGNMENT_OF_NUMBERS(op, function) \
  RELUME_ASSIGNMENT(op, function)                  \
  Tensor& Tensor::operator op(const Scalar& other) { return relume::function(*this, other); }

RELUME_ASSIGNMENT_OF_NUMBERS(+=, add_)
RELUME_ASSIGNMENT_OF_NUMBERS(-=, sub_)
RELUME_ASSIGNMENT_OF_NUMBERS(*=, mul_)
RELUME_ASSIGNMENT_OF_NUMBERS(/=, div_)
RELUME_ASSIGNMENT(&=, bitwise_and_)
RELUME_ASSIGNMENT(|=, bitwise_or_)
RELUME_ASSIGNMENT(^=, bitwise_xor_)

}  // namespace relume
