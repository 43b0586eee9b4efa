// Copies, casts and fills between tensors of any strides and dtypes.
#pragma once

#include "relume/dtype.h"
#include "relume/shape.h"

namespace relume::cpu {

// A 2-D piece of memory on each side; dimension 0 is the inner one. Strides are in elements and may be 0 in the source.
struct CopyTile {
  int64_t sizes[2];
  int64_t dst_strides[2];
  int64_t src_strides[2];
};

// dst[i, j] = cast(src[i, j]) over a tile.
using CastTile = void (*)(void* dst, const void* src, const CopyTile& tile);

// The cast from one dtype to another; between equal dtypes a copy. Floats are truncated towards zero on their way to
// integers; what does not fit becomes what x86 conversions give (the smallest int32 or int64, 0 in narrower types).
// Everything but zero is true, NaN too. float64 and integers reach the half types through float32.
CastTile cast_tile(ScalarType from, ScalarType to);

// dst = cast(src) for tensors of the same sizes. The two must not overlap unless they are the same memory.
void copy_strided(IntArrayRef sizes, void* dst, const int64_t* dst_strides, ScalarType dst_dtype, const void* src,
                  const int64_t* src_strides, ScalarType src_dtype);

// dst[...] = *value, a single element of dst's dtype.
void fill_strided(IntArrayRef sizes, void* dst, const int64_t* dst_strides, ScalarType dtype, const void* value);

// Dense matrices that keep the elements with column - row <= diagonal (of the upper ones >= diagonal), of any dtype.
struct Triangles {
  int64_t count, rows, columns, diagonal;
  bool lower;
};
// dst = src there, and zero elsewhere.
void copy_triangles(const Triangles& triangles, int64_t element_bytes, const void* src, void* dst);

}  // namespace relume::cpu
