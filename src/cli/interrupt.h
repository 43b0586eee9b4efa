// Ctrl-C as a request to stop at the next step.
#pragma once

namespace relume::cli {

// While one lives, SIGINT and SIGTERM are only noted; a second one ends the program as usual.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  static bool requested();
};

}  // namespace relume::cli
