// parallel_for: the one way to use several threads.
#pragma once

#include <cstdint>
#include <type_traits>

namespace relume::cpu {

// Runs body(begin, end) over [0, count) in chunks whose bounds depend on `grain` alone, never on the number of threads,
// so that a result that is formed chunk by chunk has the same bits on every machine. Small work runs on the caller.
// A loop goes over its chunks in the direction opposite to that of the loop before: it begins with what that one left
// in the caches.
// An exception thrown by a chunk is carried out after all chunks have ended.
using ParallelBody = void (*)(void* context, int64_t begin, int64_t end);
void parallel_for_chunks(int64_t count, int64_t grain, ParallelBody body, void* context);

template <class F>
void parallel_for(int64_t count, int64_t grain, F&& body) {
  if (count <= grain) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
  using Function = std::remove_reference_t<F>;
  parallel_for_chunks(
      count, grain, [](void* context, int64_t begin, int64_t end) { (*static_cast<Function*>(context))(begin, end); },
      const_cast<std::remove_const_t<Function>*>(&body));
}

// Threads that parallel work is asked to use.
int num_threads();
void set_num_threads(int count);

// Threads that it does use: no more than there are processors, on which others would only wait for each other.
int running_threads();

// Whether results may not depend on the number of threads even where oneDNN is faster.
bool deterministic_algorithms();

}  // namespace relume::cpu
