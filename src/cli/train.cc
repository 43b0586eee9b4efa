// relume train.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/picture.h"
#include "relume/printing.h"

namespace relume::cli {
namespace {

constexpr size_t kPictures = 6;

int64_t peak_memory_kib() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

std::string introduction(Trainer& trainer, const Images& train, const Images& test) {
  std::ostringstream network;
  network << trainer.network().layers;
  return fmt::format("{} training and {} test images from {}\n{}\n{} parameters, seed {}\n\n",
                     with_commas(train.size()), with_commas(test.size()), trainer.recipe().data, network.str(),
                     with_commas(parameter_count(trainer.network())), trainer.recipe().seed);
}

double accuracy(const Tensor& answers, const Images& images) {
  return answers.eq(images.labels).to(kDouble).mean().item<double>();
}

// The share of right answers for each class.
std::string class_table(const Tensor& answers, const Images& images, const std::vector<std::string>& names) {
  std::string text = "\nclass          right\n";
  const Tensor right = answers.eq(images.labels);
  for (size_t i = 0; i < names.size(); ++i) {
    const Tensor member = images.labels.eq(static_cast<int64_t>(i));
    const auto count = member.sum().item<int64_t>();
    if (count == 0) continue;
    const auto good = right.logical_and(member).sum().item<int64_t>();
    text += fmt::format("{:<12} {:5.1f} %\n", names[i], 100.0 * static_cast<double>(good) / static_cast<double>(count));
  }
  return text;
}

// The first few images that the network got wrong.
std::string mistakes(const Tensor& answers, const Images& images, const std::vector<std::string>& names,
                     const Terminal& terminal) {
  std::vector<Captioned> pictures;
  const auto answer = answers.accessor<int64_t, 1>();
  const auto label = images.labels.accessor<int64_t, 1>();
  for (int64_t i = 0; i < images.size() && pictures.size() < kPictures; ++i) {
    if (answer[i] == label[i]) continue;
    pictures.push_back(
        {images.pixels.select(0, i).contiguous(),
         {"is: " + names.at(static_cast<size_t>(label[i])), "seen as: " + names.at(static_cast<size_t>(answer[i]))}});
  }
  if (pictures.empty()) return "";
  return "\na few that it gets wrong\n" + draw(pictures, terminal.columns, terminal.live);
}

// Throws where a file of that name cannot be written: better now than after the training.
void check_writable(const std::string& path) {
  if (path.empty()) return;
  const std::string folder = std::filesystem::absolute(path).parent_path();
  struct stat status;
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) {
    errno = EISDIR;
  } else if (::access(exists ? path.c_str() : folder.c_str(), W_OK) == 0) {
    return;
  }
  throw Error(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

int save_interrupted(const Trainer& trainer, const TrainOptions& options, const Terminal& terminal) {
  if (options.save.empty()) {
    terminal.print("interrupted\n");
    return kInterrupted;
  }
  const std::string path = options.resume.empty() ? options.save + ".checkpoint" : options.resume;
  trainer.save_checkpoint(path);
  terminal.print(fmt::format("interrupted; go on with: relume train --resume {} --save {}\n", path, options.save));
  return kInterrupted;
}

void write_report(const std::string& path, double accuracy, double seconds, double dead) {
  std::ofstream file(path);
  file << fmt::format("{} {} {} {}\n", accuracy, seconds, peak_memory_kib(), dead);
  if (!file.flush()) throw Error(fmt::format("cannot write {}", path));
}

}  // namespace

int run_train(const TrainOptions& options, const Terminal& terminal) {
  check_writable(options.save);
  check_writable(options.report);
  Trainer trainer = options.resume.empty() ? Trainer(options.recipe) : Trainer::resume(options.resume);
  const Recipe& recipe = trainer.recipe();
  const Images train = load_images(recipe.data, true, recipe.train_images);
  const Images test = load_images(recipe.data, false, options.test_images);
  if (!options.brief) terminal.print(introduction(trainer, train, test));

  const InterruptGuard interrupt;
  Tensor answers;
  while (!trainer.finished()) {
    if (!trainer.train_epoch(train, terminal)) return save_interrupted(trainer, options, terminal);
    answers = predict_classes(trainer.network(), test);
    terminal.print(fmt::format("epoch {}/{}: {:.2f} % of the test images right\n", trainer.position().epoch,
                               recipe.epochs, 100 * accuracy(answers, test)));
  }
  if (!answers.defined()) answers = predict_classes(trainer.network(), test);
  const double right = accuracy(answers, test);
  const double dead = dead_share(trainer.network(), test);
  terminal.print(fmt::format("\ntest accuracy {:.2f} %, trained in {}, dead units {:.1f} %\n", 100 * right,
                             as_clock(trainer.position().seconds), 100 * dead));
  if (!options.brief) {
    const std::vector<std::string> names = class_names(recipe.data);
    terminal.print(class_table(answers, test, names));
    terminal.print(mistakes(answers, test, names, terminal));
  }
  if (!options.save.empty()) {
    trainer.save_model(options.save);
    terminal.print(fmt::format("\nsaved {}\n", options.save));
  }
  if (!options.report.empty()) write_report(options.report, right, trainer.position().seconds, dead);
  return 0;
}

}  // namespace relume::cli
