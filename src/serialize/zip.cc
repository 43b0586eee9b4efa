// The end record of a zip file says where the central directory lies, which lists the entries; APPNOTE.TXT 6.3.10.
#include "serialize/zip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "core/check.h"

namespace relume::serialize {
namespace {

constexpr uint32_t kEndMark = 0x06054b50, kWideEndMark = 0x06064b50, kLocatorMark = 0x07064b50;
constexpr uint32_t kListedMark = 0x02014b50, kHeaderMark = 0x04034b50;
constexpr uint64_t kEndSize = 22, kWideEndSize = 56, kLocatorSize = 20, kListedSize = 46, kHeaderSize = 30;
constexpr uint64_t kLongestComment = 0xffff;
constexpr uint64_t kElsewhere16 = 0xffff, kElsewhere32 = 0xffffffff;  // the number stands in a wider record
constexpr uint64_t kWideTag = 1;

uint64_t number(const Bytes& bytes, uint64_t at, size_t width) { return little_endian(bytes.data() + at, width); }

// Fills in, one after the other, the numbers of an entry that stand in its extra field, from `begin` to `end`.
void read_wide(const Bytes& list, uint64_t begin, uint64_t end, std::initializer_list<uint64_t*> numbers) {
  while (begin + 4 <= end) {
    const uint64_t tag = number(list, begin, 2), size = number(list, begin + 2, 2);
    uint64_t at = begin + 4;
    begin = at + size;
    if (tag != kWideTag || begin > end) continue;
    for (uint64_t* value : numbers) {
      if (*value != kElsewhere32 || at + 8 > begin) continue;
      *value = number(list, at, 8);
      at += 8;
    }
  }
}

}  // namespace

Bytes ZipFile::bytes_at(uint64_t offset, uint64_t count) const {
  check(offset <= source_.size && count <= source_.size - offset,
        "{}: damaged zip file: expected {} bytes at {}, the file has {}", source_.name, count, offset, source_.size);
  Bytes bytes(count);
  source_.read_at(offset, bytes.data(), count);
  return bytes;
}

ZipFile::Directory ZipFile::find_directory() const {
  const uint64_t tail_size = std::min(source_.size, kEndSize + kLongestComment);
  const Bytes tail = bytes_at(source_.size - tail_size, tail_size);
  for (uint64_t at = tail_size - std::min(tail_size, kEndSize) + 1; at-- > 0 && tail_size >= kEndSize;) {
    if (number(tail, at, 4) != kEndMark) continue;
    const uint64_t end = source_.size - tail_size + at;
    Directory directory{number(tail, at + 10, 2), number(tail, at + 12, 4), number(tail, at + 16, 4)};
    const bool wide =
        directory.count == kElsewhere16 || directory.bytes == kElsewhere32 || directory.offset == kElsewhere32;
    if (!wide) return directory;
    check(end >= kLocatorSize, "{}: damaged zip file: its wide end record is missing", source_.name);
    const Bytes locator = bytes_at(end - kLocatorSize, kLocatorSize);
    const Bytes record = bytes_at(number(locator, 8, 8), kWideEndSize);
    check(number(locator, 0, 4) == kLocatorMark && number(record, 0, 4) == kWideEndMark,
          "{}: damaged zip file: its wide end record is missing", source_.name);
    return {number(record, 32, 8), number(record, 40, 8), number(record, 48, 8)};
  }
  fail("{}: damaged zip file: its end record is missing", source_.name);
}

// Where an entry's bytes start, from its own header.
uint64_t ZipFile::start_of(const std::string& name, uint64_t header) const {
  const Bytes bytes = bytes_at(header, kHeaderSize);
  check(number(bytes, 0, 4) == kHeaderMark, "{}: damaged zip file: \"{}\" does not start at byte {}", source_.name,
        name, header);
  return header + kHeaderSize + number(bytes, 26, 2) + number(bytes, 28, 2);
}

ZipFile::ZipFile(ByteSource source) : source_(std::move(source)) {
  const Directory directory = find_directory();
  const Bytes list = bytes_at(directory.offset, directory.bytes);
  uint64_t at = 0;
  for (uint64_t i = 0; i < directory.count; ++i) {
    const bool fits = list.size() - at >= kListedSize && number(list, at, 4) == kListedMark;
    check(fits, "{}: damaged zip file: expected {} entries, found {}", source_.name, directory.count, i);
    const uint64_t flags = number(list, at + 8, 2), method = number(list, at + 10, 2);
    const auto checksum = static_cast<uint32_t>(number(list, at + 16, 4));
    uint64_t stored = number(list, at + 20, 4), bytes = number(list, at + 24, 4), header = number(list, at + 42, 4);
    const uint64_t name_size = number(list, at + 28, 2), extra_size = number(list, at + 30, 2);
    const uint64_t name_at = at + kListedSize, extra_at = name_at + name_size;
    at = extra_at + extra_size + number(list, at + 32, 2);
    check(at <= list.size(), "{}: damaged zip file: expected {} entries, found {}", source_.name, directory.count, i);
    read_wide(list, extra_at, extra_at + extra_size, {&bytes, &stored, &header});
    const std::string name(list.begin() + static_cast<ptrdiff_t>(name_at),
                           list.begin() + static_cast<ptrdiff_t>(extra_at));
    const uint64_t start = start_of(name, header);
    check(start <= source_.size && stored <= source_.size - start,
          "{}: damaged zip file: \"{}\" needs {} bytes at {}, the file has {}", source_.name, name, stored, start,
          source_.size);
    entries_[name] = {start, stored, checksum, method == 0 && (flags & 1) == 0 && stored == bytes};
  }
}

const ZipFile::Entry& ZipFile::at(const std::string& name) const {
  const auto found = entries_.find(name);
  check(found != entries_.end(), "{}: expected an entry \"{}\"", source_.name, name);
  check(found->second.is_stored, "{}: \"{}\" is compressed or encrypted, which PyTorch's tensors are not", source_.name,
        name);
  return found->second;
}

void ZipFile::read(const Entry& entry, void* to) const {
  source_.read_at(entry.offset, to, entry.bytes);
  uLong sum = crc32(0, nullptr, 0);
  const auto* bytes = static_cast<const Bytef*>(to);
  constexpr uint64_t kMost = std::numeric_limits<uInt>::max();
  for (uint64_t done = 0; done < entry.bytes; done += std::min(kMost, entry.bytes - done))
    sum = crc32(sum, bytes + done, static_cast<uInt>(std::min(kMost, entry.bytes - done)));
  check(sum == entry.checksum, "{}: damaged zip file: the bytes at {} do not match their checksum", source_.name,
        entry.offset);
}

}  // namespace relume::serialize
