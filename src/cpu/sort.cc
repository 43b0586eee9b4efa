// Sorting and selection along a dimension, on the elements' places in the order of their type, which are unsigned
// integers; with the index below they are keys that all differ, so that any sort of them is a stable one of the
// elements.
#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>
#include <utility>

#include "core/check.h"
#include "cpu/convert.h"
#include "cpu/rows.h"
#include "cpu/scratch.h"

namespace relume::cpu {
namespace {

template <class T>
using Place = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

template <class T>
constexpr int kMantissaBits = std::is_same_v<T, double>     ? 52
                              : std::is_same_v<T, float>    ? 23
                              : std::is_same_v<T, BFloat16> ? 7
                                                            : 10;

// An element's place: NaN last, the two zeros alike. Without a branch, for signs and the like cannot be foretold.
template <class T>
inline Place<T> place_of(T value) {
  constexpr int kBits = sizeof(T) * 8;
  if constexpr (std::is_floating_point_v<T> || is_half_type<T>) {
    using Bits = std::conditional_t<sizeof(T) == 2, uint16_t, Place<T>>;
    constexpr Place<T> kSign = Place<T>{1} << (kBits - 1), kAll = kSign - 1 + kSign;
    constexpr Place<T> kInfinity = kSign - (Place<T>{1} << kMantissaBits<T>);
    const Place<T> bits = std::bit_cast<Bits>(value), magnitude = bits & ~kSign;
    const Place<T> negative = Place<T>{0} - (bits >> (kBits - 1));
    const Place<T> place = magnitude == 0 ? kSign : (bits ^ (negative | kSign)) & kAll;
    return magnitude > kInfinity ? std::numeric_limits<Place<T>>::max() : place;
  } else if constexpr (sizeof(T) == 8) {
    return static_cast<uint64_t>(value) ^ (uint64_t{1} << 63);
  } else {
    return static_cast<uint32_t>(static_cast<int32_t>(value)) ^ (uint32_t{1} << 31);
  }
}

// Writes the places of a row's elements, and returns the bits in which they differ from the first. With `flip` of ones
// the order is the opposite one.
template <class T>
Place<T> write_places(const void* row, int64_t stride, int64_t length, Place<T> flip, Place<T>* places) {
  const T* const from = static_cast<const T*>(row);
  const Place<T> first = place_of(from[0]) ^ flip;
  Place<T> differing = 0;
  const auto run = [&](int64_t step) {
    for (int64_t i = 0; i < length; ++i) {
      places[i] = place_of(from[i * step]) ^ flip;
      differing |= places[i] ^ first;
    }
  };
  stride == 1 ? run(1) : run(stride);
  return differing;
}

template <class P>
using WritePlaces = P (*)(const void* row, int64_t stride, int64_t length, P flip, P* places);

// A key of 64 bits: place and index in 32 each.
struct NarrowKey {
  uint64_t bits;
  NarrowKey() = default;
  NarrowKey(uint32_t place, int64_t index) : bits(uint64_t{place} << 32 | static_cast<uint64_t>(index)) {}
  int64_t index() const { return static_cast<int64_t>(bits & 0xffffffffu); }
  uint32_t place() const { return static_cast<uint32_t>(bits >> 32); }
  friend bool operator<(NarrowKey a, NarrowKey b) { return a.bits < b.bits; }
};

struct WideKey {
  uint64_t rank;
  int64_t at;
  WideKey() = default;
  WideKey(uint64_t place, int64_t index) : rank(place), at(index) {}
  int64_t index() const { return at; }
  uint64_t place() const { return rank; }
  friend bool operator<(const WideKey& a, const WideKey& b) { return a.rank != b.rank ? a.rank < b.rank : a.at < b.at; }
};

// A row's places, and room for `sets` times as many keys.
template <class P>
struct Row {
  using Key = std::conditional_t<sizeof(P) == 4, NarrowKey, WideKey>;

  Row(int64_t length, int64_t sets)
      : memory(length * static_cast<int64_t>(sets * sizeof(Key) + sizeof(P))),
        length(length),
        keys(memory.as<Key>()),
        places(reinterpret_cast<P*>(keys + sets * length)) {}

  Key key(int64_t i) const { return Key(places[i], i); }
  void write_keys() {
    for (int64_t i = 0; i < length; ++i) keys[i] = key(i);
  }

