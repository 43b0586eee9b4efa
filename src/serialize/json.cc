// A JSON parser by recursive descent, a method a rule of the grammar.
#include "serialize/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/check.h"

namespace relume::serialize {
namespace {

constexpr int kDeepest = 100;

// The bytes of the UTF-8 character at the start of the text (Unicode 15, table 3-7); 0 where there is none.
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) -> int { return i < text.size() ? static_cast<uint8_t>(text[i]) : -1; };
  const auto follows = [&](size_t i, int from = 0x80, int to = 0xBF) { return byte(i) >= from && byte(i) <= to; };
  const int first = byte(0);
  if (first < 0) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF)  // neither overlong nor a surrogate
    return follows(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && follows(2) ? 3 : 0;
  if (first >= 0xF0 && first <= 0xF4)  // neither overlong nor past U+10FFFF
    return follows(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}

void append_utf8(std::string* text, uint32_t code) {
  const auto put = [&](uint32_t byte) { text->push_back(static_cast<char>(byte)); };
  const auto put_rest = [&](int shift) { put(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put_rest(12);
    }
    put_rest(6);
  }
  put_rest(0);
}

// What may follow a backslash, and what it stands for.
constexpr std::string_view kEscapes = "\"\\/bfnrt", kEscaped = "\"\\/\b\f\n\r\t";

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Json whole() {
    Json value = parse_value(0);
    skip_spaces();
    if (at_ != text_.size()) expected("the end");
    return value;
  }

 private:
  [[noreturn]] void expected(const char* what) const { fail("expected {} at byte {}", what, at_); }

  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool next_is_digit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }
  bool take(char c) {
    const bool there = next_is(c);
    at_ += there;
    return there;
  }
  void skip_spaces() {
    while (next_is(' ') || next_is('\n') || next_is('\r') || next_is('\t')) ++at_;
  }

  static Json of_kind(Json::Kind kind) {
    Json value;
    value.kind = kind;
    return value;
  }

  Json parse_value(int depth) {
    if (depth > kDeepest) expected("values that are nested less");
    skip_spaces();
    if (next_is('"')) {
      Json value = of_kind(Json::Kind::Text);
      value.text = parse_text();
      return value;
    }
    if (take('{')) return parse_object(depth);
    if (take('[')) return parse_list(depth);
    for (const std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return {};
    }
    return parse_number();
  }

  Json parse_object(int depth) {
    Json object = of_kind(Json::Kind::Object);
    std::set<std::string> keys;
    parse_sequence('}', [&] {
      skip_spaces();
      std::string key = parse_text();
      check(keys.insert(key).second, "\"{}\" stands twice", key);
      skip_spaces();
      if (!take(':')) expected("a colon");
      object.members.push_back({std::move(key), parse_value(depth + 1)});
    });
    return object;
  }

  Json parse_list(int depth) {
    Json list = of_kind(Json::Kind::List);
    parse_sequence(']', [&] { list.items.push_back(parse_value(depth + 1)); });
    return list;
  }

  // Calls parse_one() for each of what commas separate, up to the end.
  template <class ParseOne>
  void parse_sequence(char end, ParseOne parse_one) {
    skip_spaces();
    if (take(end)) return;
    do {
      parse_one();
      skip_spaces();
    } while (take(','));
    if (!take(end)) expected(end == '}' ? "a comma or }" : "a comma or ]");
  }

  Json parse_number() {
    bool plain = !take('-');
    if (!next_is_digit()) expected("a value");
    Json number;
    if (!take('0'))
      for (; next_is_digit(); ++at_)
        plain &= !__builtin_mul_overflow(number.count, uint64_t{10}, &number.count) &&
                 !__builtin_add_overflow(number.count, static_cast<uint64_t>(text_[at_] - '0'), &number.count);
    const size_t end = at_;
    if (take('.')) skip_digits();
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      skip_digits();
    }
    if (plain && at_ == end) number.kind = Json::Kind::Count;
    return number;
  }
  void skip_digits() {
    if (!next_is_digit()) expected("a digit");
    while (next_is_digit()) ++at_;
  }

  std::string parse_text() {
    if (!take('"')) expected("text");
    std::string text;
    while (!take('"')) {
      if (take('\\')) {
        parse_escape(&text);
        continue;
      }
      const size_t length = character_length(text_.substr(at_));
      if (length == 0 || static_cast<uint8_t>(text_[at_]) < 0x20) expected("a character or the end of text");
      text += text_.substr(at_, length);
      at_ += length;
    }
    return text;
  }

  void parse_escape(std::string* text) {
    if (take('u')) {
      uint32_t code = parse_hex();
      if (code >= 0xDC00 && code <= 0xDFFF) expected("the first half of a surrogate pair before");
      if (code >= 0xD800 && code <= 0xDBFF) {
        if (!take('\\') || !take('u')) expected("the second half of a surrogate pair");
        const uint32_t second = parse_hex();
        if (second < 0xDC00 || second > 0xDFFF) expected("the second half of a surrogate pair before");
        code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
      }
      return append_utf8(text, code);
    }
    const size_t escape = at_ < text_.size() ? kEscapes.find(text_[at_]) : std::string_view::npos;
    if (escape == std::string_view::npos) expected("an escape");
    text->push_back(kEscaped[escape]);
    ++at_;
  }

  uint32_t parse_hex() {
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const size_t digit = at_ < text_.size() ? kDigits.find(static_cast<char>(text_[at_] | 0x20)) : kDigits.npos;
      if (digit == kDigits.npos || static_cast<uint8_t>(text_[at_]) < '0') expected("four hexadecimal digits");
      code = code << 4 | static_cast<uint32_t>(digit);
    }
    return code;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Json Json::parse(std::string_view text) { return Parser(text).whole(); }

const Json* Json::find(std::string_view key) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const JsonMember& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

std::optional<std::string> json_text(std::string_view text) {
  std::string quoted = "\"";
  for (size_t at = 0, length = 0; at < text.size(); at += length) {
    length = character_length(text.substr(at));
    if (length == 0) return std::nullopt;
    const size_t escape = text[at] == '/' ? kEscaped.npos : kEscaped.find(text[at]);
    if (escape != kEscaped.npos)
      quoted += {'\\', kEscapes[escape]};
    else if (static_cast<uint8_t>(text[at]) < 0x20)
      quoted += fmt::format("\\u{:04x}", static_cast<int>(text[at]));
    else
      quoted += text.substr(at, length);
  }
  return quoted + '"';
}

}  // namespace relume::serialize
