// What each thread keeps: grad mode, the sequence of nodes, and its free lists. Trivially destructible and
// initial-exec, so that reading it is one instruction.
#pragma once

#include <cstdint>

namespace relume {

inline constexpr int kPoolClasses = 15;  // blocks of 64 bytes to 64 KiB: see pool_class()

struct ThreadState {
  bool grad_mode = true;
  bool inference_mode = false;
  bool pool_registered = false;  // whether the thread gives its free lists back when it ends
  bool pool_closed = false;      // it has ended: blocks go to the central list
  bool draining = false;         // releasing nodes: deferred ones are released by the loop that is already running
  void* deferred_nodes = nullptr;
  uint64_t sequence = 0;  // of the next node
  void* pool_head[kPoolClasses] = {};
  uint32_t pool_count[kPoolClasses] = {};
};

extern constinit thread_local ThreadState t_state
    __attribute__((visibility("hidden"), tls_model("initial-exec")));

}  // namespace relume
