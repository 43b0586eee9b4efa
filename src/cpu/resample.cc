// Resampling of one dimension: whole rows of neighbours where other dimensions lie inside it, lines where none does.
#include "kernels/resample.h"

#include <algorithm>
#include <vector>

#include "cpu/parallel.h"
#include "cpu/resample_loops.h"

namespace relume::cpu {
namespace {

constexpr int64_t kGrain = 1 << 14;  // products that a thread takes at least
constexpr int64_t kLongRun = 8;      // elements from which a run is better copied as a whole

const ResampleLoops& loops_of(ScalarType dtype) {
  return dtype == kDouble ? resample_loops<double>() : resample_loops<float>();
}

int64_t grain(int64_t products) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, products)); }

template <class T>
void nearest(const Resample& work, const T* x, T* y) {
  parallel_for(work.outer * work.out, grain(work.inner), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* const from = x + (i / work.out * work.in + work.index[i % work.out]) * work.inner;
      std::copy_n(from, work.inner, y + i * work.inner);
    }
  });
}

// Neighbours that come from neighbours.
struct Run {
  int64_t from, to, length;
};

std::vector<Run> runs_of(const Resample& work) {
  std::vector<Run> runs;
  for (int64_t o = 0; o < work.out; ++o) {
    if (!runs.empty() && work.index[o] == runs.back().from + runs.back().length)
      ++runs.back().length;
    else
      runs.push_back({work.index[o], o, 1});
  }
  return runs;
}

template <class T>
void nearest_lines(const Resample& work, const T* x, T* y) {
  const std::vector<Run> runs = runs_of(work);
  const bool long_runs = kLongRun * static_cast<int64_t>(runs.size()) <= work.out;
  parallel_for(work.outer, grain(work.out), [&](int64_t begin, int64_t end) {
    for (int64_t a = begin; a < end; ++a) {
      const int64_t row = work.rows ? a / work.rows_out * work.rows_in + work.rows[a % work.rows_out] : a;
      const T* const from = x + row * work.in;
      T* const to = y + a * work.out;
      if (long_runs)
        for (const Run& run : runs) {
          if (run.length == 1)
            to[run.to] = from[run.from];
          else
            std::copy_n(from + run.from, run.length, to + run.to);
        }
      else
        for (int64_t o = 0; o < work.out; ++o) to[o] = from[work.index[o]];
    }
  });
}

}  // namespace

void resample(const Resample& work, ScalarType dtype, const void* x, void* y) {
  const ResampleLoops& loops = loops_of(dtype);
  const int64_t bytes = element_size(dtype);
  const auto* const from = static_cast<const char*>(x);
  auto* const to = static_cast<char*>(y);
  if (work.inner == 1) {
    parallel_for(work.outer, grain(work.out * work.taps), [&](int64_t begin, int64_t end) {
      for (int64_t a = begin; a < end; ++a) loops.line(work, from + a * work.in * bytes, to + a * work.out * bytes);
    });
    return;
  }
  const int64_t row = work.inner * bytes;
  parallel_for(work.outer * work.out, grain(work.inner * work.taps), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t a = i / work.out, o = i % work.out;
      loops.rows(from + a * work.in * row, work.index + o * work.taps,
                 static_cast<const char*>(work.weights) + o * work.taps * bytes, work.count ? work.count[o] : work.taps,
                 work.inner, to + i * row);
    }
  });
}

void resample_nearest(const Resample& work, ScalarType dtype, const void* x, void* y) {
  const auto copy = [&](auto element) {
    using T = decltype(element);
    const auto run = work.inner == 1 ? nearest_lines<T> : nearest<T>;
    run(work, static_cast<const T*>(x), static_cast<T*>(y));
  };
  switch (element_size(dtype)) {
    case 1:
      return copy(uint8_t());
    case 2:
      return copy(uint16_t());
    case 4:
      return copy(uint32_t());
    default:
      return copy(uint64_t());
  }
}

}  // namespace relume::cpu
