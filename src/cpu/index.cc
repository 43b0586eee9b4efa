// Indexed copies and sums: the loops are ordered so that what no index touches runs innermost, and only such dimensions
// are split over threads where elements are written, so that several writes to one place keep their order.
#include "kernels/index.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "cpu/cache.h"
#include "cpu/convert.h"
#include "cpu/loop_nest.h"
#include "cpu/parallel.h"

namespace relume::cpu {

int64_t first_outside(const int64_t* index, int64_t n, int64_t low, int64_t size) {
  constexpr int64_t kBlock = 1024;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(n, begin + kBlock);
    // A difference has its sign bit set where an index is beyond that bound; unsigned, for others may overflow.
    uint64_t signs = 0;
    for (int64_t i = begin; i < end; ++i)
      signs |= (static_cast<uint64_t>(index[i]) - static_cast<uint64_t>(low)) |
               (static_cast<uint64_t>(size - 1) - static_cast<uint64_t>(index[i]));
    if (static_cast<int64_t>(signs) >= 0) continue;
    return std::find_if(index + begin, index + end, [&](int64_t at) { return at < low || at >= size; }) - index;
  }
  return -1;
}

int64_t add_offsets(int64_t* offsets, const int64_t* index, int64_t n, int64_t size, int64_t stride, bool wrap) {
  const int64_t bad = first_outside(index, n, wrap ? -size : 0, size);
  if (bad >= 0) return bad;
  for (int64_t i = 0; i < n; ++i) offsets[i] += (index[i] < 0 ? index[i] + size : index[i]) * stride;
  return -1;
}

void place_in_strides(int64_t* offsets, int64_t n, IntArrayRef sizes, const int64_t* strides) {
  for (int64_t i = 0; i < n; ++i) {
    int64_t rest = offsets[i], place = 0;
    for (size_t d = sizes.size(); d-- > 0;) {
      place += rest % sizes[d] * strides[d];
      rest /= sizes[d];
    }
    offsets[i] = place;
  }
}

namespace {

// One run of the inner loop: n elements, with strides; offsets only where offset_stride is not 0.
using IndexedRow = void (*)(char* plain, int64_t plain_stride, char* indexed, int64_t indexed_stride,
                            const int64_t* offsets, int64_t offset_stride, int64_t n);

template <class T, IndexedOp kOp>
inline __attribute__((always_inline)) void combine(T& here, T& there) {
  if constexpr (kOp == IndexedOp::Get)
    here = there;
  else if constexpr (kOp == IndexedOp::Put)
    there = here;
  else if constexpr (kOp == IndexedOp::Add)
    there = static_cast<T>(there + here);
  else if constexpr (kOp == IndexedOp::Multiply)
    there = static_cast<T>(there * here);
  else if (here != here || (kOp == IndexedOp::Max ? there < here : here < there))
    there = here;
}

template <class T, IndexedOp kOp>
void row(char* plain_bytes, int64_t plain_stride, char* indexed_bytes, int64_t indexed_stride, const int64_t* offsets,
         int64_t offset_stride, int64_t n) {
  T* const plain = reinterpret_cast<T*>(plain_bytes);
  T* const indexed = reinterpret_cast<T*>(indexed_bytes);
  const bool dense = kOp <= IndexedOp::Add && offset_stride == 0 && plain_stride == 1 && indexed_stride == 1;
  if (dense) {
    T* const there = indexed + *offsets;
    if constexpr (kOp == IndexedOp::Add) {
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) there[i] = static_cast<T>(there[i] + plain[i]);
    } else {
      std::memcpy(kOp == IndexedOp::Get ? plain : there, kOp == IndexedOp::Get ? there : plain, n * sizeof(T));
    }
  } else if (kOp <= IndexedOp::Put && plain_stride == 1 && indexed_stride == 0 && offset_stride == 1) {
#pragma GCC unroll 4
    for (int64_t i = 0; i < n; ++i) combine<T, kOp>(plain[i], indexed[offsets[i]]);
  } else {
    for (int64_t i = 0; i < n; ++i)
      combine<T, kOp>(plain[i * plain_stride], indexed[i * indexed_stride + offsets[i * offset_stride]]);
  }
}

template <IndexedOp kOp>
IndexedRow copying_row(ScalarType dtype) {
  switch (element_size(dtype)) {
    case 1:
      return row<uint8_t, kOp>;
    case 2:
      return row<uint16_t, kOp>;
    case 4:
      return row<uint32_t, kOp>;
    default:
      return row<uint64_t, kOp>;
  }
}

template <IndexedOp kOp>
IndexedRow reducing_row(ScalarType dtype) {
  switch (dtype) {
#define RELUME_CASE(type, name, python) \
  case ScalarType::name:                \
    return row<type, kOp>;
    RELUME_FORALL_DTYPES(RELUME_CASE)
#undef RELUME_CASE
    default:
      return nullptr;
  }
}

