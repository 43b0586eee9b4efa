// relume compare.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/commands.h"

namespace relume::cli {
namespace {

// What a run of `relume train` reports.
struct Figures {
  double accuracy, seconds;
  int64_t memory_kib;
  double dead;
};

// A file of one's own that is removed in the end.
class TemporaryFile {
 public:
  TemporaryFile() : path_((std::filesystem::temp_directory_path() / "relume-compare-XXXXXX").string()) {
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor < 0) throw Error(fmt::format("cannot write {}", path_));
    ::close(descriptor);
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Runs a program and gives its exit status; death by a signal counts as an interruption.
int run(const std::vector<std::string>& command) {
  const pid_t child = ::fork();
  if (child < 0) throw Error("cannot start another process");
  if (child == 0) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kInterrupted;
}

std::vector<std::string> train_command(const CompareOptions& options, const std::string& activation,
                                       const std::string& report) {
  const Recipe& recipe = options.recipe;
  std::vector<std::string> command = {options.program, "train", "--brief", "--no-save"};
  const auto add = [&](const char* name, const std::string& value) {
    command.emplace_back(name);
    command.push_back(value);
  };
  add("--activation", activation);
  add("--report", report);
  add("--data", recipe.data);
  add("--epochs", std::to_string(recipe.epochs));
  add("--batch-size", std::to_string(recipe.batch_size));
  add("--learning-rate", fmt::format("{}", recipe.learning_rate));
  add("--seed", std::to_string(recipe.seed));
  add("--train-images", std::to_string(recipe.train_images));
  add("--test-images", std::to_string(options.test_images));
  if (options.threads > 0) add("--threads", std::to_string(options.threads));
  return command;
}

std::string row(const std::string& activation, const Figures& figures) {
  return fmt::format("{:<12} {:7.2f} % {:>8} {:6} MiB {:7.1f} %\n", activation, 100 * figures.accuracy,
                     as_clock(figures.seconds), figures.memory_kib / 1024, 100 * figures.dead);
}

}  // namespace

int run_compare(const CompareOptions& options, const Terminal& terminal) {
  for (const std::string& activation : options.activations) make_network(activation);  // a wrong name stops all, now
  std::string table =
      fmt::format("\n{:<12} {:>9} {:>8} {:>10} {:>9}\n", "activation", "accuracy", "time", "memory", "dead");
  for (const std::string& activation : options.activations) {
    terminal.print(activation + "\n");
    const TemporaryFile report;
    const int status = run(train_command(options, activation, report.path()));
    if (status != 0) return status;
    Figures figures;
    if (!(std::ifstream(report.path()) >> figures.accuracy >> figures.seconds >> figures.memory_kib >> figures.dead)) {
      throw Error(fmt::format("the run with {} left no figures", activation));
    }
    table += row(activation, figures);
  }
  terminal.print(table);
  return 0;
}

}  // namespace relume::cli
