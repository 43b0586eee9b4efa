// The threads behind a DataLoader.
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "core/check.h"
#include "core/random.h"
#include "relume/data/dataloader.h"

namespace relume::data {
namespace {

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "not a std::exception";
  }
}

}  // namespace

WorkerException::WorkerException(std::exception_ptr original)
    : original_exception(std::move(original)),
      message("Caught exception in DataLoader worker thread. Original message: " + message_of(original_exception)) {}

WorkerException::~WorkerException() = default;

namespace detail {

void check_loader(size_t batch_size, bool exhausted) {
  check<ValueError>(batch_size > 0, "DataLoader: expected a batch size of at least 1, got 0");
  check(exhausted, "Attempted to get a new DataLoader iterator while another iterator is not yet exhausted");
}

void fail_no_size() { fail("Expected the dataset to be sized in order to construct the Sampler"); }

void fail_past_the_end(const std::string& action, bool is_end) {
  check(!is_end, "{}ing the DataLoader's past-the-end iterator is not allowed",
        action == "increment" ? "Increment" : "Dereferenc");
  fail("Attempted to {} iterator {}", action, action == "increment" ? "past the end" : "that was past the end");
}

struct Prefetcher::State {
  struct Task {
    uint64_t number;
    uint64_t seed;
    Owned<Job> job;
    std::exception_ptr error;
  };

  // Takes tasks until it is told to stop; a worker that stops leaves nothing behind.
  void work(size_t worker) {
    std::unique_lock lock(mutex);
    for (;;) {
      arrived.wait(lock, [&] { return stopping || !waiting.empty(); });
      if (stopping) return;
      Task task = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      const ThreadGenerator generator{Generator(task.seed)};
      try {
        task.job->run(worker);
      } catch (...) {
        task.error = std::current_exception();
      }
      lock.lock();
      const uint64_t number = task.number;
      done.emplace(number, std::move(task));
      finished.notify_one();
    }
  }

  // Whether the task that comes next is there.
  bool ready() const { return !done.empty() && (!in_order || done.begin()->first == next); }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    arrived.notify_all();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  size_t workers = 0;
  bool in_order = true;
  std::optional<int64_t> timeout_ms;
  uint64_t submitted = 0;
  uint64_t next = 0;  // number of the task that comes next

  std::mutex mutex;
  std::condition_variable arrived, finished;
  std::deque<Task> waiting;
  std::map<uint64_t, Task> done;
  bool stopping = false;
  std::vector<std::thread> threads;
};

Prefetcher::Prefetcher(size_t workers, bool in_order, std::optional<int64_t> timeout_ms)
    : state_(new State()) {
  state_->workers = workers;
  state_->in_order = in_order;
  state_->timeout_ms = timeout_ms;
  try {
    for (size_t i = 0; i < workers; ++i) state_->threads.emplace_back([state = state_.get(), i] { state->work(i); });
  } catch (...) {  // no more threads: those that there are must end before they can be destroyed
    state_->stop();
    throw;
  }
}

Prefetcher::~Prefetcher() { state_->stop(); }

void Prefetcher::submit(Owned<Job> job) {
  const uint64_t number = state_->submitted++;
  // Numbers in a row are far apart after this multiplication, and so are those of loaders with other seeds.
  const uint64_t seed = default_generator().current_seed() + (number + 1) * 0x9e3779b97f4a7c15;
  {
    const std::lock_guard lock(state_->mutex);
    state_->waiting.push_back({number, seed >> 32, std::move(job), nullptr});
  }
  state_->arrived.notify_one();
}

Owned<Job> Prefetcher::take() {
  State& state = *state_;
  check(state.next != state.submitted, "DataLoader: no batch was asked for");
  std::unique_lock lock(state.mutex);
  if (state.workers == 0) {
    State::Task task = std::move(state.waiting.front());
    state.waiting.pop_front();
    ++state.next;
    task.job->run(0);
    return std::move(task.job);
  }
  const auto ready = [&] { return state.ready(); };
  if (!state.timeout_ms) {
    state.finished.wait(lock, ready);
  } else {
    check(state.finished.wait_for(lock, std::chrono::milliseconds(*state.timeout_ms), ready),
          "Timeout in DataLoader queue while waiting for next batch (timeout was {} ms)", *state.timeout_ms);
  }
  State::Task task = std::move(state.done.begin()->second);
  state.done.erase(state.done.begin());
  ++state.next;
  if (task.error) throw WorkerException(task.error);
  return std::move(task.job);
}

size_t Prefetcher::in_flight() const { return state_->submitted - state_->next; }

void Prefetcher::join() {
  state_->stop();
  state_->waiting.clear();
  state_->done.clear();
  state_->next = state_->submitted;
}

}  // namespace detail
}  // namespace relume::data
