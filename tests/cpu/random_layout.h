// Tensors of random sizes, strides and values for tests of strided kernels, and the plain loop that visits them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <type_traits>
#include <vector>

#include "cpu/convert.h"
#include "relume/dtype.h"
#include "relume/shape.h"

namespace relume::test {

using Sizes = std::vector<int64_t>;

inline int64_t numel(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<int64_t>());
}

// Calls f(index) for every index of `sizes`, row-major.
template <class F>
void for_each_index(const Sizes& sizes, F&& f) {
  Sizes index(sizes.size(), 0);
  for (int64_t left = numel(sizes); left > 0; --left) {
    f(index);
    for (size_t d = sizes.size(); d-- > 0;) {
      if (++index[d] < sizes[d]) break;
      index[d] = 0;
    }
  }
}

inline int64_t offset(const Sizes& index, const Sizes& strides) {
  return std::inner_product(index.begin(), index.end(), strides.begin(), int64_t{0});
}

// Memory with strides over it.
struct Layout {
  Sizes strides;
  int64_t memory;  // elements that the strides reach
};

// Dimensions in a random order in memory, some with gaps between their elements.
template <class Random>
Layout random_layout(const Sizes& sizes, Random& random) {
  std::vector<int> order(sizes.size());
  std::iota(order.rbegin(), order.rend(), 0);
  if (random() % 2) std::shuffle(order.begin(), order.end(), random);
  const bool gaps = random() % 3 == 0;
  Layout layout{Sizes(sizes.size()), 1};
  for (const int d : order) {
    if (gaps && sizes[d] > 1 && random() % 2) layout.memory *= 1 + random() % 2;
    layout.strides[d] = layout.memory;
    layout.memory *= std::max<int64_t>(sizes[d], 1);
  }
  return layout;
}

// The same, and some dimensions broadcast.
template <class Random>
Layout random_broadcast_layout(const Sizes& sizes, Random& random) {
  Sizes own = sizes;
  const bool broadcast = random() % 2;
  for (int64_t& size : own)
    if (broadcast && random() % 2) size = 1;
  Layout layout = random_layout(own, random);
  for (size_t d = 0; d < sizes.size(); ++d)
    if (own[d] != sizes[d]) layout.strides[d] = 0;
  return layout;
}

template <class Random>
Sizes random_sizes(Random& random, int max_rank = 5) {
  Sizes sizes(random() % (max_rank + 1));
  const bool one_long = random() % 3 == 0;
  for (int64_t& size : sizes) size = 1 + random() % 7;
  if (one_long && !sizes.empty()) sizes[random() % sizes.size()] = 200 + random() % 400;
  return sizes;
}

// `count` small whole numbers as elements of type T.
template <class T, class Random>
std::vector<T> random_values(int64_t count, Random& random) {
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(static_cast<float>(static_cast<int>(random() % 64)));
  return values;
}

}  // namespace relume::test
