// DataLoader: batches of a data set in a sampler's order, prefetched by worker threads.
#pragma once

#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/data/datasets.h"
#include "relume/data/samplers.h"
#include "relume/export.h"
#include "relume/owned.h"

namespace relume::data {

// How a DataLoader works; each setter returns *this.
class DataLoaderOptions {
 public:
  DataLoaderOptions() = default;
  DataLoaderOptions(size_t batch_size) : batch_size_(batch_size) {}  // NOLINT: implicit, as in libtorch

  // Examples in a batch.
  DataLoaderOptions& batch_size(size_t count) { return set(batch_size_, count); }
  size_t batch_size() const { return batch_size_; }
  // Threads that read batches ahead; none: they are read when they are asked for.
  DataLoaderOptions& workers(size_t count) { return set(workers_, count); }
  size_t workers() const { return workers_; }
  // Batches read ahead at most; twice the workers where it is not set.
  DataLoaderOptions& max_jobs(std::optional<size_t> count) { return set(max_jobs_, count); }
  std::optional<size_t> max_jobs() const { return max_jobs_; }
  // How long to wait for a worker, as a std::chrono duration in milliseconds; for ever where it is not set.
  template <class Milliseconds>
  DataLoaderOptions& timeout(Milliseconds limit) {
    return set(timeout_ms_, std::optional<int64_t>(limit.count()));
  }
  std::optional<int64_t> timeout_ms() const { return timeout_ms_; }
  // Whether batches come in the sampler's order, or as soon as they are read.
  DataLoaderOptions& enforce_ordering(bool value) { return set(enforce_ordering_, value); }
  bool enforce_ordering() const { return enforce_ordering_; }
  // Whether a last batch that is not full is left out.
  DataLoaderOptions& drop_last(bool value) { return set(drop_last_, value); }
  bool drop_last() const { return drop_last_; }

 private:
  template <class T>
  DataLoaderOptions& set(T& member, T value) {
    member = value;
    return *this;
  }

  size_t batch_size_ = 1;
  size_t workers_ = 0;
  std::optional<size_t> max_jobs_;
  std::optional<int64_t> timeout_ms_;
  bool enforce_ordering_ = true;
  bool drop_last_ = false;
};

// An exception that a worker thread met, thrown where its batch is asked for.
struct RELUME_API WorkerException : public std::exception {
  explicit WorkerException(std::exception_ptr original);
  ~WorkerException() override;
  const char* what() const noexcept override { return message.c_str(); }

  std::exception_ptr original_exception;
  std::string message;
};

namespace detail {

using relume::detail::Owned;

// A batch to be read by some worker.
struct Job {
  virtual ~Job() = default;
  virtual void run(size_t worker) = 0;
};

// Runs jobs on worker threads, or on the caller where there are none. A job draws its random numbers from a generator
// of its own, whose seed depends on the default generator's seed and on the job's number: not on the worker.
class RELUME_API Prefetcher {
 public:
  Prefetcher(size_t workers, bool in_order, std::optional<int64_t> timeout_ms);
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  void submit(Owned<Job> job);
  // The next job that is done, waiting for it. Throws WorkerException where the job threw.
  Owned<Job> take();
  // Jobs that were submitted and not taken.
  size_t in_flight() const;
  // Ends the threads; what was submitted is forgotten.
  void join();

 private:
  struct State;
  Owned<State> state_;
};

RELUME_API void check_loader(size_t batch_size, bool exhausted);
[[noreturn]] RELUME_API void fail_no_size();
// For `action` increment or dereference, of the loader's end() or of an iterator that has reached it.
[[noreturn]] RELUME_API void fail_past_the_end(const std::string& action, bool is_end);

// Where an iterator gets its batches.
template <class Batch>
struct BatchSource {
  virtual ~BatchSource() = default;
  virtual std::optional<Batch> next() = 0;
};

}  // namespace detail

// Walks once over the batches of an epoch.
template <class Batch>
class Iterator {
 public:
  using difference_type = std::ptrdiff_t;
  using value_type = Batch;
  using pointer = Batch*;
  using reference = Batch&;
  using iterator_category = std::input_iterator_tag;

  Iterator() = default;  // the end
  explicit Iterator(detail::BatchSource<Batch>* source) : source_(source) {}

  Iterator& operator++() {
    require_batch("increment");
    batch_ = source_->next();
    return *this;
  }
  Batch& operator*() const {
    require_batch("dereference");
    return *batch_;
  }
  Batch* operator->() const { return &**this; }
  bool operator==(const Iterator& other) const {
    return at_end() == other.at_end() && (at_end() || source_ == other.source_);
  }
  bool operator!=(const Iterator& other) const { return !(*this == other); }

