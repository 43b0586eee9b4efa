// Arithmetic that goes one element at a time: divisions with rules, powers, functions of the C library, shifts.
#include <cmath>
#include <limits>

#include "core/check.h"
#include "cpu/arithmetic_table.h"

namespace relume::cpu {
namespace {

template <class T>
constexpr bool is_real = std::is_floating_point_v<T>;

template <class T>
void check_divisor(T b) {
  check(b != 0, "ZeroDivisionError");
}

// a / b towards zero; the one quotient that does not fit wraps.
template <class T>
T quotient(T a, T b) {
  check_divisor(b);
  if constexpr (std::is_signed_v<T>)
    if (b == -1) return static_cast<T>(bits_of<T>(0) - static_cast<bits_of<T>>(a));
  return static_cast<T>(a / b);
}

template <class T>
T integer_rest(T a, T b) {
  check_divisor(b);
  if constexpr (std::is_signed_v<T>)
    if (b == -1) return 0;
  return static_cast<T>(a % b);
}

// The next three are of integers: those of floats run in vectors.
struct FloorDivide {
  template <class T>
  static T of(T a, T b) {
    const T ratio = quotient(a, b), rest = integer_rest(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? ratio - 1 : ratio;
  }
};

struct Remainder {
  template <class T>
  static T of(T a, T b) {
    const T rest = integer_rest(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
};

struct Fmod {
  template <class T>
  static T of(T a, T b) {
    return integer_rest(a, b);
  }
};

struct TruncDivide {
  template <class T>
  static T of(T a, T b) {
    if constexpr (is_real<T>)
      return std::trunc(a / b);
    else
      return quotient(a, b);
  }
};

template <class T>
T integer_power(T base, T exponent) {
  if constexpr (std::is_signed_v<T>)
    if (exponent < 0) return base == 1 ? 1 : base != -1 ? 0 : exponent % 2 == 0 ? 1 : -1;
  uint64_t result = 1;
  for (uint64_t square = static_cast<uint64_t>(base); exponent > 0; exponent /= 2, square *= square)
    if (exponent % 2 != 0) result *= square;
  return static_cast<T>(result);
}

struct Pow {
  template <class T>
  static T of(T a, T b) {
    if constexpr (is_real<T>)
      return std::pow(a, b);
    else
      return integer_power(a, b);
  }
};

// clang-format off
struct Atan2 { template <class T> static T of(T a, T b) { return std::atan2(a, b); } };
struct Hypot { template <class T> static T of(T a, T b) { return std::hypot(a, b); } };
struct Copysign { template <class T> static T of(T a, T b) { return std::copysign(a, b); } };
struct XLogY {
  template <class T>
  static T of(T a, T b) {
    return std::isnan(b) ? b : a == 0 ? T(0) : a * std::log(b);
  }
};
// clang-format on

struct ShiftLeft {
  template <class T>
  static T of(T a, T b) {
    const bool in_range = b >= 0 && b < static_cast<T>(sizeof(T) * 8);
    return in_range ? static_cast<T>(static_cast<bits_of<T>>(a) << b) : T(0);
  }
};

struct ShiftRight {
  template <class T>
  static T of(T a, T b) {
    constexpr T kWidth = sizeof(T) * 8;
    if (b >= 0 && b < kWidth) return static_cast<T>(a >> b);
    return std::is_signed_v<T> && a < 0 ? static_cast<T>(-1) : T(0);
  }
};

template <class Op, class T>
void scalar_loop(void* out, const void* const* inputs, int64_t n, const void*) {
  for (int64_t i = 0; i < n; ++i)
    static_cast<T*>(out)[i] =
        Op::template of<T>(static_cast<const T*>(inputs[0])[i], static_cast<const T*>(inputs[1])[i]);
}

template <class Op, class... Ts>
constexpr void set(ArithmeticTable& table, ArithmeticOp op, TypeList<Ts...>) {
  ((table.at(op, dtype_of<Ts>) = scalar_loop<Op, Ts>), ...);
}

constexpr ArithmeticTable make_table() {
  using enum ArithmeticOp;
  ArithmeticTable table;
  const auto both = [&]<class Op>(ArithmeticOp op, Op) {
    set<Op>(table, op, FloatTypes());
    set<Op>(table, op, IntTypes());
  };
  set<FloorDivide>(table, floor_divide, IntTypes());
  set<Remainder>(table, remainder, IntTypes());
  set<Fmod>(table, ArithmeticOp::fmod, IntTypes());
  both(trunc_divide, TruncDivide());
  both(ArithmeticOp::pow, Pow());
  set<Atan2>(table, ArithmeticOp::atan2, FloatTypes());
  set<Hypot>(table, ArithmeticOp::hypot, FloatTypes());
  set<Copysign>(table, ArithmeticOp::copysign, FloatTypes());
  set<XLogY>(table, xlogy, FloatTypes());
  set<ShiftLeft>(table, shift_left, IntTypes());
  set<ShiftRight>(table, shift_right, IntTypes());
  return table;
}

constexpr ArithmeticTable kTable = make_table();

}  // namespace

const ArithmeticTable& scalar_arithmetic() { return kTable; }

}  // namespace relume::cpu
