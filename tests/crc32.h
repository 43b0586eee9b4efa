// CRC-32, in which goldens keep what is too long to be written out. The same as Python's zlib.crc32.
#pragma once

#include <cstddef>
#include <cstdint>

namespace relume {

inline uint32_t crc32(const void* data, size_t size, uint32_t crc = 0) {
  crc = ~crc;
  for (size_t i = 0; i < size; ++i) {
    crc ^= static_cast<const uint8_t*>(data)[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (-(crc & 1u) & 0xedb88320u);
  }
  return ~crc;
}

}  // namespace relume
