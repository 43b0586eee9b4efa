// The element-wise executor: plans the loops of a call and runs them block by block.
#include "kernels/elementwise.h"

#include <algorithm>

#include "cpu/cache.h"
#include "cpu/loop_nest.h"
#include "cpu/parallel.h"
#include "cpu/stream.h"
#include "kernels/copy.h"

namespace relume::cpu {
namespace {

constexpr int kMaxOperands = ElementwiseCall::kMaxInputs + 1;
constexpr int64_t kBlockBytes = 4096;   // of a buffer: five of them fit the smallest first-level caches
constexpr int64_t kStreamBytes = 1024;  // of a block that is streamed: few enough to wait in the store buffer
constexpr int64_t kLongRow = 256;       // elements of a row from which the loop is handed the row where it lies
constexpr int64_t kLine = 64;           // bytes of a cache line
constexpr int64_t kLevelBlock = 256;    // elements at a time of rows along which an input stays the same
constexpr int64_t kSmall = 512;         // elements of a call that is not worth planning
constexpr int64_t kWidest = 8;          // bytes of the widest element

// Whether the elements lie in row-major order without gaps.
bool is_dense(IntArrayRef sizes, const int64_t* strides) {
  if (!strides) return true;
  int64_t expected = 1;
  for (size_t d = sizes.size(); d-- > 0;) {
    if (sizes[d] != 1 && strides[d] != expected) return false;
    expected *= sizes[d];
  }
  return true;
}

// Whether all elements are one.
bool is_constant(IntArrayRef sizes, const int64_t* strides) {
  if (!strides) return false;
  for (size_t d = 0; d < sizes.size(); ++d)
    if (sizes[d] != 1 && strides[d] != 0) return false;
  return true;
}

// Elements from which several threads are used: additions on an eighth of the last private cache.
int64_t parallel_threshold(const ElementwiseCall& call) {
  int64_t bytes = 0;
  for (int k = 0; k <= call.num_inputs; ++k) bytes += element_size(call.operands[k].dtype);
  return std::max<int64_t>(cache_sizes().l2 / 8 / bytes / std::max(call.cost, 1), 2048);
}

// How the loop gets at one operand.
struct Access {
  char* data;
  int64_t item;   // bytes of an element in memory
  bool direct;    // the loop reads or writes the tensor itself, else a buffer
  bool constant;  // the same value everywhere
  bool level;     // the same value throughout a row
  bool periodic;  // the same row in every step of the outer loops
  CastTile cast;  // between memory and buffer
};

struct Buffers {
  explicit Buffers(int operands) {
    for (int k = 0; k < operands; ++k) loaded[k] = 0;
  }
  alignas(kLine) char of[kMaxOperands][kBlockBytes];
  int64_t loaded[kMaxOperands];  // elements of a repeating input that a buffer holds from its start
};

class Run {
 public:
  Run(const ElementwiseCall& call, const LoopNest& nest);
  void operator()(int64_t begin, int64_t end) const;
  bool streams() const { return stream_; }

 private:
  Access access_to(int k) const;
  bool should_stream() const;
  // Elements of the next block; `head` of them lead up to a cache line of the output.
  int64_t block_length(const LoopCursor& cursor, int64_t left, int64_t head) const;
  const void* load(int k, const LoopCursor& cursor, int64_t n, Buffers& buffers) const;
  void store(const LoopCursor& cursor, int64_t n, char* buffer) const;
  // tile(offset, position, tile) for the pieces of the next n elements of operand k, 2-D where whole rows follow.
  template <class F>
  void for_each_tile(LoopCursor cursor, int k, int64_t n, F&& piece) const;

