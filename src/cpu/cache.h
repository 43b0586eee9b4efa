// Sizes of this machine's caches: where thresholds for threads, blocks and streaming come from.
#pragma once

#include <cstdint>

namespace relume::cpu {

struct CacheSizes {
  int64_t l1;  // data, of one core
  int64_t l2;  // of one core: the last private cache
  int64_t l3;  // shared
};

// Bytes, asked once from the system; plausible values where it does not say.
const CacheSizes& cache_sizes();

}  // namespace relume::cpu
