// Singular values and vectors of bidiagonal matrices: implicit QR, and above it dividing and conquering as Gu and
// Eisenstat (1995, "A divide-and-conquer algorithm for the bidiagonal SVD") do it.
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
constexpr int64_t kMostSteps = 60;  // for each singular value

// [c s; -s c] (f, g) = (r, 0)
struct Rotation {
  Rotation(double f, double g) {
    const double length = length_of(f, g);
    if (length == 0) return;
    c = f / length, s = g / length, r = length;
  }
  double c = 1, s = 0, r = 0;
};

// The lesser singular value of [f g; 0 h], to some digits: it is a shift.
double lesser_value(double f, double g, double h) {
  const double a = (f + h) * (f + h) + g * g, b = (f - h) * (f - h) + g * g;
  const double largest = (std::sqrt(a) + std::sqrt(b)) / 2;
  return largest == 0 ? 0 : std::abs(f * h) / largest;
}

// The square matrix [n, n] with d on its diagonal and e above it, whose left and right singular vectors come to be the
// rows of two matrices; n_left and n_right neighbours of each are turned.
class ImplicitQr {
 public:
  ImplicitQr(double* d, double* e, int64_t n, double* left, int64_t left_row, int64_t n_left, double* right,
             int64_t right_row, int64_t n_right)
      : d_(d),
        e_(e),
        n_(n),
        left_(left),
        right_(right),
        left_row_(left_row),
        right_row_(right_row),
        n_left_(n_left),
        n_right_(n_right) {}

  void run() {
    double norm = 0;
    for (int64_t i = 0; i < n_; ++i) norm = std::max({norm, std::abs(d_[i]), i + 1 < n_ ? std::abs(e_[i]) : 0});
    const double nothing = kEpsilon * kEpsilon * norm;
    int64_t last = n_ - 1, steps = 0;
    while (last > 0 && steps < kMostSteps * n_) {
      int64_t first = last;
      bool zero = std::abs(d_[last]) <= nothing;
      // Where values are equal, rounding leaves some e of the size of epsilon.
      while (first > 0 && std::abs(e_[first - 1]) > 2 * kEpsilon * (std::abs(d_[first - 1]) + std::abs(d_[first])) &&
             std::abs(e_[first - 1]) > nothing) {
        --first;
        zero = zero || std::abs(d_[first]) <= nothing;
      }
      if (first == last) {
        if (last > 0) e_[last - 1] = 0;
        --last;
        continue;
      }
      ++steps;
      const double shift = lesser_value(std::abs(d_[last - 1]), std::abs(e_[last - 1]), std::abs(d_[last]));
      const double ratio = shift / std::abs(d_[first]);
      if (zero || !(ratio * ratio > kEpsilon))
        sweep(first, last);
      else
        sweep(first, last, shift);
    }
    finish();
  }

 private:
  void turn_left(int64_t i, const Rotation& by) const {
    if (left_) rotate_(left_ + i * left_row_, left_ + (i + 1) * left_row_, by.c, -by.s, n_left_);
  }
  void turn_right(int64_t i, const Rotation& by) const {
    if (right_) rotate_(right_ + i * right_row_, right_ + (i + 1) * right_row_, by.c, -by.s, n_right_);
  }

  // Golub and Reinsch, 1970.
  void sweep(int64_t first, int64_t last, double shift) {
    const double start = d_[first];
    double f = (std::abs(start) - shift) * (std::copysign(1, start) + shift / start), g = e_[first];
    for (int64_t i = first; i < last; ++i) {
      const Rotation right(f, g);
      if (i > first) e_[i - 1] = right.r;
      f = right.c * d_[i] + right.s * e_[i];
      e_[i] = right.c * e_[i] - right.s * d_[i];
      g = right.s * d_[i + 1];
      d_[i + 1] *= right.c;
      const Rotation left(f, g);
      d_[i] = left.r;
      f = left.c * e_[i] + left.s * d_[i + 1];
      d_[i + 1] = left.c * d_[i + 1] - left.s * e_[i];
      if (i + 1 < last) {
        g = left.s * e_[i + 1];
        e_[i + 1] *= left.c;
      }
      turn_right(i, right);
      turn_left(i, left);
    }
    e_[last - 1] = f;
  }

