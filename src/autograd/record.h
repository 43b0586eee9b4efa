// record(): how an op tells autograd what it did. See HACKING.md, "Writing an op".
#pragma once

#include <initializer_list>
#include <type_traits>
#include <utility>

#include "autograd/variable.h"
#include "core/thread_state.h"

namespace relume::autograd {

// An input of an op.
struct Input {
  Input(const Tensor& tensor)
      : tensor(&tensor) {}  // NOLINT: implicit, so that lists of inputs read as lists of tensors
  const Tensor* tensor;
};
using Inputs = std::initializer_list<Input>;
using Saves = std::initializer_list<Save>;

// Whether an op on these inputs is to be recorded.
inline bool recording(Inputs inputs) {
  if (!t_state.grad_mode) return false;
  for (const Input& input : inputs)
    if (requires_grad(*input.tensor)) return true;
  return false;
}
bool recording(TensorList inputs);

// A node whose backward is a callable `void(Backward&)`. Tensors belong in `saved`, not in captures.
template <class F>
class FunctionNode final : public GraphNode {
 public:
  FunctionNode(const char* name, F function) : GraphNode(name), function_(std::move(function)) {}
  void apply(Backward& run) override { function_(run); }

 private:
  F function_;
};

template <class F>
NodePtr new_function_node(const char* name, Inputs inputs, F backward) {
  auto* node = make_node<FunctionNode<F>>(name, std::move(backward));
  NodePtr handle = NodePtr::adopt(node);  // a view that may not be used throws in gradient_edge
  for (const Input& input : inputs) node->edges.emplace_back(gradient_edge(*input.tensor));
  return handle;
}

// record() where it is known that some input requires grad.
template <class F>
void record_history(const char* name, const Tensor& result, Inputs inputs, Saves saves, F backward) {
  NodePtr handle = new_function_node(name, inputs, std::move(backward));
  auto* node = static_cast<GraphNode*>(handle.get());
  set_history(result, std::move(handle));
  for (const Save& save : saves) node->add_saved(save);
}

// Records that `result` was computed from `inputs`, so that backward(Backward&) can compute their gradients from that
// of the result and from `saves`. Returns the result. Does nothing where no input requires grad.
template <class F>
Tensor record(const char* name, Tensor result, Inputs inputs, Saves saves, F backward) {
  if (recording(inputs)) record_history(name, result, inputs, saves, std::move(backward));
  return result;
}

// The same for an op on a list of tensors.
template <class F>
Tensor record_list(const char* name, Tensor result, TensorList inputs, F backward) {
  if (!recording(inputs)) return result;
  auto* node = make_node<FunctionNode<F>>(name, std::move(backward));
  NodePtr handle = NodePtr::adopt(node);
  for (const Tensor& input : inputs) node->edges.emplace_back(gradient_edge(input));
  set_history(result, std::move(handle));
  return result;
}

// The same for an op with several results; those of integer dtype take no part.
template <class F>
void record_results(const char* name, std::initializer_list<Input> results, Inputs inputs, Saves saves, F backward) {
  if (!recording(inputs)) return;
  const NodePtr handle = new_function_node(name, inputs, std::move(backward));
  auto* node = static_cast<GraphNode*>(handle.get());
  for (const Input& result : results) {
    if (is_floating_point(result.tensor->scalar_type()))
      set_history(*result.tensor, node);
    else
      node->add_input(*result.tensor);
  }
  for (const Save& save : saves) node->add_saved(save);
}

// Records a view: `view` shows elements of `base`.
template <class F>
Tensor record_view(const char* name, Tensor view, const Tensor& base, F backward) {
  if (recording({base})) {
    set_history(view, new_function_node(name, {base}, std::move(backward)));
  }
  set_view(view, base);
  return view;
}

// An in-place op is written
//   InPlace write("add_", self, {other});
//   ... compute into self ...
//   write.record("AddBackward0", {...saves...}, backward);
// The constructor checks that self may be written and takes the edges of self (input 0) and the other inputs; record()
// makes self the result. An op without a gradient, or with nothing to record, says written() instead. A write that
// failed says neither: the version of self stays. Elements may be shared where all are written alike.
class InPlace {
 public:
  InPlace(const char* op, const Tensor& self, Inputs others = {}, Shared elements = Shared::Refused) : self_(self) {
    impl_of(self, op);
    recording_ = autograd::recording({self}) || autograd::recording(others);
    check_in_place(self, recording_, elements);
    if (recording_) take_edges(others);
  }
  InPlace(const InPlace&) = delete;
  InPlace& operator=(const InPlace&) = delete;

  bool recording() const { return recording_; }
  void written() { self_.impl()->note_write(); }
  template <class F>
  void record(const char* name, Saves saves, F backward) {
    if (!recording_) {
      written();
      return;
    }
    auto* node = make_node<FunctionNode<F>>(name, std::move(backward));
    const NodePtr handle = NodePtr::adopt(node);
    finish(node, saves);
  }

 private:
  void take_edges(Inputs others);
  void finish(GraphNode* node, Saves saves);

  const Tensor& self_;
  SmallVector<GraphEdge, 4> edges_;
  bool recording_;
};

}  // namespace relume::autograd

namespace relume {
// What op files use by their plain names.
using autograd::Backward;
using autograd::InPlace;
using autograd::lazy_output;
using autograd::output;
using autograd::record;
using autograd::record_history;
using autograd::record_list;
using autograd::record_results;
using autograd::record_view;
using autograd::recording;
using autograd::Shared;
}  // namespace relume
