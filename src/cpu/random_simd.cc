// Uniform and normal float32 numbers, in plain loops that the compiler vectorises for each target.
//
// Every rounding is written out: std::fma where the numbers of PyTorch need it, which is an instruction on targets that
// have it and a call elsewhere. Logarithm, sine and cosine are the polynomials of Cephes (Moshier, 1984) in single
// precision.
#include "cpu/random_simd.h"

#include <cmath>
#include <cstring>

#include "cpu/simd/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/random_simd.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu {
namespace HWY_NAMESPACE {
namespace {

constexpr int kHalfBlock = 8;

HWY_INLINE float from_bits(int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

HWY_INLINE int32_t to_bits(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Natural logarithm of a normal number in (0, 1].
HWY_INLINE float log_of_uniform(float x) {
  const int32_t bits = to_bits(x);
  const float mantissa = from_bits((bits & 0x007fffff) | 0x3f000000);  // in [0.5, 1)
  const bool small = mantissa < 0.707106781186547524f;
  const float e = static_cast<float>((bits >> 23) - 126 - (small ? 1 : 0));
  const float m = (mantissa - 1.0f) + (small ? mantissa : 0.0f);
  const float z = m * m;
  float y = 7.0376836292E-2f;
  y = std::fma(y, m, -1.1514610310E-1f);
  y = std::fma(y, m, 1.1676998740E-1f);
  y = std::fma(y, m, -1.2420140846E-1f);
  y = std::fma(y, m, 1.4249322787E-1f);
  y = std::fma(y, m, -1.6668057665E-1f);
  y = std::fma(y, m, 2.0000714765E-1f);
  y = std::fma(y, m, -2.4999993993E-1f);
  y = std::fma(y, m, 3.3333331174E-1f);
  y = y * m;
  y = std::fma(y, z, e * -2.12194440e-4f);
  y = std::fma(-z, 0.5f, y);
  return std::fma(e, 0.693359375f, m + y);
}

struct SineAndCosine {
  float sine, cosine;
};

// Of an angle in [0, 2 pi].
HWY_INLINE SineAndCosine sine_and_cosine(float angle) {
  const int32_t octant = (static_cast<int32_t>(angle * 1.27323954473516f) + 1) & ~1;
  const float j = static_cast<float>(octant);
  float x = std::fma(j, -0.78515625f, angle);
  x = std::fma(j, -2.4187564849853515625e-4f, x);
  x = std::fma(j, -3.77489497744594108e-8f, x);
  const float z = x * x;

  float c = 2.443315711809948E-005f;
  c = std::fma(c, z, -1.388731625493765E-003f);
  c = std::fma(c, z, 4.166664568298827E-002f);
  c = c * z;
  c = std::fma(c, z, -(z * 0.5f)) + 1.0f;

  float s = -1.9515295891E-4f;
  s = std::fma(s, z, 8.3321608736E-3f);
  s = std::fma(s, z, -1.6666654611E-1f);
  s = s * z;
  s = std::fma(s, x, x);

  const bool swap = (octant & 2) != 0;
  const int32_t sine_sign = (octant & 4) << 29;
  const int32_t cosine_sign = (~(octant - 2) & 4) << 29;
  return {from_bits(to_bits(swap ? c : s) ^ sine_sign), from_bits(to_bits(swap ? s : c) ^ cosine_sign)};
}

void uniform_float(const uint32_t* HWY_RESTRICT words, float* HWY_RESTRICT out, int64_t count, float low, float span,
                   float high) {
  for (int64_t i = 0; i < count; ++i) {
    const float u = static_cast<float>(static_cast<int32_t>(words[i] & 0xffffffu)) * 0x1p-24f;
    const float value = std::fma(u, span, low);
    out[i] = value == high ? low : value;
  }
}

void normal_blocks(float* HWY_RESTRICT data, int64_t blocks, float mean, float standard_deviation) {
  constexpr float kTwoPi = 6.283185307179586f;
  for (int64_t block = 0; block < blocks; ++block, data += 2 * kHalfBlock) {
    float cosines[kHalfBlock], sines[kHalfBlock];
    for (int j = 0; j < kHalfBlock; ++j) {
      const float radius = std::sqrt(-2.0f * log_of_uniform(1.0f - data[j]));
      const SineAndCosine angle = sine_and_cosine(kTwoPi * data[j + kHalfBlock]);
      cosines[j] = std::fma(radius * angle.cosine, standard_deviation, mean);
      sines[j] = std::fma(radius * angle.sine, standard_deviation, mean);
    }
    std::memcpy(data, cosines, sizeof cosines);
    std::memcpy(data + kHalfBlock, sines, sizeof sines);
  }
}

}  // namespace

constexpr RandomLoops kRandomLoops = {uniform_float, normal_blocks};

}  // namespace HWY_NAMESPACE
}  // namespace relume::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {

const RandomLoops& random_loops(Target target) { RELUME_DISPATCH(target, kRandomLoops); }

const RandomLoops& random_loops() {
  static const RandomLoops& loops = random_loops(target());
  return loops;
}

}  // namespace relume::cpu
#endif
