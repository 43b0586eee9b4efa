// Conversions of Scalar that may fail, and how it prints.
#include "relume/scalar.h"

#include <cmath>
#include <ostream>

#include "core/check.h"

namespace relume {

int64_t Scalar::toLong() const { return to_integer(INT64_MIN, INT64_MAX, "int64_t"); }

int64_t Scalar::to_integer(int64_t low, int64_t high, const char* type) const {
  if (kind_ == Kind::Double) {
    // 2^63 is the first double that int64 lacks; the comparison also refuses NaN.
    const bool fits = double_ >= -0x1p63 && double_ < 0x1p63 && std::trunc(double_) >= static_cast<double>(low) &&
                      static_cast<int64_t>(double_) <= high;
    check(fits, "value cannot be converted to type {} without overflow", type);
    return static_cast<int64_t>(double_);
  }
  check(long_ >= low && long_ <= high, "value cannot be converted to type {} without overflow", type);
  return long_;
}

std::ostream& operator<<(std::ostream& stream, const Scalar& scalar) {
  if (scalar.isFloatingPoint()) return stream << scalar.toDouble();
  if (scalar.isBoolean()) return stream << (scalar.toBool() ? "true" : "false");
  return stream << scalar.toLong();
}

}  // namespace relume
