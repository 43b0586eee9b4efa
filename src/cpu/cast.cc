// The table of casts between dtypes, over 2-D tiles.
#include <cstring>
#include <utility>

#include "cpu/convert.h"
#include "kernels/copy.h"

namespace relume::cpu {
namespace {

// Bytes of a bool tensor that came from outside may hold more than 0 and 1.
template <class T>
inline T load(const T* from) {
  return *from;
}
template <>
inline bool load<bool>(const bool* from) {
  uint8_t byte;
  std::memcpy(&byte, from, 1);
  return byte != 0;
}

template <class To, class From>
void cast_row(To* dst, int64_t dst_stride, const From* src, int64_t src_stride, int64_t n) {
  if (src_stride == 0) {
    const To value = convert<To>(load(src));
    if (dst_stride == 1)
      for (int64_t i = 0; i < n; ++i) dst[i] = value;
    else
      for (int64_t i = 0; i < n; ++i) dst[i * dst_stride] = value;
  } else if (dst_stride == 1 && src_stride == 1) {
    if constexpr (std::is_same_v<To, From>)
      std::memmove(dst, src, n * sizeof(To));
    else
      for (int64_t i = 0; i < n; ++i) dst[i] = convert<To>(load(src + i));
  } else {
    for (int64_t i = 0; i < n; ++i) dst[i * dst_stride] = convert<To>(load(src + i * src_stride));
  }
}

template <class To, class From>
void cast_tile_of(void* dst, const void* src, const CopyTile& tile) {
  constexpr int64_t kShortRow = 8;
  const int row = tile.sizes[0] < kShortRow && tile.sizes[1] > tile.sizes[0] ? 1 : 0, column = 1 - row;
  for (int64_t j = 0; j < tile.sizes[column]; ++j)
    cast_row(static_cast<To*>(dst) + j * tile.dst_strides[column], tile.dst_strides[row],
             static_cast<const From*>(src) + j * tile.src_strides[column], tile.src_strides[row], tile.sizes[row]);
}

// Copies depend on the size of an element alone.
template <class T>
using storage_type = std::conditional_t<
    sizeof(T) == 1, uint8_t,
    std::conditional_t<sizeof(T) == 2, uint16_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;

template <class To, class From>
constexpr CastTile entry() {
  if constexpr (std::is_same_v<To, From>)
    return cast_tile_of<storage_type<To>, storage_type<To>>;
  else
    return cast_tile_of<To, From>;
}

struct Row {
  CastTile to[kNumDtypes];
};

template <class From>
constexpr Row row() {
  return {{
#define RELUME_ENTRY(type, name, python) entry<type, From>(),
      RELUME_FORALL_DTYPES(RELUME_ENTRY)
#undef RELUME_ENTRY
  }};
}

constexpr Row kCasts[] = {
#define RELUME_ROW(type, name, python) row<type>(),
    RELUME_FORALL_DTYPES(RELUME_ROW)
#undef RELUME_ROW
};

}  // namespace

CastTile cast_tile(ScalarType from, ScalarType to) { return kCasts[static_cast<int>(from)].to[static_cast<int>(to)]; }

}  // namespace relume::cpu
