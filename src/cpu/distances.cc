// Euclidean distances between the rows of a matrix; the sums are made for each SIMD target.
#include <algorithm>
#include <cmath>

#include "cpu/parallel.h"
#include "kernels/distance.h"

#define RELUME_COMPILER_VECTORS
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/distances.cc"
#include "cpu/simd/targets.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The distances of x from kRows rows that follow each other.
template <int kRows>
void distances_from_some(const float* x, const float* rows, int64_t columns, float* out) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> sums[kRows];
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) sums[r] = hn::Zero(d);
  int64_t i = 0;
  for (; i + lanes <= columns; i += lanes) {
    const auto part = hn::LoadU(d, x + i);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const auto difference = hn::Sub(part, hn::LoadU(d, rows + r * columns + i));
      sums[r] = hn::MulAdd(difference, difference, sums[r]);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) out[r] = hn::GetLane(hn::SumOfLanes(d, sums[r]));
  for (; i < columns; ++i)
    for (int r = 0; r < kRows; ++r) out[r] += (x[i] - rows[r * columns + i]) * (x[i] - rows[r * columns + i]);
  for (int r = 0; r < kRows; ++r) out[r] = std::sqrt(out[r]);
}

void distances_from(const float* x, const float* rows, int64_t count, int64_t columns, float* out) {
  int64_t j = 0;
  for (; j + 4 <= count; j += 4) distances_from_some<4>(x, rows + j * columns, columns, out + j);
  for (; j < count; ++j) distances_from_some<1>(x, rows + j * columns, columns, out + j);
}

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {
namespace {

constexpr int64_t kGrain = 1 << 15;  // differences that a thread takes at least

int64_t grain(int64_t differences) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, differences)); }

auto distances() -> void (*)(const float*, const float*, int64_t, int64_t, float*) {
  RELUME_DISPATCH(target(), distances_from);
}

// The first pair of a row.
int64_t pair_of(int64_t row, int64_t rows) { return row * (2 * rows - row - 1) / 2; }

}  // namespace

void pair_distances(const float* x, int64_t rows, int64_t columns, float* out) {
  parallel_for(rows, grain(rows * columns / 2), [&, from = distances()](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      from(x + i * columns, x + (i + 1) * columns, rows - i - 1, columns, out + pair_of(i, rows));
  });
}

void pair_distances_backward(const float* x, int64_t rows, int64_t columns, const float* grads, const float* distances,
                             float* out) {
  parallel_for(rows, grain(rows * columns), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* const from = x + i * columns;
      float* const sum = out + i * columns;
      std::fill_n(sum, columns, 0.0f);
      for (int64_t j = 0; j < rows; ++j) {
        const int64_t pair = i < j ? pair_of(i, rows) + j - i - 1 : pair_of(j, rows) + i - j - 1;
        if (i == j || distances[pair] == 0) continue;
        const float ratio = grads[pair] / distances[pair];
        const float* const other = x + j * columns;
        for (int64_t c = 0; c < columns; ++c) sum[c] += ratio * (from[c] - other[c]);
      }
    }
  });
}

}  // namespace relume::cpu
#endif
