// relume::memory: counts of bytes, the limit, and errors after which everything goes on working.
#include "relume/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "core/memory.h"
#include "relume/autograd.h"
#include "relume/error.h"
#include "relume/nn.h"
#include "relume/ops.h"

namespace relume {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr size_t kMegabyte = size_t{1} << 20;
#ifdef RELUME_FENCES
constexpr bool kCaches = false;
#else
constexpr bool kCaches = RELUME_POOLS;
#endif

class Memory : public testing::Test {
 protected:
  Memory() {
    memory::empty_cache();
    memory::reset_peak();
  }
  ~Memory() override { memory::set_limit(memory::kUnlimited); }
};

Tensor megabytes(int64_t count) { return empty({count * static_cast<int64_t>(kMegabyte)}, kByte); }

template <class F>
std::string out_of_memory_text(F function) {
  try {
    function();
  } catch (const OutOfMemoryError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST_F(Memory, CurrentCountsLargeBlocksWhileTheyLive) {
  const size_t before = memory::current();
  {
    const Tensor tensor = megabytes(10);
    EXPECT_GE(memory::current(), before + 10 * kMegabyte);
    EXPECT_LE(memory::current(), before + 12 * kMegabyte);
    const Tensor view = tensor.view({-1}), other = tensor;
    EXPECT_LE(memory::current(), before + 12 * kMegabyte);
  }
  EXPECT_EQ(memory::current(), before);
}

TEST_F(Memory, CurrentCountsSmallBlocksToo) {
  { const Tensor first = zeros({16}); }
  const size_t before = memory::current();
  std::vector<Tensor> tensors;
  for (int i = 0; i < 1000; ++i) tensors.push_back(zeros({16}));
  EXPECT_GE(memory::current(), before + 1000 * 16 * sizeof(float));
  tensors.clear();
  EXPECT_EQ(memory::current(), before);
}

TEST_F(Memory, CountsBlocksThatAnotherThreadMadeOrFreed) {
  const size_t before = memory::current();
  Tensor large, small;
  std::thread([&] {
    large = megabytes(3);
    small = zeros({100});
  }).join();
  EXPECT_GE(memory::current(), before + 3 * kMegabyte + 400);
  std::thread([&] { large = small = Tensor(); }).join();
  EXPECT_EQ(memory::current(), before);
}

TEST_F(Memory, MemoryFromOutsideDoesNotCount) {
  std::vector<char> outside(8 * kMegabyte);
  const size_t before = memory::current();
  const Tensor tensor = from_blob(outside.data(), {static_cast<int64_t>(outside.size())}, kByte);
  EXPECT_LT(memory::current(), before + kMegabyte);
}

TEST_F(Memory, PeakIsTheMostThatWasInUse) {
  const size_t before = memory::current();
  {
    const Tensor a = megabytes(4);
    { const Tensor b = megabytes(6); }
    const Tensor c = megabytes(2);
  }
  EXPECT_GE(memory::peak(), before + 10 * kMegabyte);
  EXPECT_LT(memory::peak(), before + 12 * kMegabyte);
  memory::reset_peak();
  EXPECT_LT(memory::peak(), before + kMegabyte);
  const Tensor d = megabytes(1);
  EXPECT_GE(memory::peak(), memory::current());
}

TEST_F(Memory, PeakSeesManySmallTensors) {
  std::vector<Tensor> tensors;
  for (int i = 0; i < 5000; ++i) tensors.push_back(empty({256}));
  const size_t full = memory::current();
  tensors.clear();
  EXPECT_GE(memory::peak() + 64 * 1024, full);
}

TEST_F(Memory, FreedBlocksAreCachedUntilTheCacheIsEmptied) {
  if (!kCaches) GTEST_SKIP() << "nothing is cached in this build";
  const size_t before = memory::cached();
  void* first;
  {
    const Tensor tensor = megabytes(20);
    first = tensor.data_ptr();
  }
  EXPECT_GE(memory::cached(), before + 20 * kMegabyte);
  EXPECT_EQ(megabytes(20).data_ptr(), first);
  memory::empty_cache();
  EXPECT_LE(memory::cached(), before);
  EXPECT_EQ(zeros({3}).sum().item<float>(), 0);
}

TEST_F(Memory, AHugeTensorIsRefusedWithAllNumbers) {
  const Tensor kept = megabytes(1);
  const std::string text = out_of_memory_text([] { empty({int64_t{1} << 60}, kByte); });
  EXPECT_THAT(text, StartsWith("out of memory: tried to allocate 1152921504606846976 bytes; "));
  EXPECT_THAT(text, AllOf(HasSubstr(" bytes are in use, "), HasSubstr(" are cached, there is no limit")));
  EXPECT_EQ(ones({4}).sum().item<float>(), 4);
}

TEST_F(Memory, SizesNearOverflowAreErrors) {
  EXPECT_THROW(empty({int64_t{1} << 62, 4}, kByte), Error);
  EXPECT_THROW(empty({INT64_MAX}, kFloat), Error);
  EXPECT_THROW(empty({INT64_MAX}, kByte), OutOfMemoryError);
  EXPECT_THROW(empty({(int64_t{1} << 62) - 1}, kByte), OutOfMemoryError);
  EXPECT_THROW(ones({1}).expand({int64_t{1} << 61}).contiguous(), Error);
  EXPECT_EQ(empty({INT64_MAX, 0}, kFloat).numel(), 0);
}

TEST_F(Memory, TheLimitHoldsAndIsNamed) {
  memory::set_limit(memory::current() + 8 * kMegabyte);
  EXPECT_EQ(memory::limit(), memory::current() + 8 * kMegabyte);
  const Tensor within = megabytes(5);
  const std::string text = out_of_memory_text([] { megabytes(5); });
  EXPECT_THAT(text, HasSubstr("tried to allocate 5242880 bytes"));
  EXPECT_THAT(text, HasSubstr("the limit is " + std::to_string(memory::limit()) + " bytes"));
  EXPECT_EQ(megabytes(2).numel(), 2 * static_cast<int64_t>(kMegabyte));
  memory::set_limit(memory::kUnlimited);
  EXPECT_EQ(megabytes(5).numel(), 5 * static_cast<int64_t>(kMegabyte));
}

TEST_F(Memory, TheLimitHoldsForSmallTensors) {
  memory::set_limit(memory::current() + memory::cached() + kMegabyte);
  std::vector<Tensor> tensors;
  EXPECT_THROW(
      for (int i = 0; i < 100000; ++i) tensors.push_back(empty({256})), OutOfMemoryError);
  EXPECT_GT(tensors.size(), 500u);
  tensors.clear();
  EXPECT_EQ(ones({256}).sum().item<float>(), 256);
}

TEST_F(Memory, WhatIsCachedMakesRoomBeforeTheLimitRefuses) {
  if (!kCaches) GTEST_SKIP() << "nothing is cached in this build";
  { const Tensor freed = megabytes(6); }
  memory::set_limit(memory::current() + memory::cached() + 6 * kMegabyte);
  const Tensor tensor = megabytes(9);
  EXPECT_EQ(tensor.numel(), 9 * static_cast<int64_t>(kMegabyte));
}

TEST_F(Memory, ALimitBelowWhatIsInUseRefusesWhatIsNew) {
  const Tensor kept = ones({1 << 20});
  memory::set_limit(1);
  EXPECT_THROW(megabytes(1), OutOfMemoryError);
  EXPECT_EQ(kept.data_ptr<float>()[5], 1);
}

TEST_F(Memory, ATrainingStepThatRunsOutCanBeRepeated) {
  manual_seed(1);
  nn::Sequential model(nn::Conv2d(nn::Conv2dOptions(3, 16, 3).padding(1)), nn::BatchNorm2d(16), nn::ReLU(),
                       nn::Flatten(), nn::Linear(16 * 32 * 32, 10));
  const Tensor input = randn({16, 3, 32, 32});
  const auto step = [&] {
    model->zero_grad();
    const Tensor loss = model->forward(input).square().mean();
    loss.backward();
    return loss.item<float>();
  };
  const float expected = step();
  const Tensor gradient = model->parameters()[0].grad().clone();
  for (size_t allowed = 0; allowed < 3 * kMegabyte; allowed += kMegabyte / 4) {
    memory::empty_cache();
    memory::set_limit(memory::current() + allowed);
    EXPECT_THROW(step(), OutOfMemoryError) << allowed;
    memory::set_limit(memory::kUnlimited);
  }
  EXPECT_FLOAT_EQ(step(), expected);
  EXPECT_TRUE(allclose(model->parameters()[0].grad(), gradient));
}

}  // namespace
}  // namespace relume
