// Python's pickles as data: what one would build, where nothing is imported and nothing called.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "relume/shape.h"

namespace relume::serialize {

struct Pickle {
  enum class Kind : uint8_t { None, Bool, Int, Float, Text, List, Tuple, Dict, Global, Object, Persistent };
  static constexpr size_t kNothing = static_cast<size_t>(-1);

  struct Value {
    Kind kind = Kind::None;
    int64_t integer = 0;  // of Bool and Int
    double number = 0;    // of Float
    std::string text;     // of Text (UTF-8) and Global ("module.name")
    // Values: the items of List and Tuple; keys and values by turns of Dict, and of an Object that was filled like one;
    // the one identity of Persistent.
    std::vector<size_t> items;
    // What an Object is made of: callable(*arguments), and the state that it then gets.
    size_t callable = kNothing, arguments = kNothing, state = kNothing;
  };

  std::vector<Value> values;  // they name each other by their places
  size_t root = kNothing;

  const Value& at(size_t i) const { return values[i]; }
};

// Reads a pickle of protocols 2 to 5. Throws Error, which calls it `source`, where it is damaged or uses what PyTorch's
// archives do not.
Pickle parse_pickle(ArrayRef<uint8_t> bytes, const std::string& source);

}  // namespace relume::serialize
