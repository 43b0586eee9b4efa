// Monitor and Threads: what a data set needs that reads in threads of its own, without the standard headers for it.
#pragma once

#include "relume/any_function.h"
#include "relume/export.h"
#include "relume/owned.h"

namespace relume::data::detail {

// A mutex and a condition.
class RELUME_API Monitor {
 public:
  Monitor();
  ~Monitor();

  // Held by one thread at a time.
  class RELUME_API Lock {
   public:
    explicit Lock(const Monitor& monitor);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    // Lets others hold the monitor until `condition` is true, which is asked after each notify_all().
    template <class Condition>
    void wait(const Condition& condition) {
      while (!condition()) wait();
    }

   private:
    void wait();
    const Monitor& monitor_;
  };
  void notify_all();

 private:
  struct State;
  relume::detail::Owned<State> state_;
};

// Threads that end before join() does.
class RELUME_API Threads {
 public:
  Threads();
  ~Threads();
  void start(relume::detail::AnyFunction<void()> run);
  void join();

 private:
  struct State;
  relume::detail::Owned<State> state_;
};

}  // namespace relume::data::detail
