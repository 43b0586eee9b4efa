// Warnings: the line that is written, handlers of a thread and of all, and what is said once.
#include "relume/warning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/warn_once.h"
#include "relume/relume.h"

namespace relume {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

struct Recorder : WarningHandler {
  void process(const Warning& warning) override { texts.push_back(warning.msg()); }
  std::vector<std::string> texts;
};

struct Refuser : WarningHandler {
  void process(const Warning& warning) override { throw ValueError(warning.msg()); }
};

// Sets the thread's handler until the end of the scope.
struct Scope {
  explicit Scope(WarningHandler* handler) { set_warning_handler(handler); }
  ~Scope() { set_warning_handler(nullptr); }
};

void warn_of_something() { warn("careful"); }

TEST(Warnings, AreWrittenToStandardErrorAsLibtorchDoes) {
  testing::internal::CaptureStderr();
  warn_of_something();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex("\\[W[0-9]+ [0-9:.]+ warning_test.cc:[0-9]+\\] Warning: careful \\(function "
                           "warn_of_something\\)\n"));
}

TEST(Warnings, OfOpsComeToTheHandler) {
  Recorder recorder;
  const Scope scope(&recorder);
  var(ones({1}));
  std_mean(ones({3, 1}), IntArrayRef({1}));
  Tensor out = ones({3});
  write_out("add", out, ones({2}));
  EXPECT_THAT(
      recorder.texts,
      ElementsAre(HasSubstr("var(): degrees of freedom is <= 0."), HasSubstr("std_mean(): degrees of freedom is <= 0."),
                  HasSubstr("had shape [3], which does not match the required output shape [2]")));
}

TEST(Warnings, AreNotGivenWhereNothingIsWrong) {
  Recorder recorder;
  const Scope scope(&recorder);
  var(ones({2}));
  var(ones({1}), false);
  ones({2, 2}).numpy_T();
  EXPECT_THAT(recorder.texts, ElementsAre());
}

TEST(Warnings, WhatAHandlerThrowsComesOutOfTheOp) {
  Refuser refuser;
  const Scope scope(&refuser);
  Tensor x = zeros({2});
  const Tensor mask = tensor({1, 0}).to(kByte);
  EXPECT_THROW(x.index_put_({mask}, ones({1})), ValueError);
  EXPECT_EQ(x.sum().item<double>(), 0);
}

TEST(Warnings, AThreadsOwnHandlerComesBeforeThatOfAll) {
  Recorder of_all, own;
  set_default_warning_handler(&of_all);
  const Scope scope(&own);
  warn("here");
  std::thread([] { warn("there"); }).join();
  set_default_warning_handler(nullptr);
  EXPECT_THAT(own.texts, ElementsAre("here"));
  EXPECT_THAT(of_all.texts, ElementsAre("there"));
}

TEST(Warnings, SomeAreGivenOnce) {
  Recorder recorder;
  const Scope scope(&recorder);
  std::atomic<bool> warned = false;
  for (int i = 0; i < 2; ++i) warn_once(&warned, "once");
  EXPECT_THAT(recorder.texts, ElementsAre("once"));
  set_warn_always(true);
  warn_once(&warned, "again");
  set_warn_always(false);
  warn_once(&warned, "not again");
  EXPECT_THAT(recorder.texts, ElementsAre("once", "again"));
}

TEST(Warnings, APlaceIsWrittenWithItsFunction) {
  std::ostringstream stream;
  stream << SourceLocation{"f", "a/b.cc", 3};
  EXPECT_EQ(stream.str(), "f at a/b.cc:3");
}

}  // namespace
}  // namespace relume
