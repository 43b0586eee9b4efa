// What follows the products of a step of a recurrent network.
#include "autograd/record.h"
#include "kernels/lstm.h"
#include "ops/elementwise.h"
#include "relume/ops.h"

namespace relume {
namespace {

// What a step computes from the sum of its gates [*, 4 hidden] and the cell's state [*, hidden].
struct Step {
  Tensor hidden, cell, activated;
};

// In terms of ops: for dtypes that the kernels lack, and where gradients are differentiated.
Step step_of_ops(const Tensor& gates, const Tensor& cell) {
  const std::vector<Tensor> parts = gates.chunk(4, -1);
  const Tensor input = parts[0].sigmoid(), forget = parts[1].sigmoid(), candidate = parts[2].tanh();
  const Tensor output = parts[3].sigmoid(), next = forget * cell + input * candidate;
  return {output * next.tanh(), next, cat({input, forget, candidate, output}, -1)};
}

// The gradients of gates and cell.
std::pair<Tensor, Tensor> gradients_of_ops(const Tensor& gates, const Tensor& cell, const Tensor& grad_hidden,
                                           const Tensor& grad_next) {
  const Step step = step_of_ops(gates, cell);
  const std::vector<Tensor> y = step.activated.chunk(4, -1);
  const Tensor bent = step.cell.tanh(), grad = grad_next + grad_hidden * y[3] * (1 - bent * bent);
  const auto through_sigmoid = [](const Tensor& grad, const Tensor& gate) { return grad * (1 - gate) * gate; };
  return {cat({through_sigmoid(grad * y[2], y[0]), through_sigmoid(grad * cell, y[1]), grad * y[0] * (1 - y[2] * y[2]),
               through_sigmoid(grad_hidden * bent, y[3])},
              -1),
          grad * y[1]};
}

cpu::LstmStep shape_of(const Tensor& cell) {
  const int64_t hidden = cell.size(-1);
  return {cell.numel() / std::max<int64_t>(1, hidden), hidden, cell.scalar_type()};
}

// The same elements with a node of a name of its own.
Tensor under_name(const char* name, const Tensor& state) {
  return record(name, make_alias(state), {state}, {}, [](Backward& run) { run.set(0, run.grad()); });
}

Step step_by_kernel(const Tensor& gates, const Tensor& cell) {
  const Tensor x = gates.contiguous(), c = cell.contiguous();
  const auto fresh = [&](const Tensor& like) { return make_tensor(like.sizes(), like.scalar_type()); };
  const Step step{fresh(c), fresh(c), fresh(x)};
  const Tensor bent = fresh(c);
  cpu::lstm_step(shape_of(c), x.data_ptr(), c.data_ptr(), step.activated.data_ptr(), step.cell.data_ptr(),
                 bent.data_ptr(), step.hidden.data_ptr());
  record_results("ThnnFusedLstmCellBackward0", {step.hidden, step.cell}, {gates, cell},
                 {gates, cell, step.activated, bent}, [](Backward& run) {
                   if (GradMode::is_enabled()) {
                     auto [grad_gates, grad_cell] =
                         gradients_of_ops(run.saved(0), run.saved(1), run.grad(0), run.grad(1));
                     run.set(0, std::move(grad_gates));
                     return run.set(1, std::move(grad_cell));
                   }
                   const Tensor c = run.saved(1).contiguous(), y = run.saved(2), bent = run.saved(3);
                   const Tensor grad_hidden = run.grad(0).contiguous(), grad_next = run.grad(1).contiguous();
                   const Tensor grad_gates = make_tensor(y.sizes(), y.scalar_type());
                   const Tensor grad_cell = make_tensor(c.sizes(), c.scalar_type());
                   cpu::lstm_step_backward(shape_of(c), grad_hidden.data_ptr(), grad_next.data_ptr(), y.data_ptr(),
                                           c.data_ptr(), bent.data_ptr(), grad_gates.data_ptr(), grad_cell.data_ptr());
                   run.set(0, grad_gates);
                   run.set(1, grad_cell);
                 });
  // PyTorch's steps are made of ops, whose names programs see.
  return {under_name("MulBackward0", step.hidden), under_name("AddBackward0", step.cell), step.activated};
}

}  // namespace

// A step of an LSTM from the products of its input and of its hidden state with their weights, [N, 4 H] each, and the
// cell's state cx [N, H]: the next hidden state and cell's state, and the gates.  With input, forget, candidate and
// output the quarters of the sum, behind sigmoid, sigmoid, tanh and sigmoid:
//   c = forget * cx + input * candidate,  h = output * tanh(c).
// Hochreiter and Schmidhuber, 1997.
std::tuple<Tensor, Tensor, Tensor> _thnn_fused_lstm_cell(const Tensor& input_gates, const Tensor& hidden_gates,
                                                         const Tensor& cx, const Tensor& input_bias,
                                                         const Tensor& hidden_bias) {
  impl_of(cx, "_thnn_fused_lstm_cell");
  Tensor gates = input_gates + hidden_gates;
  if (input_bias.defined()) gates = gates + input_bias;
  if (hidden_bias.defined()) gates = gates + hidden_bias;
  DimVector sizes(cx.sizes());
  check(!sizes.empty(), "_thnn_fused_lstm_cell: expected cx with at least one dimension");
  sizes.back() *= 4;
  check(gates.sizes() == IntArrayRef(sizes), "_thnn_fused_lstm_cell: expected gates of sizes {}, got {}",
        IntArrayRef(sizes), gates.sizes());
  const ScalarType dtype = cx.scalar_type();
  const bool has_kernel = (dtype == kFloat || dtype == kDouble) && gates.scalar_type() == dtype;
  Step step = has_kernel ? step_by_kernel(gates, cx) : step_of_ops(gates, cx);
  return {std::move(step.hidden), std::move(step.cell), step.activated.detach()};
}

}  // namespace relume
