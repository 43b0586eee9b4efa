// Arithmetic and comparison operators of tensors and numbers. All broadcast and promote as the functions do.
#pragma once

#include "relume/tensor.h"

namespace relume {

#define RELUME_BINARY_OPERATOR(op)                                               \
  RELUME_API Tensor operator op(const Tensor& a, const Tensor& b);               \
  RELUME_API Tensor operator op(const Tensor& a, const Scalar& b);               \
  RELUME_API Tensor operator op(const Scalar& a, const Tensor& b);
RELUME_BINARY_OPERATOR(+)
RELUME_BINARY_OPERATOR(-)
RELUME_BINARY_OPERATOR(*)
RELUME_BINARY_OPERATOR(/)
RELUME_BINARY_OPERATOR(%)
RELUME_BINARY_OPERATOR(&)
RELUME_BINARY_OPERATOR(|)
RELUME_BINARY_OPERATOR(^)
RELUME_BINARY_OPERATOR(==)
RELUME_BINARY_OPERATOR(!=)
RELUME_BINARY_OPERATOR(<)
RELUME_BINARY_OPERATOR(<=)
RELUME_BINARY_OPERATOR(>)
RELUME_BINARY_OPERATOR(>=)
#undef RELUME_BINARY_OPERATOR

RELUME_API Tensor operator!(const Tensor& a);

}  // namespace relume
