// Pooling loops, vectorised by the compiler for each SIMD target.
#include "cpu/pool_loops.h"

#include "cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/pool_loops.cc"
#include "hwy/foreach_target.h"
// After foreach_target.h, which decides what it means.
#include "cpu/simd/mask_bits-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

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

// Whether images of it are common enough for loops of their own over every second element.
template <class T>
inline constexpr bool kIsUsual = std::is_floating_point_v<T> || std::is_same_v<T, BFloat16>;

template <class T>
void keep_larger(const T* in, int64_t step, int64_t n, int32_t first_place, int32_t place_step, compute_type<T>* best,
                 int32_t* place) {
  if (step == 1) return keep_larger_by<1>(in, step, n, first_place, place_step, best, place);
  if (kIsUsual<T> && step == 2)
    return keep_larger_by < kIsUsual<T> ? 2 : 0 > (in, step, n, first_place, place_step, best, place);
  keep_larger_by<0>(in, step, n, first_place, place_step, best, place);
}

// Of each of n neighbours what step makes of it and the taps, in vectors that stay in registers from tap to tap.
template <class Step>
HWY_INLINE void over_taps(const float* in, const PoolTaps& taps, int64_t n, float* out, const Step& step) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    auto first = hn::LoadU(d, out + i), second = hn::LoadU(d, out + i + lanes);
    for (int64_t t = 0; t < taps.count; ++t) {
      first = step(first, hn::LoadU(d, in + taps.start[t] + i));
      second = step(second, hn::LoadU(d, in + taps.start[t] + i + lanes));
    }
    hn::StoreU(first, d, out + i);
    hn::StoreU(second, d, out + i + lanes);
  }
  const auto rest = [&](auto tag, int64_t count) HWY_ATTR {
    for (; i + count <= n; i += count) {
      auto all = hn::LoadU(tag, out + i);
      for (int64_t t = 0; t < taps.count; ++t) all = step(all, hn::LoadU(tag, in + taps.start[t] + i));
      hn::StoreU(all, tag, out + i);
    }
  };
  rest(d, lanes);
  rest(one, 1);
}

void largest_of_taps(const float* in, const PoolTaps& taps, int64_t n, float* best) {
  over_taps(in, taps, n, best, [](auto most, auto value) HWY_ATTR {
    return hn::IfThenElse(hn::Or(hn::Gt(value, most), hn::IsNaN(value)), value, most);
  });
}

void add_taps(const float* in, const PoolTaps& taps, int64_t n, float* sum) {
  over_taps(in, taps, n, sum, [](auto all, auto value) HWY_ATTR { return hn::Add(all, value); });
}

void divide(float divisor, int64_t n, float* values) {
  for (int64_t i = 0; i < n; ++i) values[i] /= divisor;
}

void keep_largest(const float* in, int64_t row_step, int64_t rows, int64_t columns, int32_t first_place,
                  int32_t row_place_step, float* best, int32_t* place) {
  float most = *best;
  int32_t at = *place;
  for (int64_t r = 0; r < rows; ++r, in += row_step, first_place += row_place_step)
    for (int64_t c = 0; c < columns; ++c) {
      const float value = in[c];
      const bool wins = (value > most) | (value != value) | (at < 0);
      most = wins ? value : most;
      at = wins ? first_place + static_cast<int32_t>(c) : at;
    }
  *best = most;
  *place = at;
}

template <int kStep, class T>
void gather_add_by(const T* __restrict in, int64_t step, int64_t n, compute_type<T>* __restrict sum) {
  if (kStep != 0) step = kStep;
  for (int64_t i = 0; i < n; ++i) sum[i] += static_cast<compute_type<T>>(in[i * step]);
}

