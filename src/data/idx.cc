// Reading IDX: two zero bytes, a type byte, the rank, big-endian 32-bit sizes, then the elements, big-endian too.
#include "data/idx.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/check.h"

namespace relume::data {
namespace {

constexpr size_t kMagicSize = 4;

struct IdxType {
  uint8_t code;
  ScalarType dtype;
};
constexpr IdxType kTypes[] = {{0x08, kByte}, {0x09, kChar},  {0x0b, kShort},
                              {0x0c, kInt},  {0x0d, kFloat}, {0x0e, kDouble}};

// Hands out the bytes of a file in order, decompressed where they are gzip's (one member or several).
class Source {
 public:
  Source(ArrayRef<uint8_t> file, const std::string& name) : rest_(file), name_(name) {
    compressed_ = starts_member();
    // 16 + 15: a gzip header, and the largest window.
    if (compressed_) check(inflateInit2(&stream_, 16 + 15) == Z_OK, "{}: no memory to decompress it", name_);
  }
  ~Source() {
    if (compressed_) inflateEnd(&stream_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Fills `to` with up to `count` bytes; fewer only at the end.
  size_t read(uint8_t* to, size_t count) { return compressed_ ? inflate_into(to, count) : copy(to, count); }

 private:
  bool starts_member() const { return rest_.size() >= 2 && rest_[0] == 0x1f && rest_[1] == 0x8b; }

  size_t copy(uint8_t* to, size_t count) {
    count = std::min(count, rest_.size());
    std::copy_n(rest_.data(), count, to);
    rest_ = rest_.slice(count);
    return count;
  }

  size_t inflate_into(uint8_t* to, size_t count) {
    size_t done = 0;
    while (done < count && !ended_) {
      constexpr size_t kMost = std::numeric_limits<uInt>::max();
      stream_.next_in = const_cast<uint8_t*>(rest_.data());
      stream_.avail_in = static_cast<uInt>(std::min(rest_.size(), kMost));
      stream_.next_out = to + done;
      stream_.avail_out = static_cast<uInt>(std::min(count - done, kMost));
      const int result = inflate(&stream_, Z_NO_FLUSH);
      rest_ = rest_.slice(static_cast<size_t>(stream_.next_in - rest_.data()));
      done = static_cast<size_t>(stream_.next_out - to);
      if (result == Z_STREAM_END) {
        end_member();
      } else {
        check(result != Z_BUF_ERROR, "{}: the gzip data ends early, after {} bytes", name_, stream_.total_out);
        check(result == Z_OK, "{}: corrupt gzip data: {}", name_, stream_.msg ? stream_.msg : "no dictionary");
      }
    }
    return done;
  }

  void end_member() {
    ended_ = rest_.empty();
    if (ended_) return;
    check(starts_member(), "{}: {} bytes after the end of the gzip data", name_, rest_.size());
    inflateReset(&stream_);
  }

  ArrayRef<uint8_t> rest_;
  const std::string& name_;
  z_stream stream_ = {};
  bool compressed_;
  bool ended_ = false;
};

// The elements' size times the sizes, or nothing where that overflows.
bool byte_count(const IdxArray& array, size_t* count) {
  *count = static_cast<size_t>(element_size(array.dtype));
  for (const int64_t size : array.sizes) {
    if (__builtin_mul_overflow(*count, static_cast<size_t>(size), count)) return false;
  }
  return *count <= static_cast<size_t>(std::numeric_limits<int64_t>::max());
}

IdxArray read_header(Source& source, const std::string& name) {
  uint8_t magic[kMagicSize] = {};
  const size_t got = source.read(magic, kMagicSize);
  check(got == kMagicSize, "{}: expected an IDX header of {} bytes, got {}", name, kMagicSize, got);
  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](IdxType t) { return t.code == magic[2]; });
  check(magic[0] == 0 && magic[1] == 0 && type != std::end(kTypes),
        "{}: expected an IDX file (bytes 00 00, then a type of 08 to 0e), got {:02x} {:02x} {:02x}", name, magic[0],
        magic[1], magic[2]);

  IdxArray array{type->dtype, {}, {}};
  Bytes sizes(size_t{magic[3]} * 4);
  const size_t size_bytes = source.read(sizes.data(), sizes.size());
  check(size_bytes == sizes.size(), "{}: expected {} sizes, the file ends within them", name, magic[3]);
  for (size_t i = 0; i < sizes.size(); i += 4) {
    array.sizes.push_back(int64_t{sizes[i]} << 24 | sizes[i + 1] << 16 | sizes[i + 2] << 8 | sizes[i + 3]);
  }
  return array;
}

// Reads what the header promises in steps, so that a header that lies about gigabytes doesn't get them.
void read_elements(Source& source, const std::string& name, size_t expected, Bytes* bytes) {
  constexpr size_t kStep = size_t{1} << 20;
  while (bytes->size() < expected) {
    const size_t before = bytes->size();
    bytes->resize(before + std::min(expected - before, std::max(kStep, before)));
    const size_t got = source.read(bytes->data() + before, bytes->size() - before);
    check(before + got == bytes->size(), "{}: expected {} bytes of elements, got {}", name, expected, before + got);
  }
  uint8_t more;
  check(source.read(&more, 1) == 0, "{}: expected {} bytes of elements, got more", name, expected);
}

void swap_bytes(Bytes* bytes, size_t element) {
  if (element == 1) return;
  for (size_t i = 0; i < bytes->size(); i += element) std::reverse(bytes->data() + i, bytes->data() + i + element);
}

}  // namespace

IdxArray parse_idx(ArrayRef<uint8_t> file, const std::string& name) {
  Source source(file, name);
  IdxArray array = read_header(source, name);
  size_t expected = 0;
  check(byte_count(array, &expected), "{}: the sizes {} overflow", name, IntArrayRef(array.sizes));
  read_elements(source, name, expected, &array.bytes);
  swap_bytes(&array.bytes, static_cast<size_t>(element_size(array.dtype)));
  return array;
}

IdxArray read_idx(const std::string& path) {
  const Bytes bytes = InputFile(path).read_all();
  return parse_idx(bytes, path);
}

}  // namespace relume::data
