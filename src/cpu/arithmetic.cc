// Arithmetic in vectors, most of which the compiler makes of plain loops, compiled once for every target.
#include <cmath>

#include "cpu/arithmetic_table.h"
#include "cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/arithmetic.cc"
#include "hwy/foreach_target.h"
//
#include "cpu/simd/loops-inl.h"
#include "cpu/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu {
namespace HWY_NAMESPACE {

// Functors: what an op computes from elements of type T. Integers narrower than int come back through the result type.
// clang-format off
inline float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }
template <class T> T fused(T a, T b, T c) { return static_cast<T>(static_cast<uint64_t>(a) * b + c); }
template <class T> T times(T a, T b) {
  if constexpr (std::is_integral_v<T>) return static_cast<T>(static_cast<uint64_t>(a) * b);
  else return a * b;
}

struct Add { template <class T> static T of(T a, T b) { return static_cast<T>(a + b); } };
struct Sub { template <class T> static T of(T a, T b) { return static_cast<T>(a - b); } };
struct Mul { template <class T> static T of(T a, T b) { return times(a, b); } };
struct Div { template <class T> static T of(T a, T b) { return a / b; } };
// Of equal values, such as the two zeros, the first. (|, because || is a branch, which vectors can't have.)
struct Maximum { template <class T> static T of(T a, T b) { return (a >= b) | (a != a) ? a : b; } };
struct Minimum { template <class T> static T of(T a, T b) { return (a <= b) | (a != a) ? a : b; } };
struct Fmax { template <class T> static T of(T a, T b) { return (a >= b) | (b != b) ? a : b; } };
struct Fmin { template <class T> static T of(T a, T b) { return (a <= b) | (b != b) ? a : b; } };
struct Prelu { template <class T> static T of(T a, T b) { return a > 0 ? a : a * b; } };
struct And { template <class T> static T of(T a, T b) { return a & b; } };
struct Or { template <class T> static T of(T a, T b) { return a | b; } };
struct Xor { template <class T> static T of(T a, T b) { return a ^ b; } };
struct Eq { template <class T> static bool of(T a, T b) { return a == b; } };
struct Ne { template <class T> static bool of(T a, T b) { return a != b; } };
struct Lt { template <class T> static bool of(T a, T b) { return a < b; } };
struct Le { template <class T> static bool of(T a, T b) { return a <= b; } };
struct Lerp {
  template <class T> static T of(T a, T b, T c) {
    const bool near = c < T(0.5) && c > T(-0.5);
    return fused(near ? c : c - T(1), b - a, near ? a : b);
  }
};
struct AddScaled { template <class T> static T of(T scale, T a, T b) { return fused(scale, b, a); } };
struct AddCMul { template <class T> static T of(T scale, T a, T b, T c) { return fused(times(scale, b), c, a); } };
// Of a difference and where it counts as large: 0.5 d^2 / beta below beta, and 0.5 d^2 below delta.
struct SmoothL1 {
  template <class T> static T of(T beta, T a, T b) {
    const T d = a - b < 0 ? b - a : a - b;
    return d < beta ? d * d * T(0.5) / beta : d - T(0.5) * beta;
  }
};
struct Huber {
  template <class T> static T of(T delta, T a, T b) {
    const T d = a - b < 0 ? b - a : a - b;
    return d < delta ? d * d * T(0.5) : (d - T(0.5) * delta) * delta;
  }
};
struct AddCDiv { template <class T> static T of(T scale, T a, T b, T c) { return a + scale * b / c; } };
// clang-format on

// Every element is read before it is written and no two are the same, so that loops may run in vectors although `out`
// may be an input: what ivdep says.
template <class Op, class T, class Out>
void loop_of_2(void* out, const void* const* inputs, int64_t n, const void*) {
  const T* a = static_cast<const T*>(inputs[0]);
  const T* b = static_cast<const T*>(inputs[1]);
  Out* to = static_cast<Out*>(out);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) to[i] = Op::of(a[i], b[i]);
}

