// What the tests of the SIMD kernels share: running on every target of the machine, and errors in units of the last
// place.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "cpu/simd/scalar-inl.h"
#include "cpu/target.h"
#include "kernels/elementwise.h"

namespace relume::cpu {

// One number of a wide type as a V: formulas over it are the oracle.
template <class T>
using Exact = HWY_STATIC_DISPATCH(Scalar)<T>;

// Calls visit(target) for each target of this machine; failures name it.
template <class Visit>
void for_each_target(Visit visit) {
  for (const Target target : supported_targets()) {
    SCOPED_TRACE(name(target));
    visit(target);
  }
}

// |actual - expected| in units of the last place of `expected` as a T; 0 where both are NaN or the same infinity.
template <class T, class Wide>
double ulp_error(T actual, Wide expected) {
  const T nearest = static_cast<T>(expected);
  if (std::isnan(nearest) || std::isnan(actual)) return std::isnan(nearest) && std::isnan(actual) ? 0 : HUGE_VAL;
  if (std::isinf(nearest) || std::isinf(actual)) return nearest == actual ? 0 : HUGE_VAL;
  const T magnitude = std::abs(nearest);
  const T unit = std::nextafter(magnitude, std::numeric_limits<T>::infinity()) - magnitude;
  return static_cast<double>(std::abs(static_cast<Wide>(actual) - expected) / static_cast<Wide>(unit));
}

template <class T>
std::vector<T> uniform(size_t count, double low, double high, unsigned seed = 1) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> distribution(low, high);
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(distribution(generator));
  return values;
}

// The loop applied to equally long vectors.
template <class T, class... Inputs>
std::vector<T> apply(ElementwiseLoop loop, const void* options, const std::vector<T>& first, const Inputs&... others) {
  const void* inputs[] = {first.data(), others.data()...};
  std::vector<T> result(first.size());
  loop(result.data(), inputs, static_cast<int64_t>(first.size()), options);
  return result;
}

// Equal bits, except that any NaN equals any other.
template <class T>
bool same(T a, T b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace relume::cpu
