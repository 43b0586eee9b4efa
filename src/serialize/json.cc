// JSON by nlohmann's parser, whose events become values: its own values would be several times the code.
#include "serialize/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/check.h"

namespace relume::serialize {
namespace {

using Kind = Json::Kind;
using Parser = nlohmann::json;

constexpr size_t kDeepest = 100;

class Reader final : public nlohmann::json_sax<Parser> {
 public:
  bool null() override { return other(); }
  bool boolean(bool) override { return other(); }
  bool number_integer(number_integer_t) override { return other(); }
  bool number_float(number_float_t, const string_t&) override { return other(); }
  bool binary(binary_t&) override { return other(); }
  bool number_unsigned(number_unsigned_t value) override {
    Json count;
    count.kind = Kind::Count;
    count.count = value;
    return add(std::move(count));
  }
  bool string(string_t& value) override {
    Json text;
    text.kind = Kind::Text;
    text.text = std::move(value);
    return add(std::move(text));
  }
  bool start_object(size_t) override { return open(Kind::Object); }
  bool start_array(size_t) override { return open(Kind::List); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    open_.back().members.push_back({std::move(value), {}});
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    fail("{}", error.what());
  }

  Json whole;

 private:
  bool other() { return add({}); }
  bool open(Kind kind) {
    check(open_.size() < kDeepest, "values are nested deeper than {}", kDeepest);
    open_.emplace_back().kind = kind;
    return true;
  }
  bool close() {
    Json value = std::move(open_.back());
    open_.pop_back();
    check_keys(value);
    return add(std::move(value));
  }
  // nlohmann takes equal keys, of which the last counts; the format forbids them.
  static void check_keys(const Json& object) {
    std::vector<std::string_view> keys;
    for (const JsonMember& member : object.members) keys.push_back(member.key);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    check(twice == keys.end(), "\"{}\" stands twice", twice == keys.end() ? "" : *twice);
  }
  bool add(Json value) {
    if (open_.empty())
      whole = std::move(value);
    else if (open_.back().kind == Kind::Object)
      open_.back().members.back().value = std::move(value);
    else
      open_.back().items.push_back(std::move(value));
    return true;
  }

  std::vector<Json> open_;  // the objects and lists around what is read
};

}  // namespace

Json Json::parse(std::string_view text) {
  Reader reader;
  Parser::sax_parse(text.begin(), text.end(), &reader);
  return std::move(reader.whole);
}

const Json* Json::find(std::string_view key) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const JsonMember& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

std::optional<std::string> json_text(std::string_view text) {
  try {
    return Parser(text).dump();
  } catch (const Parser::type_error&) {
    return std::nullopt;
  }
}

}  // namespace relume::serialize