  const ElementwiseCall& call_;
  const LoopNest& nest_;
  const int operands_;
  Access access_[kMaxOperands];
  bool by_rows_ = false;
  bool stream_ = false;
  int64_t block_;
};

Run::Run(const ElementwiseCall& call, const LoopNest& nest) : call_(call), nest_(nest), operands_(call.num_inputs + 1) {
  bool linear = true, direct = true, level = false;
  int64_t widest = 1;
  for (int k = 0; k < operands_; ++k) {
    linear &= nest_.is_linear(k);
    widest = std::max(widest, element_size(call_.operands[k].loop_dtype));
  }
  by_rows_ = !linear && nest_.inner_size() >= kLongRow;
  for (int k = 0; k < operands_; ++k) {
    access_[k] = access_to(k);
    direct &= access_[k].direct;
    level |= access_[k].level && !access_[k].constant;
  }
  stream_ = should_stream();
  block_ = stream_ ? kStreamBytes / widest : direct ? nest_.numel : kBlockBytes / widest;
  if (level) block_ = std::min(block_, kLevelBlock);
  // Blocks of whole rows let a periodic input, such as a bias, be loaded once.
  if (!by_rows_ && nest_.inner_size() < block_) block_ -= block_ % nest_.inner_size();
}

Access Run::access_to(int k) const {
  const ElementwiseOperand& operand = call_.operands[k];
  const bool in_order = by_rows_ ? nest_.inner_stride(k) == 1 : nest_.is_linear(k);
  const bool periodic = nest_.is_periodic(k);
  return {.data = static_cast<char*>(operand.data),
          .item = element_size(operand.dtype),
          .direct = in_order && operand.dtype == operand.loop_dtype,
          .constant = periodic && nest_.inner_stride(k) == 0,
          .level = by_rows_ && nest_.inner_stride(k) == 0,
          .periodic = periodic,
          .cast = k == 0 ? cast_tile(operand.loop_dtype, operand.dtype) : cast_tile(operand.dtype, operand.loop_dtype)};
}

// From how many bytes on a result is not expected to stay in the caches. A large shared cache makes good for small
// private ones.
int64_t stream_threshold() {
  constexpr int64_t kPrivateCaches = 8, kPartOfShared = 3, kMostOfShared = 12 << 20;
  return std::max(kPrivateCaches * cache_sizes().l2, std::min(cache_sizes().l3 / kPartOfShared, kMostOfShared));
}

// Storing past the caches pays where the result would not stay in them, and costs where it would.
bool Run::should_stream() const {
  const Access& out = access_[0];
  if (!stream_copy() || !out.direct || !nest_.is_linear(0)) return false;
  if (nest_.numel * out.item < stream_threshold()) return false;
  for (int k = 1; k < operands_; ++k)
    if (access_[k].data == out.data) return false;  // its lines come into the caches anyway
  return true;
}

int64_t Run::block_length(const LoopCursor& cursor, int64_t left, int64_t head) const {
  int64_t n = std::min(left, head > 0 ? head : block_);
  if (by_rows_) return std::min(n, nest_.inner_size() - cursor.inner());
  // After a start inside a row, go on at the start of one.
  return nest_.inner_size() < block_ ? std::min(n, block_ - cursor.inner()) : n;
}

template <class F>
void Run::for_each_tile(LoopCursor cursor, int k, int64_t n, F&& piece) const {
  const int64_t row = nest_.inner_size();
  for (int64_t done = 0; done < n;) {
    const int64_t offset = cursor.offset(k);
    if (cursor.inner() == 0 && n - done >= row && nest_.rank > 1) {
      const int64_t rows = std::min((n - done) / row, nest_.sizes[1] - cursor.at(1));
      piece(offset, done, row, rows, nest_.strides[k][1]);
      cursor.step(1, rows);
      done += row * rows;
    } else {
      const int64_t part = std::min(n - done, row - cursor.inner());
      piece(offset, done, part, int64_t{1}, int64_t{0});
      cursor.step(0, part);
      done += part;
    }
  }
}

const void* Run::load(int k, const LoopCursor& cursor, int64_t n, Buffers& buffers) const {
  const Access& access = access_[k];
  if (access.direct) return access.data + cursor.offset(k) * access.item;
  char* const buffer = buffers.of[k];
  const bool repeats = access.constant || (access.periodic && !by_rows_ && cursor.inner() == 0);
  const bool same_row = access.level && cursor.inner() != 0;
  if ((repeats || same_row) && buffers.loaded[k] >= n) return buffer;
  const int64_t loop_item = element_size(call_.operands[k].loop_dtype), stride = nest_.inner_stride(k);
  for_each_tile(cursor, k, n, [&](int64_t offset, int64_t at, int64_t size, int64_t rows, int64_t row_stride) {
    access.cast(buffer + at * loop_item, access.data + offset * access.item,
                {{size, rows}, {1, size}, {stride, row_stride}});
  });
  buffers.loaded[k] = repeats || access.level ? n : 0;
  return buffer;
}

void Run::store(const LoopCursor& cursor, int64_t n, char* buffer) const {
  const Access& access = access_[0];
  const int64_t loop_item = element_size(call_.operands[0].loop_dtype), stride = nest_.inner_stride(0);
  if (access.direct) {
    const char* next[kMaxOperands];
    size_t count = 0;
    for (int k = 1; k < operands_; ++k)
      if (access_[k].direct && nest_.is_linear(k))
        next[count++] = access_[k].data + (cursor.offset(k) + n) * access_[k].item;
    stream_copy()(access.data + cursor.offset(0) * access.item, buffer, n * loop_item, {next, count});
    return;
  }
  for_each_tile(cursor, 0, n, [&](int64_t offset, int64_t at, int64_t size, int64_t rows, int64_t row_stride) {
    access.cast(access.data + offset * access.item, buffer + at * loop_item,
                {{size, rows}, {stride, row_stride}, {1, size}});
  });
}

void Run::operator()(int64_t begin, int64_t end) const {
  Buffers buffers(operands_);
  LoopCursor cursor(nest_, begin);
  const Access& out = access_[0];
  const void* inputs[ElementwiseCall::kMaxInputs];
  for (int64_t position = begin; position < end;) {
    int64_t head = 0;
    if (stream_) {
      const auto address = reinterpret_cast<uintptr_t>(out.data + position * out.item);
      head = static_cast<int64_t>(-address % kLine) / out.item;
    }
    const int64_t n = block_length(cursor, end - position, head);
    for (int k = 1; k < operands_; ++k) inputs[k - 1] = load(k, cursor, n, buffers);
    const bool buffered = stream_ || !out.direct;
    call_.loop(buffered ? buffers.of[0] : out.data + cursor.offset(0) * out.item, inputs, n, call_.options);
    if (buffered) store(cursor, n, buffers.of[0]);
    cursor.advance(n);
    position += n;
  }
  if (stream_) stream_fence();
}

void run_in_loops(const ElementwiseCall& call) {
  const int64_t* strides[kMaxOperands];
  for (int k = 0; k <= call.num_inputs; ++k) strides[k] = call.operands[k].strides;
  const LoopNest nest(call.sizes, strides, call.num_inputs + 1);
  const Run run(call, nest);
  const int64_t threshold = parallel_threshold(call);
  if (nest.numel <= threshold) return run(0, nest.numel);
  // Chunks are long, for each begins anew: four a thread. Their number is free, for no element depends on its chunk.
  const int64_t least = run.streams() ? threshold * 8 : std::max<int64_t>(threshold / 2, 1024);
  parallel_for(nest.numel, std::max(least, nest.numel / (4 * running_threads())), run);
}

// A few elements, dense or constant: one call of the loop, without planning. False where it does not apply.
bool run_small(const ElementwiseCall& call, int64_t numel) {
  alignas(kLine) char buffers[kMaxOperands][kSmall * kWidest];
  const void* inputs[ElementwiseCall::kMaxInputs];
  const ElementwiseOperand& out = call.operands[0];
  if (!is_dense(call.sizes, out.strides)) return false;
  for (int k = 1; k <= call.num_inputs; ++k) {
    const ElementwiseOperand& operand = call.operands[k];
    const bool dense = is_dense(call.sizes, operand.strides);
    if (!dense && !is_constant(call.sizes, operand.strides)) return false;
    inputs[k - 1] = operand.data;
    if (dense && operand.dtype == operand.loop_dtype) continue;
    cast_tile(operand.dtype, operand.loop_dtype)(buffers[k], operand.data, {{numel, 1}, {1, 0}, {dense ? 1 : 0, 0}});
    inputs[k - 1] = buffers[k];
  }
  const bool direct = out.dtype == out.loop_dtype;
  call.loop(direct ? out.data : buffers[0], inputs, numel, call.options);
  if (!direct) cast_tile(out.loop_dtype, out.dtype)(out.data, buffers[0], {{numel, 1}, {1, 0}, {1, 0}});
  return true;
}

}  // namespace

void run_elementwise(const ElementwiseCall& call) {
  int64_t numel = 1;
  for (const int64_t size : call.sizes) numel *= size;
  if (numel == 0) return;
  if (numel > kSmall || !run_small(call, numel)) run_in_loops(call);
}

}  // namespace relume::cpu
