// The element types: ScalarType, the half-precision number classes, and TypeMeta, which prints as C++ types do.
#pragma once

#include <cstdint>
#include <cstring>
#include <iosfwd>

#include "relume/export.h"

namespace relume {

namespace detail {

inline float float_from_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline uint32_t bits_from_float(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// IEEE 754 binary16, round to nearest even; subnormals, infinities and NaN are kept.
inline uint16_t half_from_float(float value) {
  const uint32_t bits = bits_from_float(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);
  if (magnitude >= 0x47800000u) return static_cast<uint16_t>(sign | 0x7c00u);
  if (magnitude < 0x38800000u) {  // subnormal: adding 0.5 aligns the mantissa and rounds it
    const float shifted = float_from_bits(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (bits_from_float(shifted) - 0x3f000000u));
  }
  const uint32_t rounded = magnitude + 0xc8000fffu + ((magnitude >> 13) & 1u);
  return static_cast<uint16_t>(sign | (rounded >> 13));
}

inline float float_from_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t magnitude = half & 0x7fffu;
  if (magnitude >= 0x7c00u) return float_from_bits(sign | 0x7f800000u | (magnitude << 13));
  if (magnitude >= 0x0400u) return float_from_bits(sign | ((magnitude << 13) + 0x38000000u));
  const float value = static_cast<float>(magnitude) * 5.9604644775390625e-8f;  // 2^-24
  return float_from_bits(sign | bits_from_float(value));
}

// The upper half of a float, round to nearest even.
inline uint16_t bfloat16_from_float(float value) {
  const uint32_t bits = bits_from_float(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fc0u;
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

inline float float_from_bfloat16(uint16_t bits) { return float_from_bits(static_cast<uint32_t>(bits) << 16); }

}  // namespace detail

// A 16-bit IEEE float. Arithmetic goes through float.
struct Half {
  uint16_t x = 0;
  Half() = default;
  Half(float value) : x(detail::half_from_float(value)) {}  // NOLINT: implicit, as in libtorch
  operator float() const { return detail::float_from_half(x); }
};

// A 16-bit float with the range of float32 and 8 bits of precision. Arithmetic goes through float.
struct BFloat16 {
  uint16_t x = 0;
  BFloat16() = default;
  BFloat16(float value) : x(detail::bfloat16_from_float(value)) {}  // NOLINT: implicit, as in libtorch
  operator float() const { return detail::float_from_bfloat16(x); }
};

RELUME_API std::ostream& operator<<(std::ostream& stream, Half value);
RELUME_API std::ostream& operator<<(std::ostream& stream, BFloat16 value);

// One row an element type: C++ type, name, name in Python.
#define RELUME_FORALL_DTYPES(_)   \
  _(uint8_t, Byte, uint8)         \
  _(int8_t, Char, int8)           \
  _(int16_t, Short, int16)        \
  _(int32_t, Int, int32)          \
  _(int64_t, Long, int64)         \
  _(Half, Half, float16)          \
  _(float, Float, float32)        \
  _(double, Double, float64)      \
  _(bool, Bool, bool)             \
  _(BFloat16, BFloat16, bfloat16) \
  _(uint16_t, UInt16, uint16)

#define RELUME_ENUM(type, name, python) name,
enum class ScalarType : int8_t { RELUME_FORALL_DTYPES(RELUME_ENUM) Undefined };
#undef RELUME_ENUM

inline constexpr int kNumDtypes = static_cast<int>(ScalarType::Undefined);

inline constexpr ScalarType kByte = ScalarType::Byte, kUInt8 = ScalarType::Byte;
inline constexpr ScalarType kChar = ScalarType::Char, kInt8 = ScalarType::Char;
inline constexpr ScalarType kShort = ScalarType::Short, kInt16 = ScalarType::Short;
inline constexpr ScalarType kInt = ScalarType::Int, kInt32 = ScalarType::Int;
inline constexpr ScalarType kLong = ScalarType::Long, kInt64 = ScalarType::Long;
inline constexpr ScalarType kHalf = ScalarType::Half, kFloat16 = ScalarType::Half;
inline constexpr ScalarType kFloat = ScalarType::Float, kFloat32 = ScalarType::Float;
inline constexpr ScalarType kDouble = ScalarType::Double, kFloat64 = ScalarType::Double;
inline constexpr ScalarType kBool = ScalarType::Bool;
inline constexpr ScalarType kBFloat16 = ScalarType::BFloat16;
inline constexpr ScalarType kUInt16 = ScalarType::UInt16;

// The ScalarType of a C++ element type: dtype_of<float> is kFloat.
template <class T>
inline constexpr ScalarType dtype_of = ScalarType::Undefined;
#define RELUME_DTYPE_OF(type, name, python) \
  template <>                               \
  inline constexpr ScalarType dtype_of<type> = ScalarType::name;
RELUME_FORALL_DTYPES(RELUME_DTYPE_OF)
#undef RELUME_DTYPE_OF

// Size of an element in bytes; 0 for Undefined.
constexpr int64_t element_size(ScalarType dtype) {
  switch (dtype) {
#define RELUME_SIZE(type, name, python) \
  case ScalarType::name:                \
    return sizeof(type);
    RELUME_FORALL_DTYPES(RELUME_SIZE)
#undef RELUME_SIZE
    default:
      return 0;
  }
}

constexpr bool is_floating_point(ScalarType t) {
  return t == ScalarType::Float || t == ScalarType::Double || t == ScalarType::Half || t == ScalarType::BFloat16;
}
constexpr bool is_reduced_floating_point(ScalarType t) { return t == ScalarType::Half || t == ScalarType::BFloat16; }
// Integers; bool counts when include_bool is set.
constexpr bool is_integral(ScalarType t, bool include_bool) {
  return !is_floating_point(t) && t != ScalarType::Undefined && (include_bool || t != ScalarType::Bool);
}
constexpr bool is_signed(ScalarType t) {
  return t != ScalarType::Byte && t != ScalarType::UInt16 && t != ScalarType::Bool;
}

// "Float", "Long": the name in error messages and in C++.
RELUME_API const char* to_string(ScalarType dtype);
// "float32", "int64": the name in Python.
RELUME_API const char* python_name(ScalarType dtype);
RELUME_API std::ostream& operator<<(std::ostream& stream, ScalarType dtype);

// What Tensor::dtype() returns: a ScalarType that prints as the C++ type does ("float", "long int").
class TypeMeta {
 public:
  constexpr TypeMeta() = default;
  constexpr TypeMeta(ScalarType type) : type_(type) {}  // NOLINT: implicit, as in libtorch
  template <class T>
  static constexpr TypeMeta Make() {
    return dtype_of<T>;
  }
  static constexpr TypeMeta fromScalarType(ScalarType type) { return type; }
  constexpr operator ScalarType() const { return type_; }
  constexpr ScalarType toScalarType() const { return type_; }
  constexpr int64_t itemsize() const { return element_size(type_); }
  RELUME_API const char* name() const;

 private:
  ScalarType type_ = ScalarType::Undefined;
};
RELUME_API std::ostream& operator<<(std::ostream& stream, TypeMeta type);
using Dtype = ScalarType;

// The dtype that results from combining tensors of two dtypes of the same category rank, as PyTorch's lattice has it.
RELUME_API ScalarType promote_types(ScalarType a, ScalarType b);
// Whether a result of dtype `from` may be written into a tensor of dtype `to`.
RELUME_API bool can_cast(ScalarType from, ScalarType to);

}  // namespace relume
