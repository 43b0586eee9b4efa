// Small zip files for tests, of entries that are not compressed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "crc32.h"

namespace relume::test {

// A zip file of (name, bytes) entries. A wide one keeps its numbers where those of files of more than 4 GiB stand.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries, bool wide = false) {
  const auto number = [](uint64_t value, int width) {
    std::string bytes;
    for (int i = 0; i < width; ++i) bytes += i < 8 ? static_cast<char>(value >> (8 * i)) : '\0';
    return bytes;
  };
  const uint64_t elsewhere = 0xffffffff;
  std::string file, list;
  for (const auto& [name, bytes] : entries) {
    const std::string sum = number(crc32(bytes.data(), bytes.size()), 4), size = number(bytes.size(), 4);
    const std::string extra =
        wide ? number(1, 2) + number(24, 2) + number(bytes.size(), 8) + number(bytes.size(), 8) + number(file.size(), 8)
             : std::string();
    const std::string listed_size = wide ? number(elsewhere, 4) : size;
    list += "PK\1\2" + number(0, 12) + sum + listed_size + listed_size + number(name.size(), 2) +
            number(extra.size(), 2) + number(0, 10) + number(wide ? elsewhere : file.size(), 4) + name + extra;
    file += "PK\3\4" + number(0, 10) + sum + size + size + number(name.size(), 2) + number(0, 2) + name + bytes;
  }
  const uint64_t start = file.size(), count = entries.size();
  file += list;
  if (wide)
    file += "PK\6\6" + number(44, 8) + number(0, 12) + number(count, 8) + number(count, 8) + number(list.size(), 8) +
            number(start, 8) + "PK\6\7" + number(0, 4) + number(start + list.size(), 8) + number(1, 4);
  return file + "PK\5\6" + number(0, 4) + number(wide ? 0xffff : count, 2) + number(wide ? 0xffff : count, 2) +
         number(wide ? elsewhere : list.size(), 4) + number(wide ? elsewhere : start, 4) + number(0, 2);
}

}  // namespace relume::test
