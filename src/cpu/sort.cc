// Sorting and selection along a dimension, on keys: unsigned integers in the order of the elements, with the index
// below, so that all keys differ and any sort of them is a stable one of the elements.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/check.h"
#include "cpu/convert.h"
#include "cpu/rows.h"

namespace relume::cpu {
namespace {

// An element's place in the order of its type: NaN last, the two zeros alike.
template <class T>
auto order_of(T value) {
  if constexpr (is_half_type<T>) {
    return order_of(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    constexpr Bits kSign = Bits{1} << (sizeof(T) * 8 - 1);
    if (value != value) return std::numeric_limits<Bits>::max();
    const Bits bits = std::bit_cast<Bits>(value == 0 ? T(0) : value);
    return static_cast<Bits>(bits & kSign ? ~bits : bits | kSign);
  } else if constexpr (sizeof(T) == 8) {
    return static_cast<uint64_t>(value) ^ (uint64_t{1} << 63);
  } else {
    return static_cast<uint32_t>(static_cast<int32_t>(value)) ^ (uint32_t{1} << 31);
  }
}

// A key of 64 bits: order and index in 32 each.
struct NarrowKey {
  uint64_t bits;
  NarrowKey() = default;
  NarrowKey(uint32_t order, int64_t index) : bits(uint64_t{order} << 32 | static_cast<uint64_t>(index)) {}
  int64_t index() const { return static_cast<int64_t>(bits & 0xffffffffu); }
  uint32_t place() const { return static_cast<uint32_t>(bits >> 32); }
  friend bool operator<(NarrowKey a, NarrowKey b) { return a.bits < b.bits; }
};

struct WideKey {
  uint64_t order;
  int64_t at;
  WideKey() = default;
  WideKey(uint64_t order, int64_t index) : order(order), at(index) {}
  int64_t index() const { return at; }
  uint64_t place() const { return order; }
  friend bool operator<(const WideKey& a, const WideKey& b) {
    return a.order != b.order ? a.order < b.order : a.at < b.at;
  }
};

template <class T, class Key>
class Sorter {
 public:
  Sorter(const RowsCall& call, int64_t kept) : call_(call), rows_(call, kept) {}

  void sort(bool descending) const {
    for_each_row(descending, [&](std::vector<Key>& keys, int64_t in, int64_t out) {
      std::sort(keys.begin(), keys.end());
      write_first(keys, rows_.length, in, out);
    });
  }

  void top(bool largest, int64_t k, bool sorted) const {
    for_each_row(largest, [&](std::vector<Key>& keys, int64_t in, int64_t out) {
      if (sorted) sort_first(keys, k);
      if (!sorted || has_ties(keys, k, in, largest)) {
        fill(keys, in, largest);
        top_as_pytorch(keys, k, sorted);
      }
      write_first(keys, k, in, out);
    });
  }

  void select(int64_t k, bool nan_first) const {
    for_each_row(false, [&](std::vector<Key>& keys, int64_t in, int64_t out) {
      const int64_t nan = nan_first ? first_nan(in) : -1;
      if (nan < 0) std::nth_element(keys.begin(), keys.begin() + k, keys.end());
      write(nan < 0 ? keys[static_cast<size_t>(k)].index() : nan, in, out);
    });
  }

 private:
  static constexpr int64_t kFew = 32;

  // Brings the k first keys to the front, in order. Few are kept sorted while the others pass by, most of which are
  // behind the last of them.
  static void sort_first(std::vector<Key>& keys, int64_t k) {
    const auto length = static_cast<int64_t>(keys.size());
    const bool few = k <= kFew && k < length;
    if (!few && k < length) std::nth_element(keys.begin(), keys.begin() + k, keys.end());
    std::sort(keys.begin(), keys.begin() + k);
    if (!few || k == 0) return;
    Key* const first = keys.data();
    for (int64_t i = k; i < length; ++i) {
      if (!(first[i] < first[k - 1])) continue;
      const Key key = first[i];
      int64_t at = k - 1;
      for (; at > 0 && key < first[at - 1]; --at) first[at] = first[at - 1];
      first[at] = key;
    }
  }

  // Whether other elements, or another order, would do as well as the k first keys, which are sorted.
  bool has_ties(const std::vector<Key>& keys, int64_t k, int64_t in, bool largest) const {
    const auto place = [&](int64_t i) { return keys[static_cast<size_t>(i)].place(); };
    for (int64_t i = 1; i < k; ++i)
      if (place(i) == place(i - 1)) return true;
    int64_t alike = 0;  // in the row: the keys behind are not all there any more
    for (int64_t i = 0; i < rows_.length; ++i) alike += key_of(in, i, largest).place() == place(k - 1);
    return alike > 1;
  }

  // Which of equal elements come first is what the standard library's functions make of it, called as PyTorch does.
  static void top_as_pytorch(std::vector<Key>& keys, int64_t k, bool sorted) {
    const auto before = [](const Key& a, const Key& b) { return a.place() < b.place(); };
    if (k * 64 <= static_cast<int64_t>(keys.size())) {
      std::partial_sort(keys.begin(), keys.begin() + k, keys.end(), before);
      return;
    }
    std::nth_element(keys.begin(), keys.begin() + k - 1, keys.end(), before);
    if (sorted) std::sort(keys.begin(), keys.begin() + k - 1, before);
  }

  Key key_of(int64_t in, int64_t i, bool descending) const {
    const auto order = order_of(element(in, i));
    return Key(descending ? static_cast<decltype(order)>(~order) : order, i);
  }

  void fill(std::vector<Key>& keys, int64_t in, bool descending) const {
    for (int64_t i = 0; i < rows_.length; ++i) keys[static_cast<size_t>(i)] = key_of(in, i, descending);
  }

  T element(int64_t in, int64_t i) const { return static_cast<const T*>(call_.input)[in + i * rows_.in_stride]; }

  template <class F>
  void for_each_row(bool descending, F&& use) const {
    rows_.for_each([&] { return std::vector<Key>(static_cast<size_t>(rows_.length)); },
                   [&](std::vector<Key>& keys, int64_t in, int64_t out) {
                     fill(keys, in, descending);
                     use(keys, in, out);
                   });
  }

  int64_t first_nan(int64_t in) const {
    for (int64_t i = 0; i < rows_.length; ++i) {
      const compute_type<T> x = element(in, i);
      if (x != x) return i;
    }
    return -1;
  }

  void write_first(const std::vector<Key>& keys, int64_t k, int64_t in, int64_t out) const {
    for (int64_t i = 0; i < k; ++i) write(keys[static_cast<size_t>(i)].index(), in, out + i * rows_.out_stride);
  }

  void write(int64_t index, int64_t in, int64_t out) const {
    if (call_.values) static_cast<T*>(call_.values)[out] = element(in, index);
    call_.indices[out] = index;
  }

  const RowsCall& call_;
  const Rows rows_;
};

// Calls f with a Sorter for the call's dtype.
template <class F>
void with_sorter(const RowsCall& call, int64_t kept, F&& f) {
  const int64_t length = call.sizes.empty() ? 1 : call.sizes[static_cast<size_t>(call.dim)];
  check(length <= int64_t{std::numeric_limits<uint32_t>::max()},
        "sorting more than 4294967295 elements is not supported, got {}", length);
  switch (call.dtype) {
#define RELUME_CASE(type, name, python) \
  case ScalarType::name:                \
    return f(Sorter<type, std::conditional_t<sizeof(type) < 8, NarrowKey, WideKey>>(call, kept));
    RELUME_FORALL_DTYPES(RELUME_CASE)
#undef RELUME_CASE
    default:
      return;
  }
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
  with_sorter(call, 1, [&](const auto& sorter) { sorter.select(k, nan_first); });
}

}  // namespace relume::cpu
