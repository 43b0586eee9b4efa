// relume predict.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "cli/commands.h"
#include "relume/data/files.h"
#include "relume/ops.h"

namespace relume::cli {
namespace {

constexpr int64_t kShown = 3;  // classes for each image
constexpr double kLeastShown = 0.01;

bool is_png(const std::string& path) {
  char start[4] = {};
  std::ifstream(path, std::ios::binary).read(start, sizeof start);
  return std::string_view(start, sizeof start) == "\x89PNG";
}

// Brightness, uint8 [H, W], of an image [C, H, W]; what is transparent is black.
Tensor gray(const Tensor& image) {
  const Tensor x = image.to(kFloat);
  const bool colours = image.size(0) >= 3, alpha = image.size(0) % 2 == 0;
  Tensor bright = colours ? x[0] * 0.299 + x[1] * 0.587 + x[2] * 0.114 : x[0];
  if (alpha) bright = bright * x[-1] / 255;
  return bright.round().to(kByte);
}

// Resized to 28 x 28 by averaging the pixels that each new one covers.
Tensor resized(const Tensor& image) {
  if (image.size(0) == kSide && image.size(1) == kSide) return image;
  return relume::adaptive_avg_pool2d(image.to(kFloat).unsqueeze(0), {kSide, kSide}).squeeze(0).round().to(kByte);
}

// The images in a file, uint8 [N, 28, 28].
Tensor load_pictures(const std::string& path, bool invert) {
  Tensor pictures;
  if (is_png(path)) {
    pictures = resized(gray(data::load_png(path))).unsqueeze(0);
  } else {
    pictures = data::load_idx(path);
    if (pictures.scalar_type() != kByte || pictures.dim() != 3 || pictures.size(1) != kSide ||
        pictures.size(2) != kSide) {
      throw Error(fmt::format("{}: expected bytes of sizes [N, 28, 28]", path));
    }
  }
  return invert ? 255 - pictures : pictures;
}

// What the images are, int64 [N].
Tensor load_labels(const std::string& path) {
  const Tensor labels = data::load_idx(path);
  if (labels.scalar_type() != kByte || labels.dim() != 1) {
    throw Error(fmt::format("{}: expected bytes of size [N]", path));
  }
  return labels.to(kLong);
}

// "Sneaker 98.3 %, Sandal 1.2 %" from the probabilities of one image.
std::string likeliest(const Tensor& probabilities, const std::vector<std::string>& names) {
  const auto [values, classes] = probabilities.topk(kShown);
  std::string text;
  for (int64_t i = 0; i < kShown; ++i) {
    const auto probability = values[i].item<double>();
    if (i > 0 && probability < kLeastShown) break;
    text += fmt::format("{}{} {:.1f} %", i > 0 ? ", " : "", names.at(static_cast<size_t>(classes[i].item<int64_t>())),
                        100 * probability);
  }
  return text;
}

}  // namespace

int run_predict(const PredictOptions& options, const Terminal& terminal) {
  auto [network, recipe] = load_model(options.model);
  const std::vector<std::string> names = class_names(recipe.data);
  const Tensor labels = options.labels.empty() ? Tensor() : load_labels(options.labels);
  int64_t seen = 0, right = 0;
  for (const std::string& path : options.files) {
    Tensor pictures = load_pictures(path, options.invert);
    if (options.limit > 0) pictures = pictures.narrow(0, 0, std::min(options.limit, pictures.size(0)));
    const int64_t count = pictures.size(0);
    if (labels.defined() && seen + count > labels.numel()) {
      throw Error(fmt::format("{}: {} labels for {} images and more", options.labels, labels.numel(), seen + count));
    }
    const Tensor probabilities = predict_logits(network, pictures).softmax(1);
    for (int64_t i = 0; i < count; ++i) {
      const std::string place = count > 1 ? fmt::format("{}[{}]", path, i) : path;
      terminal.print(fmt::format("{}: {}\n", place, likeliest(probabilities[i], names)));
    }
    if (labels.defined()) {
      right += probabilities.argmax(1).eq(labels.narrow(0, seen, count)).sum().item<int64_t>();
    }
    seen += count;
  }
  if (labels.defined() && seen > 0) {
    terminal.print(fmt::format("{} of {} right: {:.2f} %\n", right, seen,
                               100.0 * static_cast<double>(right) / static_cast<double>(seen)));
  }
  return 0;
}

}  // namespace relume::cli