 private:
  void load() const {
    if (loaded_) return;
    loaded_ = true;
    batch_ = source_->next();
  }
  void require_batch(const char* action) const {
    if (at_end()) detail::fail_past_the_end(action, source_ == nullptr);
  }
  bool at_end() const {
    if (!source_) return true;
    load();
    return !batch_;
  }

  detail::BatchSource<Batch>* source_ = nullptr;
  mutable std::optional<Batch> batch_;
  mutable bool loaded_ = false;
};

// Gives the batches of a data set in the order of a sampler: for (auto& batch : loader) is an epoch.
template <class Dataset, class Sampler>
class StatelessDataLoader : private detail::BatchSource<typename Dataset::BatchType> {
 public:
  using BatchType = typename Dataset::BatchType;
  using BatchRequestType = typename Sampler::BatchRequestType;

  StatelessDataLoader(Dataset dataset, Sampler sampler, DataLoaderOptions options)
      : options_(std::move(options)),
        sampler_(std::move(sampler)),
        prefetcher_(options_.workers(), options_.enforce_ordering(), options_.timeout_ms()) {
    detail::check_loader(options_.batch_size(), true);
    datasets_.reserve(options_.workers() + 1);
    if constexpr (std::is_copy_constructible_v<Dataset>) {
      for (size_t i = 1; i < options_.workers(); ++i) datasets_.push_back(dataset);
    }
    datasets_.push_back(std::move(dataset));
  }

  // Starts an epoch. Throws Error while an earlier epoch's iterator is not at its end.
  Iterator<BatchType> begin() {
    detail::check_loader(options_.batch_size(), prefetcher_.in_flight() == 0);
    sampler_.reset(std::nullopt);
    exhausted_ = false;
    const size_t jobs = options_.max_jobs().value_or(2 * options_.workers());
    for (size_t i = 0; i < jobs; ++i) submit();
    return Iterator<BatchType>(this);
  }
  Iterator<BatchType> end() { return {}; }

  // Ends the workers; the loader gives no batch after it.
  void join() {
    prefetcher_.join();
    exhausted_ = true;
  }
  const DataLoaderOptions& options() const { return options_; }

 private:
  struct BatchJob final : detail::Job {
    BatchJob(std::vector<Dataset>* datasets, BatchRequestType request)
        : datasets(datasets), request(std::move(request)) {}
    void run(size_t worker) override { batch = (*datasets)[worker].get_batch(std::move(request)); }

    std::vector<Dataset>* datasets;
    BatchRequestType request;
    std::optional<BatchType> batch;
  };

  void submit() {
    if (exhausted_) return;
    std::optional<BatchRequestType> request = sampler_.next(options_.batch_size());
    if (!request || (options_.drop_last() && request->size() < options_.batch_size())) {
      exhausted_ = true;
      return;
    }
    prefetcher_.submit(detail::Owned<detail::Job>(new BatchJob(&datasets_, std::move(*request))));
  }

  std::optional<BatchType> next() override {
    if (prefetcher_.in_flight() == 0) submit();
    if (prefetcher_.in_flight() == 0) return std::nullopt;
    const detail::Owned<detail::Job> job = prefetcher_.take();
    if (options_.workers() > 0) submit();
    return std::move(static_cast<BatchJob&>(*job).batch);
  }

  DataLoaderOptions options_;
  Sampler sampler_;
  std::vector<Dataset> datasets_;
  bool exhausted_ = true;
  detail::Prefetcher prefetcher_;  // the last member: its threads end before what they use
};

// A loader of `dataset` in the order of `sampler`.
template <class Dataset, class Sampler>
std::unique_ptr<StatelessDataLoader<Dataset, Sampler>> make_data_loader(Dataset dataset, Sampler sampler,
                                                                        DataLoaderOptions options) {
  return std::make_unique<StatelessDataLoader<Dataset, Sampler>>(std::move(dataset), std::move(sampler),
                                                                 std::move(options));
}

// A loader whose sampler, a random one unless another is named, is made of the size of the data set.
template <class Sampler = samplers::RandomSampler, class Dataset>
std::unique_ptr<StatelessDataLoader<Dataset, Sampler>> make_data_loader(
    Dataset dataset, DataLoaderOptions options = DataLoaderOptions()) {
  const std::optional<size_t> size = dataset.size();
  if (!size) detail::fail_no_size();
  return make_data_loader(std::move(dataset), Sampler(*size), std::move(options));
}

}  // namespace relume::data
