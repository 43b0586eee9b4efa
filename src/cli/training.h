// Training: epochs of batches, with a checkpoint from which an interrupted run goes on with the same numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli/images.h"
#include "cli/network.h"
#include "cli/terminal.h"
#include "relume/optim.h"

namespace relume::cli {

// What decides the numbers of a run; a checkpoint carries it.
struct Recipe {
  std::string data = kFashionMnist;
  std::string activation = "relu";
  int64_t epochs = 5;
  int64_t batch_size = 64;
  double learning_rate = 1.5e-3;
  uint64_t seed = 0;
  int64_t train_images = 0;  // 0: all
};

// How far a run is.
struct Position {
  int64_t epoch = 0;    // epochs that are over
  int64_t images = 0;   // seen in this one
  double loss_sum = 0;  // of those
  double seconds = 0;   // spent training
};

// A network on its way. Adam's learning rate falls to zero along a cosine.
class Trainer {
 public:
  // A new run: seeds the default generator and draws the weights.
  explicit Trainer(Recipe recipe);
  // Goes on from a checkpoint. Throws Error where the file is damaged or no checkpoint.
  static Trainer resume(const std::string& checkpoint);

  // Trains to the end of the epoch; false where InterruptGuard notes Ctrl-C first, which it looks for after each batch.
  bool train_epoch(const Images& images, const Terminal& terminal);
  bool finished() const { return position_.epoch >= recipe_.epochs; }

  // The weights alone, as Network::layers names them.
  void save_model(const std::string& path) const;
  // Everything that the rest of the run depends on.
  void save_checkpoint(const std::string& path) const;

  Network& network() { return network_; }
  const Recipe& recipe() const { return recipe_; }
  const Position& position() const { return position_; }

 private:
  double learning_rate(int64_t total_images) const;
  double train_batch(const data::Example<>& batch, int64_t total_images);

  Recipe recipe_;
  Position position_;
  Network network_;
  std::unique_ptr<optim::Adam> optimizer_;
};

// A trained network, and how it was trained.
struct Model {
  Network network;
  Recipe recipe;
};
// Reads what save_model or save_checkpoint wrote. Throws Error for other files.
Model load_model(const std::string& path);

}  // namespace relume::cli
