// PNG images: every colour type that libpng writes, and damaged files.
#include "data/png.h"

#include <gmock/gmock.h>
#include <png.h>
#include <zlib.h>

#include "relume/error.h"
#include "temporary_folder.h"

namespace relume::data {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// Encodes pixels by libpng; a colour map makes a palette image.
Bytes encode(uint32_t width, uint32_t height, uint32_t format, const void* pixels, const void* colormap = nullptr) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  image.colormap_entries = colormap ? 2 : 0;
  Bytes file(4096);
  png_alloc_size_t size = file.size();
  EXPECT_TRUE(png_image_write_to_memory(&image, file.data(), &size, 0, pixels, 0, colormap)) << image.message;
  file.resize(size);
  return file;
}

Image parse(const Bytes& file) { return parse_png(file, "file"); }

TEST(Png, ReadsEveryColourType) {
  const uint8_t pixels[] = {0, 50, 100, 150, 200, 255, 10, 20};
  struct Case {
    uint32_t format;
    int64_t channels;
  };
  for (const auto [format, channels] :
       {Case{PNG_FORMAT_GRAY, 1}, {PNG_FORMAT_GA, 2}, {PNG_FORMAT_RGB, 3}, {PNG_FORMAT_RGBA, 4}}) {
    const Image image = parse(encode(2, 1, format, pixels));
    EXPECT_EQ(image.height, 1);
    EXPECT_EQ(image.width, 2);
    ASSERT_EQ(image.channels, channels);
    EXPECT_THAT(image.pixels, ElementsAreArray(pixels, 2 * static_cast<size_t>(channels)));
  }
}

TEST(Png, TurnsAPaletteIntoColours) {
  const uint8_t indices[] = {1, 0, 1};
  const uint8_t colours[] = {1, 2, 3, 200, 100, 50};
  const Image image = parse(encode(3, 1, PNG_FORMAT_RGB_COLORMAP, indices, colours));
  EXPECT_EQ(image.channels, 3);
  EXPECT_THAT(image.pixels, ElementsAre(200, 100, 50, 1, 2, 3, 200, 100, 50));
}

TEST(Png, RefusesEveryTruncationOfItsData) {
  const uint8_t pixels[] = {1, 2, 3, 4, 5, 6};
  const Bytes whole = encode(3, 2, PNG_FORMAT_GRAY, pixels);
  constexpr size_t kEndChunk = 12;  // IEND says nothing: libpng does without it
  for (size_t length = 0; length + kEndChunk < whole.size(); ++length) {
    EXPECT_THROW(parse(Bytes(whole.begin(), whole.begin() + length)), Error) << length;
  }
}

TEST(Png, RefusesOtherFiles) { EXPECT_ERROR(parse({1, 2, 3}), Error, "file: expected a PNG image"); }

TEST(Png, RefusesSizesThatTheFileCannotHold) {
  const uint8_t pixel = 0;
  Bytes file = encode(1, 1, PNG_FORMAT_GRAY, &pixel);
  constexpr size_t kHeader = 12;  // "IHDR", width, height, ...
  for (const size_t i : {kHeader + 5, kHeader + 9}) file[i] = 0x0f;
  const auto crc = static_cast<uint32_t>(crc32(0, file.data() + kHeader, 17));
  for (size_t i = 0; i < 4; ++i) file[kHeader + 17 + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
  EXPECT_ERROR(parse(file), Error, "pixels cannot come from");
}

}  // namespace
}  // namespace relume::data
