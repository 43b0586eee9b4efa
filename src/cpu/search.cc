// Searches in sorted rows: several at a time, each of which halves what is left without a branch, which could not be
// foretold, so that none waits for the others.
#include <algorithm>

#include "cpu/dispatch.h"
#include "cpu/parallel.h"
#include "kernels/index.h"

namespace relume::cpu {
namespace {

constexpr int64_t kTogether = 8;

// Whether an element stands before the place of x.
template <class T, bool kRight>
inline bool before(T element, T x) {
  return kRight ? !(element > x) : !(element >= x);
}

template <class T, bool kRight>
void search(const T* row, int64_t length, const T* values, int64_t* places) {
  if (length > 0 &&
      row[length - 1] != row[length - 1]) {  // NaN counts as before all: what is found depends on the steps
    for (int64_t i = 0; i < kTogether; ++i) {
      const auto stands_before = [&](T element) { return before<T, kRight>(element, values[i]); };
      places[i] = std::partition_point(row, row + length, stands_before) - row;
    }
    return;
  }
  int64_t first[kTogether] = {};
  int64_t left = length;
  for (; left > 1; left -= left / 2) {
    const int64_t half = left / 2;
#pragma GCC unroll 8
    for (int64_t i = 0; i < kTogether; ++i)
      first[i] += half & -int64_t{before<T, kRight>(row[first[i] + half - 1], values[i])};
  }
  for (int64_t i = 0; i < kTogether; ++i)
    places[i] = first[i] + (left == 1 && before<T, kRight>(row[first[i]], values[i]));
}

}  // namespace

void search_sorted(ScalarType dtype, const void* rows, int64_t length, const void* values, int64_t count,
                   int64_t per_row, bool right, int64_t* places) {
  constexpr int64_t kGrain = 1 << 12;
  dispatch<float, double, int64_t>("searchsorted", dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto find = right ? search<T, true> : search<T, false>;
    parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end;) {
        const int64_t number = i / per_row, n = std::min({kTogether, end - i, (number + 1) * per_row - i});
        const T *const row = static_cast<const T*>(rows) + number * length, *const x =
                                                                                static_cast<const T*>(values) + i;
        if (n == kTogether) {
          find(row, length, x, places + i);
        } else {
          T some[kTogether] = {};
          int64_t found[kTogether];
          std::copy_n(x, n, some);
          find(row, length, some, found);
          std::copy_n(found, n, places + i);
        }
        i += n;
      }
    });
  });
}

}  // namespace relume::cpu
