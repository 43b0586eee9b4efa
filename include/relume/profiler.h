// The profiler: which ops ran how often and how long, forward and backward, and how much memory was in use at most.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relume/export.h"

namespace relume::profiler {

// What ran under one name. Times are in microseconds; `self` is without what ran inside and has rows of its own.
struct KeyAverage {
  std::string key;
  int64_t count = 0;
  double cpu_time_total = 0;
  double self_cpu_time_total = 0;
};

// What was seen between start and stop.
class RELUME_API Profile {
 public:
  // One row a name; those with the most self time come first.
  std::vector<KeyAverage> key_averages() const;
  // The rows as a table, sorted by "self_cpu_time_total", "cpu_time_total", "cpu_time" (the mean) or "count", of which
  // the first `row_limit` are shown. Throws ValueError for another column.
  std::string table(std::string_view sort_by = "self_cpu_time_total", int64_t row_limit = 100) const;
  // Writes every event, by thread, as JSON for chrome://tracing and Perfetto. The file appears when it is whole.
  // Of very long runs it holds the first million events. Throws Error where it can't be written.
  void export_chrome_trace(const std::string& path) const;
  // The most bytes in use at a time while it ran: see relume::memory.
  size_t peak_memory() const;

  struct Data;
  explicit Profile(std::shared_ptr<const Data> data);

 private:
  std::shared_ptr<const Data> data_;
};

// From now on every op that a program calls, every node of backward passes and every RecordFunction counts, on all
// threads. Throws Error where the profiler runs already.
RELUME_API void start();
// What was seen since; what has not ended yet is left out. Throws Error where the profiler does not run.
RELUME_API Profile stop();
RELUME_API bool is_running();

// Profiles a scope:
//   profiler::ProfilerGuard guard;
//   model->forward(input);
//   std::cout << guard.stop().table();
class ProfilerGuard {
 public:
  ProfilerGuard() { start(); }
  ~ProfilerGuard() {
    if (!stopped_) profiler::stop();
  }
  ProfilerGuard(const ProfilerGuard&) = delete;
  ProfilerGuard& operator=(const ProfilerGuard&) = delete;
  Profile stop() {
    stopped_ = true;
    return profiler::stop();
  }

 private:
  bool stopped_ = false;
};

// Shows its scope under a name, around the ops inside; costs nothing to speak of while the profiler does not run. It
// ends on the thread that made it, the last one first.
class RELUME_API RecordFunction {
 public:
  explicit RecordFunction(std::string_view name);
  ~RecordFunction();
  RecordFunction(const RecordFunction&) = delete;
  RecordFunction& operator=(const RecordFunction&) = delete;

 private:
  alignas(8) char scope_[64];
  bool running_;
};

}  // namespace relume::profiler
