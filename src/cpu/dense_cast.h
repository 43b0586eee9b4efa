// dense_cast: conversion of rows without gaps, for every pair of different dtypes.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume::cpu {

// dst[i] = src[i], converted. The two do not overlap, unless they are the same memory and elements of the same size.
using DenseCast = void (*)(void* dst, const void* src, int64_t n);

struct DenseCastTable {
  DenseCast casts[kNumDtypes][kNumDtypes] = {};  // [from][to]; null where there is none in this table

  constexpr DenseCast& at(ScalarType from, ScalarType to) {
    return casts[static_cast<int>(from)][static_cast<int>(to)];
  }
  constexpr DenseCast at(ScalarType from, ScalarType to) const {
    return casts[static_cast<int>(from)][static_cast<int>(to)];
  }
};

DenseCast dense_cast(ScalarType from, ScalarType to);

}  // namespace relume::cpu
