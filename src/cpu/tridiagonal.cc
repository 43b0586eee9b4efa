// Eigenvalues and eigenvectors of symmetric tridiagonal matrices: the QL algorithm, and above it Cuppen's way to divide
// and conquer (1981), as Gu and Eisenstat (1995) made it stable.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "cpu/merged_rows.h"
#include "cpu/secular.h"
#include "cpu/two_diagonals.h"
#include "cpu/vector_loops.h"

namespace relume::cpu {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr int64_t kMostSteps = 60;  // for each eigenvalue

// The eigenvalues of the matrix [2, 2] with e, which is not 0, beside its diagonal d; the one of larger absolute value
// comes first. The vectors are (c, s) and (-s, c), with the signs that LAPACK gives them.
void solve_pair(double* d, double e, double* c, double* s) {
  const double sum = d[0] + d[1], difference = d[0] - d[1], twice = 2 * e, root = length_of(difference, twice);
  const double along = difference < 0 ? difference - root : difference + root;
  const double length = std::copysign(length_of(along, twice), std::abs(along) > std::abs(twice) ? along : -twice);
  *c = -twice / length;
  *s = along / length;
  if ((sum < 0) == (difference < 0)) *s = std::exchange(*c, -*s);
  const double large = (sum < 0 ? sum - root : sum + root) / 2;
  const auto [low, high] = std::minmax({d[0], d[1]}, [](double x, double y) { return std::abs(x) < std::abs(y); });
  d[1] = sum == 0 ? -large : high / large * low - e / large * e;
  d[0] = large;
}

// The QL algorithm with implicit shifts (Dubrulle, Martin and Wilkinson, 1968), turning n neighbours of the rows.
void ql(double* d, double* e, int64_t n, double* rows, int64_t row) {
  const auto rotate = vector_loops<double>().rotate;
  e[n - 1] = 0;
  for (int64_t first = 0; first < n; ++first)
    for (int64_t step = 0; step < kMostSteps; ++step) {
      int64_t last = first;
      const auto is_small = [&](int64_t i) {
        const double size = std::abs(e[i]);
        return size <= 2 * kEpsilon * std::sqrt(std::abs(d[i])) * std::sqrt(std::abs(d[i + 1])) ||
               size <= kEpsilon * kEpsilon;
      };
      while (last + 1 < n && !is_small(last)) ++last;
      if (last == first) break;
      if (last == first + 1) {
        double c, s;
        solve_pair(d + first, std::exchange(e[first], 0), &c, &s);
        if (rows) rotate(rows + first * row, rows + last * row, c, -s, n);
        break;
      }
      double g = (d[first + 1] - d[first]) / (2 * e[first]);
      g = d[last] - d[first] + e[first] / (g + std::copysign(std::hypot(g, 1), g));
      double c = 1, s = 1, shift = 0;
      int64_t i = last - 1;
      for (; i >= first; --i) {
        const double f = s * e[i], b = c * e[i], r = length_of(f, g);
        e[i + 1] = r;
        if (r == 0) break;
        s = f / r;
        c = g / r;
        g = d[i + 1] - shift;
        const double t = (d[i] - g) * s + 2 * c * b;
        shift = s * t;
        d[i + 1] = g + shift;
        g = c * t - b;
        if (rows) rotate(rows + i * row, rows + (i + 1) * row, c, s, n);
      }
      e[last] = 0;
      if (i >= first) {  // the matrix falls apart earlier
        d[i + 1] -= shift;
        continue;
      }
      d[first] -= shift;
      e[first] = g;
    }
}

// Sorts values, ascending, and n neighbours of the rows with them.
void sort(double* d, int64_t n, double* rows, int64_t row) {
  for (int64_t i = 0; i < n; ++i) {
    const int64_t least = std::min_element(d + i, d + n) - d;
    if (least == i) continue;
    std::swap(d[i], d[least]);
    std::swap_ranges(rows + i * row, rows + i * row + n, rows + least * row);
  }
}

// The matrix is that of two halves, [split, split] and what remains, plus rho z z^T, |z| = 1 in terms of their
// eigenvectors. Numbers in z that are negligible, and one of two for eigenvalues that are nearly equal, drop out.
Merge deflate(double* d, double* z, int64_t n, double rho, MergedRows& rows) {
  double largest = 0;
  for (int64_t i = 0; i < n; ++i) largest = std::max({largest, std::abs(d[i]), std::abs(z[i])});
  const double negligible = 8 * kEpsilon * largest;
  std::vector<int64_t> order(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return d[i] < d[j]; });
  Merge merge;
  for (const int64_t i : order) {
    if (rho * std::abs(z[i]) <= negligible) {
      merge.stay.push_back(i);
      continue;
    }
    if (merge.kept.empty()) {
      merge.kept.push_back(i);
      continue;
    }
    const int64_t before = merge.kept.back();
    const double length = std::hypot(z[before], z[i]), c = z[i] / length, s = z[before] / length;
    const double low = d[before], high = d[i];
    if (std::abs((high - low) * c * s) > negligible) {
      merge.kept.push_back(i);
      continue;
    }
    rows.rotate(before, i, c, s);
    z[i] = length;
    d[before] = low * c * c + high * s * s;
    d[i] = low * s * s + high * c * c;
    merge.stay.push_back(before);
    merge.kept.back() = i;
  }
  return merge;
}

void merge_halves(double* d, int64_t n, int64_t split, double rho, double sign, double* rows, int64_t row) {
  MergedRows vectors(rows, row, n, split);
  std::vector<double> z(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i)
    z[i] = (i < split ? vectors[i][split - 1] : sign * vectors[i][split]) * std::sqrt(0.5);
  Merge merge = deflate(d, z.data(), n, 2 * rho, vectors);
  const auto count = static_cast<int64_t>(merge.kept.size());
  std::vector<double> poles, weights, roots;
  for (const int64_t i : merge.kept) poles.push_back(d[i]), weights.push_back(z[i]);
  const Secular secular(poles.data(), weights.data(), count, 2 * rho, false);
  for (int64_t j = 0; j < count; ++j) {
    double* const vector = secular.distances(j);
    double square = 0;
    for (int64_t i = 0; i < count; ++i) {
      vector[i] = secular.weights()[i] / vector[i];
      square += vector[i] * vector[i];
    }
    vector_loops<double>().scale(1 / std::sqrt(square), count, vector);
    roots.push_back(secular.value(j));
  }
  merge.sort(roots, d);
  vectors.replace(merge, secular.distances(0));
  std::copy(merge.values.begin(), merge.values.end(), d);
}

// The rows are zeros at first; what is outside the n columns stays.
void conquer(double* d, double* e, int64_t n, double* rows, int64_t row) {
  if (n <= kUndivided) {
    for (int64_t i = 0; i < n; ++i) rows[i * row + i] = 1;
    ql(d, e, n, rows, row);
    return sort(d, n, rows, row);
  }
  const int64_t split = n / 2;
  const double between = e[split - 1], rho = std::abs(between);
  d[split - 1] -= rho;
  d[split] -= rho;
  conquer(d, e, split, rows, row);
  conquer(d + split, e + split, n - split, rows + split * row + split, row);
  merge_halves(d, n, split, rho, std::copysign(1, between), rows, row);
}

}  // namespace

void tridiagonal_eigen(double* d, double* e, int64_t n, double* rows) {
  if (n == 0) return;
  if (rows) {
    std::fill_n(rows, n * n, 0.0);
    return conquer(d, e, n, rows, n);
  }
  ql(d, e, n, nullptr, 0);
  std::sort(d, d + n);
}

}  // namespace relume::cpu
