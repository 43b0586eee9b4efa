// The order of examples: sequential and random.
#include "relume/data/samplers.h"

#include <algorithm>
#include <numeric>

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

// How many of the indices were given out.
int64_t read_index(const char* sampler, serialize::InputArchive& archive, int64_t size) {
  Tensor index;
  archive.read("index", index, /*is_buffer=*/true);
  const int64_t count = index.item().toLong();
  check(count >= 0 && count <= size, "{}::load(): index {} of {} indices", sampler, count, size);
  return count;
}

}  // namespace

SequentialSampler::~SequentialSampler() = default;

void SequentialSampler::save(serialize::OutputArchive& archive) const {
  archive.write("index", scalar_tensor(static_cast<int64_t>(index_), kLong), /*is_buffer=*/true);
}
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
  archive.write("index", scalar_tensor(index_, kLong), /*is_buffer=*/true);
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

}  // namespace relume::data::samplers
