// Drawing with half blocks, or with characters that grow darker.
#include "cli/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace relume::cli {
namespace {

constexpr std::string_view kRamp = " .:-=+*#%@";
constexpr const char* kUpperHalf = "\u2580";
constexpr const char* kReset = "\x1b[0m";
constexpr int kGap = 2;

// Two pixels, one above the other.
std::string cell(int upper, int lower, bool colours) {
  if (!colours) return std::string(1, kRamp[static_cast<size_t>(upper + lower) * (kRamp.size() - 1) / 510]);
  return fmt::format("\x1b[38;2;{0};{0};{0}m\x1b[48;2;{1};{1};{1}m{2}", upper, lower, kUpperHalf);
}

// The text of rows 2 * line and 2 * line + 1 of an image; rows past its end are black.
std::string line_of(const Tensor& image, int64_t line, bool colours) {
  const int64_t height = image.size(0), width = image.size(1);
  const uint8_t* pixels = image.data_ptr<uint8_t>();
  const auto pixel = [&](int64_t row, int64_t column) { return row < height ? pixels[row * width + column] : 0; };
  std::string text;
  for (int64_t x = 0; x < width; ++x) text += cell(pixel(2 * line, x), pixel(2 * line + 1, x), colours);
  return colours ? text + kReset : text;
}

std::string padded(std::string_view text, int64_t width) { return fmt::format("{:<{}.{}}", text, width, width); }

void end_line(std::string* text) {
  text->erase(text->find_last_not_of(' ') + 1);
  *text += "\n";
}

}  // namespace

std::string draw(const std::vector<Captioned>& pictures, int columns, bool colours) {
  size_t count = 0;
  int64_t used = 0, lines = 0;
  size_t captions = 0;
  for (const Captioned& picture : pictures) {
    used += picture.image.size(1) + (count > 0 ? kGap : 0);
    if (count > 0 && used > columns) break;
    ++count;
    lines = std::max(lines, (picture.image.size(0) + 1) / 2);
    captions = std::max(captions, picture.caption.size());
  }

  std::string text;
  for (int64_t line = 0; line < lines; ++line) {
    for (size_t i = 0; i < count; ++i) text += line_of(pictures[i].image, line, colours) + std::string(kGap, ' ');
    end_line(&text);
  }
  for (size_t line = 0; line < captions; ++line) {
    for (size_t i = 0; i < count; ++i) {
      const auto& caption = pictures[i].caption;
      text += padded(line < caption.size() ? caption[line] : "", pictures[i].image.size(1)) + std::string(kGap, ' ');
    }
    end_line(&text);
  }
  return text;
}

}  // namespace relume::cli
