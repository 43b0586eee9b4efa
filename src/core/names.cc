// Names of classes, out of what the compiler makes of them.
#include "core/names.h"

#include <cxxabi.h>

#include <cstdlib>
#include <string_view>

namespace relume::detail {

std::string demangled(const std::type_info& type) {
  int status = 0;
  char* text = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  const std::string name = status == 0 ? text : type.name();
  std::free(text);
  return name;
}

std::string class_name(const std::type_info& type) {
  const std::string name = demangled(type);
  constexpr std::string_view prefix = "relume::";
  return name.compare(0, prefix.size(), prefix) == 0 ? "torch::" + name.substr(prefix.size()) : name;
}

}  // namespace relume::detail
