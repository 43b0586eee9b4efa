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

template <class T>
constexpr PoolLoops<T> kPoolLoops = {keep_larger<T>, gather_add<T>, scatter_add<compute_type<T>>,
                                     add_where<compute_type<T>>};

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
