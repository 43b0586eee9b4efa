// The steps of optimizers, which compilers vectorise, compiled once for every target.
#include "kernels/optim.h"

#include <limits>

#include "cpu/dense_cast.h"
#include "cpu/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/optim.cc"
#define RELUME_COMPILER_VECTORS
#include "cpu/simd/targets.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu {
namespace HWY_NAMESPACE {

inline float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }
inline float root_of(float x) { return __builtin_sqrtf(x); }
inline double root_of(double x) { return __builtin_sqrt(x); }

// The gradient that a step goes by.
template <class T, bool may_decay = true>
struct Gradient {
  explicit Gradient(const OptimizerNumbers& o)
      : sign(o.maximize ? T(-1) : T(1)),
        decay(static_cast<T>(o.weight_decay)),
        decays(may_decay && o.weight_decay != 0) {}
  T of(T gradient, T parameter) const {
    const T signed_gradient = gradient * sign;
    return may_decay && decays ? fused(parameter, decay, signed_gradient) : signed_gradient;
  }
  T sign, decay;
  bool decays;
};

// a + weight (b - a), from the nearer end.
template <class T>
T lerp(T a, T b, T weight) {
  const bool near = weight < T(0.5);
  return fused(near ? weight : weight - T(1), b - a, near ? a : b);
}

// A running mean, or 0 in place of a subnormal one: where gradients stay 0, as those of a dead neuron, means fade until
// they are subnormal, and each step would take ten times as long from then on.
template <class T>
T faded(T mean) {
  constexpr T kSmallest = std::numeric_limits<T>::min();
  return mean > -kSmallest && mean < kSmallest ? T(0) : mean;
}

template <class T>
using Loop = void (*)(T* const* arrays, int64_t begin, int64_t end, const OptimizerNumbers& o);

template <class T, bool decays>
void plain_sgd(T* const* arrays, int64_t begin, int64_t end, const OptimizerNumbers& o) {
  T *p = arrays[0], *g = arrays[1];
  const Gradient<T, decays> gradient(o);
  const T rate = static_cast<T>(-o.rate);
#pragma GCC ivdep
  for (int64_t i = begin; i < end; ++i) p[i] = fused(gradient.of(g[i], p[i]), rate, p[i]);
}

template <class T, bool first, bool nesterov>
void momentum_sgd(T* const* arrays, int64_t begin, int64_t end, const OptimizerNumbers& o) {
  T *p = arrays[0], *g = arrays[1], *b = arrays[2];
  const Gradient<T> gradient(o);
  const T rate = static_cast<T>(-o.rate), momentum = static_cast<T>(o.momentum);
  const T share = static_cast<T>(1 - o.dampening);
#pragma GCC ivdep
  for (int64_t i = begin; i < end; ++i) {
    const T d = gradient.of(g[i], p[i]);
    b[i] = first ? d : faded(fused(d, share, b[i] * momentum));
    p[i] = fused(nesterov ? fused(b[i], momentum, d) : b[i], rate, p[i]);
  }
}

template <class T>
void sgd(T* const* arrays, int64_t begin, int64_t end, const OptimizerNumbers& o) {
  Loop<T> loop = o.weight_decay != 0 ? plain_sgd<T, true> : plain_sgd<T, false>;
  if (arrays[2] && o.nesterov)
    loop = o.first ? momentum_sgd<T, true, true> : momentum_sgd<T, false, true>;
  else if (arrays[2])
    loop = o.first ? momentum_sgd<T, true, false> : momentum_sgd<T, false, false>;
  loop(arrays, begin, end, o);
}

template <class T, bool amsgrad>
void adam(T* const* arrays, int64_t begin, int64_t end, const OptimizerNumbers& o) {
  T *p = arrays[0], *g = arrays[1], *m = arrays[2], *v = arrays[3], *largest = arrays[4];
  const Gradient<T> gradient(o);
  // m / (sqrt(v) / root + eps) = root m / (sqrt(v) + root eps) takes one division.
  const T rate = static_cast<T>(-o.rate * o.root), keep = static_cast<T>(o.keep), eps = static_cast<T>(o.eps * o.root);
  const T weight1 = static_cast<T>(1 - o.beta1), beta2 = static_cast<T>(o.beta2);
  const T weight2 = static_cast<T>(1 - o.beta2);
#pragma GCC ivdep
  for (int64_t i = begin; i < end; ++i) {
    const T d = gradient.of(g[i], p[i]);
    const T kept = p[i] * keep;
    m[i] = faded(lerp(m[i], d, weight1));
    T second = fused(weight2 * d, d, v[i] * beta2);
    v[i] = second;
    if constexpr (amsgrad) {
      second = largest[i] >= second || largest[i] != largest[i] ? largest[i] : second;
      largest[i] = second;
    }
    p[i] = kept + rate * m[i] / (root_of(second) + eps);
  }
}

