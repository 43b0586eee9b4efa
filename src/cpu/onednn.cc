// The engine and stream that all oneDNN primitives run on, and the thread count that they see.
#include "cpu/onednn.h"

#include <omp.h>

#include <algorithm>

#include "cpu/parallel.h"

namespace relume::cpu::onednn {
namespace {

int threads_to_use(int64_t limit) {
  return omp_in_parallel() ? 1 : static_cast<int>(std::clamp<int64_t>(limit, 1, running_threads()));
}

void change_threads(int from, int to) {
  if (from != to) omp_set_num_threads(to);
}

}  // namespace

// Both live for ever: static modules may still run while the program ends.
const dnnl::engine& engine() {
  static const dnnl::engine& engine = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& stream() {
  static dnnl::stream& stream = *new dnnl::stream(engine());
  return stream;
}

ThreadCount::ThreadCount(int64_t limit) : before_(omp_get_max_threads()), now_(threads_to_use(limit)) {
  change_threads(before_, now_);
}
ThreadCount::~ThreadCount() { change_threads(now_, before_); }

}  // namespace relume::cpu::onednn
