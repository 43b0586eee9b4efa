// A step of an LSTM, a row at a time: the loops of its single functions, over what stays in the first cache.
#include "kernels/lstm.h"

#include <algorithm>

#include "cpu/parallel.h"
#include "kernels/activations.h"
#include "kernels/arithmetic.h"

namespace relume::cpu {
namespace {

constexpr int64_t kGrain = 1 << 11;  // elements of a state that a thread takes at least

// The loops over `n` elements; a result may lie where an input lies.
class Loops {
 public:
  Loops(ScalarType dtype, int64_t n)
      : n_(n),
        mul_(arithmetic_loop(ArithmeticOp::mul, dtype)),
        add_(arithmetic_loop(ArithmeticOp::add, dtype)),
        sigmoid_(activation_kernels().at(Activation::sigmoid, dtype)),
        tanh_(activation_kernels().at(Activation::tanh, dtype)) {}

  void mul(void* out, const void* a, const void* b) const { run(mul_, out, {a, b}, n_); }
  void add(void* out, const void* a, const void* b) const { run(add_, out, {a, b}, n_); }
  void tanh(void* out, const void* x) const { run(tanh_.forward, out, {x}, n_); }
  void tanh_backward(void* out, const void* grad, const void* y) const { run(tanh_.backward, out, {grad, y}, n_); }
  // Of several gates beside each other.
  void sigmoid(void* out, const void* x, int gates) const { run(sigmoid_.forward, out, {x}, gates * n_); }
  void sigmoid_backward(void* out, const void* grad, const void* y, int gates) const {
    run(sigmoid_.backward, out, {grad, y}, gates * n_);
  }

 private:
  static void run(ElementwiseLoop loop, void* out, std::initializer_list<const void*> inputs, int64_t n) {
    loop(out, inputs.begin(), n, nullptr);
  }

  const int64_t n_;
  const ElementwiseLoop mul_, add_;
  const ActivationLoops &sigmoid_, &tanh_;
};

// Where a row of states, and of each gate of it, begins.
struct Row {
  int64_t index, bytes;

  template <class Bytes>
  Bytes* state(Bytes* x) const {
    return x + index * bytes;
  }
  template <class Bytes>
  Bytes* gate(Bytes* x, int number) const {
    return x + (4 * index + number) * bytes;
  }
};

template <class Body>
void for_each_row(const LstmStep& step, const Body& body) {
  const Loops loops(step.dtype, step.hidden);
  const int64_t bytes = step.hidden * element_size(step.dtype);
  parallel_for(step.rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, step.hidden)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) body(loops, Row{i, bytes});
               });
}

enum Gate { kInput, kForget, kCandidate, kOutput };

const char* bytes_of(const void* x) { return static_cast<const char*>(x); }
char* bytes_of(void* x) { return static_cast<char*>(x); }

}  // namespace

void lstm_step(const LstmStep& step, const void* gates, const void* cell, void* activated, void* next, void* bent,
               void* hidden) {
  for_each_row(step, [=, x = bytes_of(gates), y = bytes_of(activated)](const Loops& loops, const Row& row) {
    loops.sigmoid(row.gate(y, kInput), row.gate(x, kInput), 2);
    loops.tanh(row.gate(y, kCandidate), row.gate(x, kCandidate));
    loops.sigmoid(row.gate(y, kOutput), row.gate(x, kOutput), 1);
    char* const sum = row.state(bytes_of(next));
    char* const bend = row.state(bytes_of(bent));
    loops.mul(sum, row.gate(y, kForget), row.state(bytes_of(cell)));
    loops.mul(bend, row.gate(y, kInput), row.gate(y, kCandidate));
    loops.add(sum, sum, bend);
    loops.tanh(bend, sum);
    loops.mul(row.state(bytes_of(hidden)), row.gate(y, kOutput), bend);
  });
}

void lstm_step_backward(const LstmStep& step, const void* grad_hidden, const void* grad_next, const void* activated,
                        const void* cell, const void* bent, void* grad_gates, void* grad_cell) {
  for_each_row(step, [=, y = bytes_of(activated), grad = bytes_of(grad_gates)](const Loops& loops, const Row& row) {
    const char* const out = row.state(bytes_of(grad_hidden));
    const char* const bend = row.state(bytes_of(bent));
    loops.mul(row.gate(grad, kOutput), out, bend);
    // The gradient of next, all in all, stands where that of the input gate will.
    char* const sum = row.gate(grad, kInput);
    loops.mul(sum, out, row.gate(y, kOutput));
    loops.tanh_backward(sum, sum, bend);
    loops.add(sum, row.state(bytes_of(grad_next)), sum);
    loops.mul(row.gate(grad, kForget), sum, row.state(bytes_of(cell)));
    loops.mul(row.gate(grad, kCandidate), sum, row.gate(y, kInput));
    loops.mul(row.state(bytes_of(grad_cell)), sum, row.gate(y, kForget));
    loops.mul(sum, sum, row.gate(y, kCandidate));
    loops.sigmoid_backward(sum, sum, row.gate(y, kInput), 2);
    loops.tanh_backward(row.gate(grad, kCandidate), row.gate(grad, kCandidate), row.gate(y, kCandidate));
    loops.sigmoid_backward(row.gate(grad, kOutput), row.gate(grad, kOutput), row.gate(y, kOutput), 1);
  });
}

}  // namespace relume::cpu
