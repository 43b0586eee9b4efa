// What the library tells the profiler: a Scope around each op. While the profiler is off that is a test of a flag.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "relume/profiler.h"

namespace relume::profiler {

// Read and written by the compiler's atomic builtins, for std::atomic's are calls where code is made small.
extern bool g_running __attribute__((visibility("hidden")));

[[gnu::always_inline]] inline bool running() { return __atomic_load_n(&g_running, __ATOMIC_RELAXED); }

enum class Kind : int { Op, Backward, User };

// An event, from here to the end of the scope. Made only while running(); ends on its thread, inner scopes first.
class Scope {
 public:
  Scope(Kind kind, std::string_view name);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  const std::string* name_;
  Scope* outer_;
  int64_t start_;
  int64_t inner_ = 0;  // nanoseconds in scopes inside
  uint64_t profile_;   // in which it began
  Kind kind_;
};

// op(arguments...), as an event.
template <class R, class... A>
[[gnu::noinline, gnu::cold]] R call_in_scope(const char* name, R (*op)(A...), A... arguments) {
  const Scope scope(Kind::Op, name);
  return op(std::forward<A>(arguments)...);
}

// op(arguments...), seen by the profiler where it runs.
template <class R, class... A>
[[gnu::always_inline]] inline R call(const char* name, R (*op)(A...), std::type_identity_t<A>... arguments) {
  if (running()) [[unlikely]]
    return call_in_scope<R, A...>(name, op, std::forward<A>(arguments)...);
  return op(std::forward<A>(arguments)...);
}

}  // namespace relume::profiler
