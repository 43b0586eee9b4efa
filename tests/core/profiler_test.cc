// relume::profiler: what it counts, on which threads, and what it writes.
#include "relume/profiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "relume/relume.h"

namespace relume {
namespace {

using profiler::KeyAverage;
using profiler::Profile;
using profiler::ProfilerGuard;
using profiler::RecordFunction;
using testing::HasSubstr;

template <class F>
Profile profiled(F function) {
  ProfilerGuard guard;
  function();
  return guard.stop();
}

std::map<std::string, KeyAverage> rows_of(const Profile& profile) {
  std::map<std::string, KeyAverage> rows;
  for (const KeyAverage& row : profile.key_averages()) rows[row.key] = row;
  return rows;
}

nlohmann::json trace_of(const Profile& profile) {
  const std::string path = testing::TempDir() + "profiler_test_trace.json";
  profile.export_chrome_trace(path);
  std::ifstream file(path);
  const auto trace = nlohmann::json::parse(file);
  std::remove(path.c_str());
  return trace;
}

void training_step() {
  const Tensor x = ones({4, 4}).set_requires_grad(true);
  relu(x).mul(x).sum().backward();
}

TEST(Profiler, CountsOpsAndNodesOfBackward) {
  const auto rows = rows_of(profiled([] {
    training_step();
    training_step();
  }));
  EXPECT_EQ(rows.at("relu").count, 2);
  EXPECT_EQ(rows.at("MulBackward0").count, 2);
  for (const char* name : {"relu", "mul", "sum", "ReluBackward0", "MulBackward0", "SumBackward0"}) {
    ASSERT_TRUE(rows.count(name)) << name;
    EXPECT_GE(rows.at(name).count, 2) << name;
    EXPECT_GT(rows.at(name).cpu_time_total, 0) << name;
    EXPECT_LE(rows.at(name).self_cpu_time_total, rows.at(name).cpu_time_total) << name;
  }
}

TEST(Profiler, SeesFunctionsMethodsOperatorsModulesAndWritesInPlace) {
  const auto rows = rows_of(profiled([] {
    Tensor x = ones({2, 3});
    x = sigmoid(x) + x.tanh() - 1;
    x.relu_();
    x.exp_();
    nn::Sequential(nn::Linear(3, 4), nn::GELU(), nn::Softmax(1))->forward(x);
  }));
  for (const char* name : {"sigmoid", "tanh", "add", "sub", "relu_", "exp_", "linear", "gelu", "softmax"})
    EXPECT_TRUE(rows.count(name)) << name;
}

TEST(Profiler, SelfTimeIsWithoutWhatRunsInside) {
  const auto rows = rows_of(profiled([] {
    const RecordFunction outer("outer");
    for (int i = 0; i < 3; ++i) {
      const RecordFunction inner("inner");
      ones({1000}).exp();
    }
  }));
  const KeyAverage &outer = rows.at("outer"), &inner = rows.at("inner"), &op = rows.at("exp");
  EXPECT_EQ(inner.count, 3);
  EXPECT_GE(inner.cpu_time_total, op.cpu_time_total);
  EXPECT_NEAR(outer.self_cpu_time_total + inner.cpu_time_total, outer.cpu_time_total, 0.01);
}

TEST(Profiler, SeesEveryThread) {
  const Profile profile = profiled([] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([] {
        for (int i = 0; i < 50; ++i) ones({16}).neg();
      });
    for (std::thread& thread : threads) thread.join();
    ones({16}).neg();
  });
  EXPECT_EQ(rows_of(profile).at("neg").count, 151);
  std::set<int> threads;
  const auto trace = trace_of(profile);
  for (const auto& event : trace.at("traceEvents"))
    if (event["name"] == "neg") threads.insert(event["tid"].get<int>());
  EXPECT_EQ(threads.size(), 4u);
}

TEST(Profiler, WhatRunsOutsideOrEndsLaterIsLeftOut) {
  training_step();
  profiler::start();
  {
    const RecordFunction unfinished("unfinished");
    ones({2}).neg();
    const auto rows = rows_of(profiler::stop());
    EXPECT_TRUE(rows.count("neg"));
    EXPECT_FALSE(rows.count("unfinished"));
    EXPECT_FALSE(rows.count("relu"));
    profiler::start();  // "unfinished" belongs to no other profile either
  }
  EXPECT_TRUE(profiler::stop().key_averages().empty());
}

TEST(Profiler, AnOpThatThrowsIsSeenAndTheNextOneToo) {
  const auto rows = rows_of(profiled([] {
    EXPECT_THROW(ones({2}).add(ones({3})), Error);
    ones({2}).neg();
  }));
  EXPECT_EQ(rows.at("add").count, 1);
  EXPECT_EQ(rows.at("neg").count, 1);
}

TEST(Profiler, RunsOnceAtATime) {
  EXPECT_FALSE(profiler::is_running());
  EXPECT_THROW(profiler::stop(), Error);
  {
    const ProfilerGuard guard;
    EXPECT_TRUE(profiler::is_running());
    EXPECT_THROW(profiler::start(), Error);
  }
  EXPECT_FALSE(profiler::is_running());
}

TEST(Profiler, KnowsThePeakOfMemoryAndLeavesTheUsersAlone) {
  { const Tensor before = ones({3 << 20}); }
  const size_t users = memory::peak();
  const Profile profile = profiled([] { ones({1 << 20}); });
  EXPECT_GE(profile.peak_memory(), size_t{4} << 20);
  EXPECT_LT(profile.peak_memory(), memory::current() + (size_t{8} << 20));
  EXPECT_EQ(memory::peak(), users);
}

TEST(Profiler, PrintsATable) {
  const Profile profile = profiled(training_step);
  const std::string table = profile.table("count", 2);
  EXPECT_THAT(table, HasSubstr("Self CPU %"));
  EXPECT_THAT(table, HasSubstr("CPU time avg  # of Calls"));
  EXPECT_THAT(table, HasSubstr("Self CPU time total: "));
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2 + 4 + 2);
  EXPECT_THAT(profile.table(), HasSubstr("MulBackward0"));
  EXPECT_THAT(profiled([] {}).table(), HasSubstr("Self CPU time total: 0.000us"));
  EXPECT_THROW(profile.table("name"), ValueError);
}

TEST(Profiler, WritesATraceThatChromeReads) {
  const auto trace = trace_of(profiled([] {
    const RecordFunction scope("a \"quoted\"\n name");
    training_step();
  }));
  std::set<std::string> names;
  double scope_end = 0, last_end = 0;
  for (const auto& event : trace.at("traceEvents")) {
    for (const char* field : {"ph", "name", "pid", "tid", "ts"}) EXPECT_TRUE(event.contains(field)) << event;
    if (event["ph"] != "X") continue;
    EXPECT_GE(event["dur"].get<double>(), 0);
    names.insert(event["name"]);
    const double end = event["ts"].get<double>() + event["dur"].get<double>();
    (event["cat"] == "user_annotation" ? scope_end : last_end) = end;
  }
  EXPECT_TRUE(names.count("a \"quoted\"\n name"));
  EXPECT_TRUE(names.count("ReluBackward0"));
  EXPECT_LE(last_end, scope_end + 0.002);
}

TEST(Profiler, LeavesNoPartOfATraceBehind) {
  EXPECT_THROW(profiled(training_step).export_chrome_trace("/nonexistent/trace.json"), Error);
}

}  // namespace
}  // namespace relume
