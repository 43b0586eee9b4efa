// Progress of one epoch: a bar that is redrawn on a terminal, a few plain lines elsewhere.
#pragma once

#include <cstdint>
#include <string>

#include "cli/terminal.h"

namespace relume::cli {

// How far a job is.
struct Progress {
  std::string label;      // "epoch 2/5"
  int64_t done = 0;       // images
  int64_t total = 0;      // images
  double seconds = 0;     // for what this run has done
  int64_t done_here = 0;  // images since this run began; fewer than `done` where it goes on from a checkpoint
  double loss = 0;        // mean so far
};

// "epoch 2/5  [######......]  50 %  12,345 images/s  loss 0.312  0:08 left", with a bar that fits the columns.
std::string progress_line(const Progress& progress, int columns);

// Shows progress as it comes: at most ten times a second on a terminal, at every quarter elsewhere.
class ProgressReport {
 public:
  explicit ProgressReport(const Terminal& terminal) : terminal_(terminal) {}
  void show(const Progress& progress);
  // Ends the line of a bar.
  void finish();

 private:
  Terminal terminal_;
  double last_shown_ = -1;
  int64_t quarters_ = -1;
  bool drawn_ = false;
};

}  // namespace relume::cli