template <class Op, class T>
void loop_of_3(void* out, const void* const* inputs, int64_t n, const void*) {
  const T* a = static_cast<const T*>(inputs[0]);
  const T* b = static_cast<const T*>(inputs[1]);
  const T* c = static_cast<const T*>(inputs[2]);
  T* to = static_cast<T*>(out);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) to[i] = Op::of(a[i], b[i], c[i]);
}

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
template <class Op, class T>
void half_loop_of_2(void* out, const void* const* inputs, int64_t n, const void*) {
  loop<T, 2>(out, inputs, n, [](VF a, VF b) { return Op::of(a, b); });
}
template <class Op, class T>
void half_loop_by_number(void* out, const void* const* inputs, int64_t n, const void*) {
  const VF number(*static_cast<const float*>(inputs[1]));
  loop<T, 1>(out, inputs, n, [number](VF a) { return Op::of(a, number); });
}
template <class T>
void scaled_half_loop(void* out, const void* const* inputs, int64_t n, const void* options) {
  const VF scale(static_cast<const ScaleOptions*>(options)->real);
  loop<T, 2>(out, inputs, n, [scale](VF a, VF b) { return mul_add(scale, b, a); });
}
#endif

// min(max(a, b), c); of integers in two loops, for the compiler does not see one as a loop over vectors.
struct Clamp {
  template <class V>
  RELUME_INLINE V operator()(V x, V low, V high) const {
    const V above = select(x >= low || !(x == x), x, low);
    return select(above <= high || !(above == above), above, high);
  }
};

template <class T>
void clamp_loop(void* out, const void* const* inputs, int64_t n, const void*) {
  if constexpr (std::is_floating_point_v<T>) return loop<T, 3>(out, inputs, n, Clamp());
  constexpr int64_t kBlock = 512;
  T low[kBlock];
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t count = n - i < kBlock ? n - i : kBlock;
    const void* const floor[] = {static_cast<const T*>(inputs[0]) + i, static_cast<const T*>(inputs[1]) + i};
    loop_of_2<Maximum, T, T>(low, floor, count, nullptr);
    const void* const ceiling[] = {low, static_cast<const T*>(inputs[2]) + i};
    loop_of_2<Minimum, T, T>(static_cast<T*>(out) + i, ceiling, count, nullptr);
  }
}

template <class T>
T scale_of(const void* options) {
  const auto* scale = static_cast<const ScaleOptions*>(options);
  if constexpr (std::is_floating_point_v<T>)
    return static_cast<T>(scale->real);
  else
    return static_cast<T>(scale->integer);
}

template <class Op, class T>
void scaled_loop_of_2(void* out, const void* const* inputs, int64_t n, const void* options) {
  const T scale = scale_of<T>(options);
  const T* a = static_cast<const T*>(inputs[0]);
  const T* b = static_cast<const T*>(inputs[1]);
  T* to = static_cast<T*>(out);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) to[i] = Op::of(scale, a[i], b[i]);
}

template <class Op, class T>
void scaled_loop_of_3(void* out, const void* const* inputs, int64_t n, const void* options) {
  const T scale = scale_of<T>(options);
  const T* a = static_cast<const T*>(inputs[0]);
  const T* b = static_cast<const T*>(inputs[1]);
  const T* c = static_cast<const T*>(inputs[2]);
  T* to = static_cast<T*>(out);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) to[i] = Op::of(scale, a[i], b[i], c[i]);
}

// Whether a quotient of floats, taken in double, lies on its side of each integer, so that products with its whole part
// are exact.
inline bool has_exact_rest(double ratio, double divisor) {
  return (__builtin_fabs(ratio) < 0x1p28) & (__builtin_fabs(divisor) < 0x1p128);
}

// The rests of a / b towards zero, exact as the C library's.
inline void rests_of(const double* a, const double* b, int64_t n, double* rests) {
  for (int64_t i = 0; i < n; ++i) rests[i] = std::fmod(a[i], b[i]);
}
inline void rests_of(const float* a, const float* b, int64_t n, float* rests) {
  int64_t inexact = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double x = a[i], y = b[i], ratio = x / y;
    inexact |= has_exact_rest(ratio, y) ? 0 : 1;
    rests[i] = __builtin_copysignf(static_cast<float>(x - __builtin_trunc(ratio) * y), a[i]);
  }
  if (!inexact) return;
  for (int64_t i = 0; i < n; ++i)
    if (!has_exact_rest(static_cast<double>(a[i]) / b[i], b[i])) rests[i] = std::fmod(a[i], b[i]);
}

