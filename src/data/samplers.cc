// The order of examples: sequential, random, of streams, and shared out among processes.
#include "relume/data/samplers.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "core/check.h"
#include "relume/ops.h"
#include "relume/serialize/archive.h"

namespace relume::data::samplers {

namespace detail {

void fail_not_saved(const char* function) {
  fail<NotImplementedError>("Sampler::{}(): this kind of sampler does not define it", function);
}

}  // namespace detail

namespace {

void write_count(serialize::OutputArchive& archive, const char* name, size_t count) {
  archive.write(name, scalar_tensor(static_cast<int64_t>(count), kLong), /*is_buffer=*/true);
}
int64_t read_count(serialize::InputArchive& archive, const char* name) {
  Tensor count;
  archive.read(name, count, /*is_buffer=*/true);
  return count.item().toLong();
}

// How many of the indices were given out.
int64_t read_index(const char* sampler, serialize::InputArchive& archive, int64_t size) {
  const int64_t count = read_count(archive, "index");
  check(count >= 0 && count <= size, "{}::load(): index {} of {} indices", sampler, count, size);
  return count;
}

}  // namespace

SequentialSampler::~SequentialSampler() = default;

void SequentialSampler::save(serialize::OutputArchive& archive) const { write_count(archive, "index", index_); }
void SequentialSampler::load(serialize::InputArchive& archive) {
  index_ = static_cast<size_t>(read_index("SequentialSampler", archive, static_cast<int64_t>(size_)));
}

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

void RandomSampler::save(serialize::OutputArchive& archive) const {
  write_count(archive, "index", index());
  archive.write("indices", indices_, /*is_buffer=*/true);
}
void RandomSampler::load(serialize::InputArchive& archive) {
  Tensor indices;
  archive.read("indices", indices, /*is_buffer=*/true);
  index_ = read_index("RandomSampler", archive, indices.numel());
  indices_ = indices;
}

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

CustomBatchRequest::~CustomBatchRequest() = default;
BatchSize::~BatchSize() = default;
StreamSampler::~StreamSampler() = default;

void StreamSampler::reset(std::optional<size_t> new_size) {
  if (new_size) epoch_size_ = *new_size;
  retrieved_ = 0;
}

std::optional<BatchSize> StreamSampler::next(size_t batch_size) {
  const size_t count = std::min(batch_size, epoch_size_ - retrieved_);
  if (count == 0) return std::nullopt;
  retrieved_ += count;
  return BatchSize(count);
}

void StreamSampler::save(serialize::OutputArchive& archive) const {
  write_count(archive, "index", retrieved_);
  write_count(archive, "epoch_size", epoch_size_);
}
void StreamSampler::load(serialize::InputArchive& archive) {
  const int64_t size = read_count(archive, "epoch_size");
  retrieved_ = static_cast<size_t>(read_index("StreamSampler", archive, size));
  epoch_size_ = static_cast<size_t>(size);
}

namespace detail {

SharedIndices::~SharedIndices() = default;

void SharedIndices::start_epoch(std::optional<size_t> new_size, bool shuffled) {
  if (new_size) size_ = *new_size;
  const size_t share = local_sample_count(), count = num_replicas_ == 1 ? size_ : share * num_replicas_;
  indices_.resize(count);
  for (size_t i = 0; i < count; ++i) indices_[i] = i < size_ ? i : i - size_;
  if (shuffled)
    std::shuffle(indices_.begin(), indices_.end(), std::mt19937(static_cast<std::mt19937::result_type>(epoch_)));
  next_ = rank_ * share;
  end_ = next_ + share;
}

std::optional<std::vector<size_t>> SharedIndices::next(size_t batch_size) {
  const size_t count = std::min(batch_size, end_ - next_);
  if (count == 0) return std::nullopt;
  const auto first = indices_.begin() + static_cast<std::ptrdiff_t>(next_);
  next_ += count;
  return std::vector<size_t>(first, first + static_cast<std::ptrdiff_t>(count));
}

void SharedIndices::save(serialize::OutputArchive& archive) const {
  write_count(archive, "index", next_);
  write_count(archive, "epoch", epoch_);
}
void SharedIndices::load(serialize::InputArchive& archive) {
  const int64_t epoch = read_count(archive, "epoch");
  const int64_t index = read_index("DistributedSampler", archive, static_cast<int64_t>(end_));
  epoch_ = static_cast<size_t>(epoch);
  reset(std::nullopt);
  next_ = static_cast<size_t>(index);
}

}  // namespace detail

DistributedRandomSampler::DistributedRandomSampler(size_t size, size_t num_replicas, size_t rank, bool allow_duplicates)
    : SharedIndices(size, num_replicas, rank, allow_duplicates) {
  start_epoch(std::nullopt, /*shuffled=*/true);
}
DistributedRandomSampler::~DistributedRandomSampler() = default;
void DistributedRandomSampler::reset(std::optional<size_t> new_size) { start_epoch(new_size, /*shuffled=*/true); }

DistributedSequentialSampler::DistributedSequentialSampler(size_t size, size_t num_replicas, size_t rank,
                                                           bool allow_duplicates)
    : SharedIndices(size, num_replicas, rank, allow_duplicates) {
  start_epoch(std::nullopt, /*shuffled=*/false);
}
DistributedSequentialSampler::~DistributedSequentialSampler() = default;
void DistributedSequentialSampler::reset(std::optional<size_t> new_size) { start_epoch(new_size, /*shuffled=*/false); }

}  // namespace relume::data::samplers
