// Arithmetic of two tensors, or of a tensor and a number: add, sub, mul, div, pow, remainders, angles.
#include "ops/arithmetic.h"

#include <cmath>

#include "kernels/unary.h"
#include "ops/methods.h"

namespace relume {

using cpu::ArithmeticOp;

ElementwiseKernel arithmetic_kernel(const ArithmeticRow& row, ScalarType dtype, const void* options) {
  const ScalarType computed = is_reduced_floating_point(dtype) ? kFloat : dtype;
  ElementwiseKernel kernel;
  kernel.loop = cpu::arithmetic_loop(row.op, computed);
  if (!kernel.loop) fail_not_implemented(row.kernel, dtype);
  kernel.options = options;
  kernel.dtype = computed;
  kernel.cost = row.cost;
  if (computed != dtype) {
    kernel.rounds = dtype;
    kernel.half_loop = cpu::arithmetic_loop(row.op, dtype);
    if (row.op == ArithmeticOp::mul || row.op == ArithmeticOp::div)
      kernel.half_loop_by_number = cpu::arithmetic_loop(
          row.op == ArithmeticOp::mul ? ArithmeticOp::mul_number : ArithmeticOp::div_number, dtype);
  }
  kernel.exact = row.exact;
  return kernel;
}

namespace {

bool keeps(Kept kept, const Tensor& other) {
  return kept == Kept::Always || (kept == Kept::ForOther && recording({other}));
}

}  // namespace

Tensor arithmetic(const ArithmeticRow& row, const Tensor& self, const Tensor& other, ScalarType dtype) {
  Tensor result = elementwise(arithmetic_kernel(row, dtype), {&self, &other}, dtype);
  if (!row.backward || !recording({self, other})) return result;
  const Tensor none;
  return record(row.grad_fn, std::move(result), {self, other},
                {keeps(row.keeps_self, other) ? self : none, keeps(row.keeps_other, self) ? other : none},
                row.backward);
}

Tensor& arithmetic_into(const ArithmeticRow& row, Tensor& self, const Tensor& other, ScalarType dtype) {
  check_can_cast(dtype, self.scalar_type());
  const ElementwiseKernel kernel = arithmetic_kernel(row, dtype);
  InPlace write(row.in_place, self, {other});
  const bool records = row.backward && write.recording();
  const Tensor before = records && keeps(row.keeps_self, other) ? self.clone() : Tensor();
  elementwise_into(self, kernel, {&self, &other});
  if (records)
    write.record(row.grad_fn, {before, keeps(row.keeps_other, self) ? other : Tensor()}, row.backward);
  else
    write.written();
  return self;
}

namespace {

void check_defined(const ArithmeticRow& row, const Tensor& self, const Tensor& other) {
  impl_of(self, row.name);
  impl_of(other, row.name);
}

}  // namespace

Tensor arithmetic(const ArithmeticRow& row, const Tensor& self, const Tensor& other) {
  check_defined(row, self, other);
  return arithmetic(row, self, other, result_type({self, other}));
}
Tensor arithmetic(const ArithmeticRow& row, const Tensor& self, const Scalar& other) {
  impl_of(self, row.name);
  return arithmetic(row, self, number(other), result_type({self, other}));
}
Tensor& arithmetic_into(const ArithmeticRow& row, Tensor& self, const Tensor& other) {
  check_defined(row, self, other);
  return arithmetic_into(row, self, other, result_type({self, other}));
}
Tensor& arithmetic_into(const ArithmeticRow& row, Tensor& self, const Scalar& other) {
  impl_of(self, row.name);
  return arithmetic_into(row, self, number(other), result_type({self, other}));
}

// ---- Sums --------------------------------------------------------------------------------------------------------

namespace {

constexpr ArithmeticRow with_grad_fn(ArithmeticRow row, const char* grad_fn) {
  row.grad_fn = grad_fn;
  return row;
}

struct SumRow {
  ArithmeticRow plain;   // a + b, a - b
  ArithmeticRow scaled;  // a + scale b
  int sign;
};
constexpr SumRow kAdd = {{"add", "add_", "add_stub", ArithmeticOp::add, "AddBackward0"},
                         {"add", "add_", "add_stub", ArithmeticOp::add_scaled, "AddBackward0"},
                         1};
constexpr SumRow kSub = {{"sub", "sub_", "sub_stub", ArithmeticOp::sub, "SubBackward0"},
                         {"sub", "sub_", "sub_stub", ArithmeticOp::add_scaled, "SubBackward0"},
                         -1};

// With a number, as with a tensor but for the node's name.
constexpr SumRow kAddNumber = {with_grad_fn(kAdd.plain, "AddBackward1"), kAdd.scaled, kAdd.sign};
constexpr SumRow kSubNumber = {with_grad_fn(kSub.plain, "SubBackward1"), kSub.scaled, kSub.sign};
constexpr SumRow kSubReversed = {with_grad_fn(kSub.plain, "RsubBackward0"), kSub.scaled, kSub.sign};

void check_alpha(ScalarType dtype, const Scalar& alpha) {
  check(!alpha.isBoolean() || dtype == kBool, "Boolean alpha only supported for Boolean results.");
  check(is_floating_point(dtype) || alpha.isIntegral(true),
        "For integral input tensors, argument alpha must not be a floating point number.");
}

void check_no_bools(const Tensor& self, bool other_is_bool) {
  const bool self_is_bool = impl_of(self, "sub").dtype == kBool;
  check(
      !self_is_bool || !other_is_bool,
      "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator "
      "instead.");
  check(!self_is_bool && !other_is_bool,
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use "
        "the `~` "
        "or `logical_not()` operator instead.");
}

bool is_one(const Scalar& alpha) { return alpha.toDouble() == 1; }

cpu::ScaleOptions scale_options(const SumRow& row, const Scalar& alpha, ScalarType dtype) {
  const Scalar factor = is_reduced_floating_point(dtype) ? make_scalar(alpha, dtype).item() : alpha;
  return {row.sign * factor.toDouble(), factor.isFloatingPoint() ? 0 : row.sign * factor.toLong()};
}

Tensor times(const Tensor& grad, const Scalar& factor) { return is_one(factor) ? grad : grad * factor; }

auto sum_backward(int sign, const Scalar& alpha) {
  return [factor = sign > 0 ? alpha : -alpha](Backward& run) {
    if (run.needs(0)) run.set(0, run.grad());
    if (run.needs(1)) run.set(1, times(run.grad(), factor));
  };
}

Tensor sum_of(const SumRow& row, const Tensor& self, const Tensor& other, const Scalar& alpha, ScalarType dtype) {
  check_alpha(dtype, alpha);
  const cpu::ScaleOptions options = scale_options(row, alpha, dtype);
  const ElementwiseKernel kernel = arithmetic_kernel(is_one(alpha) ? row.plain : row.scaled, dtype, &options);
  Tensor result = elementwise(kernel, {&self, &other}, dtype);
  if (!recording({self, other})) return result;
  return record(row.plain.grad_fn, std::move(result), {self, other}, {}, sum_backward(row.sign, alpha));
}

Tensor& sum_into(const SumRow& row, Tensor& self, const Tensor& other, const Scalar& alpha, ScalarType dtype) {
  check_alpha(dtype, alpha);
  check_can_cast(dtype, self.scalar_type());
  const cpu::ScaleOptions options = scale_options(row, alpha, dtype);
  const ElementwiseKernel kernel = arithmetic_kernel(is_one(alpha) ? row.plain : row.scaled, dtype, &options);
  InPlace write(row.plain.in_place, self, {other});
  elementwise_into(self, kernel, {&self, &other});
  write.record(row.plain.grad_fn, {}, sum_backward(row.sign, alpha));
  return self;
}

}  // namespace

// self + alpha other. Of bools: or.
Tensor add(const Tensor& self, const Tensor& other, const Scalar& alpha) {
  check_defined(kAdd.plain, self, other);
  return sum_of(kAdd, self, other, alpha, result_type({self, other}));
}
Tensor add(const Tensor& self, const Scalar& other, const Scalar& alpha) {
  impl_of(self, "add");
  return sum_of(kAddNumber, self, number(other), alpha, result_type({self, other}));
}
Tensor& add_(Tensor& self, const Tensor& other, const Scalar& alpha) {
  check_defined(kAdd.plain, self, other);
  return sum_into(kAdd, self, other, alpha, result_type({self, other}));
}
Tensor& add_(Tensor& self, const Scalar& other, const Scalar& alpha) {
  impl_of(self, "add_");
  return sum_into(kAddNumber, self, number(other), alpha, result_type({self, other}));
}

namespace {

Tensor difference(const SumRow& row, const Tensor& self, const Tensor& other, const Scalar& alpha) {
  check_no_bools(self, impl_of(other, "sub").dtype == kBool);
  return sum_of(row, self, other, alpha, result_type({self, other}));
}

}  // namespace

// self - alpha other. Not for bools.
Tensor sub(const Tensor& self, const Tensor& other, const Scalar& alpha) {
  return difference(kSub, self, other, alpha);
}
Tensor sub(const Tensor& self, const Scalar& other, const Scalar& alpha) {
  check_no_bools(self, other.isBoolean());
  return sum_of(kSubNumber, self, number(other), alpha, result_type({self, other}));
}
Tensor& sub_(Tensor& self, const Tensor& other, const Scalar& alpha) {
  check_no_bools(self, impl_of(other, "sub_").dtype == kBool);
  return sum_into(kSub, self, other, alpha, result_type({self, other}));
}
Tensor& sub_(Tensor& self, const Scalar& other, const Scalar& alpha) {
  check_no_bools(self, other.isBoolean());
  return sum_into(kSubNumber, self, number(other), alpha, result_type({self, other}));
}

// other - alpha self.
Tensor rsub(const Tensor& self, const Tensor& other, const Scalar& alpha) {
  return difference(kSubReversed, other, self, alpha);
}
Tensor rsub(const Tensor& self, const Scalar& other, const Scalar& alpha) {
  check_no_bools(self, other.isBoolean());
  const Tensor from = number(other);
  const ScalarType dtype = result_type({self, other});
  check_alpha(dtype, alpha);
  const cpu::ScaleOptions options = scale_options(kSub, alpha, dtype);
  Tensor result = elementwise(arithmetic_kernel(kSub.scaled, dtype, &options), {&from, &self}, dtype);
  return record("RsubBackward1", std::move(result), {self}, {},
                [factor = -alpha](Backward& run) { run.set(0, times(run.grad(), factor)); });
}

Tensor number_minus(const Scalar& value, const Tensor& other) {
  check_no_bools(other, value.isBoolean());
  return sum_of(kSub, number(value), other, 1, result_type({other, value}));
}

// ---- Products and quotients --------------------------------------------------------------------------------------

namespace {

constexpr ArithmeticRow kMul = {"mul",
                                "mul_",
                                "mul_cpu",
                                ArithmeticOp::mul,
                                "MulBackward0",
                                [](Backward& run) {
                                  if (run.needs(0)) run.set(0, run.grad() * run.saved(1));
                                  if (run.needs(1)) run.set(1, run.grad() * run.saved(0));
                                },
                                Kept::ForOther,
                                Kept::ForOther,
                                1,
                                1};

constexpr ArithmeticRow kDiv = {"div",
                                "div_",
                                "div_true_cpu",
                                ArithmeticOp::div,
                                "DivBackward0",
                                [](Backward& run) {
                                  const Tensor other = run.saved(1);
                                  if (run.needs(0)) run.set(0, run.grad() / other);
                                  if (run.needs(1)) run.set(1, -run.grad() * (run.saved(0) / other / other));
                                },
                                Kept::ForOther,
                                Kept::Always,
                                1,
                                1};

constexpr ArithmeticRow kMulNumber = with_grad_fn(kMul, "MulBackward1");
constexpr ArithmeticRow kDivNumber = with_grad_fn(kDiv, "DivBackward1");

// Rounded quotients are constant between jumps.
void no_gradient(Backward& run) {
  if (run.needs(0)) run.set(0, zeros_like(run.grad()));
  if (run.needs(1)) run.set(1, zeros_like(run.grad()));
}

constexpr ArithmeticRow kFloorDivide = {"floor_divide",
                                        "floor_divide_",
                                        "div_floor_cpu",
                                        ArithmeticOp::floor_divide,
                                        "NotImplemented",
                                        [](Backward&) { fail("derivative for aten::floor_divide is not implemented"); },
                                        Kept::Never,
                                        Kept::Never,
                                        8,
                                        1};
constexpr ArithmeticRow kDivFloor = {
    "div", "div_", "div_floor_cpu", ArithmeticOp::floor_divide, "DivBackward2", no_gradient, Kept::Never, Kept::Never,
    8,     1};
constexpr ArithmeticRow kDivTrunc = {
    "div", "div_", "div_trunc_cpu", ArithmeticOp::trunc_divide, "DivBackward2", no_gradient, Kept::Never, Kept::Never,
    4,     1};
constexpr ArithmeticRow kDivFloorNumber = with_grad_fn(kDivFloor, "DivBackward3");
constexpr ArithmeticRow kDivTruncNumber = with_grad_fn(kDivTrunc, "DivBackward3");

// self - other round(self / other) has the gradients 1 and -round(self / other).
template <const ArithmeticRow& kQuotient>
void rest_backward(Backward& run) {
  if (run.needs(0)) run.set(0, run.grad());
  if (run.needs(1)) run.set(1, -run.grad() * arithmetic(kQuotient, run.saved(0), run.saved(1)));
}

constexpr ArithmeticRow kRemainder = {"remainder",
                                      "remainder_",
                                      "remainder_cpu",
                                      ArithmeticOp::remainder,
                                      "RemainderBackward1",
                                      rest_backward<kDivFloor>,
                                      Kept::ForOther,
                                      Kept::Always,
                                      8};
constexpr ArithmeticRow kFmod = {
    "fmod",         "fmod_",      "fmod_cpu", ArithmeticOp::fmod, "FmodBackward1", rest_backward<kDivTrunc>,
    Kept::ForOther, Kept::Always, 8};
constexpr ArithmeticRow kRemainderByNumber = with_grad_fn(kRemainder, "RemainderBackward0");
constexpr ArithmeticRow kFmodByNumber = with_grad_fn(kFmod, "FmodBackward0");

// The row of a rounding mode; null for true division.
const ArithmeticRow* rounding_row(std::optional<std::string_view> mode, bool by_number) {
  if (!mode) return nullptr;
  if (*mode == "floor") return by_number ? &kDivFloorNumber : &kDivFloor;
  check(*mode == "trunc", "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{}'", *mode);
  return by_number ? &kDivTruncNumber : &kDivTrunc;
}

}  // namespace

// The product, element by element. Of bools: and.
Tensor mul(const Tensor& self, const Tensor& other) { return arithmetic(kMul, self, other); }
Tensor mul(const Tensor& self, const Scalar& other) { return arithmetic(kMulNumber, self, other); }
Tensor& mul_(Tensor& self, const Tensor& other) { return arithmetic_into(kMul, self, other); }
Tensor& mul_(Tensor& self, const Scalar& other) { return arithmetic_into(kMulNumber, self, other); }

// The quotient, floating point also where both are integers; or rounded down ("floor") or towards zero ("trunc").
Tensor div(const Tensor& self, const Tensor& other) {
  check_defined(kDiv, self, other);
  return arithmetic(kDiv, self, other, float_result_type({self, other}));
}
Tensor div(const Tensor& self, const Scalar& other) {
  impl_of(self, "div");
  return arithmetic(kDivNumber, self, number(other), float_result_type({self, other}));
}
Tensor& div_(Tensor& self, const Tensor& other) {
  check_defined(kDiv, self, other);
  return arithmetic_into(kDiv, self, other, float_result_type({self, other}));
}
Tensor& div_(Tensor& self, const Scalar& other) {
  impl_of(self, "div_");
  return arithmetic_into(kDivNumber, self, number(other), float_result_type({self, other}));
}
Tensor div(const Tensor& self, const Tensor& other, std::optional<std::string_view> rounding_mode) {
  const ArithmeticRow* row = rounding_row(rounding_mode, false);
  return row ? arithmetic(*row, self, other) : div(self, other);
}
Tensor div(const Tensor& self, const Scalar& other, std::optional<std::string_view> rounding_mode) {
  const ArithmeticRow* row = rounding_row(rounding_mode, true);
  return row ? arithmetic(*row, self, other) : div(self, other);
}
Tensor& div_(Tensor& self, const Tensor& other, std::optional<std::string_view> rounding_mode) {
  const ArithmeticRow* row = rounding_row(rounding_mode, false);
  return row ? arithmetic_into(*row, self, other) : div_(self, other);
}
Tensor& div_(Tensor& self, const Scalar& other, std::optional<std::string_view> rounding_mode) {
  const ArithmeticRow* row = rounding_row(rounding_mode, true);
  return row ? arithmetic_into(*row, self, other) : div_(self, other);
}

Tensor number_over(const Scalar& value, const Tensor& other) {
  impl_of(other, "div");
  return arithmetic(kDiv, number(value), other, float_result_type({other, value}));
}

// floor(self / other).
Tensor floor_divide(const Tensor& self, const Tensor& other) { return arithmetic(kFloorDivide, self, other); }
Tensor floor_divide(const Tensor& self, const Scalar& other) { return arithmetic(kFloorDivide, self, other); }
Tensor& floor_divide_(Tensor& self, const Tensor& other) { return arithmetic_into(kFloorDivide, self, other); }
Tensor& floor_divide_(Tensor& self, const Scalar& other) { return arithmetic_into(kFloorDivide, self, other); }

// self - other floor(self / other): the sign of other, as in Python.
Tensor remainder(const Tensor& self, const Tensor& other) { return arithmetic(kRemainder, self, other); }
Tensor remainder(const Tensor& self, const Scalar& other) { return arithmetic(kRemainderByNumber, self, other); }
Tensor& remainder_(Tensor& self, const Tensor& other) { return arithmetic_into(kRemainder, self, other); }
Tensor& remainder_(Tensor& self, const Scalar& other) { return arithmetic_into(kRemainderByNumber, self, other); }
Tensor remainder(const Scalar& self, const Tensor& other) {
  impl_of(other, "remainder");
  return arithmetic(kRemainder, number(self), other, result_type({self, other}));
}

// self - other trunc(self / other): the sign of self, as in C.
Tensor fmod(const Tensor& self, const Tensor& other) { return arithmetic(kFmod, self, other); }
Tensor fmod(const Tensor& self, const Scalar& other) { return arithmetic(kFmodByNumber, self, other); }
Tensor& fmod_(Tensor& self, const Tensor& other) { return arithmetic_into(kFmod, self, other); }
Tensor& fmod_(Tensor& self, const Scalar& other) { return arithmetic_into(kFmodByNumber, self, other); }

// ---- Powers ------------------------------------------------------------------------------------------------------

namespace {

// The logarithm of a positive number, or of 1 where `flat`; of whole numbers with the digits that `result` has.
Tensor log_or_zero(const Tensor& x, const Tensor& flat, const Tensor& result) {
  const bool real = is_floating_point(x.scalar_type());
  return log(where(flat, 1.0, real ? x : x.to(x.dim() == 0 ? kDouble : result.scalar_type())));
}

// x^(y-1) y, and 0 where y is 0 (x^(y-1) may be infinite there).
Tensor power_slope(const Tensor& base, const Tensor& exponent) {
  return where(exponent == 0, 0.0, exponent * pow(base, exponent - 1));
}

constexpr ArithmeticRow kPow = {"pow",
                                "pow_",
                                "pow",
                                ArithmeticOp::pow,
                                "PowBackward1",
                                [](Backward& run) {
                                  const Tensor base = run.saved(0), exponent = run.saved(1);
                                  if (run.needs(0)) run.set(0, run.grad() * power_slope(base, exponent));
                                  if (!run.needs(1)) return;
                                  // log 0 counts for nothing where 0 is taken to a power that makes it 0.
                                  const Tensor flat = logical_and(base == 0, exponent >= 0);
                                  const Tensor slope = pow(base, exponent) * log_or_zero(base, flat, run.grad());
                                  run.set(1, run.grad() * where(flat, 0.0, slope));
                                },
                                Kept::Always,
                                Kept::Always,
                                32};

constexpr ArithmeticRow kPowOfNumber = with_grad_fn(kPow, "PowBackward2");

void check_integer_power(ScalarType dtype, const Scalar& exponent) {
  check(is_floating_point(dtype) || exponent.isFloatingPoint() || exponent.toLong() >= 0,
        "Integers to negative integer powers are not allowed.");
}

// grad * 2 x; the product takes the place of 2 x where nobody can tell.
Tensor square_gradient(Tensor grad, const Tensor& x) {
  Tensor doubled = x * 2;
  const bool replaces = !GradMode::is_enabled() && grad.is_contiguous() && doubled.is_contiguous() &&
                        grad.scalar_type() == doubled.scalar_type() && grad.sizes() == doubled.sizes();
  if (!replaces) return grad * doubled;
  elementwise_into(doubled, arithmetic_kernel(kMul, doubled.scalar_type()), {&grad, &doubled});
  return doubled;
}

auto power_backward(const Scalar& exponent) {
  return [exponent](Backward& run) {
    const double power = exponent.toDouble();
    if (power == 0)
      run.set(0, zeros_like(run.grad()));
    else if (power == 2)
      run.set(0, square_gradient(run.take_grad(), run.saved(0)));
    else
      run.set(0, run.grad() * (pow(run.saved(0), power - 1) * power));
  };
}

// self to a power that has a quicker way than pow, with PyTorch's roundings; undefined for others.
Tensor quick_power(const Tensor& self, double exponent, ScalarType dtype) {
  if (exponent == 2) return elementwise(arithmetic_kernel(kMul, dtype), {&self, &self}, dtype);
  if (const cpu::UnaryKernel& cube = cpu::unary_kernels().at(cpu::UnaryOp::Cube, dtype); exponent == 3 && cube.loop) {
    ElementwiseKernel kernel;
    kernel.loop = cube.loop;
    kernel.dtype = dtype;
    return elementwise(kernel, {&self}, dtype);
  }
  if (dtype != self.scalar_type() || !is_floating_point(dtype)) return Tensor();
  const NoGradGuard unrecorded;
  if (exponent == 0.5) return sqrt(self);
  if (exponent == -0.5) return rsqrt(self);
  if (exponent == -1) return reciprocal(self);
  return Tensor();
}

}  // namespace

// self to the power `exponent`.
Tensor pow(const Tensor& self, const Tensor& exponent) { return arithmetic(kPow, self, exponent); }
Tensor& pow_(Tensor& self, const Tensor& exponent) { return arithmetic_into(kPow, self, exponent); }
Tensor pow(const Scalar& self, const Tensor& exponent) {
  impl_of(exponent, "pow");
  return arithmetic(kPowOfNumber, number(self), exponent, result_type({self, exponent}));
}
Tensor pow(const Tensor& self, const Scalar& exponent) {
  impl_of(self, "pow");
  const ScalarType dtype = result_type({self, exponent});
  check_integer_power(dtype, exponent);
  Tensor result = quick_power(self, exponent.toDouble(), dtype);
  if (!result.defined()) {
    const Tensor power = number_within(exponent, dtype);
    result = elementwise(arithmetic_kernel(kPow, dtype), {&self, &power}, dtype);
  }
  return record("PowBackward0", std::move(result), {self}, {self}, power_backward(exponent));
}
Tensor& pow_(Tensor& self, const Scalar& exponent) {
  impl_of(self, "pow_");
  const ScalarType dtype = result_type({self, exponent});
  check_integer_power(dtype, exponent);
  check_can_cast(dtype, self.scalar_type());
  const Tensor power = number_within(exponent, dtype);
  const bool is_square = exponent.toDouble() == 2;
  InPlace write("pow_", self);
  const Tensor before = write.recording() ? self.clone() : Tensor();
  elementwise_into(self, arithmetic_kernel(is_square ? kMul : kPow, dtype), {&self, is_square ? &self : &power});
  write.record("PowBackward0", {before}, power_backward(exponent));
  return self;
}

namespace {

void check_float_power(const Tensor& self) {
  const ScalarType dtype = impl_of(self, "float_power_").dtype;
  check(dtype == kDouble, "the base given to float_power_ has dtype {} but the operation's result requires dtype {}",
        to_string(dtype), to_string(kDouble));
}

}  // namespace

// self to the power `exponent`, both in float64.
Tensor float_power(const Tensor& self, const Tensor& exponent) {
  impl_of(self, "float_power");
  impl_of(exponent, "float_power");
  return pow(self.to(kDouble), exponent.to(kDouble));
}
Tensor float_power(const Tensor& self, const Scalar& exponent) {
  impl_of(self, "float_power");
  return pow(self.to(kDouble), exponent.toDouble());
}
Tensor float_power(const Scalar& self, const Tensor& exponent) {
  impl_of(exponent, "float_power");
  return pow(Scalar(self.toDouble()), exponent.to(kDouble));
}
Tensor& float_power_(Tensor& self, const Tensor& exponent) {
  check_float_power(self);
  impl_of(exponent, "float_power_");
  return pow_(self, exponent.to(kDouble));
}
Tensor& float_power_(Tensor& self, const Scalar& exponent) {
  check_float_power(self);
  return pow_(self, exponent.toDouble());
}

// ---- Functions of two floating-point numbers ---------------------------------------------------------------------

namespace {

constexpr ArithmeticRow kAtan2 = {"atan2",
                                  "atan2_",
                                  "atan2_cpu",
                                  ArithmeticOp::atan2,
                                  "Atan2Backward0",
                                  [](Backward& run) {
                                    const Tensor y = run.saved(0), x = run.saved(1);
                                    const Tensor square = x * x + y * y;  // the origin has no direction
                                    const Tensor scaled = where(square == 0, 0.0, run.grad() / square);
                                    if (run.needs(0)) run.set(0, scaled * x);
                                    if (run.needs(1)) run.set(1, -scaled * y);
                                  },
                                  Kept::Always,
                                  Kept::Always,
                                  32};

constexpr ArithmeticRow kHypot = {"hypot",
                                  "hypot_",
                                  "hypot_cpu",
                                  ArithmeticOp::hypot,
                                  "HypotBackward0",
                                  [](Backward& run) {
                                    const Tensor a = run.saved(0), b = run.saved(1);
                                    const Tensor scaled = run.grad() / hypot(a, b);
                                    if (run.needs(0)) run.set(0, scaled * a);
                                    if (run.needs(1)) run.set(1, scaled * b);
                                  },
                                  Kept::Always,
                                  Kept::Always,
                                  16};

constexpr ArithmeticRow kCopysign = {
    "copysign", "copysign_", "copysign_cpu", ArithmeticOp::copysign, "CopysignBackward0", [](Backward& run) {
      const Tensor self = run.saved(0);
      if (run.needs(0)) run.set(0, run.grad() * where(self == 0, 0.0, copysign(self, run.saved(1)) / self));
      if (run.needs(1)) run.set(1, zeros_like(run.grad()));
    }};

constexpr ArithmeticRow kXLogY = {"xlogy",
                                  "xlogy_",
                                  "xlogy_cpu",
                                  ArithmeticOp::xlogy,
                                  "XlogyBackward0",
                                  [](Backward& run) {
                                    const Tensor x = run.saved(0), y = run.saved(1);
                                    if (run.needs(0)) {
                                      const Tensor flat = logical_and(x == 0, y <= 0);
                                      run.set(0, where(flat, 0.0, xlogy(run.grad(), where(flat, 1.0, y))));
                                    }
                                    if (run.needs(1)) run.set(1, run.grad() * x / y);
                                  },
                                  Kept::Always,
                                  Kept::Always,
                                  16};

constexpr ArithmeticRow kCopysignOfNumber = with_grad_fn(kCopysign, "CopysignBackward1");
constexpr ArithmeticRow kXLogYOfNumber = with_grad_fn(kXLogY, "XlogyBackward2");
constexpr ArithmeticRow kNumberLogY = with_grad_fn(kXLogY, "XlogyBackward1");

Tensor float_arithmetic(const ArithmeticRow& row, const Tensor& self, const Tensor& other) {
  check_defined(row, self, other);
  return arithmetic(row, self, other, float_result_type({self, other}));
}
Tensor& float_arithmetic_into(const ArithmeticRow& row, Tensor& self, const Tensor& other) {
  check_defined(row, self, other);
  return arithmetic_into(row, self, other, float_result_type({self, other}));
}
Tensor float_arithmetic(const ArithmeticRow& row, const Tensor& self, const Scalar& other) {
  impl_of(self, row.name);
  return arithmetic(row, self, number(other), float_result_type({self, other}));
}
Tensor& float_arithmetic_into(const ArithmeticRow& row, Tensor& self, const Scalar& other) {
  impl_of(self, row.in_place);
  return arithmetic_into(row, self, number(other), float_result_type({self, other}));
}

}  // namespace

// The angle of the point (other, self) with the x axis, in (-pi, pi].
Tensor atan2(const Tensor& self, const Tensor& other) { return float_arithmetic(kAtan2, self, other); }
Tensor& atan2_(Tensor& self, const Tensor& other) { return float_arithmetic_into(kAtan2, self, other); }

// sqrt(self^2 + other^2), without overflow on the way.
Tensor hypot(const Tensor& self, const Tensor& other) { return arithmetic(kHypot, self, other); }
Tensor& hypot_(Tensor& self, const Tensor& other) { return arithmetic_into(kHypot, self, other); }

// |self| with the sign of other.
Tensor copysign(const Tensor& self, const Tensor& other) { return float_arithmetic(kCopysign, self, other); }
Tensor& copysign_(Tensor& self, const Tensor& other) { return float_arithmetic_into(kCopysign, self, other); }
Tensor copysign(const Tensor& self, const Scalar& other) { return float_arithmetic(kCopysignOfNumber, self, other); }
Tensor& copysign_(Tensor& self, const Scalar& other) { return float_arithmetic_into(kCopysignOfNumber, self, other); }

// self log(other), and 0 where self is 0 and other is no NaN.
Tensor xlogy(const Tensor& self, const Tensor& other) { return float_arithmetic(kXLogY, self, other); }
Tensor& xlogy_(Tensor& self, const Tensor& other) { return float_arithmetic_into(kXLogY, self, other); }
Tensor xlogy(const Tensor& self, const Scalar& other) { return float_arithmetic(kXLogYOfNumber, self, other); }
Tensor& xlogy_(Tensor& self, const Scalar& other) { return float_arithmetic_into(kXLogYOfNumber, self, other); }
Tensor xlogy(const Scalar& self, const Tensor& other) {
  impl_of(other, "xlogy");
  return arithmetic(kNumberLogY, number(self), other, float_result_type({self, other}));
}

}  // namespace relume
