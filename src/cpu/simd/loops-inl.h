// The one element-wise loop over vectors with its tail, and the one over integers.
#if defined(RELUME_CPU_SIMD_LOOPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RELUME_CPU_SIMD_LOOPS_INL_H_
#undef RELUME_CPU_SIMD_LOOPS_INL_H_
#else
#define RELUME_CPU_SIMD_LOOPS_INL_H_
#endif

#include <cstring>
#include <type_traits>
#include <utility>

#include "cpu/simd/scalar-inl.h"
#include "cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

// Fetches what a loop over one input will read soon, which need not exist. It pays where the function takes long and a
// vector is a whole line of the cache.
template <class T>
RELUME_INLINE void fetch_ahead([[maybe_unused]] const T* x) {
#if HWY_TARGET == HWY_AVX3
  constexpr int64_t kBytes = 1024;
  if constexpr (sizeof(T) == 4) __builtin_prefetch(reinterpret_cast<const char*>(x) + kBytes);
#endif
}

// Whether a loop computes two vectors at a time, whose operations the compiler mixes. A function of one input is a long
// chain of them, of which processors with AVX2 see too little at a time to begin the next vector meanwhile.
template <class T, size_t kInputs>
inline constexpr bool kInPairs = HWY_TARGET == HWY_AVX2 && std::is_same_v<T, float> && kInputs == 1;

// out[i] = f(inputs[0][i], inputs[1][i], ...) with f over Vector<T>. The tail runs the same code by way of a buffer, so
// that an element's bits do not depend on where it stands, and so that f is compiled once.
template <class T, class F, size_t... I>
RELUME_INLINE void vector_loop(void* out, const void* const* inputs, int64_t n, const F& f, std::index_sequence<I...>) {
  using V = Vector<T>;
  const int64_t lanes = V::lanes();
  HWY_ALIGN T tail[sizeof...(I)][V::kMaxLanes];
  T* y = static_cast<T*>(out);
  const T* x[] = {static_cast<const T*>(inputs[I])...};
  size_t rest = static_cast<size_t>(n % lanes) * sizeof(T);  // in bytes
  for (int64_t end = n - n % lanes;; end = lanes) {
    int64_t i = 0;
    if constexpr (kInPairs<T, sizeof...(I)>) {
      for (; i + 2 * lanes <= end; i += 2 * lanes) {
        const V first = f(V::load(x[I] + i)...), second = f(V::load(x[I] + i + lanes)...);
        first.store(y + i);
        second.store(y + i + lanes);
      }
    }
    for (; i < end; i += lanes) {
      if constexpr (sizeof...(I) == 1) fetch_ahead(x[0] + i);
      f(V::load(x[I] + i)...).store(y + i);
    }
    if (y == tail[0]) std::memcpy(static_cast<T*>(out) + (n - n % lanes), tail[0], rest);
    if (rest == 0 || y == tail[0]) return;
    ((std::memset(tail[I], 0, sizeof tail[I]), std::memcpy(tail[I], x[I] + end, rest), x[I] = tail[I]), ...);
    y = tail[0];
  }
}

// The same over Scalar<T>, for integers.
template <class T, class F, size_t... I>
RELUME_INLINE void scalar_loop(void* out, const void* const* inputs, int64_t n, const F& f, std::index_sequence<I...>) {
  T* y = static_cast<T*>(out);
  const T* const x[] = {static_cast<const T*>(inputs[I])...};
  for (int64_t i = 0; i < n; ++i) y[i] = f(Scalar<T>::of(x[I][i])...).v;
}

template <class T, int kInputs, class F>
RELUME_INLINE void loop(void* out, const void* const* inputs, int64_t n, const F& f) {
  if constexpr (std::is_floating_point_v<T>) {
    vector_loop<T>(out, inputs, n, f, std::make_index_sequence<kInputs>());
  } else {
    scalar_loop<T>(out, inputs, n, f, std::make_index_sequence<kInputs>());
  }
}

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