  // The same with a shift of zero, which keeps the digits of small values, and makes e[last - 1] zero at once where the
  // matrix is singular (Demmel and Kahan, 1990).
  void sweep(int64_t first, int64_t last) {
    double c = 1;
    Rotation left(1, 0);
    for (int64_t i = first; i < last; ++i) {
      const Rotation right(d_[i] * c, e_[i]);
      if (i > first) e_[i - 1] = left.s * right.r;
      left = Rotation(left.c * right.r, d_[i + 1] * right.s);
      d_[i] = left.r;
      c = right.c;
      turn_right(i, right);
      turn_left(i, left);
    }
    const double end = d_[last] * c;
    d_[last] = end * left.c;
    e_[last - 1] = end * left.s;
  }

  // Makes the values positive and sorts them, ascending.
  void finish() {
    for (int64_t i = 0; i < n_; ++i)
      if (std::signbit(d_[i])) {
        d_[i] = -d_[i];
        if (right_) vector_loops<double>().scale(-1, n_right_, right_ + i * right_row_);
      }
    if (!left_) return std::sort(d_, d_ + n_);
    for (int64_t i = 0; i < n_; ++i) {
      const int64_t least = std::min_element(d_ + i, d_ + n_) - d_;
      if (least == i) continue;
      std::swap(d_[i], d_[least]);
      std::swap_ranges(left_ + i * left_row_, left_ + i * left_row_ + n_left_, left_ + least * left_row_);
      std::swap_ranges(right_ + i * right_row_, right_ + i * right_row_ + n_right_, right_ + least * right_row_);
    }
  }

  double *const d_, *const e_;
  const int64_t n_;
  double *const left_, *const right_;
  const int64_t left_row_, right_row_, n_left_, n_right_;
  void (*const rotate_)(double*, double*, double, double, int64_t) = vector_loops<double>().rotate;
};

// A matrix [n, n + extra]; extra, 0 or 1, says whether there is an e[n - 1]. The vector that has no value is then the
// last of `right`.
struct Part {
  double *d, *e;
  int64_t n, extra;
  double *left, *right;
  int64_t row;  // of both

  Part from(int64_t i, int64_t count, int64_t more) const {
    return {d + i, e + i, count, more, left + i * row + i, right + i * row + i, row};
  }
};

void solve_undivided(const Part& p) {
  for (int64_t i = 0; i < p.n; ++i) p.left[i * p.row + i] = 1;
  for (int64_t i = 0; i < p.n + p.extra; ++i) p.right[i * p.row + i] = 1;
  if (p.extra) {  // the last column is turned into those before, from the last to the first
    double rest = p.e[p.n - 1];
    for (int64_t i = p.n; i-- > 0;) {
      const Rotation by(p.d[i], rest);
      p.d[i] = by.r;
      vector_loops<double>().rotate(p.right + i * p.row, p.right + p.n * p.row, by.c, -by.s, p.n + 1);
      if (i == 0) break;
      rest = -by.s * p.e[i - 1];
      p.e[i - 1] *= by.c;
    }
  }
  ImplicitQr(p.d, p.e, p.n, p.left, p.row, p.n, p.right, p.row, p.n + p.extra).run();
}

