// Random numbers: Generator, the default generator, and seeding. The numbers are those of PyTorch for the same seed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "relume/export.h"

namespace relume {

// The seed of a generator that was given none.
inline constexpr uint64_t kDefaultSeed = 67280421310721;

// A shared handle to a Mersenne twister (mt19937, Matsumoto and Nishimura, 1998): copies draw from the same stream,
// clone() makes a stream of its own. Only the low 32 bits of a seed decide the numbers. Draws by several threads are
// serialised.
class RELUME_API Generator {
 public:
  struct Impl;

  explicit Generator(uint64_t seed = kDefaultSeed);

  // Starts the stream of `seed` afresh, and drops a normal number that was kept for the next draw.
  Generator& manual_seed(uint64_t seed);
  void set_current_seed(uint64_t seed) { manual_seed(seed); }
  // The seed of the stream, as it was given.
  uint64_t current_seed() const;
  uint64_t initial_seed() const { return current_seed(); }
  // Seeds from the operating system's entropy; returns that seed.
  uint64_t seed();

  // The stream's position in PyTorch's format of 5056 bytes. set_state throws Error when the bytes do not hold one, and
  // then leaves the generator as it was.
  std::vector<uint8_t> get_state() const;
  void set_state(const std::vector<uint8_t>& state);

  Generator clone() const;
  // The next 64 random bits, as used for base seeds.
  uint64_t random64();
  // For programs that draw in turn, a std::mutex&: std::lock_guard<std::mutex> lock(generator.mutex()).
  class Mutex {
   public:
    template <class M, class = typename M::native_handle_type>
    operator M&() const {  // NOLINT: implicit, so that this header does without <mutex>
      return *static_cast<M*>(mutex_);
    }

   private:
    friend class Generator;
    explicit Mutex(void* mutex) : mutex_(mutex) {}
    void* mutex_;
  };
  Mutex mutex() const;

  Impl& impl() const { return *impl_; }
  friend bool operator==(const Generator& a, const Generator& b) { return a.impl_ == b.impl_; }
  friend bool operator!=(const Generator& a, const Generator& b) { return a.impl_ != b.impl_; }

 private:
  std::shared_ptr<Impl> impl_;
};

// The generator used where none is given. It starts at a random seed.
RELUME_API const Generator& default_generator();
// Seeds the default generator, and returns it.
RELUME_API Generator manual_seed(uint64_t seed);
// Seed of the default generator.
RELUME_API uint64_t initial_seed();
// Seeds the default generator from the operating system's entropy; returns that seed.
RELUME_API uint64_t seed();

}  // namespace relume
