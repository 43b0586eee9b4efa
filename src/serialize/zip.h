// Zip files of which some entries are not compressed, and can be read: what PyTorch's archives are.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/file.h"

namespace relume::serialize {

// Bytes at given places, of a file or in memory. Errors call them `name`.
struct ByteSource {
  std::string name;
  uint64_t size = 0;
  std::function<void(uint64_t offset, void* to, size_t count)> read_at;  // of bytes that are there
};

class ZipFile {
 public:
  // Reads the list of entries. Throws Error unless each lies whole in the file.
  explicit ZipFile(ByteSource source);

  struct Entry {
    uint64_t offset, bytes;
    uint32_t checksum;
    bool is_stored;  // neither compressed nor encrypted
  };
  const std::map<std::string, Entry>& entries() const { return entries_; }
  // The entry of that name; throws Error where there is none, or where it is compressed or encrypted.
  const Entry& at(const std::string& name) const;
  // Copies an entry's bytes to `to`; throws Error where they do not match the checksum.
  void read(const Entry& entry, void* to) const;
  const std::string& name() const { return source_.name; }

 private:
  struct Directory {
    uint64_t count, bytes, offset;
  };
  Bytes bytes_at(uint64_t offset, uint64_t count) const;
  Directory find_directory() const;
  uint64_t start_of(const std::string& name, uint64_t header) const;

  ByteSource source_;
  std::map<std::string, Entry> entries_;
};

}  // namespace relume::serialize