template <class T>
void gather_add(const T* in, int64_t step, int64_t n, compute_type<T>* sum) {
  if (step == 1) return gather_add_by<1>(in, step, n, sum);
  if (kIsUsual<T> && step == 2) return gather_add_by < kIsUsual<T> ? 2 : 0 > (in, step, n, sum);
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

// Windows of four elements are short rows: vectors of every size down to 128 bits, then single elements. Selections
// rather than branches throughout, for which element is the largest cannot be foreseen.
template <int kStep, class T>
HWY_INLINE void largest_of_four_scalar(const T* a, const T* b, const T* c, const T* d, int64_t begin, int64_t n, T* out,
                                       uint8_t* taps) {
  using C = compute_type<T>;
  for (int64_t i = begin; i < n; ++i) {
    const C values[] = {static_cast<C>(a[i * kStep]), static_cast<C>(b[i * kStep]), static_cast<C>(c[i * kStep]),
                        static_cast<C>(d[i * kStep])};
    int tap = 0;
    for (int k = 1; k < 4; ++k) {
      const bool wins = (values[k] > values[tap]) | (values[k] != values[k]);
      tap = wins ? k : tap;
    }
    out[i] = static_cast<T>(values[tap]);
    if (taps) taps[i] = static_cast<uint8_t>(tap);
  }
}

template <int kStep, class T>
HWY_INLINE void share_to_four_scalar(const T* in, const uint8_t* taps, int64_t begin, int64_t n, T* a, T* b, T* c,
                                     T* d) {
  for (int64_t i = begin; i < n; ++i) {
    a[i * kStep] = taps[i] == 0 ? in[i] : T(0.0f);
    b[i * kStep] = taps[i] == 1 ? in[i] : T(0.0f);
    c[i * kStep] = taps[i] == 2 ? in[i] : T(0.0f);
    d[i * kStep] = taps[i] == 3 ? in[i] : T(0.0f);
  }
}

#if HWY_TARGET != HWY_SCALAR
// The bits of an element, which are moved without a look at the number.
template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 2, uint16_t, uint32_t>;
// Whether there are vectors of it as float: without F16C, float16's NaN would be a number.
template <class T>
inline constexpr bool kIsFloatInVectors = std::is_same_v<T, float> || std::is_same_v<T, BFloat16> ||
                                          (std::is_same_v<T, Half> &&
                                           (HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3));

// Elements as float, in which they compare as they are, and back.
template <class T, class D, class V>
HWY_INLINE hn::Vec<D> number_of(D d, V bits) {
  if constexpr (std::is_same_v<T, float>)
    return hn::BitCast(d, bits);
  else if constexpr (std::is_same_v<T, BFloat16>)
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(hn::RebindToUnsigned<D>(), bits)));
  else
    return hn::PromoteTo(d, hn::BitCast(hn::Rebind<hwy::float16_t, D>(), bits));
}
template <class T, class D>
HWY_INLINE auto bits_of(D d, hn::Vec<D> number) {
  const hn::RebindToUnsigned<D> words;
  const hn::Rebind<uint16_t, D> narrow;
  if constexpr (std::is_same_v<T, float>)
    return hn::BitCast(words, number);
  else if constexpr (std::is_same_v<T, BFloat16>)
    return hn::TruncateTo(narrow, hn::ShiftRight<16>(hn::BitCast(words, number)));
  else
    return hn::BitCast(narrow, hn::DemoteTo(hn::Rebind<hwy::float16_t, D>(), number));
}

template <class T>
HWY_INLINE const BitsOf<T>* bits_at(const T* p) {
  return reinterpret_cast<const BitsOf<T>*>(p);
}
template <class T>
HWY_INLINE BitsOf<T>* bits_at(T* p) {
  return reinterpret_cast<BitsOf<T>*>(p);
}

// Two neighbours of each output, side by side when kStep is 2. D is of unsigned integers.
template <int kStep, class D, class V = hn::Vec<D>>
HWY_INLINE void load_two(D d, const hn::TFromD<D>* left, const hn::TFromD<D>* right, int64_t i, V& a, V& b) {
  if constexpr (kStep == 2) {
    hn::LoadInterleaved2(d, left + 2 * i, a, b);
  } else {
    a = hn::LoadU(d, left + i);
    b = hn::LoadU(d, right + i);
  }
}

template <int kStep, class D, class V = hn::Vec<D>>
HWY_INLINE void store_two(D d, V a, V b, int64_t i, hn::TFromD<D>* left, hn::TFromD<D>* right) {
  if constexpr (kStep == 2) {
    hn::StoreInterleaved2(a, b, d, left + 2 * i);
  } else {
    hn::StoreU(a, d, left + i);
    hn::StoreU(b, d, right + i);
  }
}

