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
#include "relume/maybe.h"
#include "relume/nn/options.h"
#include "relume/owned.h"

namespace relume::data {

// A duration, which converts to those of std::chrono.
class Milliseconds {
 public:
  explicit constexpr Milliseconds(int64_t count) : count_(count) {}
  template <class Duration, class Period = typename Duration::period>
  constexpr Milliseconds(Duration duration)  // NOLINT: implicit
      : count_(static_cast<int64_t>(duration.count() * 1000 * Period::num / Period::den)) {}
  template <class Duration, class = typename Duration::period>
  constexpr operator Duration() const {  // NOLINT: implicit
    return Duration(count_ * Duration::period::den / (1000 * Duration::period::num));
  }
  constexpr int64_t count() const { return count_; }

 private:
  int64_t count_;
};

// How a DataLoader works.
struct DataLoaderOptions {
  DataLoaderOptions() = default;
  DataLoaderOptions(size_t batch_size) : batch_size_(batch_size) {}  // NOLINT: implicit, as in libtorch

  // Examples in a batch.
  RELUME_ARG(size_t, batch_size) = 1;
  // Threads that read batches ahead; none: they are read when they are asked for.
  RELUME_ARG(size_t, workers) = 0;
  // Batches read ahead at most; twice the workers where it is not set.
  RELUME_ARG(std::optional<size_t>, max_jobs);
  // How long to wait for a worker; for ever where it is not set.
  RELUME_ARG(relume::detail::Maybe<Milliseconds>, timeout);
  // Whether batches come in the sampler's order, or as soon as they are read.
  RELUME_ARG(bool, enforce_ordering) = true;
  // Whether a last batch that is not full is left out.
  RELUME_ARG(bool, drop_last) = false;
};

// The same as fields, with a number of jobs in any case.
struct FullDataLoaderOptions {
  explicit FullDataLoaderOptions(const DataLoaderOptions& options)
      : batch_size(options.batch_size()),
        workers(options.workers()),
        max_jobs(options.max_jobs().value_or(2 * workers)),
        timeout(options.timeout()),
        enforce_ordering(options.enforce_ordering()),
        drop_last(options.drop_last()) {}

  size_t batch_size;
  size_t workers;
  size_t max_jobs;
  relume::detail::Maybe<Milliseconds> timeout;
  bool enforce_ordering;
  bool drop_last;
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

// Gives the batches of a data set: for (auto& batch : loader) is an epoch.
template <class Dataset, class Batch, class BatchRequest>
class DataLoaderBase : private detail::BatchSource<Batch> {
 public:
  using BatchType = Batch;
  using BatchRequestType = BatchRequest;

  // Starts an epoch. Throws Error while an earlier epoch's iterator is not at its end.
  Iterator<Batch> begin() {
    detail::check_loader(options_.batch_size, prefetcher_.in_flight() == 0);
    reset();
    exhausted_ = false;
    for (size_t i = 0; i < options_.max_jobs; ++i) submit();
    return Iterator<Batch>(this);
  }
  Iterator<Batch> end() { return {}; }

  // Ends the workers; the loader gives no batch after it.
  void join() {
    prefetcher_.join();
    exhausted_ = true;
  }
  const FullDataLoaderOptions& options() const { return options_; }

 protected:
  DataLoaderBase(Dataset dataset, const DataLoaderOptions& options)
      : options_(options), prefetcher_(options_.workers, options_.enforce_ordering, timeout_ms(options_)) {
    detail::check_loader(options_.batch_size, true);
    datasets_.reserve(options_.workers + 1);
    if constexpr (!Dataset::is_stateful && std::is_copy_constructible_v<Dataset>) {
      for (size_t i = 1; i < options_.workers; ++i) datasets_.push_back(dataset);
    }
    datasets_.push_back(std::move(dataset));
  }
  // Ends the workers before what they use.
  ~DataLoaderBase() override { prefetcher_.join(); }

  virtual void reset() = 0;
  // What to ask the data set for next; nothing at the end of the epoch.
  virtual std::optional<BatchRequest> get_batch_request() = 0;

  const FullDataLoaderOptions options_;
  std::vector<Dataset> datasets_;  // one for each worker, or one for all

 private:
  struct BatchJob final : detail::Job {
    BatchJob(std::vector<Dataset>* datasets, BatchRequest request) : datasets(datasets), request(std::move(request)) {}
    void run(size_t worker) override {
      batch = (*datasets)[Dataset::is_stateful ? 0 : worker].get_batch(std::move(request));
    }

