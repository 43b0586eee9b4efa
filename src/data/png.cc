// Decoding PNG, by libpng's simplified interface: it converts depths and palettes, and reports errors without longjmp.
#include "data/png.h"

#include <png.h>

#include <memory>

#include "core/check.h"

namespace relume::data {
namespace {

// Deflate makes at most 1032 bytes of one; an image that promises more than that of its file is cut or made to harm.
constexpr uint64_t kLargestExpansion = 1032;

constexpr uint32_t kKeptFlags = PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA;

}  // namespace

Image parse_png(ArrayRef<uint8_t> file, const std::string& name) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, decltype(&png_image_free)> guard(&png, &png_image_free);
  check(png_image_begin_read_from_memory(&png, file.data(), file.size()) != 0, "{}: expected a PNG image: {}", name,
        png.message);
  // Depths of one bit pack eight pixels into a byte, and rows of an interlaced image are filtered one by one.
  const uint64_t pixels = uint64_t{png.width} * png.height;
  check(pixels / 8 <= kLargestExpansion * file.size(), "{}: {} x {} pixels cannot come from {} bytes", name, png.width,
        png.height, file.size());

  png.format &= kKeptFlags;
  Image image;
  image.height = png.height;
  image.width = png.width;
  image.channels = PNG_IMAGE_SAMPLE_CHANNELS(png.format);
  const uint64_t bytes = pixels * static_cast<uint64_t>(image.channels);  // PNG_IMAGE_SIZE wraps at 4 GiB
  check(bytes <= UINT32_MAX, "{}: {} x {} pixels are too many", name, png.width, png.height);
  image.pixels.resize(bytes);
  check(png_image_finish_read(&png, nullptr, image.pixels.data(), 0, nullptr) != 0, "{}: corrupt PNG image: {}", name,
        png.message);
  return image;
}

Image read_png(const std::string& path) {
  const Bytes bytes = InputFile(path).read_all();
  return parse_png(bytes, path);
}

}  // namespace relume::data
