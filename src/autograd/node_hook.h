// Hooks on a node of the graph: they see the gradients of all outputs of its forward op, or of all inputs, at once.
#pragma once

#include <vector>

#include "autograd/node.h"

namespace relume::autograd {

// Stands among the tensor hooks of its node, with kWholeNode for a number of an input.
class WholeNodeHook : public detail::TensorHook {
 public:
  // Before the node runs, after the hooks of single gradients: may replace the gradients of the forward op's outputs.
  virtual void before(std::vector<Tensor>& grad_outputs) = 0;
  // After it has run: may replace what it computed, undefined where no gradient was wanted.
  virtual void after(std::vector<Tensor>& grad_inputs, const std::vector<Tensor>& grad_outputs) = 0;

  Tensor call(const Tensor& /*grad*/) final { return Tensor(); }
};

inline constexpr uint32_t kWholeNode = UINT32_MAX;

// The hooks of that kind which a node has, held: a hook may take others off.
using NodeHookList = std::vector<std::shared_ptr<WholeNodeHook>>;
NodeHookList whole_node_hooks(const GraphNode& node);

// For hooks: the number of the backward that calls them, 0 outside of one.
uint64_t current_run();
// Whether a gradient of that node is of use to it: the node runs, or accumulates it, or hands it to who asked.
bool current_run_needs(const GraphNode* node);
// Whether it computes the gradients of some inputs only, as grad() does, in place of those of all leaves.
bool current_run_is_partial();

}  // namespace relume::autograd
