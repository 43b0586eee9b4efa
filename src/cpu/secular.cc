// The secular equation of Cuppen's method: Li's middle way to its roots, and Gu and Eisenstat's weights.
#include "cpu/secular.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/parallel.h"
#include "cpu/vector_loops.h"

namespace relume::cpu {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr int64_t kRootWork = 1 << 13, kWeightWork = 1 << 16;  // terms that are worth a thread
constexpr int kMostSteps = 100;

// The function at a point, and its slope, in the parts that poles up to the point and beyond it give.
struct Sums {
  double below, below_slope, above, above_slope, value;
};

}  // namespace

Secular::Secular(const double* d, const double* z, int64_t count, double rho, bool squared)
    : d_(d),
      count_(count),
      one_over_rho_(1 / rho),
      squared_(squared),
      scratch_((count + 3) * count * static_cast<int64_t>(sizeof(double))),
      distances_(scratch_.as<double>()),
      values_(distances_ + count * count),
      weights_(values_ + count),
      squares_(weights_ + count) {
  for (int64_t i = 0; i < count; ++i) squares_[i] = z[i] * z[i];
  parallel_for(count, kRootWork / std::max<int64_t>(1, count) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j) find_root(j);
  });
  find_weights(z);
}

// Within the gap the function goes from minus to plus infinity. Steps go to the root of a function with the two poles
// beside it that has the same value and slopes ("the middle way" of Li, 1993), or, where that leaves what is known to
// hold the root, to the middle of it. All is relative to the nearer pole, lest digits be lost.
void Secular::find_root(int64_t j) {
  const VectorLoops<double>& loops = vector_loops<double>();
  const bool last = j + 1 == count_;
  double* const distance = distances(j);
  int64_t origin = j;
  double low = 0, high = 0;
  const auto sums_at = [&](double x) {
    for (int64_t i = 0; i < count_; ++i) distance[i] = difference(i, origin) - x;
    Sums sums{};
    loops.secular(squares_, distance, j + 1, &sums.below, &sums.below_slope);
    loops.secular(squares_ + j + 1, distance + j + 1, count_ - j - 1, &sums.above, &sums.above_slope);
    sums.value = one_over_rho_ + sums.below + sums.above;
    return sums;
  };
  double x;
  if (last) {
    for (int64_t i = 0; i < count_; ++i) high += squares_[i] / one_over_rho_;
    high *= 1 + 4 * kEpsilon * static_cast<double>(count_);
    x = high / 2;
  } else {
    const double gap = difference(j + 1, j);
    x = gap / 2;
    high = x;
    if (sums_at(x).value < 0) {
      origin = j + 1;
      x = low = -gap / 2;
      high = 0;
    }
  }
  for (int step = 0; step < kMostSteps; ++step) {
    const Sums sums = sums_at(x);
    const double w = sums.value, slope = sums.below_slope + sums.above_slope;
    if (std::abs(w) <= kEpsilon * (8 * (sums.above - sums.below) + one_over_rho_ + std::abs(x) * slope)) break;
    (w < 0 ? low : high) = x;
    double move;
    const double left = distance[j];
    if (last) {
      move = left + sums.below_slope * left * left / (w - sums.below_slope * left);
    } else {
      const double right = distance[j + 1];
      const double c = w - left * sums.below_slope - right * sums.above_slope;
      const double a = (left + right) * w - left * right * slope, b = left * right * w;
      const double root = std::sqrt(std::abs(a * a - 4 * b * c));
      move = a <= 0 ? (a - root) / (2 * c) : 2 * b / (a + root);
    }
    double next = x + move;
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    if (next == x || !(next > low && next < high)) break;
    x = next;
  }
  for (int64_t i = 0; i < count_; ++i) distance[i] = difference(i, origin) - x;
  const double pole = d_[origin];
  values_[j] = squared_ ? pole + x / (pole + std::sqrt(std::max(0.0, pole * pole + x))) : pole + x;
}

// Gu and Eisenstat, 1995: the equation of which these roots are the exact ones has the weights
// z[i]^2 = prod_j (root_j - p[i]) / prod_{j != i} (p[j] - p[i]), up to a factor.
void Secular::find_weights(const double* z) {
  parallel_for(count_, kWeightWork / std::max<int64_t>(1, count_) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) weights_[i] = -distances(i)[i];
    for (int64_t j = 0; j < count_; ++j) {
      const double* const distance = distances(j);
      for (int64_t i = begin; i < end; ++i) weights_[i] *= i == j ? 1 : distance[i] / difference(i, j);
    }
    for (int64_t i = begin; i < end; ++i) weights_[i] = std::copysign(std::sqrt(std::abs(weights_[i])), z[i]);
  });
}

}  // namespace relume::cpu
