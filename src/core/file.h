// Files as the readers and writers need them: read whole or in exact pieces, and replaced atomically.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relume/shape.h"

namespace relume {

using Bytes = std::vector<uint8_t>;

// The number in `width` bytes, at most eight, of which the lowest comes first.
inline uint64_t little_endian(const uint8_t* from, size_t width) {
  uint64_t value = 0;
  for (size_t i = width; i-- > 0;) value = value << 8 | from[i];
  return value;
}

// A file that is open for reading. Every error names the file.
class InputFile {
 public:
  explicit InputFile(std::string path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  // Length of a regular file; throws for pipes and devices, which have none.
  uint64_t size() const;
  // Reads `count` bytes from `offset`; throws where the file ends before.
  void read_at(uint64_t offset, void* to, size_t count) const;
  // Everything up to the end; works for pipes too.
  Bytes read_all();

 private:
  std::string path_;
  int descriptor_;
};

// A file that replaces `path` only when it is whole: it is written under a temporary name beside it, and commit() syncs
// and renames it. Without commit(), or where a write fails, the old file stays and the temporary one is removed. A path
// that is no regular file (a pipe, a device) is written directly.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* from, size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  std::string path_;
  std::string temporary_;  // empty where `path_` is written directly
  int descriptor_;
};

}  // namespace relume
