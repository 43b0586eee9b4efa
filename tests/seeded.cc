// Every test starts with the same random numbers: one that fails fails again.
#include <gtest/gtest.h>

#include "relume/random.h"

namespace relume {
namespace {

class SeedBeforeEachTest : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo& /*test*/) override { manual_seed(1); }
};

// gtest deletes the listener.
[[maybe_unused]] const bool g_registered = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new SeedBeforeEachTest);
  return true;
}();

}  // namespace
}  // namespace relume
