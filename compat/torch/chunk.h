// torch::data::datasets::ChunkDataset: examples that are read in chunks, by threads of the data set's own.
#pragma once

#include <torch/data.h>
#include <torch/serialize.h>

#include <atomic>
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

namespace torch {
namespace data {
namespace datasets {

// Reads chunks, each a list of examples, by number.
template <class Example, class Chunk = std::vector<Example>>
class ChunkDataReader {
 public:
  using ExampleType = Example;
  using ChunkType = Chunk;

  virtual ~ChunkDataReader() = default;
  virtual ChunkType read_chunk(size_t chunk_index) = 0;
  virtual size_t chunk_count() = 0;
  // Called at the start of each epoch.
  virtual void reset() = 0;
};

// How a ChunkDataset reads: with how many threads, in batches of which size, up to how many examples ahead, and how
// many chunks at a time, whose examples are then shuffled among each other. Throws Error where a number is zero or
// cache_size is below batch_size.
struct ChunkDatasetOptions {
  ChunkDatasetOptions(size_t preloader_count, size_t batch_size, size_t cache_size = 2048,
                      size_t cross_chunk_shuffle_count = 1)
      : preloader_count_(preloader_count),
        batch_size_(batch_size),
        cache_size_(cache_size),
        cross_chunk_shuffle_count_(cross_chunk_shuffle_count) {
    TORCH_CHECK(preloader_count > 0, "Preloader count is 0. At least one preloader needs to be specified.");
    TORCH_CHECK(batch_size > 0, "Batch size is 0. A positive batch size needs to be specified.");
    TORCH_CHECK(cache_size > 0, "Cache size is 0. A positive cache size needs to be specified.");
    TORCH_CHECK(cache_size >= batch_size,
                "Cache size is less than batch size. Cache needs to be large enough to hold at least one batch.");
    TORCH_CHECK(cross_chunk_shuffle_count > 0, "cross_chunk_shuffle_count needs to be greater than 0.");
  }
  RELUME_ARG(size_t, preloader_count);
  RELUME_ARG(size_t, batch_size);
  RELUME_ARG(size_t, cache_size);
  RELUME_ARG(size_t, cross_chunk_shuffle_count);
};

namespace detail {

// Batches on their way from the threads that read chunks to the one that asks for batches.
template <class Batch, class ExampleSampler>
class ChunkQueue {
 public:
  using Lock = relume::data::detail::Monitor::Lock;

  ChunkQueue(ExampleSampler& sampler, const ChunkDatasetOptions& options) : sampler_(sampler), options_(options) {}

  // Adds a chunk's examples in the sampler's order, once there is room; the last batch is filled up first.
  void add(Batch chunk) {
    Lock lock(monitor_);
    if (!wait_for_room(lock)) return;
    const size_t count = chunk.size();
    sampler_.reset(count);
    for (size_t left = count; left > 0;) {
      if (items_.empty() || items_.back().error || items_.back().batch.size() >= options_.batch_size())
        items_.emplace_back();
      Batch& batch = items_.back().batch;
      const auto indices = sampler_.next(std::min(left, options_.batch_size() - batch.size()));
      TORCH_CHECK(indices && !indices->empty(), "the sampler of a ChunkDataset gives fewer indices than there are");
      for (const size_t i : *indices) {
        TORCH_CHECK(i < count, "Index out of range");
        batch.push_back(std::move(chunk[i]));
      }
      left -= indices->size();
    }
    examples_ += count;
    monitor_.notify_all();
  }
  // Adds an error, which the next one to ask for a batch gets.
  void add(std::exception_ptr error) {
    Lock lock(monitor_);
    if (!wait_for_room(lock)) return;
    items_.push_back({Batch(), std::move(error)});
    monitor_.notify_all();
  }
  // The next batch, waiting for it; nothing when all was given and nothing more comes.
  std::optional<Batch> take() {
    Lock lock(monitor_);
    lock.wait(
        [this] { return ended_ || examples_ >= options_.batch_size() || (!items_.empty() && items_.front().error); });
    if (items_.empty()) return std::nullopt;
    Item item = std::move(items_.front());
    items_.pop_front();
    if (item.error) throw WorkerException(item.error);
    examples_ -= item.batch.size();
    monitor_.notify_all();
    return std::move(item.batch);
  }
  // Nothing more comes.
  void end() {
    const Lock lock(monitor_);
    ended_ = true;
    monitor_.notify_all();
  }

 private:
  struct Item {
    Batch batch;
    std::exception_ptr error;
  };
  bool wait_for_room(Lock& lock) {
    lock.wait([this] { return ended_ || examples_ < options_.cache_size(); });
    return !ended_;
  }