// In terms of the vectors of the halves the matrix has z in row `middle`, where d is 0, and d on its diagonal. Numbers
// in z that are negligible, and one of two for values that are nearly equal, drop out.
Merge deflate(double* d, double* z, int64_t n, int64_t middle, MergedRows& left, MergedRows& right) {
  double largest = kEpsilon;  // for parts that are zero: the whole is of the order of 1
  for (int64_t i = 0; i < n; ++i) largest = std::max({largest, d[i], std::abs(z[i])});
  const double negligible = 8 * kEpsilon * largest;
  std::vector<int64_t> order;
  for (int64_t i = 0; i < n; ++i)
    if (i != middle) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return d[i] < d[j]; });
  if (std::abs(z[middle]) <= negligible) z[middle] = std::copysign(negligible, z[middle]);
  Merge merge;
  merge.kept.push_back(middle);
  for (const int64_t i : order) {
    const int64_t before = merge.kept.back();
    if (std::abs(z[i]) <= negligible) {
      merge.stay.push_back(i);
    } else if (before == middle || d[i] - d[before] > negligible) {
      merge.kept.push_back(i);
    } else {
      const double length = std::hypot(z[before], z[i]), c = z[i] / length, s = z[before] / length;
      left.rotate(before, i, c, s);
      right.rotate(before, i, c, s);
      z[i] = length;
      merge.stay.push_back(before);
      merge.kept.back() = i;
    }
  }
  if (merge.kept.size() > 1) d[merge.kept[1]] = std::max(d[merge.kept[1]], negligible / 2);
  return merge;
}

void normalize(double* x, int64_t n) {
  const VectorLoops<double>& loops = vector_loops<double>();
  loops.scale(1 / std::sqrt(loops.dot(x, x, n)), n, x);
}

// Row `middle` of the matrix has `before` at place `middle` and `behind` after it.
void merge_halves(const Part& p, int64_t middle, double before, double behind) {
  MergedRows left(p.left, p.row, p.n, middle + 1), right(p.right, p.row, p.n + p.extra, middle + 1);
  left[middle][middle] = 1;
  std::vector<double> z;
  for (int64_t i = 0; i < p.n + p.extra; ++i)
    z.push_back(i <= middle ? before * right[i][middle] : behind * right[i][middle + 1]);
  if (p.extra) {  // one of the two vectors without a value takes all of z that is theirs
    const Rotation by(z[middle], z[p.n]);
    right.rotate(middle, p.n, by.c, -by.s);
    z[middle] = by.r;
  }
  p.d[middle] = 0;
  Merge merge = deflate(p.d, z.data(), p.n, middle, left, right);
  const auto count = static_cast<int64_t>(merge.kept.size());
  std::vector<double> poles, weights, roots;
  for (const int64_t i : merge.kept) poles.push_back(p.d[i]), weights.push_back(z[i]);
  const Secular secular(poles.data(), weights.data(), count, 1, true);
  std::vector<double> factors(static_cast<size_t>(count * count));
  for (int64_t j = 0; j < count; ++j) {
    double *const u = factors.data() + j * count, *const v = secular.distances(j);
    for (int64_t i = 0; i < count; ++i) {
      v[i] = secular.weights()[i] / v[i];
      u[i] = i == 0 ? -1 : poles[i] * v[i];
    }
    normalize(u, count);
    normalize(v, count);
    roots.push_back(secular.value(j));
  }
  merge.sort(roots, p.d);
  left.replace(merge, factors.data());
  right.replace(merge, secular.distances(0));
  std::copy(merge.values.begin(), merge.values.end(), p.d);
}

// The rows are zeros at first; what is outside the n columns stays.
void conquer(const Part& p) {
  if (p.n <= kUndivided) return solve_undivided(p);
  const int64_t middle = p.n / 2;
  const double before = p.d[middle], behind = p.e[middle];
  conquer(p.from(0, middle, 1));
  conquer(p.from(middle + 1, p.n - middle - 1, p.extra));
  merge_halves(p, middle, before, behind);
}

}  // namespace

void bidiagonal_svd(double* d, double* e, int64_t n, double* left, double* right) {
  if (n == 0) return;
  if (!left) return ImplicitQr(d, e, n, nullptr, 0, 0, nullptr, 0, 0).run();
  std::fill_n(left, n * n, 0.0);
  std::fill_n(right, n * n, 0.0);
  const auto is_zero = [](double x) { return x == 0; };
  if (!std::all_of(d, d + n, is_zero) || !std::all_of(e, e + n - 1, is_zero))
    return conquer({d, e, n, 0, left, right, n});
  for (int64_t i = 0; i < n; ++i) d[i] = 0, left[i * n + i] = right[i * n + i] = 1;
}

}  // namespace relume::cpu
