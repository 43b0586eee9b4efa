// JSON (RFC 8259) as headers of safetensors files need it: objects, lists, text and counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace relume::serialize {

struct JsonMember;

struct Json {
  // Count is an integer from 0 to 2^64 - 1, written with digits alone; Other is what headers have no use for.
  enum class Kind : uint8_t { Object, List, Text, Count, Other };

  // The value of the text, all of which must be one value. Throws Error, which says what is wrong, also where a key
  // stands twice in an object, text is not UTF-8, or values are nested deeper than 100.
  static Json parse(std::string_view text);

  // The value of a key of an object; nullptr where there is none.
  const Json* find(std::string_view key) const;

  Kind kind = Kind::Other;
  std::string text;
  uint64_t count = 0;
  std::vector<Json> items;
  std::vector<JsonMember> members;  // in the order of the text
};

struct JsonMember {
  std::string key;
  Json value;
};

// Text between quotation marks, with what JSON has no other way to say escaped; nothing where it is not UTF-8.
std::optional<std::string> json_text(std::string_view text);

}  // namespace relume::serialize