  ExampleSampler& sampler_;
  const ChunkDatasetOptions options_;
  relume::data::detail::Monitor monitor_;
  std::deque<Item> items_;
  size_t examples_ = 0;
  bool ended_ = false;
};

}  // namespace detail

// A data set of chunks: threads read them in the order of one sampler, and the examples of each come in the order of
// another, in batches that may have examples of two chunks. An epoch starts with reset(), which a DataLoader calls; for
// it, make a shared one of it. `preprocess` may change what was read before it is cut into batches.
template <class ChunkReader, class ChunkSampler = samplers::RandomSampler,
          class ExampleSampler = samplers::RandomSampler>
class ChunkDataset final : public StatefulDataset<ChunkDataset<ChunkReader, ChunkSampler, ExampleSampler>,
                                                  typename ChunkReader::BatchType, size_t> {
 public:
  using UnwrappedBatchType = typename ChunkReader::BatchType;
  using BatchType = std::optional<UnwrappedBatchType>;
  using BatchRequestType = size_t;
  using ChunkSamplerType = ChunkSampler;
  using ExampleSamplerType = ExampleSampler;

  ChunkDataset(ChunkReader chunk_reader, ChunkSampler chunk_sampler, ExampleSampler example_sampler,
               ChunkDatasetOptions options, std::function<void(UnwrappedBatchType&)> preprocess = {})
      : reader_(std::move(chunk_reader)),
        chunk_sampler_(std::move(chunk_sampler)),
        example_sampler_(std::move(example_sampler)),
        options_(options),
        preprocess_(std::move(preprocess)) {}
  ~ChunkDataset() override { end_epoch(); }

  // Throws Error before the first reset(), or where batch_size is not that of the options.
  BatchType get_batch(size_t batch_size) override {
    TORCH_CHECK(queue_ != nullptr, "Dataset needs to call reset() before calling get_batch().");
    TORCH_CHECK(
        batch_size == options_.batch_size(),
        "The requested batch size does not match with the initialized batch size.\n The requested batch size is ",
        batch_size, ", while the dataset is created with batch size equal to ", options_.batch_size());
    return queue_->take();
  }
  BatchType get_batch() { return get_batch(options_.batch_size()); }

  void reset() override {
    end_epoch();
    if (!loaded_) {
      reader_.reset();
      chunk_sampler_.reset(reader_.chunk_count());
    }
    queue_ = std::make_unique<Queue>(example_sampler_, options_);
    reading_ = options_.preloader_count();
    for (size_t i = 0; i < options_.preloader_count(); ++i) threads_.start([this] { read_chunks(); });
  }
  std::optional<size_t> size() const override { return std::nullopt; }
  // For a sampler that is told of each epoch.
  ChunkSampler& chunk_sampler() { return chunk_sampler_; }

  // Which chunks of the epoch are still to be read. After load() every reset() leaves the chunks' sampler as it is.
  void save(serialize::OutputArchive& archive) const override {
    const Lock lock(sampler_monitor_);
    chunk_sampler_.save(archive);
  }
  void load(serialize::InputArchive& archive) override {
    const Lock lock(sampler_monitor_);
    chunk_sampler_.load(archive);
    loaded_ = true;
  }

 private:
  using Queue = detail::ChunkQueue<UnwrappedBatchType, ExampleSampler>;
  using Lock = relume::data::detail::Monitor::Lock;

  auto next_chunks() {
    const Lock lock(sampler_monitor_);
    return chunk_sampler_.next(options_.cross_chunk_shuffle_count());
  }
  // What each thread does.
  void read_chunks() {
    while (!stopped_) {
      try {
        const auto chunks = next_chunks();
        if (!chunks) break;
        UnwrappedBatchType examples;
        for (const size_t chunk : *chunks) {
          UnwrappedBatchType read = reader_.read_chunk(chunk);
          std::move(read.begin(), read.end(), std::back_inserter(examples));
        }
        if (preprocess_) preprocess_(examples);
        if (!examples.empty()) queue_->add(std::move(examples));
      } catch (...) {
        queue_->add(std::current_exception());
      }
    }
    if (--reading_ == 0) queue_->end();
  }
  void end_epoch() {
    if (queue_) queue_->end();
    stopped_ = true;
    threads_.join();
    stopped_ = false;
  }

  ChunkReader reader_;
  ChunkSampler chunk_sampler_;
  ExampleSampler example_sampler_;
  const ChunkDatasetOptions options_;
  std::function<void(UnwrappedBatchType&)> preprocess_;
  relume::data::detail::Monitor sampler_monitor_;  // held while chunk_sampler_ is used
  std::unique_ptr<Queue> queue_;
  relume::data::detail::Threads threads_;
  std::atomic<bool> stopped_{false};
  std::atomic<size_t> reading_{0};  // threads that may still add examples
  bool loaded_ = false;
};

}  // namespace datasets
}  // namespace data
}  // namespace torch