// What is made of the rest: itself, the one that has the sign of b, and Python's quotient, that of a minus the latter,
// so that a == b * floor_divide(a, b) + remainder(a, b) as nearly as can be.
struct Rest {
  template <class V>
  V operator()(V, V, V rest) const {
    return rest;
  }
};
struct FlooredRest {
  template <class V>
  V operator()(V, V b, V rest) const {
    return select(points_away(b, rest), rest + b, rest);
  }
  template <class V>
  static auto points_away(V b, V rest) {
    return (rest < V(0.0) && b > V(0.0)) || (rest > V(0.0) && b < V(0.0));
  }
};
struct FlooredQuotient {
  template <class V>
  V operator()(V a, V b, V rest) const {
    const V exact = (a - rest) / b, ratio = select(FlooredRest::points_away(b, rest), exact - V(1.0), exact);
    const V whole = floor(ratio), nearest = select(ratio - whole > V(0.5), whole + V(1.0), whole);
    return select(b == V(0.0), a / b, select(ratio == V(0.0), copysign(V(0.0), a / b), nearest));
  }
};

template <class T, class Op>
void rest_loop(void* out, const void* const* inputs, int64_t n, const void*) {
  constexpr int64_t kBlock = 256;
  T rests[kBlock];
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t count = n - i < kBlock ? n - i : kBlock;
    const T *a = static_cast<const T*>(inputs[0]) + i, *b = static_cast<const T*>(inputs[1]) + i;
    rests_of(a, b, count, rests);
    const void* const parts[] = {a, b, rests};
    loop<T, 3>(static_cast<T*>(out) + i, parts, count, Op());
  }
}

// Null where they had better be left to the loops over elements.
constexpr ElementwiseLoop pow_loop() {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return [](void* out, const void* const* inputs, int64_t n, const void*) {
    loop<float, 2>(out, inputs, n, [](VF a, VF b) { return pow(a, b); });
  };
#else
  return nullptr;
#endif
}
template <class T>
constexpr ElementwiseLoop atan2_loop() {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return [](void* out, const void* const* inputs, int64_t n, const void*) {
    loop<T, 2>(out, inputs, n, [](Vector<T> y, Vector<T> x) { return atan2(y, x); });
  };
#else
  return nullptr;
#endif
}

// Squares of floats are exact in double and their sum cannot overflow there.
constexpr ElementwiseLoop float_hypot_loop() {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return [](void* out, const void* const* inputs, int64_t n, const void*) {
    loop<float, 2>(out, inputs, n, [](VF a, VF b) {
      const VF endless(HUGE_VAL);
      const VF size = detail::in_double([](VD x, VD y) { return sqrt(x * x + y * y); }, a, b);
      return select(abs(a) == endless || abs(b) == endless, endless, size);
    });
  };
#else
  return nullptr;
#endif
}

// Scaled by a power of two so that no square leaves the range. Of the two forms of the sum the first is exact but for
// one rounding where the sides are nearly equal, the other where they are not. Needs fused multiply-add.
constexpr ElementwiseLoop double_hypot_loop() {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return [](void* out, const void* const* inputs, int64_t n, const void*) {
    loop<double, 2>(out, inputs, n, [](VD a, VD b) {
      const VD x = abs(a), y = abs(b), most = select(x < y, y, x);
      const auto large = most > VD(0x1p500), small = most < VD(0x1p-500);
      const VD scale = select(large, VD(0x1p-600), select(small, VD(0x1p600), VD(1.0)));
      const VD back = select(large, VD(0x1p600), select(small, VD(0x1p-600), VD(1.0)));
      const VD high = most * scale, low = select(x < y, x, y) * scale, twice = low + low, rest = high - low;
      const VD square = select(twice >= high, mul_add(twice, high, rest * rest), mul_add(high, high, low * low));
      const VD endless(HUGE_VAL);
      return select(x == endless || y == endless, endless, sqrt(square) * back);
    });
  };
#else
  return nullptr;
#endif
}

void or_if_scaled(void* out, const void* const* inputs, int64_t n, const void* options) {
  const uint8_t scale = scale_of<int64_t>(options) != 0;
  const uint8_t* a = static_cast<const uint8_t*>(inputs[0]);
  const uint8_t* b = static_cast<const uint8_t*>(inputs[1]);
  uint8_t* to = static_cast<uint8_t*>(out);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) to[i] = a[i] | (b[i] & scale);
}

template <class T>
void where_loop(void* out, const void* const* inputs, int64_t n, const void*) {
  const uint8_t* condition = static_cast<const uint8_t*>(inputs[0]);
  const T* a = static_cast<const T*>(inputs[1]);
  const T* b = static_cast<const T*>(inputs[2]);
  T* to = static_cast<T*>(out);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) to[i] = condition[i] ? a[i] : b[i];
}

