// TORCH_CHECK and its kin, dispatch on dtypes, and the small helpers of c10.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <c10/util/irange.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

// The text of the error of type E that `body` throws; empty where it throws none.
template <class E, class Body>
std::string text_of(Body body) {
  try {
    body();
  } catch (const E& error) {
    return error.what();
  }
  return "";
}

TEST(TorchCheck, PassesWhereTheConditionHolds) {
  EXPECT_EQ(text_of<c10::Error>([] { TORCH_CHECK(1 + 1 == 2, "not thrown"); }), "");
}

TEST(TorchCheck, JoinsItsArguments) {
  EXPECT_EQ(text_of<c10::Error>([] { TORCH_CHECK(false, "expected ", 2, " dims, got ", 3.5); }),
            "expected 2 dims, got 3.5");
}

TEST(TorchCheck, NamesTheConditionWithoutArguments) {
  EXPECT_EQ(text_of<c10::Error>([] { TORCH_CHECK(1 > 2); }), "Expected 1 > 2 to be true, but got false.");
}

TEST(TorchCheck, HasAFormForEachKindOfError) {
  EXPECT_THROW(TORCH_CHECK_INDEX(false, "x"), c10::IndexError);
  EXPECT_THROW(TORCH_CHECK_TYPE(false, "x"), c10::TypeError);
  EXPECT_THROW(TORCH_CHECK_VALUE(false, "x"), c10::ValueError);
  EXPECT_THROW(TORCH_CHECK_NOT_IMPLEMENTED(false, "x"), c10::NotImplementedError);
  EXPECT_THROW(AT_ERROR("x", 1), c10::Error);
}

TEST(TorchWarn, WritesToStandardErrorOnceWhereAsked) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) TORCH_WARN_ONCE("seen ", i);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("Warning: seen 0"), std::string::npos);
  EXPECT_EQ(text.find("seen 1"), std::string::npos);
}

TEST(TorchWarn, CallsTheHandlerOfTheThread) {
  struct Counter : c10::WarningHandler {
    void process(const c10::Warning& warning) override {
      text += warning.msg();
      deprecations += warning.type().index() == 1;
    }
    std::string text;
    int deprecations = 0;
  } counter;
  {
    const c10::WarningUtils::WarningHandlerGuard guard(&counter);
    TORCH_WARN("a", 1);
    TORCH_WARN_DEPRECATION("b");
  }
  EXPECT_EQ(counter.text, "a1b");
  EXPECT_EQ(counter.deprecations, 1);
  EXPECT_NE(c10::WarningUtils::get_warning_handler(), &counter);
}

TEST(Dispatch, GivesTheElementType) {
  const auto size_of = [](at::ScalarType dtype) {
    return AT_DISPATCH_ALL_TYPES(dtype, "size_of", [] { return sizeof(scalar_t); });
  };
  EXPECT_EQ(size_of(at::kByte), 1u);
  EXPECT_EQ(size_of(at::kShort), 2u);
  EXPECT_EQ(size_of(at::kFloat), 4u);
  EXPECT_EQ(size_of(at::kDouble), 8u);
}

TEST(Dispatch, RefusesOtherTypesByName) {
  const auto dispatch = [] { AT_DISPATCH_FLOATING_TYPES(at::kLong, "halve", [] {}); };
  EXPECT_EQ(text_of<c10::NotImplementedError>(dispatch), "\"halve\" not implemented for 'Long'");
}

TEST(Irange, CountsFromZeroOrFromItsFirstArgument) {
  std::vector<int64_t> seen;
  for (const auto i : c10::irange(int64_t{3})) seen.push_back(i);
  for (const auto i : c10::irange(5, 7)) seen.push_back(i);
  for (const auto i : c10::irange(-2)) seen.push_back(i);
  EXPECT_EQ(seen, (std::vector<int64_t>{0, 1, 2, 5, 6}));
}

TEST(AtParallelFor, CoversTheRange) {
  std::vector<int> visits(100);
  at::parallel_for(0, 100, 9, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) visits[static_cast<size_t>(i)] = 1;
  });
  EXPECT_EQ(visits, std::vector<int>(100, 1));
}

}  // namespace
