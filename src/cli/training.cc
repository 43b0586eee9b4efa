// The training loop, and what goes into its files.
#include "cli/training.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstring>

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "relume/data/dataloader.h"
#include "relume/nn.h"
#include "relume/serialize.h"

namespace relume::cli {
namespace {

using serialize::Metadata;
using State = OrderedDict<std::string, Tensor>;

constexpr const char* kModel = "model.";
constexpr const char* kOptimizer = "optimizer.";
constexpr const char* kGenerator = "generator";

// Text that reads back as the same number.
std::string exact(double value) { return fmt::format("{:a}", value); }

const std::string& field(const Metadata& metadata, const std::string& key, const std::string& path) {
  const std::string* const found = metadata.find(key);
  if (!found) throw Error(fmt::format("{}: not written by relume train: it has no {}", path, key));
  return *found;
}

int64_t whole_number(const Metadata& metadata, const std::string& key, const std::string& path) {
  const std::string& text = field(metadata, key, path);
  char* end = nullptr;
  const int64_t value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value < 0) throw Error(fmt::format("{}: {} is no number: {}", path, key, text));
  return value;
}

double real_number(const Metadata& metadata, const std::string& key, const std::string& path) {
  const std::string& text = field(metadata, key, path);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') throw Error(fmt::format("{}: {} is no number: {}", path, key, text));
  return value;
}

Metadata describe(const Recipe& recipe) {
  return {{"writer", "relume train"},
          {"activation", recipe.activation},
          {"data", recipe.data},
          {"epochs", std::to_string(recipe.epochs)},
          {"batch_size", std::to_string(recipe.batch_size)},
          {"learning_rate", exact(recipe.learning_rate)},
          {"seed", std::to_string(recipe.seed)},
          {"train_images", std::to_string(recipe.train_images)}};
}

Recipe read_recipe(const Metadata& metadata, const std::string& path) {
  Recipe recipe;
  recipe.activation = field(metadata, "activation", path);
  recipe.data = field(metadata, "data", path);
  recipe.epochs = whole_number(metadata, "epochs", path);
  recipe.batch_size = whole_number(metadata, "batch_size", path);
  recipe.learning_rate = real_number(metadata, "learning_rate", path);
  recipe.seed = static_cast<uint64_t>(whole_number(metadata, "seed", path));
  recipe.train_images = whole_number(metadata, "train_images", path);
  if (recipe.epochs == 0 || recipe.batch_size == 0) throw Error(fmt::format("{}: a recipe without a step", path));
  return recipe;
}

// The entries whose names begin with `prefix`, without it.
State part(const State& state, const std::string& prefix) {
  State found;
  for (const auto& item : state) {
    if (item.key().compare(0, prefix.size(), prefix) == 0) found.insert(item.key().substr(prefix.size()), item.value());
  }
  return found;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Trainer::Trainer(Recipe recipe) : recipe_(std::move(recipe)) {
  manual_seed(recipe_.seed);
  network_ = make_network(recipe_.activation);
  optimizer_ = std::make_unique<optim::Adam>(network_.layers->parameters(), optim::AdamOptions(recipe_.learning_rate));
}

Trainer Trainer::resume(const std::string& path) {
  Metadata metadata;
  const State state = serialize::load_safetensors(path, &metadata);
  Trainer trainer(read_recipe(metadata, path));
  trainer.position_ = {whole_number(metadata, "epoch", path), whole_number(metadata, "images", path),
                       real_number(metadata, "loss_sum", path), real_number(metadata, "seconds", path)};
  trainer.network_.layers->load_state_dict(part(state, kModel));
  trainer.optimizer_->load_state_dict(part(state, kOptimizer));
  const Tensor* found = state.find(kGenerator);
  if (!found || found->scalar_type() != kByte) throw Error(fmt::format("{}: it has no state of the generator", path));
  const Tensor& bytes = *found;
  Generator(default_generator())
      .set_state(std::vector<uint8_t>(bytes.data_ptr<uint8_t>(), bytes.data_ptr<uint8_t>() + bytes.numel()));
  return trainer;
}

double Trainer::learning_rate(int64_t total_images) const {
  const int64_t steps_in_epoch = (total_images + recipe_.batch_size - 1) / recipe_.batch_size;
  const int64_t step = position_.epoch * steps_in_epoch + position_.images / recipe_.batch_size;
  const double share = static_cast<double>(step) / static_cast<double>(recipe_.epochs * steps_in_epoch);
  return recipe_.learning_rate * 0.5 * (1 + std::cos(M_PI * share));
}

double Trainer::train_batch(const data::Example<>& batch, int64_t total_images) {
  for (auto& group : optimizer_->param_groups()) {
    group.options().set_lr(learning_rate(total_images));
  }
  const Tensor loss = nn::functional::cross_entropy(network_(batch.data), batch.target);
  optimizer_->zero_grad();
  loss.backward();
  optimizer_->step();
  return loss.item<double>();
}

bool Trainer::train_epoch(const Images& images, const Terminal& terminal) {
  const double seconds_before = position_.seconds;
  const int64_t images_before = position_.images;
  const auto start = std::chrono::steady_clock::now();
  ProgressReport report(terminal);

  const auto loader = data::make_data_loader(
      ImageBatches(images), EpochSampler(images.size(), recipe_.seed, position_.epoch, position_.images),
      data::DataLoaderOptions(static_cast<size_t>(recipe_.batch_size)).workers(1));
  for (const data::Example<>& batch : *loader) {
    const double loss = train_batch(batch, images.size());
    position_.loss_sum += loss * static_cast<double>(batch.target.size(0));
    position_.images += batch.target.size(0);
    position_.seconds = seconds_before + seconds_since(start);
    report.show({fmt::format("epoch {}/{}", position_.epoch + 1, recipe_.epochs), position_.images, images.size(),
                 seconds_since(start), position_.images - images_before,
                 position_.loss_sum / static_cast<double>(position_.images)});
    if (InterruptGuard::requested() && position_.images < images.size()) {
      report.finish();
      return false;
    }
  }
  report.finish();
  ++position_.epoch;
  position_.images = 0;
  position_.loss_sum = 0;
  return !InterruptGuard::requested() || finished();
}

void Trainer::save_model(const std::string& path) const {
  serialize::save_safetensors(path, network_.layers->state_dict(), describe(recipe_));
}

void Trainer::save_checkpoint(const std::string& path) const {
  State state;
  for (const auto& item : network_.layers->state_dict()) state.insert(kModel + item.key(), item.value());
  for (const auto& item : optimizer_->state_dict()) state.insert(kOptimizer + item.key(), item.value());
  const std::vector<uint8_t> generator = default_generator().get_state();
  const Tensor bytes = relume::empty({static_cast<int64_t>(generator.size())}, kByte);
  std::memcpy(bytes.data_ptr(), generator.data(), generator.size());
  state.insert(kGenerator, bytes);

  Metadata metadata = describe(recipe_);
  metadata.insert("epoch", std::to_string(position_.epoch));
  metadata.insert("images", std::to_string(position_.images));
  metadata.insert("loss_sum", exact(position_.loss_sum));
  metadata.insert("seconds", exact(position_.seconds));
  serialize::save_safetensors(path, state, metadata);
}

Model load_model(const std::string& path) {
  Metadata metadata;
  const State state = serialize::load_safetensors(path, &metadata);
  const Recipe recipe = read_recipe(metadata, path);
  Network network = make_network(recipe.activation);
  const State weights = part(state, kModel);  // of a checkpoint; a model has nothing else
  network.layers->load_state_dict(weights.is_empty() ? state : weights);
  network.layers->eval();
  return {std::move(network), recipe};
}

}  // namespace relume::cli
