// Ordering and merging of dimensions, and the walk over them.
#include "cpu/loop_nest.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/check.h"

namespace relume::cpu {

void LoopNest::check_rank(size_t rank) {
  check(rank <= static_cast<size_t>(kMaxRank), "tensors of more than {} dimensions are not supported, got {}",
        int{kMaxRank}, rank);
}

LoopNest::LoopNest(IntArrayRef all_sizes, const int64_t* const* all_strides, int operand_count)
    : operands(operand_count) {
  const int dims = static_cast<int>(all_sizes.size());
  check_rank(all_sizes.size());
  int64_t dense[kMaxRank];
  bool dense_known = false;
  const int64_t* from[kMaxOperands];
  for (int k = 0; k < operands; ++k) {
    from[k] = all_strides[k];
    if (from[k]) continue;
    if (!dense_known) {
      int64_t stride = 1;
      for (int d = dims - 1; d >= 0; --d) {
        dense[d] = stride;
        stride *= all_sizes[d];
      }
      dense_known = true;
    }
    from[k] = dense;
  }
  for (int d = dims - 1; d >= 0; --d) {
    numel *= all_sizes[d];
    if (all_sizes[d] == 1) continue;
    sizes[rank] = all_sizes[d];
    for (int k = 0; k < operands; ++k) strides[k][rank] = from[k][d];
    ++rank;
  }
  order();
  merge();
}

bool LoopNest::comes_before(int a, int b) const {
  for (int k = 0; k < operands; ++k) {
    const int64_t left = std::abs(strides[k][a]), right = std::abs(strides[k][b]);
    if (left != right) return left < right;
  }
  return false;
}

void LoopNest::swap_dims(int a, int b) {
  std::swap(sizes[a], sizes[b]);
  for (int k = 0; k < operands; ++k) std::swap(strides[k][a], strides[k][b]);
}

void LoopNest::order() {
  for (int d = 1; d < rank; ++d)
    for (int e = d; e > 0 && comes_before(e, e - 1); --e) swap_dims(e, e - 1);
}

void LoopNest::merge() {
  if (rank < 2) return;
  int last = 0;
  for (int d = 1; d < rank; ++d) {
    bool merges = true;
    for (int k = 0; k < operands; ++k) merges &= strides[k][d] == strides[k][last] * sizes[last];
    if (merges) {
      sizes[last] *= sizes[d];
      continue;
    }
    ++last;
    sizes[last] = sizes[d];
    for (int k = 0; k < operands; ++k) strides[k][last] = strides[k][d];
  }
  rank = last + 1;
}

bool LoopNest::is_linear(int operand) const {
  int64_t expected = 1;
  for (int d = 0; d < rank; ++d) {
    if (strides[operand][d] != expected) return false;
    expected *= sizes[d];
  }
  return true;
}

bool LoopNest::is_periodic(int operand) const {
  for (int d = 1; d < rank; ++d)
    if (strides[operand][d] != 0) return false;
  return true;
}

LoopCursor::LoopCursor(const LoopNest& nest, int64_t position) : nest_(nest), rank_(nest.rank) {
  for (int d = 0; d < rank_; ++d) {
    at_[d] = position % nest.sizes[d];
    position /= nest.sizes[d];
  }
}

LoopCursor::LoopCursor(const LoopCursor& other) : nest_(other.nest_), rank_(other.rank_) {
  std::copy_n(other.at_, rank_, at_);
}

}  // namespace relume::cpu
