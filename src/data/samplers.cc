// The order of examples: sequential and random.
#include "relume/data/samplers.h"

#include <algorithm>
#include <numeric>

#include "relume/ops.h"

namespace relume::data::samplers {

SequentialSampler::~SequentialSampler() = default;

void SequentialSampler::reset(std::optional<size_t> new_size) {
  if (new_size) size_ = *new_size;
  index_ = 0;
}

std::optional<std::vector<size_t>> SequentialSampler::next(size_t batch_size) {
  const size_t count = std::min(batch_size, size_ - index_);
  if (count == 0) return std::nullopt;
  std::vector<size_t> indices(count);
  std::iota(indices.begin(), indices.end(), index_);
  index_ += count;
  return indices;
}

RandomSampler::RandomSampler(int64_t size, ScalarType index_dtype) : indices_(relume::randperm(size, index_dtype)) {}

RandomSampler::~RandomSampler() = default;

void RandomSampler::reset(std::optional<size_t> new_size) {
  const int64_t size = new_size ? static_cast<int64_t>(*new_size) : indices_.numel();
  indices_ = relume::randperm(size, indices_.options());
  index_ = 0;
}

std::optional<std::vector<size_t>> RandomSampler::next(size_t batch_size) {
  const int64_t count = std::min(static_cast<int64_t>(batch_size), indices_.numel() - index_);
  if (count == 0) return std::nullopt;
  const Tensor slice = indices_.narrow(0, index_, count).to(kLong);
  index_ += count;
  return std::vector<size_t>(slice.data_ptr<int64_t>(), slice.data_ptr<int64_t>() + count);
}

}  // namespace relume::data::samplers
