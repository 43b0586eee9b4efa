// The hooks that a module keeps.
#pragma once

#include <memory>
#include <vector>

#include "relume/nn/module.h"

namespace relume::nn::detail {

struct ModuleHooks {
  struct Entry {
    uint64_t id;
    HookKind kind;
    std::shared_ptr<CallHook> hook;
  };
  std::vector<Entry> entries;
  uint64_t next_id = 0;

  bool has(HookKind kind) const {
    for (const Entry& entry : entries)
      if (entry.kind == kind) return true;
    return false;
  }
  // Runs the hooks of a kind; hooks may be added and removed meanwhile.
  void run(HookKind kind, Module& module, TensorVector& first, TensorVector& second) const {
    const std::vector<Entry> now = entries;
    for (const Entry& entry : now)
      if (entry.kind == kind) entry.hook->call(module, first, second);
  }
};

}  // namespace relume::nn::detail
