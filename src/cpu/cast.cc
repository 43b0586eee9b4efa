// Casts between dtypes over 2-D tiles: rows without gaps are converted where they lie, others by way of a buffer.
#include <algorithm>
#include <cstring>
#include <utility>

#include "cpu/dense_cast.h"
#include "kernels/copy.h"

namespace relume::cpu {
namespace {

constexpr int64_t kBlock = 256;  // elements of a buffer

// Rows without gaps are written 16 bytes at a time, which the compiler would not do by itself in this file.
template <class T>
constexpr int64_t kLanes = 16 / sizeof(T);
template <class T>
struct LanesOf {
  using Type [[gnu::vector_size(16), gnu::may_alias, gnu::aligned(alignof(T))]] = T;
};

// to[i] = from[-i] for i below a multiple of the lanes, which is returned.
template <class T, int... kLane>
int64_t reverse_lanes(T* to, const T* from, int64_t n, std::integer_sequence<int, kLane...>) {
  using Lanes = typename LanesOf<T>::Type;
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) {
    const Lanes lanes = *reinterpret_cast<const Lanes*>(from - i - (kLanes<T> - 1));
    *reinterpret_cast<Lanes*>(to + i) = __builtin_shufflevector(lanes, lanes, kLanes<T> - 1 - kLane...);
  }
  return i;
}

// to[i * to_stride] = from[i * from_stride] for elements of a size.
template <class T>
void move_row(T* to, int64_t to_stride, const T* from, int64_t from_stride, int64_t n) {
  int64_t i = 0;
  if (to_stride == 1 && from_stride == -1) i = reverse_lanes(to, from, n, std::make_integer_sequence<int, kLanes<T>>());
  for (; i < n; ++i) to[i * to_stride] = from[i * from_stride];
}

template <class T>
void fill_row(T* to, int64_t stride, T value, int64_t n) {
  using Lanes = typename LanesOf<T>::Type;
  int64_t i = 0;
  if (stride == 1) {
    const T byte = value & 0xff, repeated = static_cast<T>(byte * static_cast<T>(~T{0} / 0xff));
    if (value == repeated) {
      std::memset(to, static_cast<int>(byte), static_cast<size_t>(n) * sizeof(T));
      return;
    }
    const Lanes lanes = Lanes{} + value;
    for (; i + 4 * kLanes<T> <= n; i += 4 * kLanes<T>)
#pragma GCC unroll 4
      for (int part = 0; part < 4; ++part) *reinterpret_cast<Lanes*>(to + i + part * kLanes<T>) = lanes;
  }
  for (; i < n; ++i) to[i * stride] = value;
}

// To and From are unsigned integers of the sizes of the elements.
template <class To, class From>
void cast_row(To* to, int64_t to_stride, const From* from, int64_t from_stride, int64_t n, DenseCast dense) {
  if (from_stride == 0) {
    To value;
    dense(&value, from, 1);
    fill_row(to, to_stride, value, n);
    return;
  }
  alignas(64) From gathered[kBlock];
  alignas(64) To converted[kBlock];
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t count = std::min(kBlock, n - i);
    const From* source = from + i * from_stride;
    if (from_stride != 1) {
      move_row(gathered, 1, source, from_stride, count);
      source = gathered;
    }
    if (to_stride == 1) {
      dense(to + i, source, count);
    } else {
      dense(converted, source, count);
      move_row(to + i * to_stride, to_stride, converted, 1, count);
    }
  }
}

// The loop over a tile's rows; of short rows the columns are the rows.
template <class Row>
void for_each_row(const CopyTile& tile, Row&& row) {
  constexpr int64_t kShortRow = 8;
  const int inner = tile.sizes[0] < kShortRow && tile.sizes[1] > tile.sizes[0] ? 1 : 0, outer = 1 - inner;
  for (int64_t j = 0; j < tile.sizes[outer]; ++j)
    row(j * tile.dst_strides[outer], tile.dst_strides[inner], j * tile.src_strides[outer], tile.src_strides[inner],
        tile.sizes[inner]);
}

template <class To, class From>
void cast_tile_of(void* dst, const void* src, const CopyTile& tile, DenseCast dense) {
  for_each_row(tile, [&](int64_t dst_offset, int64_t dst_stride, int64_t src_offset, int64_t src_stride, int64_t n) {
    To* to = static_cast<To*>(dst) + dst_offset;
    const From* from = static_cast<const From*>(src) + src_offset;
    if (dst_stride == 1 && src_stride == 1)
      dense(to, from, n);
    else
      cast_row(to, dst_stride, from, src_stride, n, dense);
  });
}

template <class T>
void copy_tile_of(void* dst, const void* src, const CopyTile& tile) {
  for_each_row(tile, [&](int64_t dst_offset, int64_t dst_stride, int64_t src_offset, int64_t src_stride, int64_t n) {
    T* to = static_cast<T*>(dst) + dst_offset;
    const T* from = static_cast<const T*>(src) + src_offset;
    if (src_stride == 0)
      fill_row(to, dst_stride, *from, n);
    else if (dst_stride == 1 && src_stride == 1)
      std::memmove(to, from, static_cast<size_t>(n) * sizeof(T));
    else
      move_row(to, dst_stride, from, src_stride, n);
  });
}

template <class T>
using storage_type = std::conditional_t<
    sizeof(T) == 1, uint8_t,
    std::conditional_t<sizeof(T) == 2, uint16_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;

template <class To, class From>
void cast_pair(void* dst, const void* src, const CopyTile& tile) {
  cast_tile_of<storage_type<To>, storage_type<From>>(dst, src, tile, dense_cast(dtype_of<From>, dtype_of<To>));
}

template <class To, class From>
constexpr CastTile entry() {
  if constexpr (std::is_same_v<To, From>)
    return copy_tile_of<storage_type<To>>;
  else
    return cast_pair<To, From>;
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
