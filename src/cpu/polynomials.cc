// Orthogonal polynomials by their recurrences of three terms (Abramowitz and Stegun, table 22.7), and Chebyshev's of
// high order by cosines.
#include "kernels/polynomials.h"

#include <cmath>
#include <cstdint>
#include <limits>

namespace relume::cpu {
namespace {

constexpr int64_t kLongRecurrence = 8;  // above it cosines are faster, and as exact
constexpr double kMostHermite = 512;    // beyond it the numbers have left float64's range, or nearly

// p(n) of p(0) = 1, p(1) = first and p(k + 1) = next(k, p(k), p(k - 1)).
template <class Next>
double recurrence(double order, double first, const Next& next) {
  if (!(order > -1)) return std::isnan(order) ? order : 0;
  if (std::isinf(order)) return std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<int64_t>(order);
  double before = 1, now = first;
  if (n == 0) return before;
  for (int64_t k = 1; k < n && !std::isnan(now); ++k) {
    const double after = next(static_cast<double>(k), now, before);
    before = now;
    now = after;
  }
  return now;
}

double chebyshev(double x, double n, double first) {
  return recurrence(n, first, [x](double, double now, double before) { return 2 * x * now - before; });
}

// Whether the order is high and x = cos(angle) with an angle away from the ends.
bool by_angle(double x, double n) { return n > kLongRecurrence && std::abs(x) < 1; }

}  // namespace

double chebyshev_t(double x, double n) {
  return by_angle(x, n) ? std::cos(std::trunc(n) * std::acos(x)) : chebyshev(x, n, x);
}
double chebyshev_u(double x, double n) {
  if (!by_angle(x, n)) return chebyshev(x, n, 2 * x);
  const double angle = std::acos(x);
  return std::sin((std::trunc(n) + 1) * angle) / std::sin(angle);
}
double chebyshev_v(double x, double n) {
  if (!by_angle(x, n)) return chebyshev(x, n, 2 * x - 1);
  const double angle = std::acos(x);
  return std::cos((std::trunc(n) + 0.5) * angle) / std::cos(angle / 2);
}
double chebyshev_w(double x, double n) {
  if (!by_angle(x, n)) return chebyshev(x, n, 2 * x + 1);
  const double angle = std::acos(x);
  return std::sin((std::trunc(n) + 0.5) * angle) / std::sin(angle / 2);
}

double hermite_h(double x, double n) {
  if (n > kMostHermite) return std::numeric_limits<double>::quiet_NaN();
  return recurrence(n, 2 * x, [x](double k, double now, double before) { return 2 * (x * now - k * before); });
}
double hermite_he(double x, double n) {
  if (n > kMostHermite) return std::numeric_limits<double>::quiet_NaN();
  return recurrence(n, x, [x](double k, double now, double before) { return x * now - k * before; });
}
double laguerre_l(double x, double n) {
  return recurrence(
      n, 1 - x, [x](double k, double now, double before) { return ((2 * k + 1 - x) * now - k * before) / (k + 1); });
}
double legendre_p(double x, double n) {
  return recurrence(
      n, x, [x](double k, double now, double before) { return ((2 * k + 1) * x * now - k * before) / (k + 1); });
}

}  // namespace relume::cpu
