// The instruction set that kernels are chosen for: the best of the machine, unless RELUME_TARGET names another.
#pragma once

#include <span>

namespace relume::cpu {

// In ascending order of preference. Simd is what an architecture other than x86-64 has.
enum class Target : int { Scalar, SSE4, AVX2, AVX3, Simd };

// "scalar", "sse4", "avx2", "avx3", "simd".
const char* name(Target target);

// What this build has kernels for and this machine can run; never empty.
std::span<const Target> supported_targets();

// The target in use, settled at the first call. The environment variable RELUME_TARGET forces one by name; throws
// ValueError when that is no name of a supported target.
Target target();

}  // namespace relume::cpu
