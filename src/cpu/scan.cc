// Running sums, products and extremes along a dimension.
#include <cmath>
#include <type_traits>

#include "cpu/convert.h"
#include "cpu/rows.h"

namespace relume::cpu {
namespace {

// Scans a row, or as many as the kernel is for, side by side.
using ScanRows = void (*)(const void* input, void* values, int64_t* indices, const Rows& rows);

struct ScanKernel {
  ScanRows one;
  int64_t width = 1;  // rows that `several` takes
  ScanRows several = nullptr;
};

template <class T>
using scan_type = std::conditional_t<std::is_floating_point_v<compute_type<T>>, double, uint64_t>;

// The sums of the rows stay in registers.
template <class T, bool kProduct, int64_t kRows>
void accumulate(const void* input, void* values, int64_t*, const Rows& rows) {
  using Sum = scan_type<T>;
  using Result = std::conditional_t<std::is_floating_point_v<Sum>, compute_type<T>, int64_t>;
  Sum sums[kRows];
  for (Sum& sum : sums) sum = kProduct ? 1 : 0;
  for (int64_t i = 0; i < rows.length; ++i) {
    const T* const from = static_cast<const T*>(input) + i * rows.in_stride;
    T* const to = static_cast<T*>(values) + i * rows.out_stride;
#pragma GCC ivdep
    for (int64_t j = 0; j < kRows; ++j) {
      const Sum x = static_cast<Sum>(static_cast<compute_type<T>>(from[j]));
      sums[j] = kProduct ? sums[j] * x : sums[j] + x;
      to[j] = convert<T>(static_cast<Result>(sums[j]));
    }
  }
}

template <class T, bool kLargest>
void extremes(const void* input, void* values, int64_t* indices, const Rows& rows) {
  using Value = compute_type<T>;
  const T* const from = static_cast<const T*>(input);
  T best = from[0];
  int64_t best_at = 0;
  for (int64_t i = 0; i < rows.length; ++i) {
    const T given = from[i * rows.in_stride];
    const Value x = given, highest = best;
    // Once there is a NaN nothing but another one follows it.
    const bool stays = kLargest ? x < highest : x > highest;
    if (x != x || !(stays || highest != highest)) best = given, best_at = i;
    static_cast<T*>(values)[i * rows.out_stride] = best;
    indices[i * rows.out_stride] = best_at;
  }
}

template <class T, bool kProduct>
ScanKernel accumulation() {
  constexpr int64_t kWidth = std::min<int64_t>(16, 64 / sizeof(T));  // at most a cache line
  return {accumulate<T, kProduct, 1>, kWidth, accumulate<T, kProduct, kWidth>};
}

// log(sum_j exp(x_j)) as highest + log(sum), where sum = sum_j exp(x_j - highest).
template <class T>
void log_sums(const void* input, void* values, int64_t*, const Rows& rows) {
  double highest = -INFINITY, sum = 0;
  for (int64_t i = 0; i < rows.length; ++i) {
    const double x = static_cast<compute_type<T>>(static_cast<const T*>(input)[i * rows.in_stride]);
    if (x > highest) {
      sum = sum * std::exp(highest - x) + 1;
      highest = x;
    } else {
      sum += x == highest ? 1 : std::exp(x - highest);
    }
    static_cast<T*>(values)[i * rows.out_stride] =
        static_cast<T>(static_cast<compute_type<T>>(highest + std::log(sum)));
  }
}

template <class T>
ScanKernel kernel_of(ScanOp op) {
  if constexpr (std::is_floating_point_v<compute_type<T>>)
    if (op == ScanOp::LogSum) return {log_sums<T>};
  switch (op) {
    case ScanOp::Sum:
      return accumulation<T, false>();
    case ScanOp::Product:
      return accumulation<T, true>();
    case ScanOp::Max:
      return {extremes<T, true>};
    default:
      return {extremes<T, false>};
  }
}

ScanKernel kernel_of(ScanOp op, ScalarType dtype) {
  switch (dtype) {
#define RELUME_CASE(type, name, python) \
  case ScalarType::name:                \
    return kernel_of<type>(op);
    RELUME_FORALL_DTYPES(RELUME_CASE)
#undef RELUME_CASE
    default:
      return {nullptr};
  }
}

}  // namespace

void scan_rows(const RowsCall& call, ScanOp op) {
  const ScanKernel kernel = kernel_of(op, call.dtype);
  const Rows rows(call, call.sizes.empty() ? 1 : call.sizes[static_cast<size_t>(call.dim)]);
  const int64_t item = element_size(call.dtype);
  rows.for_each_side_by_side(kernel.width, [&](int64_t in, int64_t out, int64_t count) {
    const bool whole = kernel.several && count == kernel.width;
    for (int64_t j = 0; j < (whole ? 1 : count); ++j)
      (whole ? kernel.several : kernel.one)(static_cast<const char*>(call.input) + (in + j) * item,
                                            static_cast<char*>(call.values) + (out + j) * item,
                                            call.indices ? call.indices + out + j : nullptr, rows);
  });
}

}  // namespace relume::cpu
