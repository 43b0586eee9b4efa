// Names of classes as they are printed.
#pragma once

#include <string>
#include <typeinfo>

namespace relume::detail {

std::string demangled(const std::type_info& type);
// The same with torch:: for relume::, which is how modules print in both.
std::string class_name(const std::type_info& type);

}  // namespace relume::detail
