// Pooling loops, vectorised by the compiler for each SIMD target.
#include "cpu/pool_loops.h"

#include "cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/pool_loops.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

// kStep: a step that is known while compiling, or 0.
template <int kStep, class T>
void keep_larger_by(const T* __restrict in, int64_t step, int64_t n, int32_t first_place, int32_t place_step,
                    compute_type<T>* __restrict best, int32_t* __restrict place) {
  using C = compute_type<T>;
  if (kStep != 0) step = kStep;
  for (int64_t i = 0; i < n; ++i) {
    const C value = static_cast<C>(in[i * step]);
    const bool wins = (value > best[i]) | (value != value) | (place[i] < 0);
    best[i] = wins ? value : best[i];
    place[i] = wins ? first_place + static_cast<int32_t>(i) * place_step : place[i];
  }
}

template <class T>
void keep_larger(const T* in, int64_t step, int64_t n, int32_t first_place, int32_t place_step, compute_type<T>* best,
                 int32_t* place) {
  if (step == 1) return keep_larger_by<1>(in, step, n, first_place, place_step, best, place);
  if (step == 2) return keep_larger_by<2>(in, step, n, first_place, place_step, best, place);
  keep_larger_by<0>(in, step, n, first_place, place_step, best, place);
}

template <int kStep, class T>
void gather_add_by(const T* __restrict in, int64_t step, int64_t n, compute_type<T>* __restrict sum) {
  if (kStep != 0) step = kStep;
  for (int64_t i = 0; i < n; ++i) sum[i] += static_cast<compute_type<T>>(in[i * step]);
}

template <class T>
void gather_add(const T* in, int64_t step, int64_t n, compute_type<T>* sum) {
  if (step == 1) return gather_add_by<1>(in, step, n, sum);
  if (step == 2) return gather_add_by<2>(in, step, n, sum);
  gather_add_by<0>(in, step, n, sum);
}

template <class C>
void scatter_add(const C* __restrict in, int64_t n, int64_t step, C* __restrict out) {
  if (step == 1)
    for (int64_t i = 0; i < n; ++i) out[i] += in[i];
  else
    for (int64_t i = 0; i < n; ++i) out[i * step] += in[i];
}

template <class C>
void add_where(const C* __restrict in, const uint8_t* __restrict taps, uint8_t tap, int64_t n, C* __restrict out) {
  for (int64_t i = 0; i < n; ++i) out[i] += taps[i] == tap ? in[i] : C(0);
}

template <bool kTaps, int kStep, class T>
void largest_of_four_by(const T* __restrict a, const T* __restrict b, const T* __restrict c, const T* __restrict d,
                        int64_t n, T* __restrict out, uint8_t* __restrict taps) {
  for (int64_t i = 0; i < n; ++i) {
    T best = a[i * kStep];
    int tap = 0;
    const auto challenge = [&](T value, int number) HWY_ATTR {
      const bool wins = (value > best) | (value != value);
      best = wins ? value : best;
      tap = wins ? number : tap;
    };
    challenge(b[i * kStep], 1);
    challenge(c[i * kStep], 2);
    challenge(d[i * kStep], 3);
    out[i] = best;
    if (kTaps) taps[i] = static_cast<uint8_t>(tap);
  }
}

template <class T>
void largest_of_four(const T* a, const T* b, const T* c, const T* d, int64_t step, int64_t n, T* out, uint8_t* taps) {
  if (step == 1)
    return taps ? largest_of_four_by<true, 1>(a, b, c, d, n, out, taps)
                : largest_of_four_by<false, 1>(a, b, c, d, n, out, taps);
  taps ? largest_of_four_by<true, 2>(a, b, c, d, n, out, taps) : largest_of_four_by<false, 2>(a, b, c, d, n, out, taps);
}

template <int kStep, class T>
void share_to_four_by(const T* __restrict in, const uint8_t* __restrict taps, int64_t n, T* __restrict a,
                      T* __restrict b, T* __restrict c, T* __restrict d) {
  for (int64_t i = 0; i < n; ++i) {
    a[i * kStep] = taps[i] == 0 ? in[i] : T(0);
    b[i * kStep] = taps[i] == 1 ? in[i] : T(0);
    c[i * kStep] = taps[i] == 2 ? in[i] : T(0);
    d[i * kStep] = taps[i] == 3 ? in[i] : T(0);
  }
}

template <class T>
void share_to_four(const T* in, const uint8_t* taps, int64_t n, int64_t step, T* a, T* b, T* c, T* d) {
  (step == 1 ? share_to_four_by<1, T> : share_to_four_by<2, T>)(in, taps, n, a, b, c, d);
}

template <class T>
constexpr PoolLoops<T> make_loops() {
  PoolLoops<T> loops = {keep_larger<T>, gather_add<T>, scatter_add<compute_type<T>>, add_where<compute_type<T>>,
                        nullptr,        nullptr};
  if constexpr (std::is_floating_point_v<T>) {
    loops.largest_of_four = largest_of_four<T>;
    loops.share_to_four = share_to_four<T>;
  }
  return loops;
}

template <class T>
constexpr PoolLoops<T> kPoolLoops = make_loops<T>();

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {

#define RELUME_POOL_LOOPS(T)                 \
  template <>                                \
  const PoolLoops<T>& pool_loops<T>() {      \
    RELUME_DISPATCH(target(), kPoolLoops<T>) \
  }
RELUME_POOL_LOOPS(float)
RELUME_POOL_LOOPS(double)
RELUME_POOL_LOOPS(Half)
RELUME_POOL_LOOPS(BFloat16)
RELUME_POOL_LOOPS(uint8_t)
RELUME_POOL_LOOPS(int8_t)
RELUME_POOL_LOOPS(int16_t)
RELUME_POOL_LOOPS(int32_t)
RELUME_POOL_LOOPS(int64_t)
#undef RELUME_POOL_LOOPS

}  // namespace relume::cpu
#endif
