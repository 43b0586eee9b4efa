// Point-wise ops that are made of others or seldom used: angles, sinc, sums of exponentials, steps, common divisors,
// signs and neighbours of numbers.
#include <cmath>
#include <limits>
#include <numeric>

#include "ops/composed.h"
#include "ops/methods.h"

namespace relume {
namespace {

constexpr double kPi = 3.14159265358979323846, kLn2 = 0.69314718055994530942;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

void check_floating(const char* kernel, ScalarType dtype) {
  if (!is_floating_point(dtype)) fail_not_implemented(kernel, dtype);
}

}  // namespace

// Degrees as radians.
Tensor deg2rad(const Tensor& self) {
  impl_of(self, "deg2rad");
  return named("Deg2RadBackward0", self * (kPi / 180));
}
Tensor& deg2rad_(Tensor& self) { return become_result("Deg2RadBackward0", self, deg2rad(self)); }

// Radians as degrees.
Tensor rad2deg(const Tensor& self) {
  impl_of(self, "rad2deg");
  return named("Rad2DegBackward0", self * (180 / kPi));
}
Tensor& rad2deg_(Tensor& self) { return become_result("Rad2DegBackward0", self, rad2deg(self)); }

// sin(pi x) / (pi x), and 1 at 0.
Tensor sinc(const Tensor& self) {
  const ScalarType dtype = impl_of(self, "sinc").dtype;
  if (is_reduced_floating_point(dtype)) return named("SincBackward0", sinc(self.to(kFloat)).to(dtype));
  const Tensor angle = self * kPi, at_zero = angle == 0;
  const Tensor ratio = sin(angle) / where(at_zero, 1.0, angle);
  return named("SincBackward0",
               where(at_zero, 1.0 - angle * angle / 6, ratio));  // with the derivatives that it has at 0
}
Tensor& sinc_(Tensor& self) { return become_result("SincBackward0", self, sinc(self)); }

// self times 2 to the power of other; of an integer, in float64, where the power neither overflows nor vanishes.
Tensor ldexp(const Tensor& self, const Tensor& other) {
  impl_of(self, "ldexp");
  if (is_floating_point(impl_of(other, "ldexp").dtype)) return named("LdexpBackward0", self * pow(2.0, other));
  return named("LdexpBackward0", (self.to(kDouble) * pow(2.0, other.to(kDouble))).to(float_result_type({self})));
}
Tensor& ldexp_(Tensor& self, const Tensor& other) {
  return become_result("LdexpBackward0", self, ldexp(kept(self), other));
}

namespace {

// log(exp(a scale) + exp(b scale)) / scale.
Tensor log_of_sum(const char* kernel, const char* grad_fn, const Tensor& a, const Tensor& b, double scale) {
  const ScalarType dtype = result_type({a, b});
  check_floating(kernel, dtype);
  Tensor result = [&] {
    const NoGradGuard unrecorded;
    const ScalarType wide = dtype == kDouble ? kDouble : kFloat;
    const Tensor x = a.to(wide), y = b.to(wide);
    const Tensor distance = where(x == y, 0.0, abs(x - y) * -scale);  // also of equal infinities
    return (maximum(x, y) + log1p(exp(distance)) / scale).to(dtype);
  }();
  return record(grad_fn, std::move(result), {a, b}, {a, b}, [scale](Backward& run) {
    const Tensor left = run.saved(0), right = run.saved(1);
    const Tensor distance = where(left == right, 0.0, left - right) * scale;
    if (run.needs(0)) run.set(0, run.grad() * sigmoid(distance));
    if (run.needs(1)) run.set(1, run.grad() * sigmoid(-distance));
  });
}

}  // namespace

// log(exp(self) + exp(other)), without overflow.
Tensor logaddexp(const Tensor& self, const Tensor& other) {
  impl_of(self, "logaddexp");
  impl_of(other, "logaddexp");
  return log_of_sum("logaddexp_cpu", "LogaddexpBackward0", self, other, 1);
}

// log2(2^self + 2^other), without overflow.
Tensor logaddexp2(const Tensor& self, const Tensor& other) {
  impl_of(self, "logaddexp2");
  impl_of(other, "logaddexp2");
  return log_of_sum("logaddexp2_cpu", "Logaddexp2Backward0", self, other, kLn2);
}

// 0 below 0, the value of `values` at 0, 1 above.
Tensor heaviside(const Tensor& self, const Tensor& values) {
  const ScalarType dtype = impl_of(self, "heaviside").dtype;
  check(dtype == impl_of(values, "heaviside").dtype,
        "heaviside is not yet implemented for tensors with different dtypes.");
  const NoGradGuard unrecorded;
  return where(self == 0, values, (self > 0).to(dtype));
}
Tensor& heaviside_(Tensor& self, const Tensor& values) { return become_result(self, heaviside(self, values)); }

// Whether each element is minus infinity.
Tensor isneginf(const Tensor& self) { return eq(self, -kInfinity); }

// Whether each element is plus infinity.
Tensor isposinf(const Tensor& self) { return eq(self, kInfinity); }

// Whether each element has a minus sign, as -0.0 does.
Tensor signbit(const Tensor& self) {
  const NoGradGuard unrecorded;
  if (!is_floating_point(impl_of(self, "signbit").dtype)) return self < 0;
  return copysign(ones_like(self), self) < 0;
}

namespace {

template <class T, T kOp(T, T)>
void binary_loop(void* out, const void* const* inputs, int64_t count, const void*) {
  const T *a = static_cast<const T*>(inputs[0]), *b = static_cast<const T*>(inputs[1]);
  for (int64_t i = 0; i < count; ++i) static_cast<T*>(out)[i] = kOp(a[i], b[i]);
}

int64_t greatest_divisor(int64_t a, int64_t b) {
  auto x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);  // unsigned: the smallest integer has no negative
  if (a < 0) x = -x;
  if (b < 0) y = -y;
  return static_cast<int64_t>(std::gcd(x, y));
}
int64_t least_multiple(int64_t a, int64_t b) {
  const int64_t divisor = greatest_divisor(a, b);
  if (divisor == 0) return 0;
  const auto product = static_cast<uint64_t>(a / divisor) * static_cast<uint64_t>(b);
  return static_cast<int64_t>(static_cast<int64_t>(product) < 0 ? -product : product);
}

template <int64_t kOp(int64_t, int64_t)>
Tensor of_integers(const char* name, const char* kernel, const Tensor& self, const Tensor& other) {
  impl_of(self, name);
  impl_of(other, name);
  const ScalarType dtype = result_type({self, other});
  if (is_floating_point(dtype) || dtype == kBool) fail_not_implemented(kernel, dtype);
  return elementwise({.loop = binary_loop<int64_t, kOp>, .dtype = kLong, .cost = 30}, {&self, &other}, dtype);
}

}  // namespace