  const Scratch memory;
  const int64_t length;
  Key* const keys;
  P* const places;
  P differing = 0;  // the bits in which not all places agree
};

// The keys in order, which are in one of the row's two sets of keys: they are dealt out by a few bits of their places
// at a time, the lowest first, as far as those differ.
template <class P>
auto* sorted_keys(Row<P>& row) {
  using Key = typename Row<P>::Key;
  constexpr int64_t kShort = 96, kLong = 1 << 14;  // below and from which other numbers of bits are faster
  constexpr int kMostBits = 11;
  if (row.length < kShort || row.differing == 0) {
    row.write_keys();
    if (row.differing != 0) std::sort(row.keys, row.keys + row.length);
    return row.keys;
  }
  const int bits = row.length < kLong ? 8 : kMostBits;
  const P mask = (P{1} << bits) - 1;
  uint32_t start[1 << kMostBits];
  Key *from = nullptr, *to = row.keys;
  for (int shift = std::countr_zero(row.differing); shift < std::numeric_limits<P>::digits; shift += bits) {
    if ((row.differing >> shift & mask) == 0) continue;
    std::fill_n(start, mask + 1, 0);
    for (int64_t i = 0; i < row.length; ++i) ++start[row.places[i] >> shift & mask];
    uint32_t before = 0;
    for (P digit = 0; digit <= mask; ++digit) before += std::exchange(start[digit], before);
    const auto deal = [&](const auto& key) {
      for (int64_t i = 0; i < row.length; ++i) {
        const Key next = key(i);
        to[start[next.place() >> shift & mask]++] = next;
      }
    };
    if (from)
      deal([&](int64_t i) { return from[i]; });
    else
      deal([&](int64_t i) { return row.key(i); });
    from = to;
    to = from == row.keys ? row.keys + row.length : row.keys;
  }
  return from;
}

// Writes the keys, with key number k at its place and what comes before it in front of it: those are set apart whose
// places differ from that key's in the highest bits that differ at all.
template <class P>
void part_keys(Row<P>& row, int64_t k) {
  constexpr int kBits = 8;
  const int shift = std::max(0, static_cast<int>(std::bit_width(row.differing)) - kBits);
  const auto digit_of = [&](int64_t i) { return row.places[i] >> shift & ((1 << kBits) - 1); };
  uint32_t counts[1 << kBits] = {};
  for (int64_t i = 0; i < row.length; ++i) ++counts[digit_of(i)];
  P middle = 0;
  int64_t before = 0;
  while (before + counts[middle] <= k) before += counts[middle++];
  const int64_t end = before + counts[middle];
  int64_t at[] = {0, before, end};  // of those before, with and behind the key
  for (int64_t i = 0; i < row.length; ++i) {
    const P digit = digit_of(i);
    row.keys[at[(digit >= middle) + (digit > middle)]++] = row.key(i);
  }
  std::nth_element(row.keys + before, row.keys + k, row.keys + end);
}

constexpr int64_t kFew = 32;

// The k first keys, in order, are kept sorted while the others pass by, most of which are behind the last of them.
template <class P>
void find_few(const Row<P>& row, int64_t k, typename Row<P>::Key* first) {
  constexpr int64_t kBlock = 64;
  for (int64_t i = 0; i < k; ++i) first[i] = row.key(i);
  std::sort(first, first + k);
  P last = first[k - 1].place();
  for (int64_t begin = k; begin < row.length; begin += kBlock) {
    const int64_t end = std::min(row.length, begin + kBlock);
    P before = 0;
    for (int64_t i = begin; i < end; ++i) before += row.places[i] < last;
    if (before == 0) continue;
    for (int64_t i = begin; i < end; ++i) {
      if (row.places[i] >= last) continue;
      const auto key = row.key(i);
      int64_t at = k - 1;
      for (; at > 0 && key < first[at - 1]; --at) first[at] = first[at - 1];
      first[at] = key;
      last = first[k - 1].place();
    }
  }
}

// Whether other elements, or another order, would do as well as the k first keys, which are sorted.
template <class P>
bool has_ties(const Row<P>& row, const typename Row<P>::Key* first, int64_t k) {
  for (int64_t i = 1; i < k; ++i)
    if (first[i].place() == first[i - 1].place()) return true;
  const P last = first[k - 1].place();
  P alike = 0;
  for (int64_t i = 0; i < row.length; ++i) alike += row.places[i] == last;
  return alike > 1;
}

// Which of equal elements come first is what the standard library's functions make of it, called as PyTorch does.
template <class P>
void top_as_pytorch(Row<P>& row, int64_t k, bool sorted) {
  using Key = typename Row<P>::Key;
  const auto before = [](const Key& a, const Key& b) { return a.place() < b.place(); };
  Key* const keys = row.keys;
  row.write_keys();
  if (k * 64 <= row.length) {
    std::partial_sort(keys, keys + k, keys + row.length, before);
    return;
  }
  std::nth_element(keys, keys + k - 1, keys + row.length, before);
  if (sorted) std::sort(keys, keys + k - 1, before);
}

// The k first keys as PyTorch finds them.
template <class P>
const auto* top_keys(Row<P>& row, int64_t k, bool sorted, typename Row<P>::Key* few) {
  if (sorted) {
    if (k <= kFew) {
      find_few(row, k, few);
      if (!has_ties(row, few, k)) return static_cast<const typename Row<P>::Key*>(few);
    } else {
      part_keys(row, k - 1);
      std::sort(row.keys, row.keys + k);
      if (!has_ties(row, row.keys, k)) return static_cast<const typename Row<P>::Key*>(row.keys);
    }
  }
  top_as_pytorch(row, k, sorted);
  return static_cast<const typename Row<P>::Key*>(row.keys);
}

// The rows of a call whose elements have places of type P.
template <class P>
class Sorter {
 public:
  Sorter(const RowsCall& call, int64_t kept, WritePlaces<P> write_places)
      : call_(call), item_(element_size(call.dtype)), rows_(call, kept), write_places_(write_places) {}

