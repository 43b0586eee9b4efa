// Copies, casts and fills of tensors with strides: 2-D tiles inside loops over the other dimensions.
#include "kernels/copy.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "cpu/cache.h"
#include "cpu/loop_nest.h"
#include "cpu/parallel.h"

namespace relume::cpu {
namespace {

template <class T>
using Lanes [[gnu::vector_size(16)]] = T;

// The lower halves of a and b interleaved, or the upper ones.
template <bool kUpper, class V, int... kLane>
V interleave(V a, V b, std::integer_sequence<int, kLane...>) {
  constexpr int kLanes = sizeof...(kLane), kFirst = kUpper ? kLanes / 2 : 0;
  return __builtin_shufflevector(a, b, (kFirst + kLane / 2 + (kLane % 2) * kLanes)...);
}

// to[c * to_stride + r] = from[r * columns + c], squares of 16 bytes a side at a time: rows of which the first half is
// interleaved with the second are transposed after as many rounds as the square's side has halves.
template <class T>
void transpose(void* dst, int64_t to_stride, const void* src, int64_t rows, int64_t columns) {
  constexpr int kSide = 16 / sizeof(T), kRounds = std::countr_zero(unsigned{kSide});
  using V = Lanes<T>;
  constexpr auto kOrder = std::make_integer_sequence<int, kSide>();
  T* const to = static_cast<T*>(dst);
  const T* const from = static_cast<const T*>(src);
  const int64_t whole_rows = rows - rows % kSide, whole_columns = columns - columns % kSide;
  for (int64_t c = 0; c < whole_columns; c += kSide)
    for (int64_t r = 0; r < whole_rows; r += kSide) {
      V square[2][kSide];
#pragma GCC unroll 16
      for (int i = 0; i < kSide; ++i) std::memcpy(&square[0][i], from + (r + i) * columns + c, sizeof(V));
#pragma GCC unroll 4
      for (int round = 0; round < kRounds; ++round)
#pragma GCC unroll 8
        for (int i = 0; i < kSide / 2; ++i) {
          const V a = square[round % 2][i], b = square[round % 2][i + kSide / 2];
          square[1 - round % 2][2 * i] = interleave<false>(a, b, kOrder);
          square[1 - round % 2][2 * i + 1] = interleave<true>(a, b, kOrder);
        }
#pragma GCC unroll 16
      for (int i = 0; i < kSide; ++i) std::memcpy(to + (c + i) * to_stride + r, &square[kRounds % 2][i], sizeof(V));
    }
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t r = c < whole_columns ? whole_rows : 0; r < rows; ++r) to[c * to_stride + r] = from[r * columns + c];
}

using Transpose = void (*)(void* dst, int64_t to_stride, const void* src, int64_t rows, int64_t columns);
Transpose transpose_of(int64_t element_bytes) {
  if (element_bytes == 1) return transpose<uint8_t>;
  if (element_bytes == 2) return transpose<uint16_t>;
  return element_bytes == 4 ? transpose<uint32_t> : transpose<uint64_t>;
}

// Splits a nest into tiles of dimension 0 (the one that is contiguous in dst) and one other dimension; where the source
// is contiguous along that other one, as in a transposition, the tiles are squares that fit the first cache.
class TiledCopy {
 public:
  TiledCopy(const LoopNest& nest, void* dst, ScalarType dst_dtype, const void* src, ScalarType src_dtype)
      : nest_(nest),
        dst_(static_cast<char*>(dst)),
        src_(static_cast<const char*>(src)),
        dst_item_(element_size(dst_dtype)),
        src_item_(element_size(src_dtype)),
        cast_(cast_tile(src_dtype, dst_dtype)),
        move_(cast_tile(src_dtype, src_dtype)),
        transpose_(transpose_of(src_item_)),
        same_dtype_(src_dtype == dst_dtype) {
    choose_tiles();
    for (int d = 0; d < nest_.rank; ++d) tiles_ *= tiles_along(d);
  }

  void run() const {
    const int64_t tile = extent_[0] * extent_[1];
    const int64_t threshold = cache_sizes().l2 / 4 / (dst_item_ + src_item_);
    parallel_for(tiles_, std::max<int64_t>(1, (nest_.numel > threshold ? threshold / 4 : threshold) / tile), *this);
  }

  void operator()(int64_t begin, int64_t end) const {
    for (int64_t tile = begin; tile < end; ++tile) copy_tile(tile);
  }

 private:
  static constexpr int64_t kRow = 1 << 14;  // longest tile along dimension 0
  static constexpr int64_t kSquare = 32;    // side of a transposing tile
  static constexpr int64_t kWidest = 8;     // bytes of the widest element