// Which dtypes an op has: as numbers with their own order, or as bits of their size.
class TableMaker {
 public:
  constexpr ArithmeticTable make() {
    using enum ArithmeticOp;
    wrapping<Add>(add);
    wrapping<Sub>(sub);
    wrapping<Mul>(mul);
    table_.at(add, kBool) = loop_of_2<Or, uint8_t, uint8_t>;
    table_.at(mul, kBool) = loop_of_2<And, uint8_t, uint8_t>;
    numbers<Div>(div, FloatTypes());
    ordered<Maximum>(maximum);
    ordered<Minimum>(minimum);
    ordered<Maximum>(clamp_min);
    ordered<Minimum>(clamp_max);
    ordered<Maximum>(fmax);
    ordered<Minimum>(fmin);
    numbers<Fmax>(fmax, FloatTypes());
    numbers<Fmin>(fmin, FloatTypes());
    numbers<Prelu>(prelu, FloatTypes());
    bits<And>(bitwise_and, BitTypes());
    bits<Or>(bitwise_or, BitTypes());
    bits<Xor>(bitwise_xor, BitTypes());
    equality<Eq>(eq);
    equality<Ne>(ne);
    comparison<Lt>(lt, FloatTypes());
    comparison<Lt>(lt, IntTypes());
    comparison<Le>(le, FloatTypes());
    comparison<Le>(le, IntTypes());
    table_.at(lt, kBool) = loop_of_2<Lt, uint8_t, bool>;
    table_.at(le, kBool) = loop_of_2<Le, uint8_t, bool>;
    clamps(FloatTypes());
    clamps(IntTypes());
    table_.at(clamp, kBool) = clamp_loop<uint8_t>;
    ternary<Lerp>(lerp, FloatTypes());
    scaled(FloatTypes());
    scaled(IntTypes());
    division(FloatTypes());
    table_.at(add_scaled, kBool) = or_if_scaled;
    rests<FlooredQuotient>(floor_divide, FloatTypes());
    rests<FlooredRest>(remainder, FloatTypes());
    rests<Rest>(ArithmeticOp::fmod, FloatTypes());
    table_.at(ArithmeticOp::pow, kFloat) = pow_loop();
    table_.at(ArithmeticOp::atan2, kFloat) = atan2_loop<float>();
    table_.at(ArithmeticOp::atan2, kDouble) = atan2_loop<double>();
    table_.at(ArithmeticOp::hypot, kFloat) = float_hypot_loop();
    table_.at(ArithmeticOp::hypot, kDouble) = double_hypot_loop();
    halves(TypeList<Half, BFloat16>());
    for (int d = 0; d < kNumDtypes; ++d)
      table_.loops[static_cast<int>(where)][d] = where_of(static_cast<ScalarType>(d));
    return table_;
  }

