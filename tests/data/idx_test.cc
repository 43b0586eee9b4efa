// IDX files: every element type, compressed or not, and each way in which a file can lie.
#include "data/idx.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <cstring>

#include "relume/error.h"
#include "temporary_folder.h"

namespace relume::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The bytes of an IDX file: type code, sizes, elements as they lie in the file.
Bytes idx(uint8_t type, const std::vector<uint32_t>& sizes, const Bytes& elements) {
  Bytes file = {0, 0, type, static_cast<uint8_t>(sizes.size())};
  for (const uint32_t size : sizes) {
    for (const int shift : {24, 16, 8, 0}) file.push_back(static_cast<uint8_t>(size >> shift));
  }
  file.insert(file.end(), elements.begin(), elements.end());
  return file;
}

Bytes gzip(const Bytes& bytes) {
  Bytes out(bytes.size() + 100);
  z_stream stream = {};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = const_cast<uint8_t*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

IdxArray parse(const Bytes& file) { return parse_idx(file, "file"); }

template <class T>
std::vector<T> elements(const IdxArray& array) {
  std::vector<T> values(array.bytes.size() / sizeof(T));
  std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  return values;
}

const Bytes kSmall = idx(0x08, {2, 3}, {1, 2, 3, 4, 5, 255});

TEST(Idx, ReadsUnsignedBytes) {
  const IdxArray array = parse(kSmall);
  EXPECT_EQ(array.dtype, kByte);
  EXPECT_THAT(array.sizes, ElementsAre(2, 3));
  EXPECT_THAT(array.bytes, ElementsAre(1, 2, 3, 4, 5, 255));
}

TEST(Idx, ReadsEveryElementType) {
  EXPECT_THAT(elements<int8_t>(parse(idx(0x09, {1}, {0xff}))), ElementsAre(-1));
  EXPECT_THAT(elements<int16_t>(parse(idx(0x0b, {2}, {0xff, 0xfe, 1, 2}))), ElementsAre(-2, 258));
  EXPECT_THAT(elements<int32_t>(parse(idx(0x0c, {1}, {0x80, 0, 0, 1}))), ElementsAre(-2147483647));
  EXPECT_THAT(elements<float>(parse(idx(0x0d, {1}, {0x3f, 0xc0, 0, 0}))), ElementsAre(1.5f));
  EXPECT_THAT(elements<double>(parse(idx(0x0e, {1}, {0xc0, 4, 0, 0, 0, 0, 0, 0}))), ElementsAre(-2.5));
}

TEST(Idx, ReadsAScalarAndAnEmptyArray) {
  const IdxArray scalar = parse(idx(0x08, {}, {7}));
  EXPECT_THAT(scalar.sizes, IsEmpty());
  EXPECT_THAT(scalar.bytes, ElementsAre(7));
  const IdxArray empty = parse(idx(0x0d, {0, 28, 28}, {}));
  EXPECT_THAT(empty.sizes, ElementsAre(0, 28, 28));
  EXPECT_THAT(empty.bytes, IsEmpty());
}

TEST(Idx, ReadsGzip) { EXPECT_EQ(parse(gzip(kSmall)).bytes, parse(kSmall).bytes); }

TEST(Idx, ReadsGzipOfSeveralMembers) {
  Bytes file = gzip(Bytes(kSmall.begin(), kSmall.begin() + 7));
  const Bytes second = gzip(Bytes(kSmall.begin() + 7, kSmall.end()));
  file.insert(file.end(), second.begin(), second.end());
  EXPECT_EQ(parse(file).bytes, parse(kSmall).bytes);
}

TEST(Idx, RefusesEveryTruncation) {
  const Bytes compressed = gzip(kSmall);
  for (const Bytes& whole : {kSmall, compressed}) {
    for (size_t length = 0; length < whole.size(); ++length) {
      EXPECT_THROW(parse(Bytes(whole.begin(), whole.begin() + length)), Error) << length;
    }
  }
}

TEST(Idx, RefusesBytesThatFollow) {
  Bytes plain = kSmall;
  plain.push_back(0);
  EXPECT_ERROR(parse(plain), Error, "file: expected 6 bytes of elements, got more");
  EXPECT_ERROR(parse(gzip(plain)), Error, "file: expected 6 bytes of elements, got more");
  Bytes compressed = gzip(kSmall);
  compressed.push_back(0);
  EXPECT_ERROR(parse(compressed), Error, "file: 1 bytes after the end of the gzip data");
}

TEST(Idx, RefusesEveryFlippedBitOfGzipData) {
  const Bytes whole = gzip(kSmall);
  for (size_t i = 10; i < whole.size(); ++i) {  // the header's first ten bytes hold a time and a system
    Bytes corrupt = whole;
    corrupt[i] ^= 0x10;
    EXPECT_THROW(parse(corrupt), Error) << i;
  }
}

TEST(Idx, RefusesSizesThatOverflow) {
  EXPECT_ERROR(parse(idx(0x0e, {0xffffffff, 0xffffffff, 2}, {})), Error, "overflow");
  EXPECT_ERROR(parse(idx(0x08, {0xffffffff, 0xffffffff, 0xffffffff}, {})), Error,
               "file: the sizes [4294967295, 4294967295, 4294967295] overflow");
}

TEST(Idx, DoesNotAllocateWhatAHeaderOnlyPromises) {
  EXPECT_ERROR(parse(idx(0x08, {0xffffffff, 0x7fffffff}, {1, 2, 3})), Error, "got 3");
}

TEST(Idx, RefusesOtherFiles) {
  EXPECT_ERROR(parse({0x89, 'P', 'N', 'G'}), Error, "file: expected an IDX file");
  EXPECT_ERROR(parse({0, 0, 0x0a, 0}), Error, "got 00 00 0a");
  EXPECT_ERROR(parse({}), Error, "file: expected an IDX header of 4 bytes, got 0");
}

TEST(Idx, ReadsAFileAndNamesItInErrors) {
  const test::TemporaryFolder folder;
  const std::string path = folder.write("labels", {reinterpret_cast<const char*>(kSmall.data()), kSmall.size()});
  EXPECT_THAT(read_idx(path).sizes, ElementsAre(2, 3));
  EXPECT_ERROR(read_idx(folder.write("short", "x")), Error, "short: expected an IDX header of 4 bytes, got 1");
  EXPECT_ERROR(read_idx(folder.file("none")), Error, "none: No such file or directory");
}

}  // namespace
}  // namespace relume::data
