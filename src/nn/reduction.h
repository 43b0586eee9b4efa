// The reductions of losses, which are names in options and numbers in ops.
#pragma once

#include "relume/nn/options.h"
#include "relume/ops.h"

namespace relume::nn::detail {

// The number by which the ops know a reduction.
inline int64_t code(Reduction reduction) {
  const enumtype::Name name = reduction;
  return name == enumtype::Name::None ? 0 : name == enumtype::Name::Mean ? 1 : 2;
}

inline Tensor reduced(const Tensor& losses, Reduction reduction) {
  const int64_t number = code(reduction);
  return number == 0 ? losses : number == 1 ? losses.mean() : losses.sum();
}

}  // namespace relume::nn::detail
