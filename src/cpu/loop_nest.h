// LoopNest: the loops that visit every element of several tensors of the same sizes, in the order that suits memory.
#pragma once

#include <cstdint>

#include "relume/shape.h"

namespace relume::cpu {

// Dimensions are innermost first, ordered by the strides of operand 0, without sizes of 1, and neighbours are merged
// where all operands allow it: a dense call has rank 1, a 0-dim one rank 0. Strides are in elements of each operand.
struct LoopNest {
  static constexpr int kMaxRank = 64;
  static constexpr int kMaxOperands = 5;

  LoopNest(IntArrayRef sizes, const int64_t* const* strides, int operands);
  // Throws where a tensor has more dimensions than there is room for.
  static void check_rank(size_t rank);

  int rank = 0;
  int operands;
  int64_t numel = 1;
  int64_t sizes[kMaxRank];
  int64_t strides[kMaxOperands][kMaxRank];

  // Whether the operand's elements follow each other in memory in the order of the loops.
  bool is_linear(int operand) const;
  // Whether the operand repeats itself for every step of the outer loops.
  bool is_periodic(int operand) const;
  // Size and stride of the inner loop; one step of 0 where there is none.
  int64_t inner_size() const { return rank > 0 ? sizes[0] : 1; }
  int64_t inner_stride(int operand) const { return rank > 0 ? strides[operand][0] : 0; }

 private:
  void order();
  void merge();
  bool comes_before(int a, int b) const;
  void swap_dims(int a, int b);
};

// A position in a LoopNest.
class LoopCursor {
 public:
  LoopCursor(const LoopNest& nest, int64_t position);
  LoopCursor(const LoopCursor& other);

  int64_t inner() const { return rank_ > 0 ? at_[0] : 0; }
  int64_t at(int dim) const { return at_[dim]; }
  int64_t offset(int operand) const;
  // Moves by `count` steps of dimension `dim`; they must not leave its row.
  void step(int dim, int64_t count);
  // Moves by `count` elements.
  void advance(int64_t count);

 private:
  const LoopNest& nest_;
  int rank_;
  int64_t at_[LoopNest::kMaxRank];
};

inline int64_t LoopCursor::offset(int operand) const {
  int64_t sum = 0;
  for (int d = 0; d < rank_; ++d) sum += at_[d] * nest_.strides[operand][d];
  return sum;
}

inline void LoopCursor::step(int dim, int64_t count) {
  if (dim >= rank_) return;
  at_[dim] += count;
  while (at_[dim] == nest_.sizes[dim]) {
    at_[dim] = 0;
    if (++dim == rank_) return;
    ++at_[dim];
  }
}

inline void LoopCursor::advance(int64_t count) {
  for (int d = 0; d < rank_ && count > 0; ++d) {
    const int64_t sum = at_[d] + count, size = nest_.sizes[d];
    count = sum < size ? 0 : sum == size ? 1 : sum / size;  // division takes long, and is rarely needed
    at_[d] = sum - count * size;
  }
}

}  // namespace relume::cpu
