// Loading and batching images.
#include "cli/images.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "relume/data/files.h"
#include "relume/error.h"
#include "relume/ops.h"

namespace relume::cli {
namespace {

constexpr double kMean = 0.2860;
constexpr double kStddev = 0.3530;

// The float that each byte becomes.
std::array<float, 256> byte_values() {
  std::array<float, 256> values;
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>((static_cast<double>(i) / 255 - kMean) / kStddev);
  }
  return values;
}

}  // namespace

Images load_images(const std::string& folder, bool train, int64_t limit) {
  struct stat status;
  if (::stat(folder.c_str(), &status) != 0) {
    throw Error(
        fmt::format("there is no data set in {}: install the Debian package dataset-fashion-mnist, or name "
                    "a folder with MNIST's four files by --data",
                    folder));
  }
  const data::Example<> files = data::load_mnist(folder, train);
  Images images{files.data, files.target.to(kLong)};
  if (images.size() == 0 || images.pixels.size(1) != kSide || images.pixels.size(2) != kSide) {
    throw Error(fmt::format("{}: expected at least one image, and images of 28 x 28 pixels, got sizes [{}]", folder,
                            fmt::join(images.pixels.sizes(), ", ")));
  }
  if (limit > 0 && limit < images.size()) {
    images.pixels = images.pixels.narrow(0, 0, limit);
    images.labels = images.labels.narrow(0, 0, limit);
  }
  return images;
}

std::vector<std::string> class_names(const std::string& folder) {
  if (folder.find("fashion") != std::string::npos) {
    return {"T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};
  }
  return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
}

Tensor normalized(const Tensor& pixels) {
  static const std::array<float, 256> values = byte_values();
  const Tensor input = pixels.contiguous();
  const Tensor output = relume::empty(input.sizes(), kFloat);
  const uint8_t* from = input.data_ptr<uint8_t>();
  std::transform(from, from + input.numel(), output.data_ptr<float>(), [](uint8_t byte) { return values[byte]; });
  return output.unsqueeze(1);
}

data::Example<> ImageBatches::get_batch(ArrayRef<size_t> indices) {
  const auto count = static_cast<int64_t>(indices.size());
  const Tensor index = relume::empty({count}, kLong);
  std::copy(indices.begin(), indices.end(), index.data_ptr<int64_t>());
  return {normalized(images_.pixels.index_select(0, index)), images_.labels.index_select(0, index)};
}

EpochSampler::EpochSampler(int64_t size, uint64_t seed, int64_t epoch, int64_t first)
    : order_(relume::randperm(size, Generator(seed + static_cast<uint64_t>(epoch)))), first_(first), index_(first) {}

std::optional<std::vector<size_t>> EpochSampler::next(size_t batch_size) {
  const int64_t count = std::min(static_cast<int64_t>(batch_size), order_.numel() - index_);
  if (count <= 0) return std::nullopt;
  const int64_t* from = order_.data_ptr<int64_t>() + index_;
  index_ += count;
  return std::vector<size_t>(from, from + count);
}

}  // namespace relume::cli
