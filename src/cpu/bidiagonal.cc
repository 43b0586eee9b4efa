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
constexpr double kTolerance = 98.7 * kEpsilon / 2;  // LAPACK's
constexpr int64_t kMostSteps = 60;                  // for each singular value

// [c s; -s c] (f, g) = (r, 0), where r has the sign of f.
struct Rotation {
  Rotation() = default;
  Rotation(double f, double g) {
    const double length = std::copysign(length_of(f, g), f);
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
// rows of two matrices; n_left and n_right neighbours of each are turned. It takes the decisions of LAPACK's dbdsqr
// (Demmel and Kahan, 1990), so that vectors have the signs that they have there.
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
    const double nothing = negligible();
    int64_t last = n_ - 1, steps = 0, first_before = n_, last_before = -1;
    double least = 0;
    bool down = true;
    while (last > 0 && steps < kMostSteps * n_) {
      int64_t first = last;
      double largest = std::abs(d_[last]);
      while (first > 0 && std::abs(e_[first - 1]) > nothing) {
        --first;
        largest = std::max({largest, std::abs(d_[first]), std::abs(e_[first])});
      }
      if (first > 0) e_[first - 1] = 0;
      if (last - first < 2) {
        if (first < last) solve_pair(first);
        last = first - 1;
        continue;
      }
      if (first > last_before || last < first_before) down = std::abs(d_[first]) >= std::abs(d_[last]);
      const Chase chase = chase_of(first, last, down);
      if (falls_apart(chase, left_ || steps % 4 == 0 ? &least : nullptr)) continue;
      first_before = first, last_before = last;
      ++steps;
      const double shift = shift_of(chase, least / largest);
      shift == 0 ? sweep(chase) : sweep(chase, shift);
      double& end = chase.e(chase.count - 1);
      if (std::abs(end) <= nothing) end = 0;
    }
    finish();
  }

 private:
  // A block from one of its ends to the other: downwards, or as that of the transposed matrix upwards.
  struct Chase {
    int64_t start, step, count;
    double *first_d, *first_e;
    double& d(int64_t i) const { return first_d[i * step]; }
    double& e(int64_t i) const { return first_e[i * step]; }
    bool down() const { return step > 0; }
  };
  Chase chase_of(int64_t first, int64_t last, bool down) const {
    if (down) return {first, 1, last - first, d_ + first, e_ + first};
    return {last, -1, last - first, d_ + last, e_ + last - 1};
  }

  // What e may be taken for zero: little beside a bound of the least singular value.
  double negligible() const {
    double bound = std::abs(d_[0]), least = bound;
    for (int64_t i = 1; i < n_ && least > 0; ++i) {
      bound = std::abs(d_[i]) * (bound / (bound + std::abs(e_[i - 1])));
      least = std::min(least, bound);
    }
    const auto n = static_cast<double>(n_);
    return std::max(kTolerance * least / std::sqrt(n), kMostSteps * n * n * std::numeric_limits<double>::min());
  }

  // Makes one e zero that is little beside the values on one side of it; else finds a bound of the least value. Without
  // that, which takes time, only the last e is looked at.
  static bool falls_apart(const Chase& chase, double* least) {
    const auto clear = [](double& e, double size) {
      if (std::abs(e) > kTolerance * size) return false;
      e = 0;
      return true;
    };
    if (clear(chase.e(chase.count - 1), std::abs(chase.d(chase.count)))) return true;
    if (!least) return false;
    double bound = *least = std::abs(chase.d(0));
    for (int64_t i = 0; i < chase.count; ++i) {
      if (clear(chase.e(i), bound)) return true;
      bound = std::abs(chase.d(i + 1)) * (bound / (bound + std::abs(chase.e(i))));
      *least = std::min(*least, bound);
    }
    return false;
  }

  // Zero where a shift would cost small values their digits.
  double shift_of(const Chase& chase, double spread) const {
    if (static_cast<double>(n_) * kTolerance * spread <= 0.01 * kTolerance) return 0;
    const int64_t end = chase.count;
    const double near = chase.d(end - 1), far = chase.d(end);
    const double shift = lesser_value(std::abs(near), std::abs(chase.e(end - 1)), std::abs(far));
    const double ratio = shift / std::abs(chase.d(0));
    return ratio * ratio < kEpsilon / 2 ? 0 : shift;
  }

  void turn_left(int64_t i, int64_t j, const Rotation& by) const {
    if (left_) rotate_(left_ + i * left_row_, left_ + j * left_row_, by.c, -by.s, n_left_);
  }
  void turn_right(int64_t i, int64_t j, const Rotation& by) const {
    if (right_) rotate_(right_ + i * right_row_, right_ + j * right_row_, by.c, -by.s, n_right_);
  }
  void turn(const Chase& chase, int64_t i, const Rotation& right, const Rotation& left) const {
    const int64_t at = chase.start + i * chase.step, next = at + chase.step;
    turn_right(at, next, chase.down() ? right : left);
    turn_left(at, next, chase.down() ? left : right);
  }

