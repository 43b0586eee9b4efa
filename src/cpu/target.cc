// Finds the targets that this machine supports and the one to use.
#include "cpu/target.h"

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "cpu/simd/targets.h"
#include "hwy/highway.h"

namespace relume::cpu {
namespace {

struct TargetRow {
  Target target;
  const char* name;
  int64_t highway;  // Highway's bit for it
};

#if HWY_ARCH_X86
constexpr TargetRow kRows[] = {{Target::Scalar, "scalar", HWY_SCALAR},
                               {Target::SSE4, "sse4", HWY_SSE4},
                               {Target::AVX2, "avx2", HWY_AVX2},
                               {Target::AVX3, "avx3", HWY_AVX3}};
#else
constexpr TargetRow kRows[] = {{Target::Simd, "simd", HWY_STATIC_TARGET}};
#endif

Target choose_target() {
  const std::span<const Target> supported = supported_targets();
  const char* wanted = std::getenv("RELUME_TARGET");
  if (wanted == nullptr || *wanted == '\0') return supported.back();
  std::string names;
  for (Target target : supported) {
    if (std::string_view(wanted) == name(target)) return target;
    names += std::string(names.empty() ? "" : ", ") + name(target);
  }
  fail<ValueError>("RELUME_TARGET: expected one of {} on this machine, got {}", names, wanted);
}

}  // namespace

const char* name(Target target) {
  for (const TargetRow& row : kRows) {
    if (row.target == target) return row.name;
  }
  return "unknown";
}

std::span<const Target> supported_targets() {
  static const std::vector<Target> supported = [] {
    const int64_t bits = hwy::SupportedTargets() | HWY_STATIC_TARGET;
    std::vector<Target> targets;
    for (const TargetRow& row : kRows) {
      if ((row.highway & bits & HWY_TARGETS) != 0) targets.push_back(row.target);
    }
    return targets;
  }();
  return supported;
}

Target target() {
  static const Target chosen = choose_target();
  return chosen;
}

}  // namespace relume::cpu
