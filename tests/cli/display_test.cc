// What the program shows: numbers, progress and pictures.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/picture.h"
#include "cli/progress.h"
#include "relume/creation.h"
#include "relume/ops.h"
#include "temporary_folder.h"

namespace relume::cli {
namespace {

using test::read_whole;
using test::TemporaryFolder;
using ::testing::HasSubstr;

TEST(Numbers, HaveCommas) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(with_commas(-123456), "-123,456");
}

TEST(Clock, CountsMinutesAndHours) {
  EXPECT_EQ(as_clock(0), "0:00");
  EXPECT_EQ(as_clock(61.4), "1:01");
  EXPECT_EQ(as_clock(3725), "1:02:05");
  EXPECT_EQ(as_clock(-1), "0:00");
}

const Progress kHalf{"epoch 2/5", 30000, 60000, 2, 30000, 0.5};

TEST(ProgressLine, ShowsRateLossAndTimeLeft) {
  EXPECT_EQ(progress_line(kHalf, 80),
            "epoch 2/5  [#########..........]   50 %  15,000 images/s  loss 0.500  0:02 left");
}

TEST(ProgressLine, FitsTheColumns) {
  for (int columns = 60; columns < 200; ++columns) {
    EXPECT_LT(progress_line(kHalf, columns).size(), static_cast<size_t>(columns));
  }
}

TEST(ProgressLine, LeavesOutTheBarWhereThereIsNoRoom) {
  EXPECT_EQ(progress_line(kHalf, 0), "epoch 2/5   50 %  15,000 images/s  loss 0.500  0:02 left");
}

TEST(ProgressLine, CountsTheRateOfThisRunAlone) {
  EXPECT_THAT(progress_line({"epoch 1/1", 30000, 60000, 1, 100, 0}, 0), HasSubstr(" 100 images/s"));
}

TEST(ProgressLine, ShowsNoSignOfALossThatIsNoNumber) {
  EXPECT_THAT(progress_line({"epoch 1/1", 1, 2, 1, 1, -NAN}, 0), HasSubstr(" loss nan "));
}

TEST(ProgressLine, TakesAnEmptyJobForDone) { EXPECT_THAT(progress_line({}, 80), HasSubstr("100 %")); }

std::vector<Progress> steps(int count) {
  std::vector<Progress> list;
  for (int i = 1; i <= count; ++i) list.push_back({"epoch 1/1", i, count, i * 0.01, i, 1});
  return list;
}

// What a report writes for a hundred steps in a second.
std::string shown(bool live) {
  const TemporaryFolder folder;
  std::FILE* file = std::fopen(folder.file("out").c_str(), "w");
  ProgressReport report({file, live, 80});
  for (const Progress& step : steps(100)) report.show(step);
  report.finish();
  std::fclose(file);
  return read_whole(folder.file("out"));
}

TEST(ProgressReport, PrintsALineAtEachQuarterOfAFile) {
  const std::string text = shown(false);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_THAT(text, HasSubstr("epoch 1/1   25 %"));
  EXPECT_THAT(text, HasSubstr("epoch 1/1  100 %"));
  EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST(ProgressReport, RedrawsOneLineOfATerminalTenTimesASecond) {
  const std::string text = shown(true);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const auto drawn = std::count(text.begin(), text.end(), '\r');
  EXPECT_GE(drawn, 9);
  EXPECT_LE(drawn, 12);
}

Captioned picture(std::initializer_list<int> pixels, int64_t width) {
  const std::vector<uint8_t> bytes(pixels.begin(), pixels.end());
  return {relume::tensor(bytes, kByte).view({-1, width}), {"is: A", "seen as: B"}};
}

TEST(Picture, DrawsTwoRowsWithACharacter) {
  EXPECT_EQ(draw({picture({0, 255, 0, 255, 255, 255}, 2)}, 80, false), " @\n==\nis\nse\n");
}

TEST(Picture, PutsPicturesSideBySideWhereTheyFit) {
  const Captioned square = picture({255, 255, 255, 255}, 2);
  EXPECT_EQ(draw({square, square}, 6, false), "@@  @@\nis  is\nse  se\n");
  EXPECT_EQ(draw({square, square}, 5, false), "@@\nis\nse\n");
  EXPECT_EQ(draw({square}, 1, false), "@@\nis\nse\n");
}

TEST(Picture, UsesShadesOfGrayOnATerminal) {
  const std::string text = draw({picture({0, 255}, 1)}, 80, true);
  EXPECT_THAT(text, HasSubstr("\x1b[38;2;0;0;0m\x1b[48;2;255;255;255m\u2580\x1b[0m"));
}

}  // namespace
}  // namespace relume::cli
