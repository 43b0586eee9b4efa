// The public thread settings and parallel_for.
#include "relume/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace relume {
namespace {

TEST(Threads, AreWhatWasSet) {
  const int before = get_num_threads();
  set_num_threads(3);
  EXPECT_EQ(get_num_threads(), 3);
  set_num_threads(0);
  EXPECT_EQ(get_num_threads(), 1);
  set_num_threads(before);
}

TEST(ParallelFor, VisitsEachIndexOnce) {
  std::vector<std::atomic<int>> visits(1000);
  parallel_for(100, 1000, 7, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
  });
  for (size_t i = 0; i < visits.size(); ++i) EXPECT_EQ(visits[i], i < 100 ? 0 : 1) << i;
}

TEST(ParallelFor, DoesNothingForAnEmptyRange) {
  parallel_for(5, 5, 1, [](int64_t, int64_t) { FAIL(); });
  parallel_for(5, 3, 1, [](int64_t, int64_t) { FAIL(); });
}

TEST(ParallelFor, CarriesExceptionsOut) {
  const auto throwing = [](int64_t begin, int64_t) {
    if (begin == 50) throw std::runtime_error("chunk 50");
  };
  EXPECT_THROW(parallel_for(0, 100, 10, throwing), std::runtime_error);
}

}  // namespace
}  // namespace relume
