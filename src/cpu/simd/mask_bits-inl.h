// Masks as bits in memory, for any number of lanes. Re-included for each target.
#if defined(RELUME_CPU_SIMD_MASK_BITS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RELUME_CPU_SIMD_MASK_BITS_INL_H_
#undef RELUME_CPU_SIMD_MASK_BITS_INL_H_
#else
#define RELUME_CPU_SIMD_MASK_BITS_INL_H_
#endif

#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
// After highway.h, whose macros it changes.
#include "cpu/simd/small_scalar-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

// Sets bits [i, i + lanes) of `bits`, of which i is a multiple. Bits of a byte are set in ascending order.
template <class D, class M>
HWY_INLINE void store_bits(D d, M mask, int64_t i, uint8_t* bits) {
  constexpr size_t kLanes = hwy::HWY_NAMESPACE::MaxLanes(D());
  uint8_t raw[8] = {};
  hwy::HWY_NAMESPACE::StoreMaskBits(d, mask, raw);
  if constexpr (kLanes >= 8) {
    std::memcpy(bits + i / 8, raw, kLanes / 8);
  } else {
    const int64_t shift = i % 8;
    bits[i / 8] = static_cast<uint8_t>((shift ? bits[i / 8] : 0) | raw[0] << shift);
  }
}

template <class D>
HWY_INLINE auto load_bits(D d, int64_t i, const uint8_t* bits) {
  constexpr size_t kLanes = hwy::HWY_NAMESPACE::MaxLanes(D());
  uint8_t raw[8] = {};
  if constexpr (kLanes >= 8)
    std::memcpy(raw, bits + i / 8, kLanes / 8);
  else
    raw[0] = static_cast<uint8_t>(bits[i / 8] >> i % 8);
  return hwy::HWY_NAMESPACE::LoadMaskBits(d, raw);
}

// The same for one element.
HWY_INLINE void store_bit(bool bit, int64_t i, uint8_t* bits) {
  bits[i / 8] = static_cast<uint8_t>((i % 8 ? bits[i / 8] : 0) | bit << i % 8);
}
HWY_INLINE bool load_bit(int64_t i, const uint8_t* bits) { return bits[i / 8] >> i % 8 & 1; }

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
