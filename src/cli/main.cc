// The program `relume`: its options, and one line for each error.
#include <CLI/CLI.hpp>
#include <exception>

#include "cli/commands.h"
#include "relume/threads.h"

namespace relume::cli {
namespace {

constexpr int kMostThreads = 1024;

void add_recipe(CLI::App* command, Recipe* recipe) {
  command->add_option("--data", recipe->data, "folder with MNIST's four files, .gz or not")->capture_default_str();
  command->add_option("--epochs", recipe->epochs, "passes over the training images")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--batch-size", recipe->batch_size, "images a step")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--learning-rate", recipe->learning_rate, "Adam's first learning rate")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--seed", recipe->seed, "decides weights and order")
      ->check(CLI::Range(int64_t{0}, INT64_MAX))
      ->capture_default_str();
  command->add_option("--train-images", recipe->train_images, "use the first so many; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void add_test_images(CLI::App* command, int64_t* count) {
  command->add_option("--test-images", *count, "test on the first so many; 0: all")->check(CLI::NonNegativeNumber);
}

void add_threads(CLI::App* command, int* count) {
  command->add_option("--threads", *count, "threads to use; 0: as many as the machine has")
      ->check(CLI::Range(0, kMostThreads));
}

// Says so where what was printed did not arrive, as on a full disk.
int checked(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  throw Error("cannot write to the standard output");
}

int run(int argc, char** argv) {
  CLI::App app("Trains and uses small networks for images of clothes and digits.", "relume");
  app.require_subcommand(1);
  int threads = 0;

  TrainOptions train;
  bool no_save = false;
  CLI::App* train_command = app.add_subcommand("train", "train a convolutional network");
  add_recipe(train_command, &train.recipe);
  train_command->add_option("--activation", train.recipe.activation, "between the layers: relu, leaky_relu, gelu, ...")
      ->check(CLI::IsMember(activation_names()))
      ->capture_default_str();
  train_command->add_option("--save", train.save, "file for the model")->capture_default_str();
  train_command->add_flag("--no-save", no_save, "keep nothing");
  train_command->add_option("--resume", train.resume, "checkpoint to go on from; it brings its own recipe");
  train_command->add_option("--report", train.report, "file for accuracy, seconds, peak KiB and share of dead units");
  add_test_images(train_command, &train.test_images);
  add_threads(train_command, &threads);
  train_command->add_flag("--brief", train.brief, "no classes and no pictures");

  PredictOptions predict;
  CLI::App* predict_command = app.add_subcommand("predict", "say what images show");
  predict_command->add_option("model", predict.model, "file that `relume train` saved")->required();
  predict_command->add_option("files", predict.files, "PNG images, or IDX files of images, .gz or not")->required();
  predict_command->add_option("--labels", predict.labels, "IDX file of the right answers");
  predict_command->add_option("--limit", predict.limit, "only the first so many of each file; 0: all")
      ->check(CLI::NonNegativeNumber);
  predict_command->add_flag("--invert", predict.invert, "for dark on light: the network knows light on dark");

  CompareOptions compare;
  compare.program = "/proc/self/exe";
  compare.activations = {"relu", "leaky_relu", "gelu", "silu", "tanh", "sigmoid"};
  CLI::App* compare_command = app.add_subcommand("compare", "train with several activations and compare");
  add_recipe(compare_command, &compare.recipe);
  compare_command->add_option("--activations", compare.activations, "which, by commas")
      ->delimiter(',')
      ->capture_default_str();
  add_test_images(compare_command, &compare.test_images);
  add_threads(compare_command, &compare.threads);

  CLI11_PARSE(app, argc, argv);
  if (threads > 0) set_num_threads(threads);
  if (no_save) train.save.clear();
  const Terminal terminal = Terminal::of(stdout);
  if (*train_command) return checked(run_train(train, terminal));
  if (*predict_command) return checked(run_predict(predict, terminal));
  return checked(run_compare(compare, terminal));
}

}  // namespace
}  // namespace relume::cli

int main(int argc, char** argv) {
  try {
    return relume::cli::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "relume: %s\n", error.what());
    return 1;
  }
}
