// A step of an LSTM behind its products.
#pragma once

#include <cstdint>

#include "relume/dtype.h"

namespace relume::cpu {

// States are [rows, hidden], gates [rows, 4 * hidden]: input, forget, candidate, output. All are dense, of a dtype that
// is float32 or float64.
struct LstmStep {
  int64_t rows, hidden;
  ScalarType dtype;
};

// From gates and the cell's state: the gates behind sigmoid and tanh, next = forget * cell + input * candidate, bent =
// tanh(next) and hidden = output * bent.
void lstm_step(const LstmStep& step, const void* gates, const void* cell, void* activated, void* next, void* bent,
               void* hidden);

// The gradients of gates and cell from those of hidden and next.
void lstm_step_backward(const LstmStep& step, const void* grad_hidden, const void* grad_next, const void* activated,
                        const void* cell, const void* bent, void* grad_gates, void* grad_cell);

}  // namespace relume::cpu