template <int kStep, class T, class D>
HWY_INLINE int64_t largest_of_four_vectors(D d, const T* a, const T* b, const T* c, const T* e, int64_t i, int64_t n,
                                           T* out, uint8_t* taps) {
  const hn::RebindToSigned<D> di;
  const hn::Rebind<BitsOf<T>, D> db;
  const hn::Rebind<uint8_t, D> d8;
  for (const int64_t lanes = hn::Lanes(d); i + lanes <= n; i += lanes) {
    hn::Vec<decltype(db)> first, second, third, fourth;
    load_two<kStep>(db, bits_at(a), bits_at(b), i, first, second);
    load_two<kStep>(db, bits_at(c), bits_at(e), i, third, fourth);
    auto best = number_of<T>(d, first);
    auto tap = hn::Zero(di);
    const auto challenge = [&](hn::Vec<decltype(db)> bits, int number) HWY_ATTR {
      const auto value = number_of<T>(d, bits);
      const auto wins = hn::Or(hn::Gt(value, best), hn::IsNaN(value));
      best = hn::IfThenElse(wins, value, best);
      tap = hn::IfThenElse(hn::RebindMask(di, wins), hn::Set(di, number), tap);
    };
    challenge(second, 1);
    challenge(third, 2);
    challenge(fourth, 3);
    hn::StoreU(bits_of<T>(d, best), db, bits_at(out) + i);
    if (taps) hn::StoreU(hn::DemoteTo(d8, tap), d8, taps + i);
  }
  return i;
}

template <int kStep, class D, class Bits = hn::TFromD<D>>
HWY_INLINE int64_t share_to_four_vectors(D d, const Bits* in, const uint8_t* taps, int64_t i, int64_t n, Bits* a,
                                         Bits* b, Bits* c, Bits* e) {
  const hn::Rebind<uint8_t, D> d8;
  for (const int64_t lanes = hn::Lanes(d); i + lanes <= n; i += lanes) {
    const auto tap = hn::PromoteTo(d, hn::LoadU(d8, taps + i));
    const auto grad = hn::LoadU(d, in + i);
    const auto share = [&](Bits number) HWY_ATTR { return hn::IfThenElseZero(hn::Eq(tap, hn::Set(d, number)), grad); };
    store_two<kStep>(d, share(0), share(1), i, a, b);
    store_two<kStep>(d, share(2), share(3), i, c, e);
  }
  return i;
}

// Calls body(tag, begin) for tags of ever shorter vectors of T; it returns how far it came.
template <class T, class Body>
HWY_INLINE int64_t by_shorter_vectors(const Body& body) {
  int64_t done = body(hn::ScalableTag<T>(), int64_t{0});
  if (HWY_MAX_BYTES > 32) done = body(hn::CappedTag<T, 32 / sizeof(T)>(), done);
  if (HWY_MAX_BYTES > 16) done = body(hn::CappedTag<T, 16 / sizeof(T)>(), done);
  return done;
}
#endif

template <int kStep, class T>
void largest_of_four_by(const T* a, const T* b, const T* c, const T* d, int64_t n, T* out, uint8_t* taps) {
  int64_t done = 0;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (kIsFloatInVectors<T>)
    done = by_shorter_vectors<float>([&](auto tag, int64_t begin) HWY_ATTR {
      return largest_of_four_vectors<kStep>(tag, a, b, c, d, begin, n, out, taps);
    });
#endif
  largest_of_four_scalar<kStep>(a, b, c, d, done, n, out, taps);
}

template <class T>
void largest_of_four(const T* a, const T* b, const T* c, const T* d, int64_t step, int64_t n, T* out, uint8_t* taps) {
  (step == 1 ? largest_of_four_by<1, T> : largest_of_four_by<2, T>)(a, b, c, d, n, out, taps);
}

template <int kStep, class T>
void share_to_four_by(const T* in, const uint8_t* taps, int64_t n, T* a, T* b, T* c, T* d) {
  int64_t done = 0;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (!std::is_same_v<T, double>)
    done = by_shorter_vectors<BitsOf<T>>([&](auto tag, int64_t begin) HWY_ATTR {
      return share_to_four_vectors<kStep>(tag, bits_at(in), taps, begin, n, bits_at(a), bits_at(b), bits_at(c),
                                          bits_at(d));
    });
#endif
  share_to_four_scalar<kStep>(in, taps, done, n, a, b, c, d);
}

