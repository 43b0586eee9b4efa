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

#include "cpu/convert.h"
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

// What f is applied to: vectors of T, or of float for a half type.
template <class T>
struct Operand {
  using Type = Vector<T>;
};
template <class F, class T, class... Same>
RELUME_INLINE auto apply(const F& f, Vector<T> x, Same... more) {
  return f(x, more...);
}

// Whether there are loops over half types, which compute in float without storing it.
inline constexpr bool kHasHalfLoops = HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3;

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
// Elements of a half type as two vectors of float.
template <class T>
struct Halves {
  using Wide = Vector<float>;
  using Bits = hn::ScalableTag<uint16_t>;
  using Words = hn::ScalableTag<uint32_t>;
  using Floats = Wide::Tag;
  using Narrow = hn::Rebind<hwy::float16_t, Floats>;
  static constexpr int64_t kMaxLanes = 2 * Wide::kMaxLanes;
  static RELUME_INLINE int64_t lanes() { return 2 * Wide::lanes(); }
  Wide first, second;

  static RELUME_INLINE Halves load(const T* p) {
    if constexpr (std::is_same_v<T, BFloat16>) {  // the even elements and the odd ones
      const auto words = hn::BitCast(Words(), hn::LoadU(Bits(), reinterpret_cast<const uint16_t*>(p)));
      return {hn::BitCast(Floats(), hn::ShiftLeft<16>(words)), hn::BitCast(Floats(), high(words))};
    } else {
      const auto* const from = reinterpret_cast<const hwy::float16_t*>(p);
      return {hn::PromoteTo(Floats(), hn::LoadU(Narrow(), from)),
              hn::PromoteTo(Floats(), hn::LoadU(Narrow(), from + Wide::lanes()))};
    }
  }
  RELUME_INLINE void store(T* p) const {
    if constexpr (std::is_same_v<T, BFloat16>) {
      const auto words = hn::Or(hn::ShiftRight<16>(rounded(first)), high(rounded(second)));
      hn::StoreU(hn::BitCast(Bits(), words), Bits(), reinterpret_cast<uint16_t*>(p));
    } else {
      auto* const to = reinterpret_cast<hwy::float16_t*>(p);
      hn::StoreU(hn::DemoteTo(Narrow(), first.v), Narrow(), to);
      hn::StoreU(hn::DemoteTo(Narrow(), second.v), Narrow(), to + Wide::lanes());
    }
  }

 private:
  using Raw = hn::Vec<Words>;
  static RELUME_INLINE Raw high(Raw words) { return hn::And(words, hn::Set(Words(), 0xffff0000)); }
  // The bits of the nearest bfloat16, ties to even, in the upper half; NaN as bfloat16_from_float has it.
  static RELUME_INLINE Raw rounded(Wide x) {
    const Words d;
    const Raw bits = hn::BitCast(d, x.v), odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1));
    const Raw nearest = hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7fff)));
    return hn::IfThenElse(hn::RebindMask(d, hn::Eq(x.v, x.v)), nearest, hn::Set(d, 0x7fc00000));
  }
};
template <>
struct Operand<Half> {
  using Type = Halves<Half>;
};
template <>
struct Operand<BFloat16> {
  using Type = Halves<BFloat16>;
};
template <class F, class T, class... Same>
RELUME_INLINE Halves<T> apply(const F& f, Halves<T> x, Same... more) {
  return {f(x.first, more.first...), f(x.second, more.second...)};
}
#endif

// out[i] = f(inputs[0][i], inputs[1][i], ...) with f over Vector<T>, or over Vector<float> for half types. The tail
// runs the same code by way of a buffer, so that an element's bits do not depend on where it stands, and so that f is
// compiled once.
template <class T, class F, size_t... I>
RELUME_INLINE void vector_loop(void* out, const void* const* inputs, int64_t n, const F& f, std::index_sequence<I...>) {
  using V = typename Operand<T>::Type;
  const int64_t lanes = V::lanes();
  HWY_ALIGN T tail[sizeof...(I)][V::kMaxLanes];
  T* y = static_cast<T*>(out);
  const T* x[] = {static_cast<const T*>(inputs[I])...};
  size_t rest = static_cast<size_t>(n % lanes) * sizeof(T);  // in bytes
  for (int64_t end = n - n % lanes;; end = lanes) {
    int64_t i = 0;
    if constexpr (kInPairs<T, sizeof...(I)>) {
      for (; i + 2 * lanes <= end; i += 2 * lanes) {
        const V first = apply(f, V::load(x[I] + i)...), second = apply(f, V::load(x[I] + i + lanes)...);
        first.store(y + i);
        second.store(y + i + lanes);
      }
    }
    for (; i < end; i += lanes) {
      if constexpr (sizeof...(I) == 1) fetch_ahead(x[0] + i);
      apply(f, V::load(x[I] + i)...).store(y + i);
    }
    if (y == tail[0]) std::memcpy(static_cast<void*>(static_cast<T*>(out) + (n - n % lanes)), tail[0], rest);
    if (rest == 0 || y == tail[0]) return;
    ((std::memset(static_cast<void*>(tail[I]), 0, sizeof tail[I]),
      std::memcpy(static_cast<void*>(tail[I]), x[I] + end, rest), x[I] = tail[I]),
     ...);
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
  if constexpr (std::is_floating_point_v<T> || is_half_type<T>) {
    vector_loop<T>(out, inputs, n, f, std::make_index_sequence<kInputs>());
  } else {
    scalar_loop<T>(out, inputs, n, f, std::make_index_sequence<kInputs>());
  }
}

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
