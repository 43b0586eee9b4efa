// Threads of a data set's own, and what they share.
#include "relume/data/threads.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace relume::data::detail {

struct Monitor::State {
  std::mutex mutex;
  std::condition_variable changed;
};
Monitor::Monitor() : state_(new State()) {}
Monitor::~Monitor() = default;
void Monitor::notify_all() { state_->changed.notify_all(); }

Monitor::Lock::Lock(const Monitor& monitor) : monitor_(monitor) { monitor_.state_->mutex.lock(); }
Monitor::Lock::~Lock() { monitor_.state_->mutex.unlock(); }
void Monitor::Lock::wait() {
  std::unique_lock<std::mutex> lock(monitor_.state_->mutex, std::adopt_lock);
  monitor_.state_->changed.wait(lock);
  lock.release();
}

struct Threads::State {
  std::vector<std::thread> threads;
};
Threads::Threads() : state_(new State()) {}
Threads::~Threads() { join(); }
void Threads::start(relume::detail::AnyFunction<void()> run) { state_->threads.emplace_back(std::move(run)); }
void Threads::join() {
  for (std::thread& thread : state_->threads) thread.join();
  state_->threads.clear();
}

}  // namespace relume::data::detail
