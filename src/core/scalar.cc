// Conversions of Scalar that may fail, and how it prints.
#include "relume/scalar.h"

#include <cmath>
#include <ostream>

#include "core/check.h"

namespace relume {

int64_t Scalar::toLong() const { return to_integer(INT64_MIN, INT64_MAX, "int64_t"); }

int64_t Scalar::to_integer(int64_t low, int64_t high, const char* type) const {
  if (kind_ == Kind::Double) {
    // An integer may be a negative number's bits, a float may not, and 255.5 is more than 255. 2^63 is the first double
    // that int64 lacks; the comparison also refuses NaN.
    const bool is_unsigned = low == -high;
    const bool fits = double_ >= (is_unsigned ? 0.0 : static_cast<double>(low)) && double_ < 0x1p63 &&
                      (high == INT64_MAX || double_ <= static_cast<double>(high));
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
