// c10::str: values joined to a string, each as operator<< writes it.
#pragma once

#include <sstream>
#include <string>

namespace c10 {

template <class... Parts>
std::string str(const Parts&... parts) {
  std::ostringstream stream;
  (void)(stream << ... << parts);
  return stream.str();
}

}  // namespace c10
