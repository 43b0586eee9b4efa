// Safetensors: byte for byte what the safetensors package writes, and each way in which a file can lie.
#include "serialize/safetensors.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "relume/error.h"
#include "temporary_folder.h"

namespace relume::serialize {
namespace {

using test::read_whole;
using test::TemporaryFolder;
using ::testing::ElementsAre;

const std::string kGolden = RELUME_SOURCE_DIR "/tests/oracle/goldens/every_dtype.safetensors";

// The tensors of tests/oracle/make_safetensors.py.
const float kWeight[] = {0, 0.25f, 0.5f, 0.75f, 1, 1.25f};
const double kBias[] = {-0.0, std::numeric_limits<double>::infinity()};
const Half kHalves[] = {1.5f, -2.0f};
const int64_t kSteps = -7;
const int32_t kIds[] = {1, -2, 3};
const int16_t kShorts[] = {300};
const uint16_t kUnsignedShorts[] = {65535};
const int8_t kSigned[] = {-1};
const uint8_t kPixels[] = {255, 1};
const bool kMask[] = {true, false, true};
const float kOne = 1;

std::vector<TensorSource> golden_tensors() {
  return {{"weight", kFloat, {2, 3}, kWeight},
          {"bias", kDouble, {2}, kBias},
          {"half", kHalf, {2}, kHalves},
          {"steps", kLong, {}, &kSteps},
          {"ids", kInt, {3}, kIds},
          {"short", kShort, {1}, kShorts},
          {"ushort", kUInt16, {1}, kUnsignedShorts},
          {"signed", kChar, {1}, kSigned},
          {"pixels", kByte, {2, 1}, kPixels},
          {"mask", kBool, {3}, kMask},
          {"empty", kFloat, {0, 3}, nullptr},
          {"größe \"x\"", kFloat, {1}, &kOne}};
}

// A file with this header and so many bytes of data.
std::string file_of(const std::string& header, size_t data) {
  std::string file;
  for (size_t i = 0; i < 8; ++i) file.push_back(static_cast<char>(header.size() >> (8 * i)));
  return file + header + std::string(data, '\0');
}

SafetensorsIndex parse(const std::string& file) {
  return parse_safetensors_index({reinterpret_cast<const uint8_t*>(file.data()), file.size()}, "file");
}

std::string entry(const std::string& name, const std::string& rest) { return "\"" + name + "\":{" + rest + "}"; }

std::string floats(const std::string& name, int begin, int end) {
  return entry(name, "\"dtype\":\"F32\",\"shape\":[" + std::to_string((end - begin) / 4) + "],\"data_offsets\":[" +
                         std::to_string(begin) + "," + std::to_string(end) + "]");
}

TEST(Safetensors, WritesWhatTheSafetensorsPackageWrites) {
  const TemporaryFolder folder;
  write_safetensors(folder.file("a"), golden_tensors(), {{"format", "pt"}});
  EXPECT_EQ(read_whole(folder.file("a")), read_whole(kGolden));
  EXPECT_EQ(folder.count(), 1u);
}

TEST(Safetensors, ReadsWhatTheSafetensorsPackageWrites) {
  const InputFile file(kGolden);
  const SafetensorsIndex index = read_safetensors_index(file);
  EXPECT_THAT(index.metadata.pairs(), ElementsAre(std::pair<std::string, std::string>("format", "pt")));
  const std::vector<TensorSource> expected = golden_tensors();
  ASSERT_EQ(index.entries.size(), expected.size());
  for (const TensorSource& tensor : expected) {
    const auto found = std::find_if(index.entries.begin(), index.entries.end(),
                                    [&](const TensorEntry& entry) { return entry.name == tensor.name; });
    ASSERT_NE(found, index.entries.end()) << tensor.name;
    EXPECT_EQ(found->dtype, tensor.dtype);
    EXPECT_EQ(found->sizes, tensor.sizes);
    std::string bytes(found->bytes, '?');
    read_safetensors_elements(file, *found, bytes.data());
    EXPECT_EQ(bytes, std::string_view(static_cast<const char*>(tensor.data), found->bytes)) << tensor.name;
  }
}

TEST(Safetensors, KeepsBfloat16AndEmptyFiles) {
  const TemporaryFolder folder;
  const BFloat16 value[] = {1.0f};
  write_safetensors(folder.file("a"), {{"x", kBFloat16, {1}, value}});
  EXPECT_EQ(read_safetensors_index(InputFile(folder.file("a"))).entries.at(0).dtype, kBFloat16);
  write_safetensors(folder.file("b"), {});
  EXPECT_TRUE(read_safetensors_index(InputFile(folder.file("b"))).entries.empty());
}

TEST(Safetensors, RefusesEveryTruncation) {
  const std::string whole = read_whole(kGolden);
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THROW(parse(whole.substr(0, length)), Error) << length;
  }
  EXPECT_NO_THROW(parse(whole));
}

TEST(Safetensors, RefusesAHeaderLengthThatLies) {
  std::string file = file_of("{" + floats("x", 0, 4) + "}", 4);
  for (const char length : {'\0', '\1', '\177'}) {
    file[0] = length;
    EXPECT_THROW(parse(file), Error) << int{length};
  }
  file.replace(0, 8, 8, '\xff');
  EXPECT_ERROR(parse(file), Error, "file: a header of 18446744073709551615 bytes is too long");
}

TEST(Safetensors, RefusesHolesOverlapAndWhatFollows) {
  EXPECT_ERROR(parse(file_of("{" + floats("x", 4, 8) + "}", 8)), Error, "tensor \"x\" starts at byte");
  EXPECT_ERROR(parse(file_of("{" + floats("x", 0, 8) + "," + floats("y", 4, 8) + "}", 8)), Error, "starts at byte");
  EXPECT_ERROR(parse(file_of("{" + floats("x", 0, 8) + "}", 9)), Error, "file: 1 bytes after the last tensor");
  EXPECT_ERROR(parse(file_of("{" + floats("x", 0, 8) + "}", 7)), Error, "needs 8 bytes, the file has 7 left");
  EXPECT_NO_THROW(parse(file_of("{" + floats("y", 4, 8) + "," + floats("x", 0, 4) + "}", 8)));
}

TEST(Safetensors, RefusesANameTwice) {
  EXPECT_ERROR(parse(file_of("{" + floats("x", 0, 4) + "," + floats("x", 4, 8) + "}", 8)), Error,
               "file: the header is wrong: \"x\" stands twice");
}

TEST(Safetensors, RefusesEntriesOfTheWrongForm) {
  struct Case {
    std::string entry;
    std::string error;
  };
  const std::string f32 = "\"dtype\":\"F32\",";
  const Case cases[] = {
      {"\"shape\":[],\"data_offsets\":[0,4]", "has no dtype"},
      {f32 + "\"data_offsets\":[0,4]", "has no shape"},
      {f32 + "\"shape\":[1]", "has no data_offsets"},
      {"\"dtype\":3,\"shape\":[],\"data_offsets\":[0,4]", "expected dtype to be a string"},
      {"\"dtype\":\"U64\",\"shape\":[],\"data_offsets\":[0,8]", "dtype U64 is not supported"},
      {f32 + "\"shape\":1,\"data_offsets\":[0,4]", "expected shape to be a list"},
      {f32 + "\"shape\":[-1],\"data_offsets\":[0,4]", "expected shape to be integers"},
      {f32 + "\"shape\":[1.0],\"data_offsets\":[0,4]", "expected shape to be integers"},
      {f32 + "\"shape\":[9223372036854775808],\"data_offsets\":[0,4]", "expected shape to be integers"},
      {f32 + "\"shape\":[18446744073709551617],\"data_offsets\":[0,4]", "expected shape to be integers"},
      {f32 + "\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]", "overflow"},
      {f32 + "\"shape\":[2],\"data_offsets\":[0,4]", "F32 of sizes [2] does not take 4 bytes"},
      {f32 + "\"shape\":[1],\"data_offsets\":[4,0]", "expected data_offsets [begin, end], got [4, 0]"},
      {f32 + "\"shape\":[1],\"data_offsets\":[0,4,8]", "expected data_offsets [begin, end]"},
      {f32 + "\"shape\":[1],\"data_offsets\":[9223372036854775803,9223372036854775807]", "starts at byte"},
  };
  for (const auto& [text, error] : cases) EXPECT_ERROR(parse(file_of("{" + entry("x", text) + "}", 4)), Error, error);
  EXPECT_ERROR(parse(file_of("{\"x\":[]}", 0)), Error, "tensor \"x\": expected an object");
}

TEST(Safetensors, RefusesHeadersThatAreNotJson) {
  for (const char* header : {"[]", "{", "{}}", "{\"a\"}", " {}", "{\"\xff\":1}", "{}\n\n//", "{\"a\":1E999}"}) {
    EXPECT_THROW(parse(file_of(header, 0)), Error) << header;
  }
  EXPECT_NO_THROW(parse(file_of("{}   ", 0)));
  EXPECT_THROW(parse(file_of("{\"x\":" + std::string(1000000, '['), 0)), Error);
}

TEST(Safetensors, RefusesMetadataThatIsNotText) {
  EXPECT_ERROR(parse(file_of("{\"__metadata__\":[]}", 0)), Error, "expected __metadata__ to be an object");
  EXPECT_ERROR(parse(file_of("{\"__metadata__\":{\"a\":1}}", 0)), Error, "expected __metadata__ \"a\" to be a string");
}

TEST(Safetensors, RefusesABoolThatIsNeither) {
  const TemporaryFolder folder;
  std::string text = file_of("{" + entry("x", "\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[0,1]") + "}", 1);
  text.back() = 2;
  const InputFile file(folder.write("a", text));
  const SafetensorsIndex index = read_safetensors_index(file);
  uint8_t value;
  EXPECT_ERROR(read_safetensors_elements(file, index.entries.at(0), &value), Error, "neither 0 nor 1");
}

TEST(Safetensors, KeepsTheOldFileWhereItCannotWrite) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  EXPECT_ERROR(write_safetensors(path, {{"x", kFloat, {1}, &kOne}, {"x", kLong, {}, &kSteps}}), Error,
               "the name \"x\" is taken");
  EXPECT_ERROR(write_safetensors(path, {{"__metadata__", kFloat, {1}, &kOne}}), Error, "is taken");
  EXPECT_ERROR(write_safetensors(path, {{"\xff", kFloat, {1}, &kOne}}), Error, "a name is not UTF-8");
  EXPECT_ERROR(write_safetensors(path, {{"x", ScalarType::Undefined, {1}, &kOne}}), Error, "has no dtype");
  EXPECT_EQ(read_whole(path), "old");
  EXPECT_EQ(folder.count(), 1u);
  EXPECT_ERROR(write_safetensors("/dev/full", {{"x", kFloat, {1}, &kOne}}), Error, "No space left on device");
}

}  // namespace
}  // namespace relume::serialize
