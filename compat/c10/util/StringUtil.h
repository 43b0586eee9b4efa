// c10::str and c10::Join: values joined to a string, each as operator<< writes it.
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

// The values of a container with `delimiter` between them.
template <class Container>
std::string Join(const std::string& delimiter, const Container& values) {
  relume::detail::TextStream text;
  const char* separator = "";
  for (const auto& value : values) {
    text.stream() << separator << value;
    separator = delimiter.c_str();
  }
  return text.str();
}

}  // namespace c10
