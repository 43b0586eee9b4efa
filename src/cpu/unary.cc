// The CPU's kernels for functions of one tensor, for each SIMD target.
#include "kernels/unary.h"

#include <cmath>
#include <type_traits>

#include "cpu/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/unary.cc"
#include "cpu/simd/targets.h"
#include "hwy/foreach_target.h"
//
#include "cpu/simd/loops-inl.h"
#include "cpu/simd/special-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

constexpr int kArithmeticCost = 1, kVectorCost = 8, kLibraryCost = 40;

// A function over any V.
#define RELUME_UNARY(Name, cost, expression) \
  struct Name {                              \
    static constexpr int kCost = cost;       \
    template <class V>                       \
    RELUME_INLINE V operator()(V x) const {  \
      return expression;                     \
    }                                        \
  };

RELUME_UNARY(Exp, kVectorCost, exp(x))
RELUME_UNARY(Exp2, kVectorCost, exp2(x))
RELUME_UNARY(Expm1, kVectorCost, expm1(x))
RELUME_UNARY(Log, kVectorCost, log(x))
RELUME_UNARY(Log2, kVectorCost, log2(x))
RELUME_UNARY(Log10, kVectorCost, log10(x))
RELUME_UNARY(Log1p, kVectorCost, log1p(x))
RELUME_UNARY(Sqrt, kArithmeticCost, sqrt(x))
RELUME_UNARY(Rsqrt, kArithmeticCost, V(1.0) / sqrt(x))
RELUME_UNARY(Reciprocal, kArithmeticCost, V(1.0) / x)
RELUME_UNARY(Sin, kVectorCost, sin(x))
RELUME_UNARY(Cos, kVectorCost, cos(x))
RELUME_UNARY(Tan, kVectorCost, tan(x))
RELUME_UNARY(Asin, kVectorCost, asin(x))
RELUME_UNARY(Acos, kVectorCost, acos(x))
RELUME_UNARY(Atan, kVectorCost, atan(x))
RELUME_UNARY(Sinh, kVectorCost, sinh(x))
RELUME_UNARY(Cosh, kVectorCost, cosh(x))
RELUME_UNARY(Tanh, kVectorCost, tanh(x))
RELUME_UNARY(Asinh, kVectorCost, asinh(x))
RELUME_UNARY(Acosh, kVectorCost, acosh(x))
RELUME_UNARY(Atanh, kVectorCost, atanh(x))
RELUME_UNARY(Erf, kVectorCost, erf(x))
RELUME_UNARY(Erfc, kVectorCost, erfc(x))
RELUME_UNARY(Erfinv, kLibraryCost, erfinv(x))
RELUME_UNARY(Lgamma, kLibraryCost, log_gamma(x))
RELUME_UNARY(Digamma, kLibraryCost, digamma(x))
RELUME_UNARY(Sigmoid, kVectorCost, sigmoid(x))
RELUME_UNARY(Logit, kVectorCost, log(x / (V(1.0) - x)))
RELUME_UNARY(Floor, kArithmeticCost, floor(x))
RELUME_UNARY(Ceil, kArithmeticCost, ceil(x))
RELUME_UNARY(Round, kArithmeticCost, round(x))
RELUME_UNARY(Trunc, kArithmeticCost, trunc(x))
RELUME_UNARY(Frac, kArithmeticCost, x - trunc(x))
RELUME_UNARY(Abs, kArithmeticCost, abs(x))
RELUME_UNARY(Neg, kArithmeticCost, -x)
RELUME_UNARY(Sign, kArithmeticCost, select(x > V(0.0), V(1.0), select(x < V(0.0), V(-1.0), V(0.0))))
RELUME_UNARY(Square, kArithmeticCost, x* x)
RELUME_UNARY(Cube, kArithmeticCost, x* x* x)

