// The executor of reductions: chooses whether rows or columns of the input are absorbed, cuts the work in pieces whose
// bounds depend on sizes alone, and joins the pieces in order.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "cpu/loop_nest.h"
#include "cpu/parallel.h"
#include "cpu/reduce_kernels.h"
#include "cpu/scratch.h"
#include "kernels/copy.h"

namespace relume::cpu {
namespace {

constexpr int64_t kBlock = 512;      // elements that are gathered at a time, and columns that are reduced together
constexpr int64_t kPiece = 1 << 16;  // elements of a piece of work
constexpr int64_t kFewPieces = 16;   // outputs (or blocks of them) below which the reduced elements are split as well
constexpr int64_t kShortRow = 16;    // rows shorter than this are better reduced as columns
constexpr int64_t kFewColumns = 8;   // and columns fewer than this as rows
constexpr int64_t kSlot = 8;         // bytes of a slot of state
constexpr int kMaxComponents = 3;

// The kept and the reduced dimensions, each as loops over the input; the second operand of the kept ones is the output.
struct ReduceLoops {
  explicit ReduceLoops(const ReduceCall& call) : ReduceLoops(Split(call)) {}

  LoopNest kept, reduced;

 private:
  struct Split {
    explicit Split(const ReduceCall& call);
    int64_t dense[LoopNest::kMaxRank];
    int64_t sizes[2][LoopNest::kMaxRank], strides[2][LoopNest::kMaxRank], out_strides[LoopNest::kMaxRank];
    size_t rank[2] = {0, 0};
    const int64_t* kept_strides[2] = {strides[0], out_strides};
    const int64_t* reduced_strides[1] = {strides[1]};
  };
  explicit ReduceLoops(const Split& split)
      : kept(IntArrayRef(split.sizes[0], split.rank[0]), split.kept_strides, 2),
        reduced(IntArrayRef(split.sizes[1], split.rank[1]), split.reduced_strides, 1) {}
};

ReduceLoops::Split::Split(const ReduceCall& call) {
  const size_t dims = call.sizes.size();
  LoopNest::check_rank(dims);
  int64_t stride = 1;
  for (size_t d = dims; d-- > 0;) {
    dense[d] = stride;
    stride *= call.sizes[d];
  }
  for (size_t d = 0; d < dims; ++d) {
    const int side = call.reduced >> d & 1;
    sizes[side][rank[side]] = call.sizes[d];
    strides[side][rank[side]++] = call.strides ? call.strides[d] : dense[d];
  }
  int64_t out_stride = 1;
  for (size_t k = rank[0]; k-- > 0;) {
    out_strides[k] = out_stride;
    out_stride *= sizes[0][k];
  }
}

// Whether pieces of the reduced dimensions are absorbed by one output at a time, or one element each by many.
bool reduces_rows(const LoopNest& kept, const LoopNest& reduced) {
  if (kept.rank == 0) return true;
  if (reduced.rank == 0) return false;
  const int64_t row = reduced.sizes[0], columns = kept.sizes[0];
  if (std::abs(reduced.strides[0][0]) < std::abs(kept.strides[0][0])) return row >= kShortRow || columns <= row;
  return columns < kFewColumns && row > columns;
}

class Reduction {
 public:
  Reduction(const ReduceCall& call, const ReduceKernel& kernel, const ReduceLoops& loops);
  void run() const;

 private:
  int64_t columns_at(int64_t item) const;
  int64_t position_of(int64_t item) const;
  const void* gather(const char* from, int64_t stride, int64_t n, char* buffer) const;
  void absorb(void* state, int64_t item, int64_t begin, int64_t end) const;
  void absorb_rows(void* state, const char* from, int64_t begin, int64_t end) const;
  void absorb_columns(void* state, const char* from, int64_t columns, int64_t begin, int64_t end) const;
  bool has_plain_rows() const;
  void reduce_plain_rows(int64_t begin, int64_t end) const;
  void finish(const void* state, int64_t position, int64_t columns) const;