    std::vector<Dataset>* datasets;
    BatchRequest request;
    std::optional<Batch> batch;
  };

  static std::optional<int64_t> timeout_ms(const FullDataLoaderOptions& options) {
    return options.timeout ? std::optional<int64_t>(options.timeout->count()) : std::nullopt;
  }

  void submit() {
    if (exhausted_) return;
    std::optional<BatchRequest> request = get_batch_request();
    if (request)
      prefetcher_.submit(detail::Owned<detail::Job>(new BatchJob(&datasets_, std::move(*request))));
    else
      exhausted_ = true;
  }

  std::optional<Batch> next() override {
    if (prefetcher_.in_flight() == 0) submit();
    while (prefetcher_.in_flight() > 0) {
      const detail::Owned<detail::Job> job = prefetcher_.take();
      std::optional<Batch>& batch = static_cast<BatchJob&>(*job).batch;
      exhausted_ = exhausted_ || !batch;
      if (!batch) continue;  // what other workers have read comes still
      if (options_.workers > 0) submit();
      return std::move(batch);
    }
    return std::nullopt;
  }

  bool exhausted_ = true;
  detail::Prefetcher prefetcher_;
};

// A loader that asks for examples in the order of a sampler. Each worker reads from a copy of the data set.
template <class Dataset, class Sampler>
class StatelessDataLoader final
    : public DataLoaderBase<Dataset, typename Dataset::BatchType, typename Sampler::BatchRequestType> {
 public:
  using super = DataLoaderBase<Dataset, typename Dataset::BatchType, typename Sampler::BatchRequestType>;

  StatelessDataLoader(Dataset dataset, Sampler sampler, const DataLoaderOptions& options)
      : super(std::move(dataset), options), sampler_(std::move(sampler)) {}

 private:
  void reset() override { sampler_.reset(std::nullopt); }
  std::optional<typename super::BatchRequestType> get_batch_request() override {
    auto request = sampler_.next(this->options_.batch_size);
    if (request && this->options_.drop_last && request->size() < this->options_.batch_size) return std::nullopt;
    return request;
  }

  Sampler sampler_;
};

// A loader of a data set that is stateful, which all workers read from.
template <class Dataset>
class StatefulDataLoader final
    : public DataLoaderBase<Dataset, typename Dataset::BatchType::value_type, typename Dataset::BatchRequestType> {
 public:
  using super = DataLoaderBase<Dataset, typename Dataset::BatchType::value_type, typename Dataset::BatchRequestType>;

  StatefulDataLoader(Dataset dataset, const DataLoaderOptions& options) : super(std::move(dataset), options) {}

 private:
  void reset() override { this->datasets_[0].reset(); }
  std::optional<typename super::BatchRequestType> get_batch_request() override { return this->options_.batch_size; }
};

// A loader of `dataset` in the order of `sampler`.
template <class Dataset, class Sampler, class = std::enable_if_t<!Dataset::is_stateful>>
std::unique_ptr<StatelessDataLoader<Dataset, Sampler>> make_data_loader(Dataset dataset, Sampler sampler,
                                                                        DataLoaderOptions options) {
  return std::make_unique<StatelessDataLoader<Dataset, Sampler>>(std::move(dataset), std::move(sampler), options);
}

// A loader whose sampler, a random one unless another is named, is made of the size of the data set.
template <class Sampler = samplers::RandomSampler, class Dataset,
          class = std::enable_if_t<!Dataset::is_stateful && std::is_constructible_v<Sampler, size_t>>>
std::unique_ptr<StatelessDataLoader<Dataset, Sampler>> make_data_loader(
    Dataset dataset, DataLoaderOptions options = DataLoaderOptions()) {
  const std::optional<size_t> size = dataset.size();
  if (!size) detail::fail_no_size();
  return make_data_loader(std::move(dataset), Sampler(*size), options);
}

// A loader of a stateful data set.
template <class Dataset, class = std::enable_if_t<Dataset::is_stateful>>
std::unique_ptr<StatefulDataLoader<Dataset>> make_data_loader(Dataset dataset,
                                                              DataLoaderOptions options = DataLoaderOptions()) {
  return std::make_unique<StatefulDataLoader<Dataset>>(std::move(dataset), options);
}

}  // namespace relume::data
