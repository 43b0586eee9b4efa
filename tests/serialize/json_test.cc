// The JSON parser: what it reads, what it refuses, and text back and forth.
#include "serialize/json.h"

#include <gmock/gmock.h>

#include "relume/error.h"
#include "temporary_folder.h"

namespace relume::serialize {
namespace {

using Kind = Json::Kind;

TEST(Json, ReadsEveryKindOfValue) {
  const Json json =
      Json::parse(R"( {"a": [1, 0, 18446744073709551615], "b":{"c" : "x"}, "d":[true,false,null,-1,1.5,2e3]} )");
  EXPECT_EQ(json.kind, Kind::Object);
  ASSERT_EQ(json.members.size(), 3u);
  const Json& counts = *json.find("a");
  ASSERT_EQ(counts.items.size(), 3u);
  EXPECT_EQ(counts.items[2].count, UINT64_MAX);
  EXPECT_EQ(json.find("b")->find("c")->text, "x");
  for (const Json& item : json.find("d")->items) EXPECT_EQ(item.kind, Kind::Other);
  EXPECT_EQ(json.find("e"), nullptr);
  EXPECT_EQ(Json::parse("18446744073709551616").kind, Kind::Other);  // 2^64
}

TEST(Json, ReadsEscapes) {
  EXPECT_EQ(Json::parse(R"("\"\\\/\b\f\n\r\t")").text, "\"\\/\b\f\n\r\t");
  EXPECT_EQ(Json::parse(R"("\u00e9\u20AC\ud83d\ude00")").text, "é€😀");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text :
       {"",       "[1,]",  "{\"a\":1,}", "[1 2]",   "01",          "1.",          "1e",          "-",
        "+1",     "tru",   "\"",         "\"\\x\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
        "\"\n\"", "{1:2}", "1 1",        "nul",     "'a'"})
    EXPECT_THROW(Json::parse(text), Error) << text;
  EXPECT_ERROR(Json::parse("{\"a\":1,\"a\":2}"), Error, "\"a\" stands twice");
  EXPECT_ERROR(Json::parse(std::string(200, '[')), Error, "nested deeper than 100");
}

TEST(Json, RefusesTextThatIsNotUtf8) {
  for (const char* bytes : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xFF"}) {
    EXPECT_THROW(Json::parse("\"" + std::string(bytes) + "\""), Error);
    EXPECT_FALSE(json_text(bytes).has_value());
  }
}

TEST(Json, QuotesTextThatItReadsBack) {
  EXPECT_EQ(json_text("a\"\\/\n\x01é"), R"("a\"\\/\n\u0001é")");
  std::string all;
  for (int c = 0; c < 128; ++c) all.push_back(static_cast<char>(c));
  EXPECT_EQ(Json::parse(*json_text(all)).text, all);
}

}  // namespace
}  // namespace relume::serialize
