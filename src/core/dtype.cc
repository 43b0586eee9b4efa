// Names of the element types, and the promotion lattice.
#include "relume/dtype.h"

#include <ostream>

#include "core/check.h"

namespace relume {

const char* to_string(ScalarType dtype) {
  switch (dtype) {
#define RELUME_NAME(type, name, python) \
  case ScalarType::name:                \
    return #name;
    RELUME_FORALL_DTYPES(RELUME_NAME)
#undef RELUME_NAME
    default:
      return "Undefined";
  }
}

const char* python_name(ScalarType dtype) {
  switch (dtype) {
#define RELUME_NAME(type, name, python) \
  case ScalarType::name:                \
    return #python;
    RELUME_FORALL_DTYPES(RELUME_NAME)
#undef RELUME_NAME
    default:
      return "undefined";
  }
}

const char* TypeMeta::name() const {
  switch (type_) {
    case ScalarType::Byte:
      return "unsigned char";
    case ScalarType::Char:
      return "signed char";
    case ScalarType::Short:
      return "short int";
    case ScalarType::Int:
      return "int";
    case ScalarType::Long:
      return "long int";
    case ScalarType::Half:
      return "c10::Half";
    case ScalarType::Float:
      return "float";
    case ScalarType::Double:
      return "double";
    case ScalarType::Bool:
      return "bool";
    case ScalarType::BFloat16:
      return "c10::BFloat16";
    case ScalarType::UInt16:
      return "short unsigned int";
    default:
      return "nullptr (uninitialized)";
  }
}

std::ostream& operator<<(std::ostream& stream, Half value) { return stream << float{value}; }
std::ostream& operator<<(std::ostream& stream, BFloat16 value) { return stream << float{value}; }
std::ostream& operator<<(std::ostream& stream, ScalarType dtype) { return stream << to_string(dtype); }
std::ostream& operator<<(std::ostream& stream, TypeMeta type) { return stream << type.name(); }

ScalarType promote_types(ScalarType a, ScalarType b) {
  if (a == b) return a;
  if (a == kBool) return b;
  if (b == kBool) return a;
  const bool float_a = is_floating_point(a);
  const bool float_b = is_floating_point(b);
  if (float_a != float_b) return float_a ? a : b;
  if (float_a) {
    if (a == kDouble || b == kDouble) return kDouble;
    return kFloat;  // two different types of float, half and bfloat16
  }
  check(a != kUInt16 && b != kUInt16,
        "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote {} and {}", to_string(a),
        to_string(b));
  if (a == kByte || b == kByte) {  // unsigned and signed: the next larger signed type
    const ScalarType other = a == kByte ? b : a;
    return other == kChar ? kShort : other;
  }
  return element_size(a) > element_size(b) ? a : b;
}

bool can_cast(ScalarType from, ScalarType to) {
  if (is_floating_point(from) && is_integral(to, true)) return false;
  return from == kBool || to != kBool;
}

}  // namespace relume
