// parallel_for over OpenMP: fixed chunks, handed out in order, exceptions carried out, and no threads after a fork.
#include "cpu/parallel.h"

#include <omp.h>
#include <pthread.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include <algorithm>
#include <atomic>
#include <exception>

#include "relume/threads.h"

namespace relume::cpu {
namespace {

std::atomic<int> g_num_threads{0};  // 0: not set yet
std::atomic<bool> g_deterministic{false};
thread_local bool t_descending = false;  // the last loop over chunks went from the last to the first

// libgomp's pool does not survive fork: a child whose parent ran a parallel region would wait for threads it lacks.
[[maybe_unused]] const int g_at_fork = pthread_atfork(nullptr, nullptr, [] { g_num_threads.store(1); });

}  // namespace

int num_threads() {
  const int set = g_num_threads.load(std::memory_order_relaxed);
  if (set > 0) [[likely]]
    return set;
  const int found = std::max(1, std::min(omp_get_num_procs(), omp_get_max_threads()));
  g_num_threads.store(found, std::memory_order_relaxed);
  return found;
}

void set_num_threads(int count) { g_num_threads.store(std::max(1, count), std::memory_order_relaxed); }

int running_threads() {
  static const int processors = std::max(1, omp_get_num_procs());
  return std::min(num_threads(), processors);
}

bool deterministic_algorithms() { return g_deterministic.load(std::memory_order_relaxed); }

void parallel_for_chunks(int64_t count, int64_t grain, ParallelBody body, void* context) {
  grain = std::max<int64_t>(grain, 1);
  const int64_t chunks = (count + grain - 1) / grain;
  const int threads = static_cast<int>(std::min<int64_t>(chunks, running_threads()));
  const bool descending = t_descending = !t_descending;
  // Chunks first to last, in the direction of this loop.
  const auto run = [&](int64_t first, int64_t last, const auto& call) {
    for (int64_t k = first; k < last; ++k) {
      const int64_t i = descending ? first + last - 1 - k : k;
      call(i * grain, std::min(count, (i + 1) * grain));
    }
  };
  if (threads <= 1 || omp_in_parallel()) {
    run(0, chunks, [&](int64_t begin, int64_t end) { body(context, begin, end); });
    return;
  }
  std::atomic<bool> failed{false};
  std::exception_ptr error;
#pragma omp parallel num_threads(threads)
  {
    const int64_t me = omp_get_thread_num(), all = omp_get_num_threads();
    run(chunks * me / all, chunks * (me + 1) / all, [&](int64_t begin, int64_t end) {
      if (failed.load(std::memory_order_relaxed)) return;
      try {
        body(context, begin, end);
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
      }
    });
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace relume::cpu

namespace relume {

int get_num_threads() { return cpu::num_threads(); }
void set_num_threads(int count) { cpu::set_num_threads(count); }

bool are_deterministic_algorithms_enabled() { return cpu::deterministic_algorithms(); }
void use_deterministic_algorithms(bool enabled) { cpu::g_deterministic.store(enabled, std::memory_order_relaxed); }

bool set_flush_denormal([[maybe_unused]] bool mode) {
#ifdef __SSE2__
  constexpr unsigned kFlushResults = 0x8000, kFlushInputs = 0x0040;  // of the register MXCSR
#pragma omp parallel num_threads(cpu::running_threads())
  _mm_setcsr(mode ? _mm_getcsr() | kFlushResults | kFlushInputs : _mm_getcsr() & ~(kFlushResults | kFlushInputs));
  return true;
#else
  return false;
#endif
}

void detail::parallel_loop(int64_t begin, int64_t end, int64_t grain, LoopBody body, void* context) {
  cpu::parallel_for(end - begin, grain, [&](int64_t from, int64_t to) { body(context, begin + from, begin + to); });
}

}  // namespace relume
