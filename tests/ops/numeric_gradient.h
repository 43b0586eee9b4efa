// expect_gradients: first and second derivatives of an op against finite differences, in float64.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "relume/autograd.h"
#include "relume/gradcheck.h"
#include "relume/operators.h"
#include "relume/ops.h"

namespace relume {

// A leaf of float64 with values around 0 that are all different, the same for the same seed.
inline Tensor varied(IntArrayRef sizes, double seed = 0) {
  const Tensor count = arange(zeros(sizes).numel(), kDouble);
  return sin(count * 1.7 + seed).mul(0.9).reshape(sizes).clone().set_requires_grad(true);
}

// op(inputs) is a Tensor; the inputs come from varied().
template <class F>
void expect_gradients(const F& op, const std::vector<Tensor>& inputs) {
  try {
    autograd::gradcheck(op, inputs);
    autograd::gradgradcheck(op, inputs);
  } catch (const Error& error) {
    ADD_FAILURE() << error.what();
  }
}

}  // namespace relume