template <class T>
void share_to_four(const T* in, const uint8_t* taps, int64_t n, int64_t step, T* a, T* b, T* c, T* d) {
  (step == 1 ? share_to_four_by<1, T> : share_to_four_by<2, T>)(in, taps, n, a, b, c, d);
}

// A window without a positive element or NaN has zeros alone after the ReLU, of which the first counts.
template <class T>
HWY_INLINE void relu_of_four_scalar(const FourOf<const T*>& x, int64_t begin, int64_t n, T* out, uint8_t* taps,
                                    const FourOf<uint8_t*>& masks) {
  for (int64_t i = begin; i < n; ++i) {
    const T values[] = {x.of[0][i], x.of[1][i], x.of[2][i], x.of[3][i]};
    int tap = 0;
    for (int k = 1; k < 4; ++k) {
      const bool wins = (values[k] > values[tap]) | (values[k] != values[k]);
      tap = wins ? k : tap;
    }
    out[i] = values[tap] < T(0) ? T(0) : values[tap];
    if (taps) taps[i] = static_cast<uint8_t>(values[tap] <= T(0) ? 0 : tap);
    if (masks.of[0])
      for (int k = 0; k < 4; ++k) store_bit(!(values[k] <= T(0)), i, masks.of[k]);
  }
}

#if HWY_TARGET != HWY_SCALAR
template <class D>
HWY_INLINE int64_t relu_of_four_vectors(D d, const FourOf<const float*>& x, int64_t i, int64_t n, float* out,
                                        uint8_t* taps, const FourOf<uint8_t*>& masks) {
  const hn::RebindToSigned<D> di;
  const hn::Rebind<uint8_t, D> d8;
  const auto zero = hn::Zero(d);
  for (const auto lanes = static_cast<int64_t>(hn::Lanes(d)); i + lanes <= n; i += lanes) {
    auto best = hn::LoadU(d, x.of[0] + i);
    auto tap = hn::Zero(di);
    if (masks.of[0]) store_bits(d, hn::Not(hn::Le(best, zero)), i, masks.of[0]);
    for (int k = 1; k < 4; ++k) {
      const auto value = hn::LoadU(d, x.of[k] + i);
      const auto wins = hn::Or(hn::Gt(value, best), hn::IsNaN(value));
      best = hn::IfThenElse(wins, value, best);
      tap = hn::IfThenElse(hn::RebindMask(di, wins), hn::Set(di, k), tap);
      if (masks.of[0]) store_bits(d, hn::Not(hn::Le(value, zero)), i, masks.of[k]);
    }
    hn::StoreU(hn::IfThenZeroElse(hn::Lt(best, zero), best), d, out + i);
    if (!taps) continue;
    tap = hn::IfThenZeroElse(hn::RebindMask(di, hn::Le(best, zero)), tap);
    hn::StoreU(hn::DemoteTo(d8, tap), d8, taps + i);
  }
  return i;
}
#endif

template <class T>
void relu_of_four(const FourOf<const T*>& x, int64_t n, T* out, uint8_t* taps, const FourOf<uint8_t*>& masks) {
  int64_t done = 0;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (std::is_same_v<T, float>)
    done = by_shorter_vectors<float>([&](auto tag, int64_t begin)
                                         HWY_ATTR { return relu_of_four_vectors(tag, x, begin, n, out, taps, masks); });
#endif
  relu_of_four_scalar(x, done, n, out, taps, masks);
}

template <class T>
constexpr PoolLoops<T> make_loops() {
  PoolLoops<T> loops = {keep_larger<T>, gather_add<T>, scatter_add<compute_type<T>>, add_where<compute_type<T>>};
  if constexpr (std::is_same_v<T, float>) {
    loops.largest_of_taps = largest_of_taps;
    loops.keep_largest = keep_largest;
    loops.add_taps = add_taps;
    loops.divide = divide;
  }
  if constexpr (std::is_floating_point_v<compute_type<T>>) {
    loops.largest_of_four = largest_of_four<T>;
    loops.share_to_four = share_to_four<T>;
  }
  if constexpr (std::is_floating_point_v<T>) loops.relu_of_four = relu_of_four<T>;
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
