// How many threads the kernels use, and a loop of one's own over them.
#pragma once

#include <cstdint>
#include <type_traits>

#include "relume/export.h"

namespace relume {

// The number of threads that one op may use; at first that of the machine's processors, or OMP_NUM_THREADS.
RELUME_API int get_num_threads();
// Sets it for ops called by any thread from now on; less than 1 counts as 1. No more threads run than there are
// processors. Results do not depend on it, but for convolutions and matrix products: see below.
RELUME_API void set_num_threads(int count);

// While enabled, convolutions and matrix products too give the same bits for any number of threads. They then run on
// kernels of this library instead of oneDNN's, which is slower.
RELUME_API void use_deterministic_algorithms(bool enabled);
RELUME_API bool are_deterministic_algorithms_enabled();

// Whether floating-point numbers too small to be normal are taken and given as zero, by this thread and those that its
// ops run on; off at first. Returns false, and changes nothing, where the processor has no such mode.
RELUME_API bool set_flush_denormal(bool mode);

namespace detail {
using LoopBody = void (*)(void* context, int64_t begin, int64_t end);
RELUME_API void parallel_loop(int64_t begin, int64_t end, int64_t grain, LoopBody body, void* context);
}  // namespace detail

// Calls body(chunk_begin, chunk_end) for chunks of [begin, end) of at most `grain` elements, on several threads where
// there are several chunks. An exception of a chunk is thrown here after all chunks have ended.
template <class F>
void parallel_for(int64_t begin, int64_t end, int64_t grain, F&& body) {
  using Body = std::remove_reference_t<F>;
  detail::parallel_loop(
      begin, end, grain, [](void* context, int64_t from, int64_t to) { (*static_cast<Body*>(context))(from, to); },
      const_cast<std::remove_const_t<Body>*>(&body));
}

}  // namespace relume
