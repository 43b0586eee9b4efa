// Gathers with weights: a row of an image at a time, so that what is read or added to stays in the cache.
#include "kernels/weighted_gather.h"

#include <algorithm>

#include "cpu/parallel.h"

namespace relume::cpu {
namespace {

constexpr int64_t kGrain = 1 << 14;  // products that a thread takes at least
constexpr int64_t kPoints = 1 << 9;  // points whose weights are summed together

int64_t grain(int64_t products) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, products)); }

// For each row of x and y, with the indices of its image and the number of the first of them.
template <class Body>
void for_each_row(const WeightedGather& work, const Body& body) {
  const int64_t taps = work.points * work.taps;
  parallel_for(work.batch * work.channels, grain(taps), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t first = row / work.channels * taps;
      body(row, work.index + first, first);
    }
  });
}

// kTaps: their number, or 0 where it is not known while compiling.
template <int kTaps, class T>
void gather(const WeightedGather& work, const T* x, const T* weights, T* y) {
  const int64_t taps = kTaps ? kTaps : work.taps;
  for_each_row(work, [&](int64_t row, const int64_t* index, int64_t first) {
    const T* const from = x + row * work.pixels;
    const T* weight = weights + first;
    for (int64_t p = 0; p < work.points; ++p, index += taps, weight += taps) {
      T sum = 0;
#pragma GCC unroll 4
      for (int64_t t = 0; t < taps; ++t)
        if (index[t] >= 0) sum += weight[t] * from[index[t]];
      y[row * work.points + p] = sum;
    }
  });
}

template <class T>
void scatter(const WeightedGather& work, const T* y, const T* weights, T* x) {
  for_each_row(work, [&](int64_t row, const int64_t* index, int64_t first) {
    T* const to = x + row * work.pixels;
    const T* weight = weights + first;
    std::fill_n(to, work.pixels, T(0));
    for (int64_t p = 0; p < work.points; ++p, index += work.taps, weight += work.taps) {
      const T value = y[row * work.points + p];
      for (int64_t t = 0; t < work.taps; ++t)
        if (index[t] >= 0) to[index[t]] += weight[t] * value;
    }
  });
}

template <class T>
void products(const WeightedGather& work, const T* x, const T* y, T* weights) {
  const int64_t pieces = (work.points + kPoints - 1) / kPoints;
  parallel_for(work.batch * pieces, grain(kPoints * work.taps * work.channels), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t n = i / pieces, first = i % pieces * kPoints, count = std::min(kPoints, work.points - first);
      const int64_t at = (n * work.points + first) * work.taps;
      std::fill_n(weights + at, count * work.taps, T(0));
      for (int64_t c = 0; c < work.channels; ++c) {
        const T* const from = x + (n * work.channels + c) * work.pixels;
        const T* const values = y + (n * work.channels + c) * work.points + first;
        for (int64_t p = 0; p < count; ++p)
          for (int64_t t = 0; t < work.taps; ++t) {
            const int64_t tap = at + p * work.taps + t;
            if (work.index[tap] >= 0) weights[tap] += values[p] * from[work.index[tap]];
          }
      }
    }
  });
}

// Calls f with a zero of the dtype's type.
template <class F>
void with_type(ScalarType dtype, const F& f) {
  dtype == kDouble ? f(double()) : f(float());
}

}  // namespace

void weighted_gather(const WeightedGather& work, ScalarType dtype, const void* x, const void* weights, void* y) {
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto run = work.taps == 4 ? gather<4, T> : gather<0, T>;
    run(work, static_cast<const T*>(x), static_cast<const T*>(weights), static_cast<T*>(y));
  });
}

void weighted_scatter(const WeightedGather& work, ScalarType dtype, const void* y, const void* weights, void* x) {
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    scatter(work, static_cast<const T*>(y), static_cast<const T*>(weights), static_cast<T*>(x));
  });
}

void weighted_products(const WeightedGather& work, ScalarType dtype, const void* x, const void* y, void* weights) {
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    products(work, static_cast<const T*>(x), static_cast<const T*>(y), static_cast<T*>(weights));
  });
}

}  // namespace relume::cpu
