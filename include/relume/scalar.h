// Scalar: a number whose kind (bool, integer, floating point) is known at run time.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <type_traits>

#include "relume/dtype.h"
#include "relume/export.h"

namespace relume {

// Holds a double, an int64 or a bool. Its kind decides dtype promotion, as a Python number does: 2 keeps an integer
// tensor an integer, 2.0 makes it floating point.
class Scalar {
 public:
  Scalar() : kind_(Kind::Long), long_(0) {}
  template <class T, class = std::enable_if_t<std::is_same_v<T, bool>>>  // so that a pointer is no number
  Scalar(T value) : kind_(Kind::Bool), long_(value) {}                   // NOLINT: implicit, as in libtorch
  Scalar(int value) : kind_(Kind::Long), long_(value) {}                 // NOLINT
  Scalar(unsigned value) : kind_(Kind::Long), long_(value) {}            // NOLINT
  Scalar(long value) : kind_(Kind::Long), long_(value) {}                // NOLINT
  Scalar(long long value) : kind_(Kind::Long), long_(value) {}           // NOLINT
  Scalar(unsigned long value) : kind_(Kind::Long), long_(static_cast<int64_t>(value)) {}       // NOLINT
  Scalar(unsigned long long value) : kind_(Kind::Long), long_(static_cast<int64_t>(value)) {}  // NOLINT
  Scalar(short value) : kind_(Kind::Long), long_(value) {}                                     // NOLINT
  Scalar(unsigned short value) : kind_(Kind::Long), long_(value) {}                            // NOLINT
  Scalar(signed char value) : kind_(Kind::Long), long_(value) {}                               // NOLINT
  Scalar(unsigned char value) : kind_(Kind::Long), long_(value) {}                             // NOLINT
  Scalar(float value) : kind_(Kind::Double), double_(value) {}                                 // NOLINT
  Scalar(double value) : kind_(Kind::Double), double_(value) {}                                // NOLINT
  Scalar(Half value) : kind_(Kind::Double), double_(value) {}                                  // NOLINT
  Scalar(BFloat16 value) : kind_(Kind::Double), double_(value) {}                              // NOLINT

  bool isFloatingPoint() const { return kind_ == Kind::Double; }
  bool isIntegral(bool include_bool) const { return kind_ == Kind::Long || (include_bool && kind_ == Kind::Bool); }
  bool isBoolean() const { return kind_ == Kind::Bool; }
  // Double, Long or Bool.
  ScalarType type() const {
    return kind_ == Kind::Double ? ScalarType::Double : kind_ == Kind::Long ? ScalarType::Long : ScalarType::Bool;
  }

  double toDouble() const { return kind_ == Kind::Double ? double_ : static_cast<double>(long_); }
  float toFloat() const { return static_cast<float>(toDouble()); }
  // Truncates a floating-point value; throws Error where it does not fit, NaN included.
  RELUME_API int64_t toLong() const;
  int toInt() const;
  bool toBool() const { return kind_ == Kind::Double ? double_ != 0 : long_ != 0; }

  // The value as T. Throws Error where it does not fit.
  template <class T>
  T to() const;

  Scalar operator-() const { return kind_ == Kind::Double ? Scalar(-double_) : Scalar(-long_); }
  bool equal(double value) const { return toDouble() == value; }

 private:
  enum class Kind : uint8_t { Double, Long, Bool };
  RELUME_API int64_t to_integer(int64_t low, int64_t high, const char* type) const;

  Kind kind_;
  union {
    double double_;
    int64_t long_;
  };
};

#define RELUME_SCALAR_TO_INTEGER(T, low, high)        \
  template <>                                         \
  inline T Scalar::to<T>() const {                    \
    return static_cast<T>(to_integer(low, high, #T)); \
  }
RELUME_SCALAR_TO_INTEGER(uint8_t, -255, 255)
RELUME_SCALAR_TO_INTEGER(int8_t, INT8_MIN, INT8_MAX)
RELUME_SCALAR_TO_INTEGER(uint16_t, -65535, 65535)
RELUME_SCALAR_TO_INTEGER(int16_t, INT16_MIN, INT16_MAX)
RELUME_SCALAR_TO_INTEGER(int32_t, INT32_MIN, INT32_MAX)
#undef RELUME_SCALAR_TO_INTEGER
inline int Scalar::toInt() const { return to<int32_t>(); }
template <>
inline int64_t Scalar::to<int64_t>() const {
  return toLong();
}
template <>
inline double Scalar::to<double>() const {
  return toDouble();
}
template <>
inline float Scalar::to<float>() const {
  return toFloat();
}
template <>
inline Half Scalar::to<Half>() const {
  return Half(toFloat());
}
template <>
inline BFloat16 Scalar::to<BFloat16>() const {
  return BFloat16(toFloat());
}
template <>
inline bool Scalar::to<bool>() const {
  return toBool();
}

RELUME_API std::ostream& operator<<(std::ostream& stream, const Scalar& scalar);

}  // namespace relume
