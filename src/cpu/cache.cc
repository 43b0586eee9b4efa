// cache_sizes() from sysconf.
#include "cpu/cache.h"

#include <unistd.h>

namespace relume::cpu {
namespace {

int64_t ask([[maybe_unused]] int name, int64_t otherwise) {
  const long found = sysconf(name);  // NOLINT: its type
  return found > 0 ? found : otherwise;
}

CacheSizes find() {
#ifdef _SC_LEVEL1_DCACHE_SIZE
  return {ask(_SC_LEVEL1_DCACHE_SIZE, 32 << 10), ask(_SC_LEVEL2_CACHE_SIZE, 1 << 20),
          ask(_SC_LEVEL3_CACHE_SIZE, 8 << 20)};
#else
  return {32 << 10, 1 << 20, 8 << 20};
#endif
}

}  // namespace

const CacheSizes& cache_sizes() {
  static const CacheSizes sizes = find();
  return sizes;
}

}  // namespace relume::cpu
