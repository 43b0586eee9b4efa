// Conversions of rows: those from and to floating point compiled once for every target, those between integers once.
#include "cpu/dense_cast.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "cpu/convert.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/dense_cast.cc"
#define RELUME_COMPILER_VECTORS
#include "cpu/simd/targets.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu {
namespace HWY_NAMESPACE {

// Bytes of a bool tensor that came from outside may hold more than 0 and 1.
template <class T>
using stored_type = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;

template <class To, class From>
void cast_row(void* dst, const void* src, int64_t n) {
  const auto* from = static_cast<const stored_type<From>*>(src);
  To* to = static_cast<To*>(dst);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_same_v<From, bool>)
      to[i] = from[i] != 0 ? convert<To>(true) : convert<To>(false);
    else
      to[i] = convert<To>(from[i]);
  }
}

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
// Eight at a time, the last ones by way of a buffer, so that all are rounded by the same instruction.
inline void eight_to_half(uint16_t* to, const float* from) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_cvtps_ph(_mm256_loadu_ps(from), _MM_FROUND_TO_NEAREST_INT));
}
inline void eight_from_half(float* to, const uint16_t* from) {
  _mm256_storeu_ps(to, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
}

template <class To, class From, void (*kEight)(To*, const From*)>
void cast_eights(void* dst, const void* src, int64_t n) {
  To* to = static_cast<To*>(dst);
  const From* from = static_cast<const From*>(src);
  int64_t i = 0;
#pragma GCC unroll 4
  for (; i + 8 <= n; i += 8) kEight(to + i, from + i);
  if (i == n) return;
  From in[8] = {};
  To out[8];
  std::memcpy(in, from + i, static_cast<size_t>(n - i) * sizeof(From));
  kEight(out, in);
  std::memcpy(to + i, out, static_cast<size_t>(n - i) * sizeof(To));
}
#endif

// Whether a cast is two, by way of a block of floats: those that are rare, or no slower so.
constexpr bool by_way_of_float(ScalarType from, ScalarType to) {
  if (from == to || from == kFloat || to == kFloat) return false;
  if (from == kHalf || to == kHalf) return true;
  return (from == kBFloat16 || to == kBFloat16) && element_size(from) <= 2 && element_size(to) <= 2;
}

template <class From, class To>
constexpr void set_pair(DenseCastTable& table) {
  if constexpr (!std::is_same_v<From, To> && !by_way_of_float(dtype_of<From>, dtype_of<To>)) {
    table.at(dtype_of<From>, dtype_of<To>) = cast_row<To, From>;
    table.at(dtype_of<To>, dtype_of<From>) = cast_row<From, To>;
  }
}

constexpr DenseCastTable make_table() {
  DenseCastTable table;
#define RELUME_PAIRS(type, name, python) \
  set_pair<float, type>(table);          \
  set_pair<double, type>(table);         \
  set_pair<BFloat16, type>(table);
  RELUME_FORALL_DTYPES(RELUME_PAIRS)
#undef RELUME_PAIRS
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  table.at(kFloat, kHalf) = cast_eights<uint16_t, float, eight_to_half>;
  table.at(kHalf, kFloat) = cast_eights<float, uint16_t, eight_from_half>;
#endif
  return table;
}

constexpr DenseCastTable kFloatCasts = make_table();

}  // namespace HWY_NAMESPACE
}  // namespace relume::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {
namespace {

// By way of a block of floats.
void cast_twice(DenseCast widen, size_t from_size, DenseCast narrow, size_t to_size, void* dst, const void* src,
                int64_t n) {
  constexpr int64_t kBlock = 512;
  float block[kBlock];
  for (; n > 0; n -= kBlock) {
    const int64_t count = std::min(n, kBlock);
    widen(block, src, count);
    narrow(dst, block, count);
    src = static_cast<const char*>(src) + kBlock * from_size;
    dst = static_cast<char*>(dst) + kBlock * to_size;
  }
}

template <class To, class From>
void cast_by_float(void* dst, const void* src, int64_t n) {
  cast_twice(dense_cast(dtype_of<From>, kFloat), sizeof(From), dense_cast(kFloat, dtype_of<To>), sizeof(To), dst, src,
             n);
}

template <class From, class To>
constexpr DenseCast other_cast() {
  if constexpr (HWY_STATIC_DISPATCH(by_way_of_float)(dtype_of<From>, dtype_of<To>))
    return cast_by_float<To, From>;
  else if constexpr (std::is_integral_v<From> && std::is_integral_v<To> && !std::is_same_v<From, To>)
    return HWY_STATIC_DISPATCH(cast_row)<To, From>;
  else
    return nullptr;
}

template <class From>
constexpr void set_row(DenseCastTable& table) {
#define RELUME_ENTRY(type, name, python) table.at(dtype_of<From>, ScalarType::name) = other_cast<From, type>();
  RELUME_FORALL_DTYPES(RELUME_ENTRY)
#undef RELUME_ENTRY
}

constexpr DenseCastTable make_other_table() {
  DenseCastTable table;
#define RELUME_ROW(type, name, python) set_row<type>(table);
  RELUME_FORALL_DTYPES(RELUME_ROW)
#undef RELUME_ROW
  return table;
}

constexpr DenseCastTable kOtherCasts = make_other_table();

const DenseCastTable& float_casts(Target target) { RELUME_DISPATCH(target, kFloatCasts); }

}  // namespace

DenseCast dense_cast(ScalarType from, ScalarType to) {
  static const DenseCastTable& floats = float_casts(target());
  const DenseCast cast = floats.at(from, to);
  return cast ? cast : kOtherCasts.at(from, to);
}

}  // namespace relume::cpu
#endif  // HWY_ONCE
