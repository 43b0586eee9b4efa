// Whether ops cast their arguments on this thread: the state behind relume/autocast.h, and a pause from it.
#pragma once

#include "relume/dtype.h"

namespace relume {

struct AutocastState {
  bool enabled = false;
  bool caches = true;
  ScalarType dtype = ScalarType::BFloat16;
  int nesting = 0;
  void* cache = nullptr;  // casts of parameters, made and freed by ops/autocast.cc
};

extern constinit thread_local AutocastState t_autocast
    __attribute__((visibility("hidden"), tls_model("initial-exec")));

// Ops in the scope take their arguments as they are.
class AutocastPause {
 public:
  AutocastPause() : enabled_(t_autocast.enabled) { t_autocast.enabled = false; }
  ~AutocastPause() { t_autocast.enabled = enabled_; }
  AutocastPause(const AutocastPause&) = delete;
  AutocastPause& operator=(const AutocastPause&) = delete;
  bool was_enabled() const { return enabled_; }

 private:
  const bool enabled_;
};

}  // namespace relume
