// The vectorised random loops give the same bits on every target.
#include "cpu/random_simd.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/mt19937.h"

namespace relume::cpu {
namespace {

constexpr int64_t kCount = 16 * 1009;

std::vector<uint32_t> words() {
  Mt19937 engine(1);
  std::vector<uint32_t> words(kCount);
  for (uint32_t& word : words) word = engine();
  return words;
}

std::vector<float> uniform(Target target, int64_t count, float low, float high) {
  std::vector<float> out(static_cast<size_t>(count));
  random_loops(target).uniform_float(words().data(), out.data(), count, low, high - low, high);
  return out;
}

TEST(RandomLoops, GiveTheSameBitsOnEveryTarget) {
  const Target first = supported_targets().front();
  for (const Target target : supported_targets()) {
    SCOPED_TRACE(name(target));
    for (const int64_t count : {int64_t{1}, int64_t{7}, int64_t{33}, kCount})
      EXPECT_EQ(uniform(target, count, -0.3f, 2.7f), uniform(first, count, -0.3f, 2.7f));
    std::vector<float> normal = uniform(target, kCount, 0, 1), expected = normal;
    random_loops(target).normal_blocks(normal.data(), kCount / 16, -0.3f, 2.7f);
    random_loops(first).normal_blocks(expected.data(), kCount / 16, -0.3f, 2.7f);
    EXPECT_EQ(normal, expected);
  }
}

TEST(RandomLoops, NeverGiveTheUpperBound) {
  for (const Target target : supported_targets())
    for (const float value : uniform(target, kCount, 1.0f, 1.0f + 0x1p-22f)) ASSERT_LT(value, 1.0f + 0x1p-22f);
}

}  // namespace
}  // namespace relume::cpu
