// How many threads the kernels use.
#pragma once

#include "relume/export.h"

namespace relume {

// The number of threads that one op may use; at first that of the machine's processors, or OMP_NUM_THREADS.
RELUME_API int get_num_threads();
// Sets it for ops called by any thread from now on; less than 1 counts as 1. Results do not depend on it.
RELUME_API void set_num_threads(int count);

}  // namespace relume
