// How a module prints its options: torch::nn::Name(key=value, key=value).
#pragma once

#include <optional>
#include <ostream>

#include "relume/nn/options.h"

namespace relume::nn::detail {

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
    put(value);
    return *this;
  }
  template <class T>
  OptionsPrinter& add(const char* key, const T& value) {
    separate();
    stream_ << key << "=";
    put(value);
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
  // The stream goes on writing bools so, as libtorch leaves it.
  void put(bool value) { stream_ << std::boolalpha << value; }
  template <class T>
  void put(const std::optional<T>& value) {
    if (value)
      put(*value);
    else
      stream_ << "None";
  }
  template <class T>
  void put(ArrayRef<T> list) {
    stream_ << "[";
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) stream_ << ", ";
      put(list[i]);
    }
    stream_ << "]";
  }
  template <size_t D, class T>
  void put(const ExpandingArray<D, T>& list) {
    if constexpr (D == 1)
      put((*list)[0]);
    else
      put(ArrayRef<T>(list));
  }
  template <size_t D, class T>
  void put(const ExpandingArrayWithOptionalElem<D, T>& list) {
    put(static_cast<const ExpandingArray<D, std::optional<T>>&>(list));
  }
  template <class T>
  void put(const T& value) {
    stream_ << value;
  }

  std::ostream& stream_;
  bool first_ = true;
};

}  // namespace relume::nn::detail
