// Functions of one tensor: exponentials, logarithms, roots, trigonometry, rounding, signs, and tests for NaN.
#include "kernels/unary.h"

#include <cmath>
#include <limits>

#include "autograd/record.h"
#include "ops/elementwise.h"
#include "ops/methods.h"
#include "relume/autograd.h"
#include "relume/special.h"

namespace relume {
namespace {

using cpu::UnaryOp;

// What integers do.
enum class Integers {
  Promote,  // they give the default dtype
  Stay,     // but for uint16
  Pass,     // they are whole already
  Refuse,
};

// What backward needs beside the gradient.
enum class Keeps { Nothing, Input, Output };

struct UnaryRow {
  const char* name;
  const char* in_place;
  const char* kernel;  // the name in "... not implemented for 'Bool'"
  UnaryOp op;
  Integers integers;
  const char* grad_fn;
  Keeps keeps;
  Tensor (*backward)(const Tensor& grad, const Tensor& kept);  // the gradient with respect to the input
};

// The row of a function: in the formula, `grad` is the gradient, and x the input or y the output, as is kept.
#define RELUME_ROW(name, Op, kernel, integers, grad_fn, keeps, kept, formula) \
  constexpr UnaryRow k##Op = {                                                \
      #name,                                                                  \
      #name "_",                                                              \
      kernel,                                                                 \
      UnaryOp::Op,                                                            \
      Integers::integers,                                                     \
      grad_fn "Backward0",                                                    \
      Keeps::keeps,                                                           \
      []([[maybe_unused]] const Tensor& grad, [[maybe_unused]] const Tensor& kept) -> Tensor { return formula; }};
#define RELUME_FLOAT_ROW(name, Op, keeps, kept, formula) \
  RELUME_ROW(name, Op, #name "_vml_cpu", Promote, #Op, keeps, kept, formula)

constexpr double kLn2 = 0.693147180559945309417, kLn10 = 2.302585092994045684018;
constexpr double kTwoOverSqrtPi = 1.128379167095512573896;

// clang-format off
RELUME_FLOAT_ROW(exp, Exp, Output, y, grad * y)
RELUME_FLOAT_ROW(exp2, Exp2, Output, y, grad * y * kLn2)
RELUME_FLOAT_ROW(expm1, Expm1, Output, y, grad * (y + 1))
RELUME_FLOAT_ROW(log, Log, Input, x, grad / x)
RELUME_FLOAT_ROW(log2, Log2, Input, x, grad / (x * kLn2))
RELUME_FLOAT_ROW(log10, Log10, Input, x, grad / (x * kLn10))
RELUME_ROW(log1p, Log1p, "log1p_vml_cpu", Promote, "Log1P", Input, x, grad / (x + 1))
RELUME_FLOAT_ROW(sqrt, Sqrt, Output, y, grad / (y * 2))
RELUME_FLOAT_ROW(rsqrt, Rsqrt, Output, y, grad * -0.5 * (y * y * y))
RELUME_FLOAT_ROW(reciprocal, Reciprocal, Output, y, -grad * (y * y))
RELUME_FLOAT_ROW(sin, Sin, Input, x, grad * x.cos())
RELUME_FLOAT_ROW(cos, Cos, Input, x, -grad * x.sin())
RELUME_FLOAT_ROW(tan, Tan, Output, y, grad * (y * y + 1))
RELUME_FLOAT_ROW(asin, Asin, Input, x, grad * rsqrt(1 - x * x))
RELUME_FLOAT_ROW(acos, Acos, Input, x, -grad * rsqrt(1 - x * x))
RELUME_FLOAT_ROW(atan, Atan, Input, x, grad / (x * x + 1))
RELUME_FLOAT_ROW(sinh, Sinh, Input, x, grad * x.cosh())
RELUME_FLOAT_ROW(cosh, Cosh, Input, x, grad * x.sinh())
RELUME_FLOAT_ROW(asinh, Asinh, Input, x, grad * rsqrt(x * x + 1))
RELUME_FLOAT_ROW(acosh, Acosh, Input, x, grad * rsqrt(x * x - 1))
RELUME_FLOAT_ROW(atanh, Atanh, Input, x, grad / (1 - x * x))
RELUME_FLOAT_ROW(erf, Erf, Input, x, grad * kTwoOverSqrtPi * (-(x * x)).exp())
RELUME_FLOAT_ROW(erfc, Erfc, Input, x, grad * -kTwoOverSqrtPi * (-(x * x)).exp())
RELUME_FLOAT_ROW(erfinv, Erfinv, Input, x, grad * (1 / kTwoOverSqrtPi) * x.erfinv().square().exp())
RELUME_FLOAT_ROW(lgamma, Lgamma, Input, x, grad * x.digamma())

RELUME_ROW(abs, Abs, "abs_cpu", Stay, "Abs", Input, x, grad * x.sgn())
RELUME_ROW(neg, Neg, "neg_cpu", Stay, "Neg", Nothing, none, -grad)
RELUME_ROW(square, Square, "pow", Stay, "Pow", Input, x, grad * (x * 2))
RELUME_ROW(sign, Sign, "sign_cpu", Stay, "Sign", Nothing, none, zeros_like(grad))
RELUME_ROW(floor, Floor, "floor_vml_cpu", Pass, "Floor", Nothing, none, zeros_like(grad))
RELUME_ROW(ceil, Ceil, "ceil_vml_cpu", Pass, "Ceil", Nothing, none, zeros_like(grad))
RELUME_ROW(round, Round, "round_vml_cpu", Pass, "Round", Nothing, none, zeros_like(grad))
RELUME_ROW(trunc, Trunc, "trunc_vml_cpu", Pass, "Trunc", Nothing, none, zeros_like(grad))
RELUME_ROW(frac, Frac, "frac_cpu", Refuse, "Frac", Nothing, none, grad)
// clang-format on

constexpr UnaryRow with_grad_fn(UnaryRow row, const char* grad_fn) {
  row.grad_fn = grad_fn;
  return row;
}
constexpr UnaryRow kSgn = with_grad_fn(kSign, "SgnBackward0");

Tensor digamma_backward(const Tensor& grad, const Tensor& x) { return grad * polygamma(1, x); }
constexpr UnaryRow kDigamma = {"digamma",         "digamma_",         "digamma",    UnaryOp::Digamma,
                               Integers::Promote, "DigammaBackward0", Keeps::Input, digamma_backward};

// ---- The path of all rows ----------------------------------------------------------------------------------------

ScalarType result_dtype(const UnaryRow& row, ScalarType dtype) {
  if (is_floating_point(dtype)) return dtype;
  if (row.integers == Integers::Promote) return get_default_dtype();
  const bool unsupported =
      row.integers == Integers::Refuse || dtype == kBool || (dtype == kUInt16 && row.integers == Integers::Stay);
  if (unsupported) fail_not_implemented(row.kernel, dtype);
  return dtype;
}

ElementwiseKernel kernel_of(UnaryOp op, ScalarType dtype) {
  ElementwiseKernel kernel;
  const bool as_it_is = !is_reduced_floating_point(dtype) || cpu::unary_kernels().at(op, dtype).loop;
  kernel.dtype = as_it_is ? dtype : kFloat;
  const cpu::UnaryKernel& found = cpu::unary_kernels().at(op, kernel.dtype);
  kernel.loop = found.loop;
  kernel.cost = found.cost;
  return kernel;
}

bool is_whole(const UnaryRow& row, ScalarType dtype) {
  return row.integers == Integers::Pass && !is_floating_point(dtype);
}

auto backward_of(const UnaryRow& row) {
  return [&row](Backward& run) {
    run.set(0, row.backward(run.grad(), row.keeps == Keeps::Nothing ? Tensor() : run.saved(0)));
  };
}

Tensor unary(const UnaryRow& row, const Tensor& self) {
  const ScalarType given = impl_of(self, row.name).dtype;
  const ScalarType dtype = result_dtype(row, given);
  if (is_whole(row, given)) return self.clone();
  Tensor result = elementwise(kernel_of(row.op, dtype), {&self}, dtype);
  if (!recording({self})) return result;
  if (row.keeps == Keeps::Nothing) return record(row.grad_fn, std::move(result), {self}, {}, backward_of(row));
  return record(row.grad_fn, result, {self}, {row.keeps == Keeps::Output ? output(result) : autograd::Save(self)},
                backward_of(row));
}

Tensor& unary_into(const UnaryRow& row, Tensor& self) {
  const ScalarType given = impl_of(self, row.in_place).dtype;
  const ScalarType dtype = result_dtype(row, given);
  check_can_cast(dtype, given);
  InPlace write(row.in_place, self);
  const Tensor before = write.recording() && row.keeps == Keeps::Input ? self.clone() : Tensor();
  if (!is_whole(row, given)) elementwise_into(self, kernel_of(row.op, dtype), {&self});
  if (!write.recording())
    write.written();
  else if (row.keeps == Keeps::Nothing)
    write.record(row.grad_fn, {}, backward_of(row));
  else
    write.record(row.grad_fn, {row.keeps == Keeps::Output ? output(self) : autograd::Save(before)}, backward_of(row));
  return self;
}

}  // namespace

// Floats keep their dtype; integers give the default dtype.
#define RELUME_UNARY(name, Op)                                   \
  Tensor name(const Tensor& self) { return unary(k##Op, self); } \
  Tensor& name##_(Tensor& self) { return unary_into(k##Op, self); }
RELUME_UNARY(exp, Exp)
RELUME_UNARY(exp2, Exp2)
RELUME_UNARY(expm1, Expm1)
RELUME_UNARY(log, Log)
RELUME_UNARY(log2, Log2)
RELUME_UNARY(log10, Log10)
RELUME_UNARY(log1p, Log1p)
RELUME_UNARY(sqrt, Sqrt)
RELUME_UNARY(rsqrt, Rsqrt)
RELUME_UNARY(reciprocal, Reciprocal)
RELUME_UNARY(sin, Sin)
RELUME_UNARY(cos, Cos)
RELUME_UNARY(tan, Tan)
RELUME_UNARY(asin, Asin)
RELUME_UNARY(acos, Acos)
RELUME_UNARY(atan, Atan)
RELUME_UNARY(sinh, Sinh)
RELUME_UNARY(cosh, Cosh)
RELUME_UNARY(asinh, Asinh)
RELUME_UNARY(acosh, Acosh)
RELUME_UNARY(atanh, Atanh)
RELUME_UNARY(erf, Erf)
RELUME_UNARY(erfc, Erfc)
RELUME_UNARY(erfinv, Erfinv)
RELUME_UNARY(lgamma, Lgamma)
RELUME_UNARY(digamma, Digamma)

// Integers stay integers.
RELUME_UNARY(abs, Abs)
RELUME_UNARY(floor, Floor)
RELUME_UNARY(ceil, Ceil)
RELUME_UNARY(round, Round)
RELUME_UNARY(trunc, Trunc)
RELUME_UNARY(frac, Frac)

namespace {

void check_negatable(const Tensor& self) {
  check(impl_of(self, "neg").dtype != kBool,
        "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the "
        "`~` or `logical_not()` operator instead.");
}

bool is_bool(const Tensor& self, const char* name) { return impl_of(self, name).dtype == kBool; }

}  // namespace

Tensor neg(const Tensor& self) {
  check_negatable(self);
  return unary(kNeg, self);
}
Tensor& neg_(Tensor& self) {
  check_negatable(self);
  return unary_into(kNeg, self);
}

// self, for symmetry with neg.
Tensor positive(const Tensor& self) {
  check(!is_bool(self, "positive"), "The `+` operator, on a bool tensor is not supported.");
  return self;
}

// -1, 0 or 1; 0 at NaN. A bool is its own sign.
Tensor sign(const Tensor& self) { return is_bool(self, "sign") ? self.clone() : unary(kSign, self); }
Tensor& sign_(Tensor& self) { return is_bool(self, "sign_") ? self : unary_into(kSign, self); }
Tensor sgn(const Tensor& self) { return is_bool(self, "sgn") ? self.clone() : unary(kSgn, self); }
Tensor& sgn_(Tensor& self) { return is_bool(self, "sgn_") ? self : unary_into(kSgn, self); }

Tensor square(const Tensor& self) { return is_bool(self, "square") ? pow(self, 2) : unary(kSquare, self); }
Tensor& square_(Tensor& self) { return is_bool(self, "square_") ? pow_(self, 2) : unary_into(kSquare, self); }

// Rounded to so many decimals, or with a negative number to tens, hundreds...
Tensor round(const Tensor& self, int64_t decimals) {
  const ScalarType dtype = impl_of(self, "round").dtype;
  if (!is_floating_point(dtype)) fail_not_implemented("round_cpu", dtype);
  Tensor result;
  {
    const NoGradGuard unrecorded;
    const double power = std::pow(10.0, static_cast<double>(std::abs(decimals)));
    result = decimals >= 0 ? round(self * power) / power : round(self / power) * power;
  }
  return record("RoundBackward1", std::move(result), {self}, {},
                [](Backward& run) { run.set(0, zeros_like(run.grad())); });
}
Tensor& round_(Tensor& self, int64_t decimals) { return self.copy_(round(self, decimals)); }

// ---- Tests -------------------------------------------------------------------------------------------------------

namespace {

Tensor test(const char* name, UnaryOp op, const Tensor& self) {
  ElementwiseKernel kernel = kernel_of(op, impl_of(self, name).dtype);
  kernel.result_dtype = kBool;
  return elementwise(kernel, {&self});
}

}  // namespace

Tensor isnan(const Tensor& self) { return test("isnan", UnaryOp::IsNan, self); }
Tensor isinf(const Tensor& self) { return test("isinf", UnaryOp::IsInf, self); }
Tensor isfinite(const Tensor& self) { return test("isfinite", UnaryOp::IsFinite, self); }

// ---- Compositions ------------------------------------------------------------------------------------------------

// log(x / (1 - x)); with eps, of x clamped to [eps, 1 - eps].
Tensor logit(const Tensor& self, std::optional<double> eps) {
  impl_of(self, "logit");
  const ScalarType dtype = float_result_type({self});
  Tensor result;
  {
    const NoGradGuard unrecorded;
    const Tensor x = eps ? clamp(self, *eps, 1 - *eps) : self;
    result = elementwise(kernel_of(UnaryOp::Logit, dtype), {&x}, dtype);
  }
  return record("LogitBackward0", std::move(result), {self}, {self}, [eps](Backward& run) {
    const Tensor x = run.saved(0);
    const Tensor slope = run.grad() / (x * (1 - x));
    const Tensor inside = logical_and(x >= eps.value_or(0), x <= 1 - eps.value_or(0));
    run.set(0, where(inside, slope, eps ? 0.0 : std::numeric_limits<double>::quiet_NaN()));
  });
}
Tensor& logit_(Tensor& self, std::optional<double> eps) {
  impl_of(self, "logit_");
  check_can_cast(float_result_type({self}), self.scalar_type());
  return self.copy_(logit(self.clone(), eps));
}

namespace {

double largest(ScalarType dtype) {
  switch (dtype) {
    case kHalf:
      return 65504;
    case kBFloat16:
      return 0x1.fep127;
    case kFloat:
      return std::numeric_limits<float>::max();
    default:
      return std::numeric_limits<double>::max();
  }
}

}  // namespace

// Finite numbers in place of NaN (0), inf and -inf (the largest and the lowest of the dtype).
Tensor nan_to_num(const Tensor& self, std::optional<double> nan, std::optional<double> posinf,
                  std::optional<double> neginf) {
  const ScalarType dtype = impl_of(self, "nan_to_num").dtype;
  if (!is_floating_point(dtype)) return self.clone();
  Tensor result;
  {
    const NoGradGuard unrecorded;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    result = self.masked_fill(isnan(self), nan.value_or(0));
    result = result.masked_fill(self == kInfinity, posinf.value_or(largest(dtype)));
    result = result.masked_fill(self == -kInfinity, neginf.value_or(-largest(dtype)));
  }
  return record("NanToNumBackward0", std::move(result), {self}, {self},
                [](Backward& run) { run.set(0, run.grad() * isfinite(run.saved(0))); });
}
Tensor& nan_to_num_(Tensor& self, std::optional<double> nan, std::optional<double> posinf,
                    std::optional<double> neginf) {
  return self.copy_(nan_to_num(self.clone(), nan, posinf, neginf));
}

}  // namespace relume
