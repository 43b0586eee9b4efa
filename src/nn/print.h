// How a module prints its options: torch::nn::Name(key=value, key=value).
#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "core/printing.h"
#include "relume/nn/options.h"

namespace relume::nn::detail {

// A value as modules show it. The stream goes on writing bools so, as libtorch leaves it.
inline void put(std::ostream& stream, bool value) { stream << std::boolalpha << value; }
template <class T>
void put(std::ostream& stream, const T& value) {
  stream << value;
}
template <class T>
void put(std::ostream& stream, const std::optional<T>& value) {
  if (value)
    put(stream, *value);
  else
    stream << "None";
}
template <class T>
void put(std::ostream& stream, ArrayRef<T> list) {
  stream << "[";
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) stream << ", ";
    put(stream, list[i]);
  }
  stream << "]";
}
template <size_t D, class T>
void put(std::ostream& stream, const ExpandingArray<D, T>& list) {
  if constexpr (D == 1)
    put(stream, (*list)[0]);
  else
    put(stream, ArrayRef<T>(list));
}
template <size_t D, class T>
void put(std::ostream& stream, const ExpandingArrayWithOptionalElem<D, T>& list) {
  put(stream, static_cast<const ExpandingArray<D, std::optional<T>>&>(list));
}

// "[0.5, 2]".
inline std::string text_of(ArrayRef<double> list) {
  std::string text;
  for (const double value : list) text += (text.empty() ? "" : ", ") + stream_text(value);
  return "[" + text + "]";
}

class OptionsPrinter {
 public:
  OptionsPrinter(std::ostream& stream, const char* name) : stream_(stream) { stream_ << "torch::nn::" << name << "("; }
  ~OptionsPrinter() { stream_ << ")"; }
  OptionsPrinter(const OptionsPrinter&) = delete;
  OptionsPrinter& operator=(const OptionsPrinter&) = delete;

  // A value alone, or after its name.
  template <class T>
  OptionsPrinter& add(const T& value) {
    separate();
    put(stream_, value);
    return *this;
  }
  template <class T>
  OptionsPrinter& add(const char* key, const T& value) {
    separate();
    stream_ << key << "=";
    put(stream_, value);
    return *this;
  }
  // Only where the value is not the usual one.
  template <class T>
  OptionsPrinter& add_unless(bool usual, const char* key, const T& value) {
    return usual ? *this : add(key, value);
  }

 private:
  void separate() {
    if (!first_) stream_ << ", ";
    first_ = false;
  }

  std::ostream& stream_;
  bool first_ = true;
};

}  // namespace relume::nn::detail
