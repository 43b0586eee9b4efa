// The program's commands. Each gives the exit status.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"
#include "cli/training.h"

namespace relume::cli {

inline constexpr int kInterrupted = 130;  // what shells give for Ctrl-C

struct TrainOptions {
  Recipe recipe;
  std::string save = "relume.safetensors";  // empty: nothing is saved
  std::string resume;                       // a checkpoint to go on from, in place of the recipe
  std::string report;                       // a file for the run's figures
  int64_t test_images = 0;                  // 0: all
  bool brief = false;                       // no classes and no pictures
};
// Trains, tests, shows what went wrong, and saves the model; on Ctrl-C saves a checkpoint.
int run_train(const TrainOptions& options, const Terminal& terminal);

struct PredictOptions {
  std::string model;
  std::vector<std::string> files;  // PNG images or IDX files of images
  std::string labels;              // an IDX file of what they are
  int64_t limit = 0;               // images of each file; 0: all
  bool invert = false;             // dark on light, as on paper
};
// Prints the likeliest classes of each image, and the share that is right where labels are given.
int run_predict(const PredictOptions& options, const Terminal& terminal);

struct CompareOptions {
  std::string program;  // this one, which is run once for each activation
  std::vector<std::string> activations;
  Recipe recipe;
  int64_t test_images = 0;
  int threads = 0;  // 0: as many as the machine has
};
// Trains with each activation in a process of its own, and prints accuracy, time, memory and the share of dead units.
int run_compare(const CompareOptions& options, const Terminal& terminal);

}  // namespace relume::cli
