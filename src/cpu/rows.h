// for_each_row: hands the rows of a tensor along one dimension to a function, over threads.
#pragma once

#include <algorithm>

#include "cpu/loop_nest.h"
#include "cpu/parallel.h"
#include "kernels/along_dim.h"

namespace relume::cpu {

// Rows of the input, and of dense results that have `kept` elements along the dimension.
class Rows {
 public:
  Rows(const RowsCall& call, int64_t kept) : length(call.sizes.empty() ? 1 : call.sizes[at(call)]) {
    const size_t rank = call.sizes.size();
    LoopNest::check_rank(rank);
    int64_t dense = 1;
    for (size_t d = rank; d-- > 0;) {
      const bool along = static_cast<int64_t>(d) == call.dim;
      sizes_[d] = along ? 1 : call.sizes[d];
      out_[d] = dense;
      dense *= along ? kept : call.sizes[d];
    }
    in_stride = rank == 0 ? 1 : call.strides[at(call)];
    out_stride = rank == 0 ? 1 : out_[at(call)];
    in_ = call.strides;
    rank_ = rank;
  }

  // row(input offset, output offset) for every row, in elements; `make` makes what each thread needs for itself.
  template <class Make, class F>
  void for_each(Make&& make, F&& row) const {
    const int64_t* const strides[] = {out_, in_};
    const LoopNest nest(IntArrayRef(sizes_, rank_), strides, 2);
    const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, length));
    parallel_for(nest.numel, grain, [&](int64_t begin, int64_t end) {
      auto local = make();
      LoopCursor cursor(nest, begin);
      for (int64_t i = begin; i < end; ++i, cursor.step(0, 1)) row(local, cursor.offset(1), cursor.offset(0));
    });
  }

  // row(input offset, output offset, count) for rows that lie side by side, up to `most` of them at a time: each begins
  // an element behind the one before, on both sides.
  template <class F>
  void for_each_side_by_side(int64_t most, F&& row) const {
    const int64_t* const strides[] = {out_, in_};
    const LoopNest nest(IntArrayRef(sizes_, rank_), strides, 2);
    if (nest.inner_stride(0) != 1 || nest.inner_stride(1) != 1) most = 1;
    const int64_t grain = std::max<int64_t>(most, kGrain / std::max<int64_t>(1, length));
    parallel_for(nest.numel, grain, [&](int64_t begin, int64_t end) {
      LoopCursor cursor(nest, begin);
      for (int64_t i = begin; i < end;) {
        const int64_t count = std::min({most, end - i, nest.inner_size() - cursor.inner()});
        row(cursor.offset(1), cursor.offset(0), count);
        cursor.step(0, count);
        i += count;
      }
    });
  }

  int64_t length, in_stride, out_stride;

 private:
  static constexpr int64_t kGrain = 1 << 13;  // elements

  static size_t at(const RowsCall& call) { return static_cast<size_t>(call.dim); }

  int64_t sizes_[LoopNest::kMaxRank], out_[LoopNest::kMaxRank];
  const int64_t* in_;
  size_t rank_;
};

}  // namespace relume::cpu
