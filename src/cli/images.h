// The images that the program learns from: an MNIST-like data set in memory, and its batches.
#pragma once

#include <string>
#include <vector>

#include "relume/data/datasets.h"
#include "relume/data/samplers.h"

namespace relume::cli {

inline constexpr int64_t kSide = 28;  // pixels, of height and width
inline constexpr const char* kFashionMnist = "/usr/share/datasets/fashion-mnist";

// Gray images and their classes.
struct Images {
  Tensor pixels;  // uint8 [N, 28, 28]
  Tensor labels;  // int64 [N]
  int64_t size() const { return pixels.size(0); }
};

// The training or test half of an MNIST-like data set; says how to get one where there is none. With a limit, only its
// first images. Throws Error where a file is damaged, or holds no image or images of another size.
Images load_images(const std::string& folder, bool train, int64_t limit = 0);

// The names of the classes: Fashion-MNIST's where the folder's name says so, else the numbers.
std::vector<std::string> class_names(const std::string& folder);

// Pixels as the network sees them: from 0 to 1, less the mean, over the standard deviation of Fashion-MNIST.
Tensor normalized(const Tensor& pixels);

// Batches of normalised images [N, 1, H, W] with their labels.
class ImageBatches : public data::BatchDataset<ImageBatches, data::Example<>> {
 public:
  explicit ImageBatches(Images images) : images_(std::move(images)) {}
  data::Example<> get_batch(ArrayRef<size_t> indices) override;
  std::optional<size_t> size() const override { return static_cast<size_t>(images_.size()); }

 private:
  Images images_;
};

// A permutation that depends on the seed and the epoch alone, from its `first` index on: an epoch that was interrupted
// goes on with what it had not yet seen.
class EpochSampler : public data::samplers::Sampler<> {
 public:
  EpochSampler(int64_t size, uint64_t seed, int64_t epoch, int64_t first);
  void reset(std::optional<size_t>) override { index_ = first_; }
  std::optional<std::vector<size_t>> next(size_t batch_size) override;

 private:
  Tensor order_;
  int64_t first_;
  int64_t index_;
};

}  // namespace relume::cli
