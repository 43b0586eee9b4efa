// Terminals by isatty and the window size that they report.
#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace relume::cli {

Terminal Terminal::of(std::FILE* file) {
  Terminal terminal{file};
  const char* kind = std::getenv("TERM");
  terminal.live = ::isatty(::fileno(file)) != 0 && kind && std::string_view(kind) != "dumb";
  winsize size = {};
  if (terminal.live && ::ioctl(::fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.columns = size.ws_col;
  }
  return terminal;
}

void Terminal::print(const std::string& text) const {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

std::string with_commas(int64_t number) {
  std::string text = std::to_string(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t i = text.size(); i > first + 3;) text.insert(i -= 3, 1, ',');
  return text;
}

std::string as_clock(double seconds) {
  const auto total = static_cast<int64_t>(std::lround(std::max(0.0, seconds)));
  const int64_t hours = total / 3600, minutes = total / 60 % 60;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, total % 60);
  return fmt::format("{}:{:02}", minutes, total % 60);
}

}  // namespace relume::cli
