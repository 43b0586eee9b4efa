// run_elementwise: applies an element-wise kernel, which knows only contiguous memory, to tensors of any layout.
#pragma once

#include "relume/dtype.h"
#include "relume/shape.h"

namespace relume::cpu {

// An element-wise kernel: out[i] = f(inputs[0][i], inputs[1][i], ...) for i in [0, n), all in contiguous memory.
// `out` may be one of the inputs. `options` is whatever the kernel's author and the op agree on.
using ElementwiseLoop = void (*)(void* out, const void* const* inputs, int64_t n, const void* options);

// A tensor as the executor sees it.
struct ElementwiseOperand {
  void* data = nullptr;
  const int64_t* strides = nullptr;  // In elements, one a size, 0 = broadcast. Null: dense, row-major.
  ScalarType dtype = ScalarType::Undefined;
  ScalarType loop_dtype =
      ScalarType::Undefined;  // Element type that the loop expects; values are converted where it differs.
};

struct ElementwiseCall {
  static constexpr int kMaxInputs = 4;

  IntArrayRef sizes;  // Of the result; inputs are already broadcast to it. Any rank up to 64.
  const ElementwiseOperand* operands = nullptr;  // The output, then the inputs.
  int num_inputs = 0;
  ElementwiseLoop loop = nullptr;
  const void* options = nullptr;
  int cost = 1;  // Work for one element in units of an addition: how soon several threads pay.
};

// Runs the call: converts, gathers and scatters in blocks that stay in the first cache, visits elements in the order of
// the output's memory, splits large work over threads and streams large results past the caches. The output may alias
// inputs exactly; any other overlap is undefined. The output must not be broadcast.
void run_elementwise(const ElementwiseCall& call);

}  // namespace relume::cpu