  void sort(bool descending) const {
    for_each_row(descending, 2, [&](Row<P>& row, const char* from, int64_t out) {
      const auto* const keys = sorted_keys(row);
      write(
          row.length, [&](int64_t i) { return keys[i].index(); }, from, out);
    });
  }

  void top(bool largest, int64_t k, bool sorted) const {
    for_each_row(largest, 1, [&](Row<P>& row, const char* from, int64_t out) {
      typename Row<P>::Key few[kFew];
      const auto* const keys = top_keys(row, k, sorted, few);
      write(
          k, [&](int64_t i) { return keys[i].index(); }, from, out);
    });
  }

  void select(int64_t k, bool nan_first) const {
    for_each_row(false, 1, [&](Row<P>& row, const char* from, int64_t out) {
      const P *const end = row.places + row.length, *nan = end;
      if (nan_first) nan = std::find(static_cast<const P*>(row.places), end, std::numeric_limits<P>::max());
      if (nan == end) part_keys(row, k);
      write(
          1, [&](int64_t) { return nan == end ? row.keys[k].index() : nan - row.places; }, from, out);
    });
  }

 private:
  template <class F>
  void for_each_row(bool descending, int64_t sets, F&& use) const {
    rows_.for_each([&] { return Row<P>(rows_.length, sets); },
                   [&](Row<P>& row, int64_t in, int64_t out) {
                     const char* const from = static_cast<const char*>(call_.input) + in * item_;
                     const P flip = P{0} - P{descending};
                     row.differing = write_places_(from, rows_.in_stride, row.length, flip, row.places);
                     use(row, from, out);
                   });
  }

  template <class Index>
  void write(int64_t count, const Index& index, const char* from, int64_t out) const {
    for (int64_t i = 0; i < count; ++i) call_.indices[out + i * rows_.out_stride] = index(i);
    if (!call_.values) return;
    const auto write_values = [&](auto zero) {
      using Bits = decltype(zero);
      Bits* const to = static_cast<Bits*>(call_.values) + out;
      for (int64_t i = 0; i < count; ++i)
        to[i * rows_.out_stride] = reinterpret_cast<const Bits*>(from)[index(i) * rows_.in_stride];
    };
    if constexpr (sizeof(P) == 8)
      write_values(uint64_t());
    else
      item_ == 1 ? write_values(uint8_t()) : item_ == 2 ? write_values(uint16_t()) : write_values(uint32_t());
  }

  const RowsCall& call_;
  const int64_t item_;
  const Rows rows_;
  const WritePlaces<P> write_places_;
};

// Calls f with a Sorter for the call's dtype.
template <class F>
void with_sorter(const RowsCall& call, int64_t kept, F&& f) {
  const int64_t length = call.sizes.empty() ? 1 : call.sizes[static_cast<size_t>(call.dim)];
  check(length <= int64_t{std::numeric_limits<uint32_t>::max()},
        "sorting more than 4294967295 elements is not supported, got {}", length);
  WritePlaces<uint32_t> narrow = nullptr;
  WritePlaces<uint64_t> wide = nullptr;
  switch (call.dtype) {
#define RELUME_CASE(type, name, python) \
  case ScalarType::name:                \
    if constexpr (sizeof(type) == 8)    \
      wide = write_places<type>;        \
    else                                \
      narrow = write_places<type>;      \
    break;
    RELUME_FORALL_DTYPES(RELUME_CASE)
#undef RELUME_CASE
    default:
      return;
  }
  if (wide)
    f(Sorter<uint64_t>(call, kept, wide));
  else
    f(Sorter<uint32_t>(call, kept, narrow));
}

}  // namespace

void sort_rows(const RowsCall& call, bool descending) {
  const int64_t length = call.sizes.empty() ? 1 : call.sizes[static_cast<size_t>(call.dim)];
  with_sorter(call, length, [&](const auto& sorter) { sorter.sort(descending); });
}

void top_rows(const RowsCall& call, bool largest, int64_t k, bool sorted) {
  with_sorter(call, k, [&](const auto& sorter) { sorter.top(largest, k, sorted); });
}

void select_rows(const RowsCall& call, int64_t k, bool nan_first) {
  with_sorter(call, 1, [&](const auto& sorter) { sorter.select(k, nan_first && is_floating_point(call.dtype)); });
}

}  // namespace relume::cpu
