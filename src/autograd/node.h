// GraphNode: a function of the backward graph, with its edges, what it saved, and hooks.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "autograd/saved.h"
#include "core/small_vector.h"
#include "core/tensor_impl.h"
#include "relume/autograd.h"

namespace relume::autograd {

class GraphNode;

// Where a gradient goes: input `input_nr` of `node` (which is an output of the forward op).
struct GraphEdge {
  NodePtr node;
  uint32_t input_nr = 0;
  GraphNode* get() const;
  bool valid() const { return static_cast<bool>(node); }
};

// What the engine must know of an output of the forward op: gradients are checked against it, or made as zeros.
struct InputMeta {
  InputMeta(const DimVector& sizes, ScalarType dtype) : sizes(sizes), dtype(dtype) {}
  DimVector sizes;
  ScalarType dtype;
};

// What a backward function works with during one run.
class Backward {
 public:
  // With `last` the node will not be run again: what it saved is wanted no more.
  Backward(GraphNode& node, Tensor* grads, Tensor* results, const bool* needed, bool last = false)
      : node_(node), grads_(grads), results_(results), needed_(needed), last_(last) {}
  // Gradient with respect to output i of the forward op; zeros where nothing depends on that output.
  const Tensor& grad(size_t i = 0) {
    if (!grads_[i].defined()) [[unlikely]]
      fill_grad(i);
    return grads_[i];
  }
  // The same for the last use of it: the engine keeps it no longer.
  Tensor take_grad(size_t i = 0) {
    grad(i);
    return std::move(grads_[i]);
  }
  bool has_grad(size_t i = 0) const { return grads_[i].defined(); }
  // The i-th tensor saved.
  Tensor saved(size_t i) const;
  // The tensor saved, for the last use of it, where there is one only.
  Tensor take_saved();
  // The same of an output for a pass that no graph is recorded of. Nothing, and nothing is taken, where it is a whole
  // tensor that was saved or where it is wanted again.
  Elements take_saved_elements();
  bool took_saved() const { return took_saved_; }
  // A new tensor, where a graph is being recorded as if it were output 0 of the forward op.
  Tensor as_output(Tensor tensor) const;
  // Whether the gradient of input i is wanted.
  bool needs(size_t i) const { return needed_[i]; }
  // Sets the gradient with respect to input i. It may have a shape to which the input was broadcast, or another
  // floating dtype: the engine sums and casts.
  void set(size_t i, Tensor grad) { results_[i] = std::move(grad); }
  // The same where the derivative of input i is piecewise constant: a graph that is being recorded leads from the
  // gradient, a new tensor, to that input too, with a derivative of zeros.
  void set_constant(size_t i, const char* grad_fn, Tensor grad);
  GraphNode& node() { return node_; }

 private:
  void fill_grad(size_t i);

  GraphNode& node_;
  Tensor* grads_;
  Tensor* results_;
  const bool* needed_;
  const bool last_;
  bool took_saved_ = false;
};

// Called with the gradients of a node's inputs (before it runs) or also of its outputs (after).
struct NodeHook {
  uint32_t input_nr;
  unsigned handle;
  std::shared_ptr<detail::TensorHook> hook;
};
struct NodeHooks {
  std::vector<NodeHook> tensor_hooks;  // in order of registration
  // Tensors whose grad is kept, by input number. They own this node, so they are not owned here: a tensor takes itself
  // off the list when it dies.
  std::vector<std::pair<uint32_t, detail::TensorImpl*>> retain_grad;
};

class GraphNode : public Node {
 public:
  explicit GraphNode(const char* name);
  ~GraphNode() override;

  std::string name() const override { return name_; }
  uint64_t sequence_nr() const override { return sequence; }
  size_t num_inputs() const override { return inputs.size(); }
  size_t num_outputs() const override { return edges.size(); }
  Edge next_edge(size_t i) const override { return {edges[i].node, edges[i].input_nr}; }

  // Computes the gradients of the edges that are needed.
  virtual void apply(Backward& run) = 0;
  // Frees what was saved; a later use of it is an error.
  virtual void release_saved();
  // The name in the message about a saved tensor that was written to: without "Backward0".
  std::string short_name() const;

  Tensor unpack(size_t i);
  // unpack(0), and release_saved() at once.
  Tensor take_saved();
  Elements take_saved_elements();
  void check_not_released() const;
  void add_saved(const Save& save) { saved.emplace_back(save); }
  uint32_t add_input(const Tensor& output) {
    inputs.emplace_back(output.impl()->sizes, output.impl()->dtype);
    return inputs.size() - 1;
  }
  NodeHooks& hooks_for_writing() {
    if (!hooks) hooks = std::make_unique<NodeHooks>();
    return *hooks;
  }

  std::atomic<uint32_t> refs{1};
  std::atomic_flag lock = ATOMIC_FLAG_INIT;  // around saved: another thread may run or release this node
  bool released = false;
  uint32_t bytes = 0;  // of the block that the node lives in
  const char* name_;
  uint64_t sequence;
  GraphNode* next_deferred = nullptr;  // while waiting to be destroyed
  std::unique_ptr<NodeHooks> hooks;
  SmallVector<GraphEdge, 2> edges;   // one an input of the forward op
  SmallVector<InputMeta, 1> inputs;  // one an output of the forward op
  SmallVector<Saved, 2> saved;
};

inline GraphNode* GraphEdge::get() const { return static_cast<GraphNode*>(node.get()); }

// Holds a node's lock.
class NodeLock {
 public:
  explicit NodeLock(GraphNode& node) : node_(node) {
    while (node_.lock.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~NodeLock() { node_.lock.clear(std::memory_order_release); }
  NodeLock(const NodeLock&) = delete;
  NodeLock& operator=(const NodeLock&) = delete;

 private:
  GraphNode& node_;
};

// The name that Python has for a node. What adds, subtracts, multiplies by or divides by a number has that of the same
// with a tensor, for Python makes a tensor of the number first.
std::string python_name(const Node& node);

// A node from the pool; the caller owns the one reference.
template <class N, class... Args>
N* make_node(Args&&... args) {
  N* node = pool_new<N>(std::forward<Args>(args)...);
  node->bytes = sizeof(N);
  return node;
}

// The end of a graph: adds gradients into a leaf's grad. The leaf knows it weakly, it holds the leaf.
class AccumulateGrad final : public GraphNode {
 public:
  explicit AccumulateGrad(const Tensor& leaf);
  ~AccumulateGrad() override;
  void apply(Backward& run) override;
  Tensor variable;

 private:
  void accumulate(Tensor grad);
};

}  // namespace relume::autograd
