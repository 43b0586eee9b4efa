// Comparisons, which give bools, and ops on bits and truth values.
#include <cmath>

#include "ops/arithmetic.h"
#include "ops/methods.h"

namespace relume {

using cpu::ArithmeticOp;

// ---- Comparisons -------------------------------------------------------------------------------------------------

namespace {

struct ComparisonRow {
  const char *name, *in_place, *kernel, *grad_fn, *grad_fn_of_number;  // the last two in place
  ArithmeticOp op;
  bool swapped = false;  // gt is lt of the operands the other way round
};

ElementwiseKernel comparison_kernel(const ComparisonRow& row, ScalarType dtype) {
  ElementwiseKernel kernel = arithmetic_kernel({row.name, row.in_place, row.kernel, row.op}, dtype);
  kernel.result_dtype = kBool;
  return kernel;
}

Tensor compared(const ComparisonRow& row, const Tensor& self, const Tensor& other, ScalarType dtype) {
  const ElementwiseKernel kernel = comparison_kernel(row, dtype);
  return row.swapped ? elementwise(kernel, {&other, &self}) : elementwise(kernel, {&self, &other});
}

Tensor& compare_into(const ComparisonRow& row, const char* grad_fn, Tensor& self, const Tensor& other,
                     ScalarType dtype) {
  const ElementwiseKernel kernel = comparison_kernel(row, dtype);
  InPlace write(row.in_place, self, {other});
  if (row.swapped)
    elementwise_into(self, kernel, {&other, &self});
  else
    elementwise_into(self, kernel, {&self, &other});
  write.record(grad_fn, {}, [](Backward& run) {
    if (run.needs(0)) run.set(0, zeros_like(run.grad()));
    if (run.needs(1)) run.set(1, zeros_like(run.grad()));
  });
  return self;
}

}  // namespace

#define RELUME_COMPARISON(name, Name, ...)                                                                            \
  namespace {                                                                                                         \
  constexpr ComparisonRow kRow_##name = {                                                                             \
      #name, #name "_", #name "_cpu", #Name "Backward1", #Name "Backward0", __VA_ARGS__};                             \
  }                                                                                                                   \
  Tensor name(const Tensor& self, const Tensor& other) {                                                              \
    impl_of(self, #name);                                                                                             \
    impl_of(other, #name);                                                                                            \
    return compared(kRow_##name, self, other, result_type({self, other}));                                            \
  }                                                                                                                   \
  Tensor name(const Tensor& self, const Scalar& other) {                                                              \
    impl_of(self, #name);                                                                                             \
    return compared(kRow_##name, self, number(other), result_type({self, other}));                                    \
  }                                                                                                                   \
  Tensor& name##_(Tensor& self, const Tensor& other) {                                                                \
    impl_of(self, #name "_");                                                                                         \
    impl_of(other, #name "_");                                                                                        \
    return compare_into(kRow_##name, kRow_##name.grad_fn, self, other, result_type({self, other}));                   \
  }                                                                                                                   \
  Tensor& name##_(Tensor& self, const Scalar& other) {                                                                \
    impl_of(self, #name "_");                                                                                         \
    return compare_into(kRow_##name, kRow_##name.grad_fn_of_number, self, number(other), result_type({self, other})); \
  }

RELUME_COMPARISON(eq, Eq, ArithmeticOp::eq)
RELUME_COMPARISON(ne, Ne, ArithmeticOp::ne)
RELUME_COMPARISON(lt, Lt, ArithmeticOp::lt)
RELUME_COMPARISON(le, Le, ArithmeticOp::le)
RELUME_COMPARISON(gt, Gt, ArithmeticOp::lt, true)
RELUME_COMPARISON(ge, Ge, ArithmeticOp::le, true)
#undef RELUME_COMPARISON

// |self - other| <= atol + rtol |other|, or equal, or both NaN where equal_nan is set.
Tensor isclose(const Tensor& self, const Tensor& other, double rtol, double atol, bool equal_nan) {
  const NoGradGuard unrecorded;
  const ScalarType dtype = impl_of(self, "isclose").dtype;
  check(dtype == impl_of(other, "isclose").dtype, "{} did not match {}", to_string(dtype),
        to_string(other.scalar_type()));
  check(rtol >= 0, "rtol must be greater than or equal to zero, but got {}", rtol);
  check(atol >= 0, "atol must be greater than or equal to zero, but got {}", atol);
  Tensor close = self == other;
  if (equal_nan && is_floating_point(dtype)) close = logical_or(close, logical_and(isnan(self), isnan(other)));
  if (rtol == 0 && atol == 0) return close;
  const ScalarType wide = is_floating_point(dtype) ? dtype : kDouble;
  const Tensor a = self.to(wide), b = other.to(wide);
  const Tensor error = abs(a - b);
  return logical_or(close, logical_and(isfinite(error), error <= abs(b) * rtol + atol));
}

// Whether all elements are close.
bool allclose(const Tensor& self, const Tensor& other, double rtol, double atol, bool equal_nan) {
  return isclose(self, other, rtol, atol, equal_nan).all().item().toBool();
}

// Whether both have the same shape and the same elements.
bool equal(const Tensor& self, const Tensor& other) {
  const NoGradGuard unrecorded;
  if (impl_of(self, "equal").sizes != impl_of(other, "equal").sizes) return false;
  return (self == other).all().item().toBool();
}

// The truth of a tensor with one element.
bool is_nonzero(const Tensor& self) {
  const int64_t numel = impl_of(self, "is_nonzero").numel;
  check(numel != 0, "Boolean value of Tensor with no values is ambiguous");
  check(numel == 1, "Boolean value of Tensor with more than one value is ambiguous");
  return self.item().toBool();
}

// ---- Bits --------------------------------------------------------------------------------------------------------

#define RELUME_BITWISE(name, kernel, op)                                                                   \
  namespace {                                                                                              \
  constexpr ArithmeticRow kRow_##name = {#name, #name "_", kernel, ArithmeticOp::op};                      \
  }                                                                                                        \
  Tensor name(const Tensor& self, const Tensor& other) { return arithmetic(kRow_##name, self, other); }    \
  Tensor name(const Tensor& self, const Scalar& other) { return arithmetic(kRow_##name, self, other); }    \
  Tensor& name##_(Tensor& self, const Tensor& other) { return arithmetic_into(kRow_##name, self, other); } \
  Tensor& name##_(Tensor& self, const Scalar& other) { return arithmetic_into(kRow_##name, self, other); } \
  Tensor name(const Scalar& self, const Tensor& other) {                                                   \
    impl_of(other, #name);                                                                                 \
    return arithmetic(kRow_##name, number(self), other, result_type({self, other}));                       \
  }

RELUME_BITWISE(bitwise_and, "bitwise_and_cpu", bitwise_and)
RELUME_BITWISE(bitwise_or, "bitwise_or_cpu", bitwise_or)
RELUME_BITWISE(bitwise_xor, "bitwise_xor_cpu", bitwise_xor)
RELUME_BITWISE(bitwise_left_shift, "lshift_cpu", shift_left)
RELUME_BITWISE(bitwise_right_shift, "rshift_cpu", shift_right)
#undef RELUME_BITWISE

// The complement of every bit; of bools: not.
Tensor bitwise_not(const Tensor& self) {
  const ScalarType dtype = impl_of(self, "bitwise_not").dtype;
  if (is_floating_point(dtype)) fail_not_implemented("bitwise_not_cpu", dtype);
  return dtype == kBool ? logical_not(self) : bitwise_xor(self, -1);
}
Tensor& bitwise_not_(Tensor& self) {
  const ScalarType dtype = impl_of(self, "bitwise_not_").dtype;
  if (is_floating_point(dtype)) fail_not_implemented("bitwise_not_cpu", dtype);
  return dtype == kBool ? logical_not_(self) : bitwise_xor_(self, -1);
}

// ---- Truth values ------------------------------------------------------------------------------------------------

namespace {

// Everything but 0 is true: elements are read as bools, and bits are combined.
ElementwiseKernel logical_kernel(ArithmeticOp op) {
  ElementwiseKernel kernel;
  kernel.loop = cpu::arithmetic_loop(op, kBool);
  kernel.dtype = kBool;
  return kernel;
}

Tensor combined(const char* name, ArithmeticOp op, const Tensor& self, const Tensor& other) {
  impl_of(self, name);
  impl_of(other, name);
  return elementwise(logical_kernel(op), {&self, &other});
}

Tensor& combine_into(const char* name, ArithmeticOp op, Tensor& self, const Tensor& other) {
  impl_of(self, name);
  impl_of(other, name);
  InPlace write(name, self, {other});
  elementwise_into(self, logical_kernel(op), {&self, &other});
  write.written();
  return self;
}

}  // namespace

Tensor logical_and(const Tensor& self, const Tensor& other) {
  return combined("logical_and", ArithmeticOp::bitwise_and, self, other);
}
Tensor& logical_and_(Tensor& self, const Tensor& other) {
  return combine_into("logical_and_", ArithmeticOp::bitwise_and, self, other);
}
Tensor logical_or(const Tensor& self, const Tensor& other) {
  return combined("logical_or", ArithmeticOp::bitwise_or, self, other);
}
Tensor& logical_or_(Tensor& self, const Tensor& other) {
  return combine_into("logical_or_", ArithmeticOp::bitwise_or, self, other);
}
Tensor logical_xor(const Tensor& self, const Tensor& other) {
  return combined("logical_xor", ArithmeticOp::bitwise_xor, self, other);
}
Tensor& logical_xor_(Tensor& self, const Tensor& other) {
  return combine_into("logical_xor_", ArithmeticOp::bitwise_xor, self, other);
}
Tensor logical_not(const Tensor& self) {
  return combined("logical_not", ArithmeticOp::bitwise_xor, self, number(true));
}
Tensor& logical_not_(Tensor& self) {
  return combine_into("logical_not_", ArithmeticOp::bitwise_xor, self, number(true));
}

}  // namespace relume
