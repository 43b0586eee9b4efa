// Drawing the bar, and deciding when.
#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace relume::cli {
namespace {

constexpr double kSecondsBetween = 0.1;
constexpr int kWidestBar = 40;
constexpr int kNarrowestBar = 8;
constexpr const char* kEraseToEnd = "\x1b[K";

}  // namespace

std::string progress_line(const Progress& progress, int columns) {
  const double share =
      progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : 1;
  const double rate = progress.seconds > 0 ? static_cast<double>(progress.done_here) / progress.seconds : 0;
  const double left = rate > 0 ? static_cast<double>(progress.total - progress.done) / rate : 0;
  const std::string figures = fmt::format("{:3.0f} %  {} images/s  loss {:.3f}  {} left", 100 * share,
                                          with_commas(static_cast<int64_t>(rate)),
                                          std::isnan(progress.loss) ? NAN : progress.loss,  // no sign: "nan"
                                          as_clock(left));

  const int room = columns - static_cast<int>(progress.label.size() + figures.size()) - 7;
  if (room < kNarrowestBar) return progress.label + "  " + figures;
  const int width = std::min(room, kWidestBar);
  const int filled = static_cast<int>(share * width);
  return fmt::format("{}  [{}{}]  {}", progress.label, std::string(filled, '#'), std::string(width - filled, '.'),
                     figures);
}

void ProgressReport::show(const Progress& progress) {
  const bool complete = progress.done >= progress.total;
  if (terminal_.live) {
    if (!complete && drawn_ && progress.seconds - last_shown_ < kSecondsBetween) return;
    last_shown_ = progress.seconds;
    terminal_.print("\r" + progress_line(progress, terminal_.columns) + kEraseToEnd);
    drawn_ = true;
    return;
  }
  const int64_t quarters = progress.total > 0 ? 4 * progress.done / progress.total : 4;
  const bool first = quarters_ < 0;
  if (quarters <= quarters_) return;
  quarters_ = quarters;
  if (!first || complete) terminal_.print(progress_line(progress, 0) + "\n");
}

void ProgressReport::finish() {
  if (drawn_) terminal_.print("\n");
  drawn_ = false;
  last_shown_ = -1;
  quarters_ = -1;
}

}  // namespace relume::cli
