// c10::str: values joined to a string, each as operator<< writes it.
#pragma once

#include <relume/printing.h>

#include <ostream>
#include <string>

namespace c10 {

template <class... Parts>
std::string str(const Parts&... parts) {
  relume::detail::TextStream text;
  (void)(text.stream() << ... << parts);
  return text.str();
}

}  // namespace c10
