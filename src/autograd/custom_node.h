// The node of a call of a user's own function, in whichever language it is written.
#pragma once

#include <vector>

#include "autograd/variable.h"
#include "core/check.h"
#include "relume/custom_function.h"

namespace relume::detail {

using autograd::variable_list;

// The node of one call. Its edges are those of the tensors among the arguments; backward returns a gradient for every
// argument.
class CustomNode : public autograd::GraphNode {
 public:
  CustomNode() : GraphNode("") { context.node_ = this; }

  void apply(autograd::Backward& run) final;
  void add_argument(const Tensor* tensor) {
    is_tensor_.push_back(tensor != nullptr);
    if (tensor) edges.emplace_back(autograd::gradient_edge(*tensor));
  }
  // Gives what forward returned its place in the graph, where any input requires grad.
  void finish(const variable_list& inputs, variable_list& outputs);
  variable_list saved_variables() {
    variable_list tensors;
    if (released) unpack(0);  // throws
    for (size_t i = 0; i < saved.size(); ++i) tensors.push_back(unpack(i));
    return tensors;
  }
  bool needs(size_t i) const {
    check<IndexError>(i < edges.size(), "needs_input_grad: index {} is out of range for a function of {} tensors", i,
                      edges.size());
    return running && &running->node() == this ? running->needs(i) : edges[i].valid();
  }

  autograd::AutogradContext context;

 private:
  // The user's backward: a gradient an argument of forward, from one an output.
  virtual variable_list run_backward(variable_list grads) = 0;
  // Makes `outputs` results of this node, and keeps what forward wanted saved.
  void record(const variable_list& inputs, variable_list& outputs);
  // Checks and counts the writes that forward says it made.
  void check_dirty(const variable_list& inputs, const variable_list& outputs);
  // Nothing of a graph may be held by its own node.
  void forget_forward() {
    context.to_save_.clear();
    context.dirty_.clear();
    context.non_differentiable_.clear();
  }
  void check_gradients(variable_list& grads) const;
  void make_output(const variable_list& inputs, Tensor& output, bool several);

  // The innermost backward of a custom function that runs on this thread.
  static constinit thread_local autograd::Backward* running;

  std::vector<bool> is_tensor_;  // of each argument of forward
};

}  // namespace relume::detail