IndexedRow row_of(IndexedOp op, ScalarType dtype) {
  switch (op) {
    case IndexedOp::Get:
      return copying_row<IndexedOp::Get>(dtype);
    case IndexedOp::Put:
      return copying_row<IndexedOp::Put>(dtype);
    case IndexedOp::Add:
      return reducing_row<IndexedOp::Add>(dtype);
    case IndexedOp::Multiply:
      return reducing_row<IndexedOp::Multiply>(dtype);
    case IndexedOp::Max:
      return reducing_row<IndexedOp::Max>(dtype);
    default:
      return reducing_row<IndexedOp::Min>(dtype);
  }
}

// Dimensions in two groups: those that offsets do not depend on ("free"), and the others, which keep their order.
struct Split {
  explicit Split(const IndexedCall& call) {
    LoopNest::check_rank(call.sizes.size());
    for (size_t d = 0; d < call.sizes.size(); ++d) {
      const int group = call.offset_strides[d] == 0 ? 0 : 1;
      int64_t& at = count[group];
      sizes[group][at] = call.sizes[d];
      plain[group][at] = call.plain_strides[d];
      indexed[group][at] = call.indexed_strides[d];
      offsets[group][at++] = call.offset_strides[d];
    }
  }
  IntArrayRef sizes_of(int group) const { return IntArrayRef(sizes[group], static_cast<size_t>(count[group])); }

  int64_t count[2] = {0, 0};
  int64_t sizes[2][LoopNest::kMaxRank], plain[2][LoopNest::kMaxRank], indexed[2][LoopNest::kMaxRank],
      offsets[2][LoopNest::kMaxRank];
};

// Visits the elements of the first `rank` dimensions that the offsets cover, in row-major order.
class OrderedWalk {
 public:
  OrderedWalk(const Split& split, int64_t rank, int64_t start) : split_(split), rank_(rank) {
    for (int64_t d = rank_; d-- > 0;) {
      at_[d] = start % split.sizes[1][d];
      start /= split.sizes[1][d];
      move(d, at_[d]);
    }
  }
  void next() {
    for (int64_t d = rank_; d-- > 0;) {
      move(d, 1);
      if (++at_[d] < split_.sizes[1][d]) return;
      move(d, -at_[d]);
      at_[d] = 0;
    }
  }
  int64_t plain = 0, indexed = 0, offset = 0;

 private:
  void move(int64_t d, int64_t steps) {
    plain += steps * split_.plain[1][d];
    indexed += steps * split_.indexed[1][d];
    offset += steps * split_.offsets[1][d];
  }
  const Split& split_;
  const int64_t rank_;
  int64_t at_[LoopNest::kMaxRank];
};

int64_t numel_of(IntArrayRef sizes) {
  int64_t numel = 1;
  for (const int64_t size : sizes) numel *= size;
  return numel;
}

// Offsets in elements, a block at a time: from those in the units of a call, which are checked.
class Offsets {
 public:
  static constexpr int64_t kBlock = 512;

  explicit Offsets(const OffsetUnits& units)
      : units_(units), as_they_are_(units.scale == 1 && !units.wrap), low_(units.wrap ? -units.bound : 0) {}

  // Points `offsets`, with stride 0 where there is one only, to n of them in elements. Returns the position of one that
  // is out of range, or -1.
  int64_t read(const int64_t*& offsets, int64_t& stride, int64_t n) {
    if (units_.bound < 0 && as_they_are_) return -1;
    const bool dense = stride == 1 || n == 1;
    if (!dense) {
      for (int64_t i = 0; i < n; ++i) elements_[i] = offsets[i * stride];
      offsets = elements_;
      stride = 1;
    }
    if (units_.bound >= 0) {
      const int64_t bad = first_outside(offsets, n, low_, units_.bound);
      if (bad >= 0) return bad;
    }
    if (as_they_are_) return -1;
    const int64_t scale = units_.scale, size = units_.bound;
    if (units_.wrap)
      for (int64_t i = 0; i < n; ++i) elements_[i] = offsets[i] + (offsets[i] >> 63 & size);
    if (scale != 1) {
      const int64_t* const from = units_.wrap ? elements_ : offsets;
      for (int64_t i = 0; i < n; ++i) elements_[i] = from[i] * scale;
    }
    offsets = elements_;
    return -1;
  }

 private:
  const OffsetUnits units_;
  const bool as_they_are_;
  const int64_t low_;
  int64_t elements_[kBlock];
};

}  // namespace