template <class T, bool centered, bool momentum>
void rmsprop(T* const* arrays, int64_t begin, int64_t end, const OptimizerNumbers& o) {
  T *p = arrays[0], *g = arrays[1], *s = arrays[2], *a = arrays[3], *b = arrays[4];
  const Gradient<T> gradient(o);
  const T rate = static_cast<T>(-o.rate), eps = static_cast<T>(o.eps), alpha = static_cast<T>(o.alpha);
  const T weight = static_cast<T>(1 - o.alpha), inertia = static_cast<T>(o.momentum);
#pragma GCC ivdep
  for (int64_t i = begin; i < end; ++i) {
    const T d = gradient.of(g[i], p[i]);
    s[i] = fused(weight * d, d, s[i] * alpha);
    T square = s[i];
    if constexpr (centered) {
      a[i] = faded(lerp(a[i], d, weight));
      square = fused(-a[i], a[i], square);
    }
    const T q = root_of(square) + eps;
    if constexpr (momentum) {
      b[i] = faded(b[i] * inertia + d / q);
      p[i] = fused(b[i], rate, p[i]);
    } else {
      p[i] = p[i] + rate * d / q;
    }
  }
}

template <class T>
void adagrad(T* const* arrays, int64_t begin, int64_t end, const OptimizerNumbers& o) {
  T *p = arrays[0], *g = arrays[1], *s = arrays[2];
  const Gradient<T> gradient(o);
  const T rate = static_cast<T>(-o.rate), eps = static_cast<T>(o.eps);
#pragma GCC ivdep
  for (int64_t i = begin; i < end; ++i) {
    const T d = gradient.of(g[i], p[i]);
    s[i] = fused(d, d, s[i]);
    p[i] = p[i] + rate * d / (root_of(s[i]) + eps);
  }
}

template <class T>
Loop<T> loop_of(OptimizerStep step, const OptimizerNumbers& o) {
  switch (step) {
    case OptimizerStep::Adam:
      return o.amsgrad ? adam<T, true> : adam<T, false>;
    case OptimizerStep::RmsProp:
      if (o.centered) return o.momentum != 0 ? rmsprop<T, true, true> : rmsprop<T, true, false>;
      return o.momentum != 0 ? rmsprop<T, false, true> : rmsprop<T, false, false>;
    case OptimizerStep::Adagrad:
      return adagrad<T>;
    default:
      return sgd<T>;
  }
}

// Half types are computed in float, block by block, and rounded once.
void run_half_step(OptimizerStep step, ScalarType dtype, void* const* arrays, int64_t begin, int64_t end,
                   const OptimizerNumbers& numbers) {
  constexpr int64_t kBlock = 1024;
  alignas(64) float blocks[kOptimizerArrays][kBlock + 48];  // not a page apart, where loads would wait for stores
  float* floats[kOptimizerArrays];
  for (int i = 0; i < kOptimizerArrays; ++i) floats[i] = arrays[i] ? blocks[i] : nullptr;
  const DenseCast widen = dense_cast(dtype, kFloat), narrow = dense_cast(kFloat, dtype);
  const Loop<float> loop = loop_of<float>(step, numbers);
  for (int64_t at = begin; at < end; at += kBlock) {
    const int64_t count = at + kBlock < end ? kBlock : end - at;
    for (int i = 0; i < kOptimizerArrays; ++i)
      if (arrays[i]) widen(floats[i], static_cast<uint16_t*>(arrays[i]) + at, count);
    loop(floats, 0, count, numbers);
    for (int i = 0; i < kOptimizerArrays; ++i)
      if (arrays[i] && i != 1) narrow(static_cast<uint16_t*>(arrays[i]) + at, floats[i], count);
  }
}

void run_step(OptimizerStep step, ScalarType dtype, void* const* arrays, int64_t begin, int64_t end,
              const OptimizerNumbers& numbers) {
  if (dtype == kBFloat16 || dtype == kHalf)
    run_half_step(step, dtype, arrays, begin, end, numbers);
  else if (dtype == kDouble)
    loop_of<double>(step, numbers)(reinterpret_cast<double* const*>(arrays), begin, end, numbers);
  else
    loop_of<float>(step, numbers)(reinterpret_cast<float* const*>(arrays), begin, end, numbers);
}

}  // namespace HWY_NAMESPACE
}  // namespace relume::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {
namespace {

using Step = void (*)(OptimizerStep step, ScalarType dtype, void* const* arrays, int64_t begin, int64_t end,
                      const OptimizerNumbers& numbers);
Step step_for(Target target) { RELUME_DISPATCH(target, run_step); }

}  // namespace

void run_optimizer_step(Target target, OptimizerStep step, ScalarType dtype, void* const* arrays, int64_t count,
                        const OptimizerNumbers& numbers) {
  constexpr int64_t kGrain = 32768;
  const Step run = step_for(target);
  parallel_for(count, kGrain, [&](int64_t begin, int64_t end) { run(step, dtype, arrays, begin, end, numbers); });
}

void run_optimizer_step(OptimizerStep step, ScalarType dtype, void* const* arrays, int64_t count,
                        const OptimizerNumbers& numbers) {
  run_optimizer_step(target(), step, dtype, arrays, count, numbers);
}

}  // namespace relume::cpu
#endif
