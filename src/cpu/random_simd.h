// The loops of the random fills that pay to be compiled for each SIMD target. All targets give the same bits.
#pragma once

#include <cstdint>

#include "cpu/target.h"

namespace relume::cpu {

struct RandomLoops {
  // out[i] = low + span * u, u being the low 24 bits of words[i] * 2^-24; a result equal to `high` becomes `low`.
  void (*uniform_float)(const uint32_t* words, float* out, int64_t count, float low, float span, float high);
  // Box and Muller's transform of blocks of 16 uniform numbers in place: the first 8 of a block make the radii, the
  // last 8 the angles.
  void (*normal_blocks)(float* data, int64_t blocks, float mean, float standard_deviation);
};

const RandomLoops& random_loops(Target target);
// Those of the target in use.
const RandomLoops& random_loops();

}  // namespace relume::cpu
