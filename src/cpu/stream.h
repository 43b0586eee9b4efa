// stream_copy: stores that go past the caches.
#pragma once

#include <cstdint>
#include <span>

#include "cpu/target.h"

namespace relume::cpu {

// Copies to memory that will not be read soon, and meanwhile fetches as many bytes from each place of `next`, which
// need not exist. `src` is aligned to 64 bytes; `dst` should be, else edges cost more. Stores are as wide as a vector:
// a block of them then fits the store buffer, from which it drains while the next block is computed. Needs a
// stream_fence() before other threads read `dst`.
using StreamCopy = void (*)(char* dst, const char* src, int64_t bytes, std::span<const char* const> next);

// Null where the target has no such stores.
StreamCopy stream_copy(Target target);
StreamCopy stream_copy();

void stream_fence();

}  // namespace relume::cpu
