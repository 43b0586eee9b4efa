// Running sums, products and extremes along a dimension.
#include <type_traits>

#include "cpu/convert.h"
#include "cpu/rows.h"

namespace relume::cpu {
namespace {

template <class T>
using scan_type = std::conditional_t<std::is_floating_point_v<compute_type<T>>, double, uint64_t>;

struct Nothing {};

template <class T>
void accumulate(const RowsCall& call, bool product) {
  using Sum = scan_type<T>;
  const Rows rows(call, call.sizes.empty() ? 1 : call.sizes[static_cast<size_t>(call.dim)]);
  const T* const input = static_cast<const T*>(call.input);
  T* const values = static_cast<T*>(call.values);
  rows.for_each([] { return Nothing(); },
                [&](Nothing, int64_t in, int64_t out) {
                  Sum sum = product ? 1 : 0;
                  for (int64_t i = 0; i < rows.length; ++i) {
                    const Sum x = static_cast<Sum>(static_cast<compute_type<T>>(input[in + i * rows.in_stride]));
                    sum = product ? sum * x : sum + x;
                    values[out + i * rows.out_stride] = convert<T>(
                        static_cast<std::conditional_t<std::is_floating_point_v<Sum>, compute_type<T>, int64_t>>(sum));
                  }
                });
}

template <class T>
void extremes(const RowsCall& call, bool largest) {
  using Value = compute_type<T>;
  const Rows rows(call, call.sizes.empty() ? 1 : call.sizes[static_cast<size_t>(call.dim)]);
  const T* const input = static_cast<const T*>(call.input);
  T* const values = static_cast<T*>(call.values);
  rows.for_each([] { return Nothing(); },
                [&](Nothing, int64_t in, int64_t out) {
                  int64_t best_at = 0;
                  for (int64_t i = 0; i < rows.length; ++i) {
                    const Value x = input[in + i * rows.in_stride], best = input[in + best_at * rows.in_stride];
                    const bool wins = largest ? x >= best : x <= best;
                    if (x != x || (best == best && wins)) best_at = i;
                    values[out + i * rows.out_stride] = input[in + best_at * rows.in_stride];
                    call.indices[out + i * rows.out_stride] = best_at;
                  }
                });
}

template <class T>
void scan(const RowsCall& call, ScanOp op) {
  if (op == ScanOp::Sum || op == ScanOp::Product)
    accumulate<T>(call, op == ScanOp::Product);
  else
    extremes<T>(call, op == ScanOp::Max);
}

}  // namespace

void scan_rows(const RowsCall& call, ScanOp op) {
  switch (call.dtype) {
#define RELUME_CASE(type, name, python) \
  case ScalarType::name:                \
    return scan<type>(call, op);
    RELUME_FORALL_DTYPES(RELUME_CASE)
#undef RELUME_CASE
    default:
      return;
  }
}

}  // namespace relume::cpu
