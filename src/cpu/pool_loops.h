// The innermost loops of pooling, for each SIMD target: one element of each of a run of windows.
#pragma once

#include <cstdint>

#include "cpu/convert.h"

namespace relume::cpu {

// One of something for each element of a window of four.
template <class P>
struct FourOf {
  P of[4] = {};
};

// Elements of a window whose channels are neighbours: where those of each start.
struct PoolTaps {
  static constexpr int64_t kMost = 64;
  int64_t count = 0;
  int64_t start[kMost];

  // Calls body(*this) and begins anew where there is no room for more.
  template <class Body>
  void add(int64_t element, const Body& body) {
    start[count] = element;
    if (++count < kMost) return;
    body(*this);
    count = 0;
  }
};

template <class T>
struct PoolLoops {
  using C = compute_type<T>;
  // Where in[i * step] beats best[i], or nothing was seen yet (place[i] < 0): best and place become those of the
  // element, whose place is first_place + i * place_step.
  void (*keep_larger)(const T* in, int64_t step, int64_t n, int32_t first_place, int32_t place_step, C* best,
                      int32_t* place);
  // sum[i] += in[i * step].
  void (*gather_add)(const T* in, int64_t step, int64_t n, C* sum);
  // out[i * step] += in[i].
  void (*scatter_add)(const C* in, int64_t n, int64_t step, C* out);
  // out[i] += in[i] where taps[i] == tap.
  void (*add_where)(const C* in, const uint8_t* taps, uint8_t tap, int64_t n, C* out);
  // The next four are for float alone, and null for others.
  // best[i] and in[start + i] of each of the taps to the largest of them, and to their sum.
  void (*largest_of_taps)(const T* in, const PoolTaps& taps, int64_t n, T* best) = nullptr;
  void (*add_taps)(const T* in, const PoolTaps& taps, int64_t n, T* sum) = nullptr;
  void (*divide)(float divisor, int64_t n, float* values) = nullptr;
  // keep_larger for a single best element and the elements of a window [rows, columns].
  void (*keep_largest)(const T* in, int64_t row_step, int64_t rows, int64_t columns, int32_t first_place,
                       int32_t row_place_step, T* best, int32_t* place) = nullptr;
  // The rest is for floating types alone, and null for others.
  // Windows of four elements, of which b's stand beside a's and d's beside c's when step is 2: out[i] is the largest of
  // a[i * step], b[i * step], ..., and taps[i], unless null, says which.
  void (*largest_of_four)(const T* a, const T* b, const T* c, const T* d, int64_t step, int64_t n, T* out,
                          uint8_t* taps) = nullptr;
  // The way back: of a[i * step], b[i * step], ... the one that taps[i] says becomes in[i], the others 0.
  void (*share_to_four)(const T* in, const uint8_t* taps, int64_t n, int64_t step, T* a, T* b, T* c, T* d) = nullptr;
  // largest_of_four for step 1 and max(x, 0) of the elements; null for half types too. Masks, unless null, get the bits
  // of each element: see kernels/relu_mask.h; n is a multiple of 8 then.
  void (*relu_of_four)(const FourOf<const T*>& x, int64_t n, T* out, uint8_t* taps,
                       const FourOf<uint8_t*>& masks) = nullptr;
};

// Of the target in use. T is any floating type, uint8_t, int8_t, int16_t, int32_t or int64_t.
template <class T>
const PoolLoops<T>& pool_loops();

}  // namespace relume::cpu
