// The Mersenne twister mt19937, which refills and tempers a block of 624 words at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace relume {

class Mt19937 {
 public:
  static constexpr int kSize = 624;

  explicit Mt19937(uint32_t seed) { this->seed(seed); }
  // Continues a stream: `state` is the untempered block, of which `used` words were drawn; 0 means a block that is only
  // the seed's expansion and has to be twisted before the first draw.
  Mt19937(const std::array<uint32_t, kSize>& state, int used);

  void seed(uint32_t seed);

  uint32_t operator()() {
    if (next_ == kSize) refill();
    return words_[next_++];
  }
  uint64_t draw64() {
    const uint64_t high = (*this)();
    return high << 32 | (*this)();
  }

  // Takes between 1 and `most` of the words that come next; the view lives until the next draw.
  std::span<const uint32_t> take(int64_t most) {
    if (next_ == kSize) refill();
    const int count = static_cast<int>(std::min<int64_t>(most, kSize - next_));
    next_ += count;
    return {words_.data() + next_ - count, static_cast<size_t>(count)};
  }

  const std::array<uint32_t, kSize>& state() const { return state_; }
  // Words drawn from the block; 0 when freshly seeded.
  int used() const { return fresh_ ? 0 : next_; }

 private:
  void refill();
  void temper();

  std::array<uint32_t, kSize> state_;
  std::array<uint32_t, kSize> words_;  // state_, tempered
  int next_ = kSize;
  bool fresh_ = true;
};

}  // namespace relume
