// The stream behind a Generator: what the random fills draw from.
#pragma once

#include <mutex>

#include "core/mt19937.h"
#include "relume/random.h"

namespace relume {

// A seeded engine and the draws that every fill is made of.
struct RandomStream {
  explicit RandomStream(uint64_t seed) : seed(seed), engine(static_cast<uint32_t>(seed)) {}

  // Multiples of 2^-24 and of 2^-53 in [0, 1).
  float uniform24() { return static_cast<float>(engine() & 0xffffffu) * 0x1p-24f; }
  double uniform53() { return static_cast<double>(engine.draw64() & ((uint64_t{1} << 53) - 1)) * 0x1p-53; }
  // A standard normal number by Box and Muller's method, 1958; the second of a pair is kept for the next call.
  double normal();

  uint64_t seed;
  Mt19937 engine;
  double kept_normal = 0;
  bool has_kept_normal = false;
};

struct Generator::Impl {
  std::mutex mutex;       // held for the time of a draw
  std::mutex turn_mutex;  // for programs, which may draw while they hold it
  RandomStream stream;
};

// Holds a generator's lock, and gives its stream, for the length of one fill.
class LockedStream {
 public:
  explicit LockedStream(const Generator& generator) : generator_(generator), lock_(generator.impl().mutex) {}
  RandomStream& operator*() const { return generator_.impl().stream; }
  RandomStream* operator->() const { return &generator_.impl().stream; }

 private:
  Generator generator_;
  std::lock_guard<std::mutex> lock_;
};

// While it lives, `generator` is the default generator of the calling thread.
class ThreadGenerator {
 public:
  explicit ThreadGenerator(Generator generator);
  ~ThreadGenerator();
  ThreadGenerator(const ThreadGenerator&) = delete;
  ThreadGenerator& operator=(const ThreadGenerator&) = delete;

 private:
  Generator generator_;
  const Generator* previous_;
};

}  // namespace relume
