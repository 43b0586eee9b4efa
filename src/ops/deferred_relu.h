// ReLUs that are put off until somebody looks: a pooling that comes next does them on its result, which is smaller.
#pragma once

#include "core/hidden_layout.h"

namespace relume {

// Whether ops on this thread put a ReLU off where nobody but its caller can see the input, which it gives up.
extern constinit thread_local bool t_defers_relu __attribute__((visibility("hidden"), tls_model("initial-exec")));

// Whether a ReLU is owed to the elements of a tensor.
inline bool owes_relu(const Tensor& tensor) {
  const HiddenPin pin(*tensor.impl()->storage, /*pending=*/true);
  return pin.elements() && pin.elements()->relu_pending.load(std::memory_order_acquire);
}

}  // namespace relume