  // A block of two, [f g; 0 h], by the formulas of LAPACK's dlasv2.
  void solve_pair(int64_t at) const {
    const double f = d_[at], g = e_[at], h = d_[at + 1];
    const bool swapped = std::abs(h) > std::abs(f);
    const double big = swapped ? h : f, small = swapped ? f : h, fa = std::abs(big), ha = std::abs(small);
    Rotation left, right;
    double high = std::abs(g), low = fa / high * ha;
    if (fa < kEpsilon / 2 * high) {
      left.s = small / g, right.s = 1, right.c = big / g;
    } else {
      const double m = g / big, l = (fa - ha) / fa, s = length_of(2 - l, m), r = length_of(l, m), a = (s + r) / 2;
      const double t = (m / (s + 2 - l) + m / (r + l)) * (1 + a), length = length_of(t, 2);
      right.c = 2 / length, right.s = t / length;
      left.c = (right.c + right.s * m) / a, left.s = small / big * right.s / a;
      high = fa * a, low = ha / a;
    }
    if (swapped) {
      std::swap(left.c, right.s);
      std::swap(left.s, right.c);
    }
    const auto sign = [](double x) { return std::copysign(1.0, x); };
    const double own = std::abs(g) > fa ? sign(right.s) * sign(left.c) * sign(g)
                       : swapped        ? sign(right.s) * sign(left.s) * sign(h)
                                        : sign(right.c) * sign(left.c) * sign(f);
    d_[at] = own * high;
    d_[at + 1] = own * sign(f) * sign(h) * low;
    e_[at] = 0;
    turn_right(at, at + 1, right);
    turn_left(at, at + 1, left);
  }

  // Golub and Reinsch, 1970.
  void sweep(const Chase& chase, double shift) const {
    const double start = chase.d(0);
    double f = (std::abs(start) - shift) * (std::copysign(1, start) + shift / start), g = chase.e(0);
    for (int64_t i = 0; i < chase.count; ++i) {
      double &d = chase.d(i), &next = chase.d(i + 1), &e = chase.e(i);
      const Rotation right(f, g);
      if (i > 0) chase.e(i - 1) = right.r;
      f = right.c * d + right.s * e;
      e = right.c * e - right.s * d;
      g = right.s * next;
      next *= right.c;
      const Rotation left(f, g);
      d = left.r;
      f = left.c * e + left.s * next;
      next = left.c * next - left.s * e;
      if (i + 1 < chase.count) {
        g = left.s * chase.e(i + 1);
        chase.e(i + 1) *= left.c;
      }
      turn(chase, i, right, left);
    }
    chase.e(chase.count - 1) = f;
  }

  // The same with a shift of zero, which keeps the digits of small values, and makes the last e zero at once where the
  // matrix is singular.
  void sweep(const Chase& chase) const {
    double c = 1;
    Rotation left;
    for (int64_t i = 0; i < chase.count; ++i) {
      const Rotation right(chase.d(i) * c, chase.e(i));
      if (i > 0) chase.e(i - 1) = left.s * right.r;
      left = Rotation(left.c * right.r, chase.d(i + 1) * right.s);
      chase.d(i) = left.r;
      c = right.c;
      turn(chase, i, right, left);
    }
    const double end = chase.d(chase.count) * c;
    chase.d(chase.count) = end * left.c;
    chase.e(chase.count - 1) = end * left.s;
  }

  // Makes the values positive and sorts them, ascending. The sign goes to the right, but to the left where there is one
  // vector only.
  void finish() {
    for (int64_t i = 0; i < n_; ++i)
      if (std::signbit(d_[i])) {
        d_[i] = -d_[i];
        if (left_ && n_ == 1) vector_loops<double>().scale(-1, n_left_, left_);
        if (right_ && n_ > 1) vector_loops<double>().scale(-1, n_right_, right_ + i * right_row_);
      }
    if (!left_) return std::sort(d_, d_ + n_);
    for (int64_t i = 0; i < n_ / 2; ++i)
      swap(i, n_ - 1 - i);  // so that from the largest on, equal ones keep their order
    for (int64_t i = 0; i < n_; ++i) {
      const int64_t least = std::min_element(d_ + i, d_ + n_) - d_;
      if (least != i) swap(i, least);
    }
  }

  void swap(int64_t i, int64_t j) const {
    std::swap(d_[i], d_[j]);
    std::swap_ranges(left_ + i * left_row_, left_ + i * left_row_ + n_left_, left_ + j * left_row_);
    std::swap_ranges(right_ + i * right_row_, right_ + i * right_row_ + n_right_, right_ + j * right_row_);
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

void lower_bidiagonal_svd(double* d, double* e, int64_t n, double* left, double* right) {
  std::vector<Rotation> turns;
  for (int64_t i = 0; i + 1 < n; ++i) {
    const Rotation& turn = turns.emplace_back(d[i], e[i]);
    d[i] = turn.r;
    e[i] = turn.s * d[i + 1];
    d[i + 1] *= turn.c;
  }
  bidiagonal_svd(d, e, n, left, right);
  for (double* row = left; row < left + n * n; row += n)
    for (int64_t i = n - 1; i-- > 0;) {
      const double x = row[i], y = row[i + 1];
      row[i] = turns[i].c * x - turns[i].s * y;
      row[i + 1] = turns[i].s * x + turns[i].c * y;
    }
}

}  // namespace relume::cpu
