// Generator: seeds, the state's format, and the printed check values of PyTorch.
#include "core/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "kernels/random.h"
#include "relume/error.h"

namespace relume {
namespace {

using testing::ElementsAre;

template <class T>
std::vector<T> uniform(const Generator& generator, int64_t count) {
  std::vector<T> out(static_cast<size_t>(count));
  random_fills().uniform(*LockedStream(generator), out.data(), dtype_of<T>, count, 0, 1);
  return out;
}

template <class T>
std::vector<T> normal(const Generator& generator, int64_t count) {
  std::vector<T> out(static_cast<size_t>(count));
  random_fills().normal(*LockedStream(generator), out.data(), dtype_of<T>, count, 0, 1);
  return out;
}

std::string error_of(Generator generator, const std::vector<uint8_t>& state) {
  try {
    generator.set_state(state);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Mt19937, GivesTheStandardsStream) {
  Mt19937 engine(0);
  EXPECT_EQ(engine(), 2357136044u);
  EXPECT_EQ(engine(), 2546248239u);
  EXPECT_EQ(engine(), 3071714933u);
  EXPECT_EQ(engine(), 3626093760u);
  Mt19937 standard(5489);
  for (int i = 0; i < 9999; ++i) standard();
  EXPECT_EQ(standard(), 4123659995u);  // the 10000th, as the C++ standard demands
}

TEST(Mt19937, TakesWordsOfTheSameStream) {
  Mt19937 one(7), many(7);
  for (int64_t most : {1, 3, 700, 624, 100000, 5}) {
    for (const uint32_t word : many.take(most)) ASSERT_EQ(word, one());
  }
}

TEST(Generator, DrawsPyTorchsNumbers) {
  EXPECT_THAT(uniform<float>(Generator(0), 8), ElementsAre(0.49625659f, 0.768221796f, 0.0884774327f, 0.132030487f,
                                                           0.307422817f, 0.634078681f, 0.49009341f, 0.896444738f));
  EXPECT_THAT(uniform<double>(Generator(0), 3),
              ElementsAre(0.97005300180655307, 0.70781986439978795, 0.45938294312745087));
  EXPECT_THAT(uniform<float>(Generator(42), 4), ElementsAre(0.882269263f, 0.915003955f, 0.38286376f, 0.959305644f));
  EXPECT_THAT(normal<float>(Generator(0), 4), ElementsAre(1.54099607f, -0.293428898f, -2.17878938f, 0.568431258f));
  EXPECT_THAT(normal<double>(Generator(0), 4),
              ElementsAre(1.5409961082440433, -0.29342890576094638, -2.1787893820745574, 0.56843127728066778));
}

TEST(Generator, StartsAtTheDefaultSeed) {
  EXPECT_EQ(Generator().current_seed(), 67280421310721u);
  EXPECT_THAT(uniform<float>(Generator(), 2), ElementsAre(0.267295241f, 0.872528315f));
}

TEST(Generator, UsesOnlyTheLowHalfOfASeed) {
  const uint64_t large = (uint64_t{1} << 32) + 7;
  EXPECT_EQ(uniform<float>(Generator(7), 3), uniform<float>(Generator(large), 3));
  EXPECT_EQ(Generator(large).current_seed(), large);
}

TEST(Generator, IsSharedByItsCopiesAndNotByItsClone) {
  Generator generator(1);
  const Generator copy = generator, clone = generator.clone();
  EXPECT_EQ(generator, copy);
  EXPECT_NE(generator, clone);
  const uint64_t first = generator.random64();
  const uint64_t second = Generator(copy).random64();
  EXPECT_EQ(Generator(clone).random64(), first);
  EXPECT_EQ(Generator(clone).random64(), second);
}

TEST(Generator, DropsTheKeptNormalWhenSeeded) {
  Generator generator(0);
  const auto first = normal<float>(generator, 1);
  EXPECT_NE(normal<float>(generator, 1), first);
  normal<float>(generator, 1);
  EXPECT_EQ(normal<float>(generator.manual_seed(0), 1), first);
}

TEST(Generator, KeepsItsPlaceInItsState) {
  for (int64_t draws : {0, 1, 623, 624, 625, 2000}) {
    Generator generator(3);
    uniform<float>(generator, draws);
    normal<float>(generator, 1);
    Generator other;
    other.set_state(generator.get_state());
    EXPECT_EQ(other.current_seed(), 3u);
    EXPECT_EQ(other.get_state(), generator.get_state());
    EXPECT_EQ(normal<double>(other, 3), normal<double>(generator, 3));
    EXPECT_EQ(uniform<float>(other, 1300), uniform<float>(generator, 1300));
  }
}

TEST(Generator, RefusesAStateThatIsNone) {
  const Generator generator(3);
  EXPECT_EQ(error_of(generator, std::vector<uint8_t>(100)),
            "Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to be 100");
  EXPECT_EQ(error_of(generator, std::vector<uint8_t>(5056)), "Invalid mt19937 state");
  auto state = generator.get_state();
  for (const size_t byte : {8u, 12u, 16u, 20u, 28u}) {  // left, seeded, next (both halves), the first word's upper half
    auto damaged = state;
    damaged[byte] = 0xee;
    EXPECT_EQ(error_of(generator, damaged), "Invalid mt19937 state") << byte;
  }
  EXPECT_EQ(generator.get_state(), state);
}

TEST(Generator, SeedsFromEntropy) {
  Generator generator;
  const uint64_t seed = generator.seed();
  EXPECT_EQ(generator.current_seed(), seed);
  EXPECT_NE(generator.seed(), seed);
}

TEST(Generator, MayBeUsedByTwoThreads) {
  const Generator generator(0);
  std::thread other([&] { uniform<float>(generator, 5000); });
  uniform<float>(generator, 5000);
  other.join();
  Generator reference(0);
  uniform<float>(reference, 10000);
  EXPECT_EQ(generator.get_state(), reference.get_state());
}

TEST(DefaultGenerator, IsSeededByManualSeed) {
  manual_seed(0);
  EXPECT_EQ(initial_seed(), 0u);
  EXPECT_EQ(uniform<float>(default_generator(), 1), uniform<float>(Generator(0), 1));
  const uint64_t random_seed = seed();
  EXPECT_EQ(initial_seed(), random_seed);
  EXPECT_EQ(manual_seed(static_cast<uint64_t>(-1)).initial_seed(), 18446744073709551615u);
}

TEST(RandomFills, RefuseOtherDtypes) {
  Generator generator(0);
  int64_t out[4];
  try {
    random_fills().uniform(*LockedStream(generator), out, kLong, 4, 0, 1);
    FAIL() << "no error";
  } catch (const NotImplementedError& error) {
    EXPECT_STREQ(error.what(), "\"check_uniform_bounds\" not implemented for 'Long'");
  }
}

}  // namespace
}  // namespace relume
