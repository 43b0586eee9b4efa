// What the benchmark's programs share: rows of work, and the conversation by which bench/run.py times them in turns.
//
// program --list: the names of the rows.
// program [--threads N] NAME: prepares that row and prints its checksum; then, for every line on standard input, times
// the row for a few hundredths of a second and prints the microseconds of one run. Ends with its input.
// program [--threads N] --memory NAME: prints by how much the row's runs raise the peak of the process' memory.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

namespace bench {

// What is timed, and a number by which two libraries are seen to have computed the same; it is asked for once, first.
struct Work {
  std::function<void()> run;
  std::function<double()> checksum;
};

// Only one row of a process is ever prepared, so preparing may set what belongs to the whole process.
struct Row {
  std::string name;
  std::function<Work()> prepare;
};
using Rows = std::vector<Row>;

// Microseconds a run: the best mean of a few blocks of at least 4 ms.
inline double best_microseconds(const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  constexpr double kBlock = 4e3, kEnough = 6e4;
  constexpr int kBlocks = 6;
  const auto block = [&run](int64_t times) {
    const auto start = Clock::now();
    for (int64_t i = 0; i < times; ++i) run();
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  };
  int64_t times = 1;
  double spent = block(times);
  while (spent < kBlock) {
    const double factor = std::min(10.0, 1.1 * kBlock / std::max(spent, 1.0));
    times = std::max(times + 1, static_cast<int64_t>(static_cast<double>(times) * factor));
    spent = block(times);
  }
  double best = std::numeric_limits<double>::infinity();
  double total = 0;
  for (int i = 0; i < kBlocks && total < kEnough; ++i) {
    spent = block(times);
    total += spent;
    best = std::min(best, spent / static_cast<double>(times));
  }
  return best;
}

// Bytes of a line of /proc/self/status, such as VmHWM.
inline int64_t status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(key + ":", 0) == 0) return std::strtoll(line.c_str() + key.size() + 1, nullptr, 10) * 1024;
  return 0;
}

// By how many bytes a few runs raise the largest memory of the process.
inline int64_t extra_peak_bytes(const std::function<void()>& run) {
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak starts again from what is in use
  const int64_t before = status_bytes("VmRSS");
  for (int i = 0; i < 3; ++i) run();
  return status_bytes("VmHWM") - before;
}

inline void converse(const Work& work) {
  std::printf("{\"checksum\": %.9g}\n", work.checksum ? work.checksum() : 0.0);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    std::printf("{\"us\": %.6g}\n", best_microseconds(work.run));
    std::fflush(stdout);
  }
}

// main() of a program of the benchmark.
inline int run_program(int argc, char** argv, const Rows& rows, void (*set_threads)(int)) {
  int threads = 2;
  bool memory = false;
  std::string wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--list") {
      for (const Row& row : rows) std::printf("%s\n", row.name.c_str());
      return 0;
    }
    if (argument == "--threads" && i + 1 < argc) {
      threads = std::atoi(argv[++i]);
    } else if (argument == "--memory") {
      memory = true;
    } else {
      wanted = argument;
    }
  }
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.name == wanted; });
  if (row == rows.end()) {
    std::fprintf(stderr, "error: no row is called '%s'; --list prints their names\n", wanted.c_str());
    return 2;
  }
  try {
    set_threads(threads);
    const Work work = row->prepare();
    if (memory) {
      std::printf("{\"bytes\": %lld}\n", static_cast<long long>(extra_peak_bytes(work.run)));
    } else {
      converse(work);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace bench
