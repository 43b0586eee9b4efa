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

// save() and load() of relume/serialize.h take samplers by these.
template <class BatchRequest>
serialize::OutputArchive& operator<<(serialize::OutputArchive& archive, const Sampler<BatchRequest>& sampler) {
  sampler.save(archive);
  return archive;
}
template <class BatchRequest>
serialize::InputArchive& operator>>(serialize::InputArchive& archive, Sampler<BatchRequest>& sampler) {
  sampler.load(archive);
  return archive;
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

// A request that is more than a list of indices: it says how many examples it asks for.
struct RELUME_API CustomBatchRequest {
  CustomBatchRequest() = default;
  CustomBatchRequest(const CustomBatchRequest&) = default;
  CustomBatchRequest& operator=(const CustomBatchRequest&) = default;
  virtual ~CustomBatchRequest();
  virtual size_t size() const = 0;
};

// A number of examples, whichever they are.
struct RELUME_API BatchSize : public CustomBatchRequest {
  explicit BatchSize(size_t size) : size_(size) {}
  ~BatchSize() override;
  size_t size() const noexcept override { return size_; }
  operator size_t() const noexcept { return size_; }  // NOLINT: implicit, as in libtorch
  size_t size_;
};

// Numbers of examples, for data sets that are streams, until `epoch_size` of them were asked for.
class RELUME_API StreamSampler : public Sampler<BatchSize> {
 public:
  explicit StreamSampler(size_t epoch_size) : epoch_size_(epoch_size) {}
  ~StreamSampler() override;

  void reset(std::optional<size_t> new_size = {}) override;
  std::optional<BatchSize> next(size_t batch_size) override;
  void save(serialize::OutputArchive& archive) const override;
  void load(serialize::InputArchive& archive) override;

 private:
  size_t retrieved_ = 0;
  size_t epoch_size_;
};

// Gives one of several processes its share of the indices: the rank-th of num_replicas equal runs. Where size is no
// multiple of num_replicas the first indices come twice, or without allow_duplicates the last ones not at all.
template <class BatchRequest = std::vector<size_t>>
class DistributedSampler : public Sampler<BatchRequest> {
 public:
  explicit DistributedSampler(size_t size, size_t num_replicas = 1, size_t rank = 0, bool allow_duplicates = true)
      : size_(size), num_replicas_(num_replicas), rank_(rank), allow_duplicates_(allow_duplicates) {}

  // The number of the epoch that the next reset() starts, alike in all processes: the seed of its order.
  void set_epoch(size_t epoch) { epoch_ = epoch; }
  size_t epoch() const { return epoch_; }

 protected:
  // How many indices each process gets.
  size_t local_sample_count() const { return (allow_duplicates_ ? size_ + num_replicas_ - 1 : size_) / num_replicas_; }

  size_t size_;
  size_t num_replicas_;
  size_t rank_;
  size_t epoch_ = 0;
  bool allow_duplicates_;
};

namespace detail {

// The indices of all processes in the order of an epoch, and the share of one of them.
class RELUME_API SharedIndices : public DistributedSampler<> {
 public:
  SharedIndices(size_t size, size_t num_replicas, size_t rank, bool allow_duplicates)
      : DistributedSampler(size, num_replicas, rank, allow_duplicates) {}
  ~SharedIndices() override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;
  void save(serialize::OutputArchive& archive) const override;
  void load(serialize::InputArchive& archive) override;
  // Where in the order of all processes the next index stands.
  size_t index() const noexcept { return next_; }

 protected:
  void start_epoch(std::optional<size_t> new_size, bool shuffled);

 private:
  std::vector<size_t> indices_;
  size_t next_ = 0;
  size_t end_ = 0;
};

}  // namespace detail

// The share of a random permutation, which the epoch's number alone decides.
class RELUME_API DistributedRandomSampler : public detail::SharedIndices {
 public:
  explicit DistributedRandomSampler(size_t size, size_t num_replicas = 1, size_t rank = 0,
                                    bool allow_duplicates = true);
  ~DistributedRandomSampler() override;
  void reset(std::optional<size_t> new_size = {}) override;
};

// The share of 0, 1, 2, ...
class RELUME_API DistributedSequentialSampler : public detail::SharedIndices {
 public:
  explicit DistributedSequentialSampler(size_t size, size_t num_replicas = 1, size_t rank = 0,
                                        bool allow_duplicates = true);
  ~DistributedSequentialSampler() override;
  void reset(std::optional<size_t> new_size = {}) override;
};

}  // namespace relume::data::samplers