std::optional<int64_t> run_indexed(const IndexedCall& call) {
  if (numel_of(call.sizes) == 0) return std::nullopt;
  const Split split(call);
  const int64_t* const free_strides[] = {split.indexed[0], split.plain[0]};
  const LoopNest free(split.sizes_of(0), free_strides, 2);
  const int64_t item = element_size(call.dtype);
  const IndexedRow run = row_of(call.op, call.dtype);
  char* const plain = static_cast<char*>(call.plain);
  char* const indexed = static_cast<char*>(call.indexed);
  // Rows run along the free elements; but along the innermost dimension of the others where there is one free element
  // only, or where those lie side by side and the free ones do not.
  const int64_t last = split.count[1] - 1;
  const bool dense = call.op == IndexedOp::Get && last >= 0 && split.plain[1][last] == 1 && free.inner_stride(1) != 1;
  const bool along = last >= 0 && (free.numel == 1 || dense);
  const int64_t walked = split.count[1] - along, row_length = along ? split.sizes[1][last] : free.numel;
  const int64_t places = numel_of(IntArrayRef(split.sizes[1], static_cast<size_t>(walked)));

  std::atomic<const int64_t*> bad{nullptr};
  // Places [first, past), and of each of them the free elements [begin, end).
  const auto visit = [&](int64_t first, int64_t past, int64_t begin, int64_t end) {
    Offsets read(call.units);
    OrderedWalk walk(split, walked, first);
    for (int64_t place = first; place < past; ++place, walk.next()) {
      LoopCursor cursor(free, begin);
      for (int64_t at = begin; at < end;) {
        char* const to = plain + (walk.plain + cursor.offset(1)) * item;
        char* const from = indexed + (walk.indexed + cursor.offset(0)) * item;
        const int64_t n = along ? 1 : std::min(end - at, free.inner_size() - cursor.inner());
        const int64_t length = along ? row_length : 1, step = along ? split.offsets[1][last] : 0;
        const int64_t to_step = along ? split.plain[1][last] : 0, from_step = along ? split.indexed[1][last] : 0;
        for (int64_t i = 0; i < length; i += Offsets::kBlock) {
          const int64_t block = std::min(Offsets::kBlock, length - i);
          const int64_t *const given = call.offsets + walk.offset + i * step, *offsets = given;
          int64_t stride = step;
          if (const int64_t outside = read.read(offsets, stride, block); outside >= 0) {
            bad.store(given + outside * step, std::memory_order_relaxed);
            return;
          }
          if (along)
            run(to + i * to_step * item, to_step, from + i * from_step * item, from_step, offsets, stride, block);
          else
            run(to, free.inner_stride(1), from, free.inner_stride(0), offsets, 0, n);
        }
        cursor.step(0, n);
        at += n;
      }
    }
  };
  const int64_t grain = cache_sizes().l2 / 8 / item;
  // Steps of the outermost dimension that offsets depend on, if none names an element that another one names.
  const int64_t apart = free.numel == 1 && walked > 0 && split.indexed[1][0] != 0 ? split.sizes[1][0] : 1;
  if (dense && free.numel > places)
    parallel_for(free.numel, std::max<int64_t>(1, grain / (places * row_length)),
                 [&](int64_t begin, int64_t end) { visit(0, places, begin, end); });
  else if (call.op == IndexedOp::Get)
    parallel_for(places, std::max<int64_t>(1, grain / (along ? row_length * free.numel : row_length)),
                 [&](int64_t first, int64_t end) { visit(first, end, 0, free.numel); });
  else if (apart > 1)
    parallel_for(apart, std::max<int64_t>(1, grain * apart / (places * row_length)), [&](int64_t first, int64_t end) {
      visit(first * (places / apart), end * (places / apart), 0, free.numel);
    });
  else
    parallel_for(free.numel, std::max<int64_t>(256, grain / places),
                 [&](int64_t begin, int64_t end) { visit(0, places, begin, end); });
  const int64_t* const outside = bad.load();
  return outside ? std::optional(*outside) : std::nullopt;
}

void write_nonzero(int64_t* out, int64_t count, const bool* input, IntArrayRef sizes) {
  constexpr int64_t kBlock = 512;
  const size_t last = sizes.size() - 1;
  const int64_t row_size = sizes[last], rows = numel_of(sizes.slice(0, last));
  DimVector at(last);
  for (int64_t row = 0; row < rows; ++row, input += row_size) {
    for (int64_t begin = 0; begin < row_size; begin += kBlock) {
      const int64_t n = std::min(kBlock, row_size - begin);
      int64_t found[kBlock], many = 0;  // without a branch, for what is true cannot be foreseen
      for (int64_t i = 0; i < n; ++i) {
        found[many] = begin + i;
        many += input[begin + i];
      }
      for (size_t d = 0; d < last; ++d) std::fill_n(out + static_cast<int64_t>(d) * count, many, at[d]);
      std::copy_n(found, many, out + static_cast<int64_t>(last) * count);
      out += many;
    }
    for (size_t d = last; d-- > 0;) {
      if (++at[d] < sizes[d]) break;
      at[d] = 0;
    }
  }
}

void count_values(int64_t* counts, const int64_t* input, int64_t n) {
  for (int64_t i = 0; i < n; ++i) ++counts[input[i]];
}

void count_values(double* counts, const int64_t* input, const double* weights, int64_t n) {
  for (int64_t i = 0; i < n; ++i) counts[input[i]] += weights[i];
}

}  // namespace relume::cpu
