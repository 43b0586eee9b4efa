// Samplers: the order in which a DataLoader asks for examples.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "relume/export.h"
#include "relume/tensor.h"

namespace relume::serialize {
class OutputArchive;
class InputArchive;
}  // namespace relume::serialize

namespace relume::data::samplers {

// Gives requests, here lists of indices, until an epoch is over.
template <class BatchRequest = std::vector<size_t>>
class Sampler {
 public:
  using BatchRequestType = BatchRequest;

  virtual ~Sampler() = default;
  // Starts a new epoch, of a new size where one is given.
  virtual void reset(std::optional<size_t> new_size) = 0;
  // The next request of up to `batch_size` examples; nothing when the epoch is over.
  virtual std::optional<BatchRequest> next(size_t batch_size) = 0;
  // Where in the epoch it is: written to an archive, and read from one.
  virtual void save(serialize::OutputArchive& archive) const;
  virtual void load(serialize::InputArchive& archive);
};

namespace detail {
[[noreturn]] RELUME_API void fail_not_saved(const char* function);
}
template <class BatchRequest>
void Sampler<BatchRequest>::save(serialize::OutputArchive&) const {
  detail::fail_not_saved("save");
}
template <class BatchRequest>
void Sampler<BatchRequest>::load(serialize::InputArchive&) {
  detail::fail_not_saved("load");
}

// 0, 1, 2, ...
class RELUME_API SequentialSampler : public Sampler<> {
 public:
  explicit SequentialSampler(size_t size) : size_(size) {}
  ~SequentialSampler() override;

  void reset(std::optional<size_t> new_size = {}) override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;
  void save(serialize::OutputArchive& archive) const override;
  void load(serialize::InputArchive& archive) override;
  // How many indices the epoch has given so far.
  size_t index() const { return index_; }

 private:
  size_t size_;
  size_t index_ = 0;
};

// A new random permutation each epoch: randperm of the default generator, drawn when it is made and at each reset.
class RELUME_API RandomSampler : public Sampler<> {
 public:
  explicit RandomSampler(int64_t size, ScalarType index_dtype = kInt64);
  ~RandomSampler() override;

  void reset(std::optional<size_t> new_size = {}) override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;
  void save(serialize::OutputArchive& archive) const override;
  void load(serialize::InputArchive& archive) override;
  size_t index() const { return static_cast<size_t>(index_); }

 private:
  Tensor indices_;
  int64_t index_ = 0;
};

}  // namespace relume::data::samplers