  void choose_tiles() {
    if (nest_.rank > 0) extent_[0] = std::min(nest_.sizes[0], kRow);
    if (nest_.rank < 2) return;
    other_ = 1;
    for (int d = 2; d < nest_.rank; ++d)
      if (source_stride(d) < source_stride(other_)) other_ = d;
    if (source_stride(0) <= 1 || source_stride(other_) >= source_stride(0)) {  // whole rows, as many as are short
      other_ = 1;
      extent_[1] = std::clamp<int64_t>(kRow / extent_[0], 1, nest_.sizes[1]);
      return;
    }
    transposes_ = true;
    extent_[0] = std::min(nest_.sizes[0], kSquare);
    extent_[1] = std::min(nest_.sizes[other_], kSquare);
    if (extent_[1] < kSquare) extent_[0] = std::min(nest_.sizes[0], kSquare * kSquare / extent_[1]);
    if (extent_[0] < kSquare) extent_[1] = std::min(nest_.sizes[other_], kSquare * kSquare / extent_[0]);
  }

  int64_t source_stride(int d) const { return std::abs(nest_.strides[1][d]); }
  int64_t extent(int d) const { return d == 0 ? extent_[0] : d == other_ ? extent_[1] : 1; }
  int64_t tiles_along(int d) const { return (nest_.sizes[d] + extent(d) - 1) / extent(d); }

  void copy_tile(int64_t index) const {
    int64_t dst_offset = 0, src_offset = 0;
    CopyTile tile{{1, 1}, {1, 1}, {1, 1}};
    for (int d = 0; d < nest_.rank; ++d) {
      const int64_t along = tiles_along(d), start = index % along * extent(d);
      index /= along;
      dst_offset += start * nest_.strides[0][d];
      src_offset += start * nest_.strides[1][d];
      if (d != 0 && d != other_) continue;
      const int k = d == 0 ? 0 : 1;
      tile.sizes[k] = std::min(extent(d), nest_.sizes[d] - start);
      tile.dst_strides[k] = nest_.strides[0][d];
      tile.src_strides[k] = nest_.strides[1][d];
    }
    char* const to = dst_ + dst_offset * dst_item_;
    const char* const from = src_ + src_offset * src_item_;
    if (transposes_)
      transpose_tile(to, from, tile);
    else
      cast_(to, from, tile);
  }

  // By way of a buffer, whose rows do not compete for the same lines of the cache as rows of the source may.
  void transpose_tile(char* dst, const char* src, const CopyTile& tile) const {
    alignas(64) char buffer[kSquare * kSquare * kWidest];
    const int64_t rows = tile.sizes[0], columns = tile.sizes[1];
    move_(buffer, src, {{columns, rows}, {1, columns}, {tile.src_strides[1], tile.src_strides[0]}});
    if (same_dtype_ && tile.dst_strides[0] == 1)
      transpose_(dst, tile.dst_strides[1], buffer, rows, columns);
    else
      cast_(dst, buffer, {{rows, columns}, {tile.dst_strides[0], tile.dst_strides[1]}, {columns, 1}});
  }

  const LoopNest& nest_;
  char* const dst_;
  const char* const src_;
  const int64_t dst_item_, src_item_;
  const CastTile cast_;
  const CastTile move_;        // between elements of the source's dtype
  const Transpose transpose_;  // of such elements
  const bool same_dtype_;
  bool transposes_ = false;
  int other_ = -1;  // the dimension that tiles extend along besides 0
  int64_t extent_[2] = {1, 1};
  int64_t tiles_ = 1;
};

}  // namespace

void copy_strided(IntArrayRef sizes, void* dst, const int64_t* dst_strides, ScalarType dst_dtype, const void* src,
                  const int64_t* src_strides, ScalarType src_dtype) {
  const int64_t* const strides[] = {dst_strides, src_strides};
  const LoopNest nest(sizes, strides, 2);
  if (nest.numel == 0) return;
  TiledCopy(nest, dst, dst_dtype, src, src_dtype).run();
}

void fill_strided(IntArrayRef sizes, void* dst, const int64_t* dst_strides, ScalarType dtype, const void* value) {
  const DimVector broadcast(sizes.size(), 0);
  copy_strided(sizes, dst, dst_strides, dtype, value, broadcast.data(), dtype);
}

void copy_triangles(const Triangles& t, int64_t element_bytes, const void* src, void* dst) {
  constexpr int64_t kGrain = 1 << 15;  // bytes
  const int64_t line = t.columns * element_bytes;
  const int64_t diagonal = std::clamp(t.diagonal, -t.rows, t.columns);
  parallel_for(t.count * t.rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, line)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) {
                   const int64_t first = i % t.rows + diagonal + (t.lower ? 1 : 0);
                   const int64_t cut = std::clamp<int64_t>(first, 0, t.columns) * element_bytes;
                   const auto* const from = static_cast<const char*>(src) + i * line;
                   auto* const to = static_cast<char*>(dst) + i * line;
                   const int64_t start = t.lower ? 0 : cut, stop = t.lower ? cut : line;
                   std::memset(to, 0, static_cast<size_t>(start));
                   std::memcpy(to + start, from + start, static_cast<size_t>(stop - start));
                   std::memset(to + stop, 0, static_cast<size_t>(line - stop));
                 }
               });
}

}  // namespace relume::cpu
