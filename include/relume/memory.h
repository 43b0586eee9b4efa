// The memory of tensors: how much is in use, was at most, and is kept for reuse; and a limit on it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "relume/export.h"

// All counts are of bytes, of blocks as the allocator hands them out: sizes are rounded up, by an eighth at most where
// they are large. Elements, and the small objects beside them (tensors, nodes of a graph), count; memory from outside
// (from_blob) does not.
namespace relume::memory {

// In use at the moment, by all threads.
RELUME_API size_t current();
// The most that was in use at any time since the start or the last reset_peak(). Blocks of up to 64 KiB that a thread
// had at hand when it took them enter it at the next chance only.
RELUME_API size_t peak();
// Has peak() start again from what is in use now.
RELUME_API void reset_peak();
// Free blocks that are kept for later tensors instead of given back to the system.
RELUME_API size_t cached();
// Gives them back, but for small ones that other threads keep.
RELUME_API void empty_cache();

inline constexpr size_t kUnlimited = SIZE_MAX;
// What current() and cached() together may come to; kUnlimited at first. Before an allocation would exceed it, what is
// cached is given back; where that is not enough the op throws OutOfMemoryError, and everything goes on working.
RELUME_API size_t limit();
RELUME_API void set_limit(size_t bytes);

}  // namespace relume::memory