// The loops that give bool or take bits are plain: the compiler vectorises them.
struct IsNan {
  template <class T>
  RELUME_INLINE bool operator()(T x) const {
    return x != x;
  }
};
struct IsInf {
  template <class T>
  RELUME_INLINE bool operator()(T x) const {
    if constexpr (std::is_integral_v<T>) return false;
    return std::abs(x) == static_cast<T>(HUGE_VAL);
  }
};
struct IsFinite {
  template <class T>
  RELUME_INLINE bool operator()(T x) const {
    return x - x == 0;
  }
};
struct LogicalNot {
  template <class T>
  RELUME_INLINE bool operator()(T x) const {
    return x == 0;
  }
};

template <class T, class F>
void run_vectors(void* out, const void* const* inputs, int64_t n, const void*) {
  loop<T, 1>(out, inputs, n, F());
}

template <class T, class F>
void run_test(void* out, const void* const* inputs, int64_t n, const void*) {
  const T* x = static_cast<const T*>(inputs[0]);
  bool* y = static_cast<bool*>(out);
  for (int64_t i = 0; i < n; ++i) y[i] = F()(x[i]);
}

template <class T>
void run_bitwise_not(void* out, const void* const* inputs, int64_t n, const void*) {
  const T* x = static_cast<const T*>(inputs[0]);
  T* y = static_cast<T*>(out);
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_same_v<T, bool>) {
      y[i] = !x[i];
    } else {
      y[i] = static_cast<T>(~x[i]);
    }
  }
}

// What touches the sign of a half type alone, of which the compiler makes vectors.
struct FlippedSign {
  static uint16_t of(uint16_t x) { return x ^ 0x8000; }
};
struct NoSign {
  static uint16_t of(uint16_t x) { return x & 0x7fff; }
};
template <class F>
void run_sign(void* out, const void* const* inputs, int64_t n, const void*) {
  const auto* x = static_cast<const uint16_t*>(inputs[0]);
  auto* y = static_cast<uint16_t*>(out);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = F::of(x[i]);
}

// The column of an element type.
template <class T>
constexpr void fill_column(UnaryKernels& table) {
  const auto at = [&table](UnaryOp op) -> UnaryKernel& {
    return table.kernels[static_cast<int>(op)][static_cast<int>(dtype_of<T>)];
  };
  if constexpr (is_half_type<T>) {
    at(UnaryOp::Abs) = {run_sign<NoSign>, kArithmeticCost};
    at(UnaryOp::Neg) = {run_sign<FlippedSign>, kArithmeticCost};
  }
  if constexpr (std::is_floating_point_v<T>) {
#define RELUME_FILL(Name) at(UnaryOp::Name) = {run_vectors<T, Name>, Name::kCost};
    RELUME_FORALL_FLOAT_UNARY(RELUME_FILL)
  }
  if constexpr (std::is_arithmetic_v<T>) {
    if constexpr (!std::is_same_v<T, bool>) {
      RELUME_FORALL_NUMBER_UNARY(RELUME_FILL)
    }
#undef RELUME_FILL
#define RELUME_FILL(Name) at(UnaryOp::Name) = {run_test<T, Name>, kArithmeticCost};
    RELUME_FORALL_TEST_UNARY(RELUME_FILL)
#undef RELUME_FILL
  }
  if constexpr (std::is_integral_v<T>) at(UnaryOp::BitwiseNot) = {run_bitwise_not<T>, kArithmeticCost};
}

constexpr UnaryKernels make_kernels() {
  UnaryKernels table{};
#define RELUME_COLUMN(type, name, python) fill_column<type>(table);
  RELUME_FORALL_DTYPES(RELUME_COLUMN)
#undef RELUME_COLUMN
  return table;
}

constexpr UnaryKernels kUnary = make_kernels();

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {

const UnaryKernels& unary_kernels(Target target) { RELUME_DISPATCH(target, kUnary); }

const UnaryKernels& unary_kernels() {
  static const UnaryKernels& kernels = unary_kernels(target());
  return kernels;
}

}  // namespace relume::cpu
#endif