 private:
  template <class Op, class... Ts>
  constexpr void numbers(ArithmeticOp op, TypeList<Ts...>) {
    ((table_.at(op, dtype_of<Ts>) = loop_of_2<Op, Ts, Ts>), ...);
  }
  template <class Op, class... Ts>
  constexpr void bits(ArithmeticOp op, TypeList<Ts...>) {
    ((table_.at(op, dtype_of<Ts>) = loop_of_2<Op, bits_of<Ts>, bits_of<Ts>>), ...);
  }
  template <class Op>
  constexpr void wrapping(ArithmeticOp op) {
    numbers<Op>(op, FloatTypes());
    bits<Op>(op, IntTypes());
  }
  template <class Op>
  constexpr void ordered(ArithmeticOp op) {
    numbers<Op>(op, FloatTypes());
    numbers<Op>(op, IntTypes());
    table_.at(op, kBool) = loop_of_2<Op, uint8_t, uint8_t>;
  }
  template <class Op, class... Ts>
  constexpr void comparison(ArithmeticOp op, TypeList<Ts...>) {
    ((table_.at(op, dtype_of<Ts>) = loop_of_2<Op, Ts, bool>), ...);
  }
  template <class Op, class... Ts>
  constexpr void bit_comparison(ArithmeticOp op, TypeList<Ts...>) {
    ((table_.at(op, dtype_of<Ts>) = loop_of_2<Op, bits_of<Ts>, bool>), ...);
  }
  template <class Op>
  constexpr void equality(ArithmeticOp op) {
    comparison<Op>(op, FloatTypes());
    bit_comparison<Op>(op, BitTypes());
  }
  template <class Op, class... Ts>
  constexpr void ternary(ArithmeticOp op, TypeList<Ts...>) {
    ((table_.at(op, dtype_of<Ts>) = loop_of_3<Op, Ts>), ...);
  }
  template <class Op, class... Ts>
  constexpr void rests(ArithmeticOp op, TypeList<Ts...>) {
    ((table_.at(op, dtype_of<Ts>) = rest_loop<Ts, Op>), ...);
  }
  template <class... Ts>
  constexpr void halves([[maybe_unused]] TypeList<Ts...> types) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
    ((table_.at(ArithmeticOp::add, dtype_of<Ts>) = half_loop_of_2<Add, Ts>), ...);
    ((table_.at(ArithmeticOp::sub, dtype_of<Ts>) = half_loop_of_2<Sub, Ts>), ...);
    ((table_.at(ArithmeticOp::mul, dtype_of<Ts>) = half_loop_of_2<Mul, Ts>), ...);
    ((table_.at(ArithmeticOp::div, dtype_of<Ts>) = half_loop_of_2<Div, Ts>), ...);
    ((table_.at(ArithmeticOp::mul_number, dtype_of<Ts>) = half_loop_by_number<Mul, Ts>), ...);
    ((table_.at(ArithmeticOp::div_number, dtype_of<Ts>) = half_loop_by_number<Div, Ts>), ...);
    ((table_.at(ArithmeticOp::add_scaled, dtype_of<Ts>) = scaled_half_loop<Ts>), ...);
#endif
  }
  template <class... Ts>
  constexpr void clamps(TypeList<Ts...>) {
    ((table_.at(ArithmeticOp::clamp, dtype_of<Ts>) = clamp_loop<Ts>), ...);
  }
  template <class T>
  using exact = std::conditional_t<std::is_floating_point_v<T>, T, bits_of<T>>;
  template <class... Ts>
  constexpr void scaled(TypeList<Ts...>) {
    ((table_.at(ArithmeticOp::add_scaled, dtype_of<Ts>) = scaled_loop_of_2<AddScaled, exact<Ts>>), ...);
    ((table_.at(ArithmeticOp::addcmul, dtype_of<Ts>) = scaled_loop_of_3<AddCMul, exact<Ts>>), ...);
  }
  template <class... Ts>
  constexpr void division(TypeList<Ts...>) {
    ((table_.at(ArithmeticOp::addcdiv, dtype_of<Ts>) = scaled_loop_of_3<AddCDiv, Ts>), ...);
    ((table_.at(ArithmeticOp::smooth_l1, dtype_of<Ts>) = scaled_loop_of_2<SmoothL1, Ts>), ...);
    ((table_.at(ArithmeticOp::huber, dtype_of<Ts>) = scaled_loop_of_2<Huber, Ts>), ...);
  }
  static constexpr ElementwiseLoop where_of(ScalarType dtype) {
    switch (element_size(dtype)) {
      case 1:
        return where_loop<uint8_t>;
      case 2:
        return where_loop<uint16_t>;
      case 4:
        return where_loop<uint32_t>;
      default:
        return where_loop<uint64_t>;
    }
  }

  ArithmeticTable table_;
};

constexpr ArithmeticTable kArithmetic = TableMaker().make();

}  // namespace HWY_NAMESPACE
}  // namespace relume::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {
namespace {

const ArithmeticTable& vector_arithmetic(Target target) { RELUME_DISPATCH(target, kArithmetic); }

ElementwiseLoop find(const ArithmeticTable& vector, ArithmeticOp op, ScalarType dtype) {
  const ElementwiseLoop loop = vector.at(op, dtype);
  return loop ? loop : scalar_arithmetic().at(op, dtype);
}

}  // namespace

ElementwiseLoop arithmetic_loop(ArithmeticOp op, ScalarType dtype) {
  static const ArithmeticTable& vector = vector_arithmetic(target());
  return find(vector, op, dtype);
}

ElementwiseLoop arithmetic_loop(Target target, ArithmeticOp op, ScalarType dtype) {
  return find(vector_arithmetic(target), op, dtype);
}

}  // namespace relume::cpu
#endif  // HWY_ONCE