  const ReduceCall& call_;
  const ReduceKernel& kernel_;
  const LoopNest &kept_, &reduced_;
  const bool by_rows_;
  const int64_t item_bytes_;
  const bool converts_;
  const CastTile cast_;
  int64_t width_;   // columns of a full item
  int64_t blocks_;  // items along the first kept dimension
  int64_t items_;   // outputs, or blocks of columns
  int64_t piece_;   // reduced elements of a piece
  int64_t pieces_;  // pieces an item
};

Reduction::Reduction(const ReduceCall& call, const ReduceKernel& kernel, const ReduceLoops& loops)
    : call_(call),
      kernel_(kernel),
      kept_(loops.kept),
      reduced_(loops.reduced),
      by_rows_(reduces_rows(kept_, reduced_)),
      item_bytes_(element_size(call.dtype)),
      converts_(call.dtype != call.loop_dtype),
      cast_(cast_tile(call.dtype, call.loop_dtype)) {
  width_ = by_rows_ ? 1 : std::min(kBlock, kept_.inner_size());
  blocks_ = (kept_.inner_size() + width_ - 1) / width_;
  items_ = kept_.numel / kept_.inner_size() * blocks_;
  const int64_t work = reduced_.numel * width_;
  pieces_ = items_ < kFewPieces ? std::max<int64_t>(1, work / kPiece) : 1;
  piece_ = std::max<int64_t>(1, (reduced_.numel + pieces_ - 1) / pieces_);
}

int64_t Reduction::columns_at(int64_t item) const {
  return std::min(width_, kept_.inner_size() - item % blocks_ * width_);
}

int64_t Reduction::position_of(int64_t item) const {
  return item / blocks_ * kept_.inner_size() + item % blocks_ * width_;
}

// n elements in the loop dtype: where they lie, or in the buffer.
const void* Reduction::gather(const char* from, int64_t stride, int64_t n, char* buffer) const {
  if (!converts_ && (stride == 1 || n == 1)) return from;
  cast_(buffer, from, {{n, 1}, {1, 0}, {stride, 0}});
  return buffer;
}

void Reduction::absorb_rows(void* state, const char* from, int64_t begin, int64_t end) const {
  alignas(64) char buffer[kBlock * kSlot];
  LoopCursor cursor(reduced_, begin);
  const int64_t stride = reduced_.inner_stride(0);
  const int64_t fitting = static_cast<int64_t>(sizeof buffer) / element_size(call_.loop_dtype);
  const int64_t longest = converts_ || stride != 1 ? fitting : reduced_.numel;
  for (int64_t at = begin; at < end;) {
    const int64_t n = std::min({end - at, reduced_.inner_size() - cursor.inner(), longest});
    kernel_.row(state, gather(from + cursor.offset(0) * item_bytes_, stride, n, buffer), n, at, call_.options);
    cursor.step(0, n);
    at += n;
  }
}

void Reduction::absorb_columns(void* state, const char* from, int64_t columns, int64_t begin, int64_t end) const {
  constexpr int64_t kRows = ReduceKernel::kRowsAtOnce;
  alignas(64) char buffer[kRows * kBlock * sizeof(float)];
  LoopCursor cursor(reduced_, begin);
  const int64_t stride = kept_.inner_stride(0), row_stride = reduced_.inner_stride(0);
  const bool in_place = !converts_ && (stride == 1 || columns == 1);
  for (int64_t at = begin; at < end;) {
    const char* const row = from + cursor.offset(0) * item_bytes_;
    const bool several = kernel_.rows && at + kRows <= end && cursor.inner() + kRows <= reduced_.inner_size();
    const int64_t rows = several ? kRows : 1;
    if (several && in_place) {
      kernel_.rows(state, row, row_stride, columns);
    } else if (several) {
      cast_(buffer, row, {{columns, kRows}, {1, columns}, {stride, row_stride}});
      kernel_.rows(state, buffer, columns, columns);
    } else {
      kernel_.columns(state, gather(row, stride, columns, buffer), columns, at, call_.options);
    }
    cursor.step(0, rows);
    at += rows;
  }
}

void Reduction::absorb(void* state, int64_t item, int64_t begin, int64_t end) const {
  const int64_t columns = columns_at(item);
  const LoopCursor cursor(kept_, position_of(item));
  const char* from = static_cast<const char*>(call_.input) + cursor.offset(0) * item_bytes_;
  kernel_.init(state, columns);
  if (begin >= end) return;
  if (by_rows_)
    absorb_rows(state, from, begin, end);
  else
    absorb_columns(state, from, columns, begin, end);
}

// Whether each item is a row that lies dense in memory, with a state of one component, and fits a buffer where it is
// to be converted.
bool Reduction::has_plain_rows() const {
  return by_rows_ && (!converts_ || reduced_.numel <= kBlock) && kernel_.column_bytes > 0 && reduced_.numel > 0 &&
         reduced_.inner_size() == reduced_.numel && (reduced_.numel == 1 || reduced_.inner_stride(0) == 1);
}

// Such rows, many of them at a time.
void Reduction::reduce_plain_rows(int64_t begin, int64_t end) const {
  alignas(64) char states[kBlock * kSlot];
  alignas(64) char buffer[kBlock * kSlot];
  for (int64_t item = begin; item < end;) {
    const int64_t count = std::min({kBlock, end - item, kept_.inner_size() - item % kept_.inner_size()});
    const LoopCursor cursor(kept_, item);
    const char* row = static_cast<const char*>(call_.input) + cursor.offset(0) * item_bytes_;
    kernel_.init(states, count);
    for (int64_t j = 0; j < count; ++j) {
      kernel_.row(states + j * kernel_.column_bytes, gather(row, 1, reduced_.numel, buffer), reduced_.numel, 0,
                  call_.options);
      row += kept_.inner_stride(0) * item_bytes_;
    }
    finish(states, item, count);
    item += count;
  }
}

void Reduction::finish(const void* state, int64_t position, int64_t columns) const {
  alignas(64) char values[2][kBlock * kSlot];
  void* const results[2] = {values[0], values[1]};
  kernel_.finish(results, state, columns, call_.options);
  const LoopCursor cursor(kept_, position);
  for (int k = 0; k < 2; ++k) {
    const ReduceOutput& output = call_.outputs[k];
    if (!output.data) continue;
    char* to = static_cast<char*>(output.data) + cursor.offset(1) * element_size(output.dtype);
    cast_tile(kernel_.outputs[k], output.dtype)(to, values[k], {{columns, 1}, {kept_.inner_stride(1), 0}, {1, 0}});
  }
}

void Reduction::run() const {
  const int64_t state_bytes = kernel_.components * width_ * kSlot;
  const int64_t work = std::max<int64_t>(1, reduced_.numel * width_);
  if (pieces_ == 1) {
    parallel_for(items_, std::max<int64_t>(1, kPiece / work), [&](int64_t begin, int64_t end) {
      if (has_plain_rows()) return reduce_plain_rows(begin, end);
      alignas(64) char state[kMaxComponents * kBlock * kSlot];
      for (int64_t item = begin; item < end; ++item) {
        absorb(state, item, 0, reduced_.numel);
        finish(state, position_of(item), columns_at(item));
      }
    });
    return;
  }
  const Scratch scratch(items_ * pieces_ * state_bytes);
  char* const states = scratch.as<char>();
  parallel_for(items_ * pieces_, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t start = i % pieces_ * piece_;
      absorb(states + i * state_bytes, i / pieces_, std::min(start, reduced_.numel),
             std::min(start + piece_, reduced_.numel));
    }
  });
  for (int64_t item = 0; item < items_; ++item) {
    char* const first = states + item * pieces_ * state_bytes;
    for (int64_t piece = 1; piece < pieces_; ++piece)
      kernel_.combine(first, first + piece * state_bytes, columns_at(item));
    finish(first, position_of(item), columns_at(item));
  }
}

}  // namespace

bool has_reduction(ReduceOp op, ScalarType loop_dtype) { return reduce_table().at(op, loop_dtype).components > 0; }

void run_reduction(const ReduceCall& call) {
  const ReduceLoops loops(call);
  if (loops.kept.numel == 0) return;
  Reduction(call, reduce_table().at(call.op, call.loop_dtype), loops).run();
}

}  // namespace relume::cpu
