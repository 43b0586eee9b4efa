// Generator: seeding, the default generator, and the state in PyTorch's format.
#include "core/random.h"

#include <cmath>
#include <cstring>
#include <random>

#include "core/check.h"

namespace relume {
namespace {

// The layout of PyTorch's saved state of a CPU generator.
struct SavedState {
  uint64_t seed;
  int32_t left;  // draws until the block is twisted again, that draw included
  int32_t seeded;
  uint64_t next;
  uint64_t state[Mt19937::kSize];
  double unused_x;
  double kept_normal;
  double unused_rho;
  int32_t has_kept_normal;
  int32_t padding;
  float unused_float;
  int32_t unused_flag;
};
static_assert(sizeof(SavedState) == 5056);

SavedState save(const RandomStream& stream) {
  SavedState saved{};
  const int used = stream.engine.used();
  saved.seed = stream.seed;
  saved.left = used == 0 ? 1 : Mt19937::kSize + 1 - used;
  saved.seeded = 1;
  saved.next = static_cast<uint64_t>(used);
  std::copy(stream.engine.state().begin(), stream.engine.state().end(), saved.state);
  saved.kept_normal = stream.has_kept_normal ? stream.kept_normal : 0.0;
  saved.has_kept_normal = stream.has_kept_normal;
  return saved;
}

RandomStream restore(const std::vector<uint8_t>& bytes) {
  check(bytes.size() == sizeof(SavedState),
        "Expected a CPUGeneratorImplState of size {} but found the input RNG state size to be {}", sizeof(SavedState),
        bytes.size());
  SavedState saved;
  std::memcpy(&saved, bytes.data(), sizeof saved);
  const bool fresh = saved.left == 1 && saved.next == 0;
  const bool running = saved.next >= 1 && saved.next <= Mt19937::kSize &&
                       static_cast<int64_t>(saved.left) == Mt19937::kSize + 1 - static_cast<int64_t>(saved.next);
  bool words = true;
  for (const uint64_t word : saved.state) words = words && word <= 0xffffffffu;
  check(saved.seeded == 1 && (fresh || running) && words, "Invalid mt19937 state");

  std::array<uint32_t, Mt19937::kSize> state;
  for (int i = 0; i < Mt19937::kSize; ++i) state[i] = static_cast<uint32_t>(saved.state[i]);
  RandomStream stream(saved.seed);
  stream.engine = Mt19937(state, static_cast<int>(saved.next));
  stream.kept_normal = saved.kept_normal;
  stream.has_kept_normal = saved.has_kept_normal != 0;
  return stream;
}

uint64_t entropy() {
  std::random_device device;
  const uint64_t high = device();
  return high << 32 | device();
}

}  // namespace

double RandomStream::normal() {
  if (has_kept_normal) {
    has_kept_normal = false;
    return kept_normal;
  }
  const double u1 = uniform53();
  const double u2 = uniform53();
  const double radius = std::sqrt(-2.0 * std::log1p(-u2));
  const double angle = 2.0 * M_PI * u1;
  kept_normal = radius * std::sin(angle);
  has_kept_normal = true;
  return radius * std::cos(angle);
}

Generator::Generator(uint64_t seed) : impl_(new Impl{{}, {}, RandomStream(seed)}) {}

Generator& Generator::manual_seed(uint64_t seed) {
  *LockedStream(*this) = RandomStream(seed);
  return *this;
}

uint64_t Generator::current_seed() const { return LockedStream(*this)->seed; }

uint64_t Generator::seed() {
  const uint64_t seed = entropy();
  manual_seed(seed);
  return seed;
}

std::vector<uint8_t> Generator::get_state() const {
  const SavedState saved = save(*LockedStream(*this));
  std::vector<uint8_t> bytes(sizeof saved);
  std::memcpy(bytes.data(), &saved, sizeof saved);
  return bytes;
}

void Generator::set_state(const std::vector<uint8_t>& state) {
  const RandomStream stream = restore(state);
  *LockedStream(*this) = stream;
}

Generator Generator::clone() const {
  Generator copy;
  copy.impl_->stream = *LockedStream(*this);
  return copy;
}

Generator::Mutex Generator::mutex() const { return Mutex(&impl_->turn_mutex); }

uint64_t Generator::random64() { return LockedStream(*this)->engine.draw64(); }

namespace {
constinit thread_local const Generator* t_generator __attribute__((tls_model("initial-exec"))) = nullptr;
}

ThreadGenerator::ThreadGenerator(Generator generator) : generator_(std::move(generator)), previous_(t_generator) {
  t_generator = &generator_;
}

ThreadGenerator::~ThreadGenerator() { t_generator = previous_; }

const Generator& default_generator() {
  if (t_generator) return *t_generator;
  static const Generator& generator = *new Generator(entropy());  // never destroyed: statics may draw at exit
  return generator;
}

Generator manual_seed(uint64_t seed) { return Generator(default_generator()).manual_seed(seed); }
uint64_t initial_seed() { return default_generator().current_seed(); }
uint64_t seed() { return Generator(default_generator()).seed(); }

}  // namespace relume
