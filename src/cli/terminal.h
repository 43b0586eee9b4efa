// Where the program writes: whether it is a terminal, how wide, and text that fits.
#pragma once

#include <cstdio>
#include <string>

namespace relume::cli {

// A stream, and what it can show.
struct Terminal {
  std::FILE* file = stdout;
  bool live = false;  // lines can be drawn over, and colours shown
  int columns = 80;

  // What the file is connected to. A pipe or a file gets plain lines.
  static Terminal of(std::FILE* file);
  void print(const std::string& text) const;
};

// "12,345".
std::string with_commas(int64_t number);
// "4:07", "1:02:03".
std::string as_clock(double seconds);

}  // namespace relume::cli
