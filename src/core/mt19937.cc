// Seeding, twisting and tempering of mt19937, in loops that vectorise.
#include "core/mt19937.h"

namespace relume {
namespace {

constexpr int kShift = 397;

inline uint32_t twist(uint32_t here, uint32_t next) {
  const uint32_t mixed = (here & 0x80000000u) | (next & 0x7fffffffu);
  return (mixed >> 1) ^ (-(next & 1u) & 0x9908b0dfu);
}

// Replaces words [kBegin, kEnd) by the word kFrom places away, twisted. No range is longer than the distance it reads
// from.
template <int kBegin, int kEnd, int kFrom>
inline void twist_range(uint32_t* state) {
  for (int i = kBegin; i < kEnd; ++i) state[i] = state[i + kFrom] ^ twist(state[i], state[i + 1]);
}

}  // namespace

Mt19937::Mt19937(const std::array<uint32_t, kSize>& state, int used)
    : state_(state), next_(used == 0 ? kSize : used), fresh_(used == 0) {
  temper();
}

void Mt19937::seed(uint32_t seed) {
  state_[0] = seed;
  for (uint32_t j = 1; j < kSize; ++j) state_[j] = 1812433253u * (state_[j - 1] ^ (state_[j - 1] >> 30)) + j;
  next_ = kSize;
  fresh_ = true;
}

void Mt19937::refill() {
  uint32_t* state = state_.data();
  twist_range<0, 224, kShift>(state);  // 224, a multiple of every vector's length; then the odd three
  twist_range<224, kSize - kShift, kShift>(state);
  twist_range<kSize - kShift, kSize - 1, kShift - kSize>(state);
  state[kSize - 1] = state[kShift - 1] ^ twist(state[kSize - 1], state[0]);
  temper();
  next_ = 0;
  fresh_ = false;
}

void Mt19937::temper() {
  for (int i = 0; i < kSize; ++i) {
    uint32_t y = state_[i];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    words_[i] = y ^ (y >> 18);
  }
}

}  // namespace relume