// The greatest common divisor of integers, by Euclid.
Tensor gcd(const Tensor& self, const Tensor& other) {
  return of_integers<greatest_divisor>("gcd", "gcd_cpu", self, other);
}
Tensor& gcd_(Tensor& self, const Tensor& other) { return become_result(self, gcd(self, other)); }

// The least common multiple of integers.
Tensor lcm(const Tensor& self, const Tensor& other) {
  return of_integers<least_multiple>("lcm", "lcm_cpu", self, other);
}
Tensor& lcm_(Tensor& self, const Tensor& other) { return become_result(self, lcm(self, other)); }

namespace {

// The same for a half type, whose neighbours have bits that differ by 1.
template <class T>
T half_after(T from, T to) {
  const float x = from, y = to;
  if (x != x || y != y) return T(NAN);
  if (x == y) return to;
  T next = from;
  if (x == 0)
    next.x = static_cast<uint16_t>(y > 0 ? 1 : 0x8001);
  else
    next.x = static_cast<uint16_t>(from.x + ((y > x) == (x > 0) ? 1 : -1));
  return next;
}

}  // namespace

// The next floating-point number after each element of self in the direction of other. It moves with self.
Tensor nextafter(const Tensor& self, const Tensor& other) {
  impl_of(self, "nextafter");
  impl_of(other, "nextafter");
  const ScalarType dtype = result_type({self, other});
  check_floating("nextafter_cpu", dtype);
  const auto loop = dtype == kDouble  ? binary_loop<double, std::nextafter>
                    : dtype == kFloat ? binary_loop<float, std::nextafter>
                    : dtype == kHalf  ? binary_loop<Half, half_after<Half>>
                                      : binary_loop<BFloat16, half_after<BFloat16>>;
  return record("NextafterBackward0", elementwise({.loop = loop, .dtype = dtype, .cost = 4}, {&self, &other}),
                {self, other}, {self, other}, [](Backward& run) {
                  if (run.needs(0)) run.set(0, where(run.saved(0) == run.saved(1), 0.0, run.grad()));
                  if (run.needs(1)) run.set(1, zeros_like(run.grad()));
                });
}
Tensor& nextafter_(Tensor& self, const Tensor& other) {
  return become_result("NextafterBackward0", self, nextafter(kept(self), other));
}

namespace {

void frexp_loop(void* out, const void* const* inputs, int64_t count, const void* exponents) {
  const double* const x = static_cast<const double*>(inputs[0]);
  for (int64_t i = 0; i < count; ++i) {
    int exponent = 0;
    const double mantissa = std::frexp(x[i], &exponent);
    static_cast<double*>(out)[i] = exponents ? (std::isfinite(x[i]) ? exponent : 0) : mantissa;
  }
}

}  // namespace

// (mantissa, exponent) with self = mantissa 2^exponent and 0.5 <= |mantissa| < 1; exponents are int32.
std::tuple<Tensor, Tensor> frexp(const Tensor& self) {
  check(is_floating_point(impl_of(self, "frexp").dtype), "torch.frexp() only supports floating-point dtypes");
  static constexpr bool kExponents = true;
  const Tensor mantissa = elementwise({.loop = frexp_loop, .dtype = kDouble, .cost = 8}, {&self}, self.scalar_type());
  const Tensor exponent =
      elementwise({.loop = frexp_loop, .options = &kExponents, .dtype = kDouble, .cost = 8}, {&self}, kInt);
  // The mantissa is self times a power of two; 2^-exponent itself may be out of range.
  return {record("FrexpBackward0", mantissa, {self}, {exponent},
                 [](Backward& run) {
                   const Tensor power = run.saved(0), half = floor_divide(power, 2);
                   const ScalarType dtype = run.grad().scalar_type();
                   run.set(0, run.grad() * exp2((-half).to(dtype)) * exp2((half - power).to(dtype)));
                 }),
          exponent};
}

}  // namespace relume
