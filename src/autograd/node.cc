// The life of a node: numbering, release without recursion, and what it saved.
#include "autograd/node.h"

#include <cstring>

#include "autograd/arithmetic.h"
#include "autograd/record.h"
#include "core/check.h"

namespace relume::autograd {

Node::~Node() = default;

edge_list Node::next_edges() const {
  edge_list edges;
  for (size_t i = 0; i < num_outputs(); ++i) edges.push_back(next_edge(i));
  return edges;
}

GraphNode::GraphNode(const char* name) : name_(name), sequence(t_state.sequence++) {}
GraphNode::~GraphNode() = default;

void GraphNode::release_saved() {
  const NodeLock guard(*this);
  if (!saved.empty()) released = true;
  saved.clear();
}

std::string python_name(const Node& node) {
  std::string name = node.name();
  for (const char* op : {"Add", "Sub", "Mul", "Div"})
    if (name == op + std::string("Backward1")) name.back() = '0';
  return name == "DivBackward3" ? "DivBackward2" : name;
}

std::string GraphNode::short_name() const {
  std::string text = python_name(*this);
  const size_t at = text.rfind("Backward");
  if (at == std::string::npos) return text;
  const std::string rest = text.substr(at + std::strlen("Backward"));
  if (rest == "s") return text;  // CopyBackwards
  return text.substr(0, at) + (rest == "0" ? "" : rest);
}

void GraphNode::check_not_released() const {
  check(!released,
        "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
        "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
        "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
        "saved tensors after calling backward.");
}

Tensor GraphNode::unpack(size_t i) {
  const NodeLock guard(*this);
  check_not_released();
  return saved[i].unpack(*this);
}

Tensor GraphNode::take_saved() {
  const NodeLock guard(*this);
  check_not_released();
  Tensor taken = saved[0].take(*this);
  saved.clear();
  released = true;
  return taken;
}

Elements GraphNode::take_saved_elements() {
  const NodeLock guard(*this);
  check_not_released();
  Elements taken = saved[0].take_elements(*this);
  if (!taken) return taken;
  saved.clear();
  released = true;
  return taken;
}

Tensor Backward::saved(size_t i) const { return node_.unpack(i); }
Tensor Backward::take_saved() {
  took_saved_ = last_;
  return last_ ? node_.take_saved() : saved(0);
}
Elements Backward::take_saved_elements() {
  if (!last_ || t_state.grad_mode) return Elements();
  Elements taken = node_.take_saved_elements();
  took_saved_ = static_cast<bool>(taken);
  return taken;
}
Tensor Backward::as_output(Tensor tensor) const {
  return t_state.grad_mode ? autograd::as_output(std::move(tensor), node_, 0) : tensor;
}

void Backward::set_constant(size_t i, const char* grad_fn, Tensor grad) {
  if (t_state.grad_mode) {
    NodePtr handle = new_function_node(grad_fn, {grad}, [](Backward& run) {
      run.set(0, run.grad());
      if (run.needs(1)) run.set(1, zeros(run.grad().sizes(), run.grad().scalar_type()));
    });
    static_cast<GraphNode&>(*handle).edges.emplace_back(node_.edges[i]);
    set_history(grad, std::move(handle));
  }
  set(i, std::move(grad));
}

void retain(Node* node) { static_cast<GraphNode*>(node)->refs.fetch_add(1, std::memory_order_relaxed); }

// Destroying a node releases the nodes behind it, so a chain of them would recurse once a node. Whoever comes first on
// a thread runs a loop instead; the others queue up.
void release(Node* handle) {
  auto* node = static_cast<GraphNode*>(handle);
  // The one owner need not count down, but a leaf, which owns no accumulator, may take a reference to its own.
  const bool alone = node->refs.load(std::memory_order_acquire) == 1 && node->sequence != UINT64_MAX;
  if (!alone && node->refs.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  node->next_deferred = static_cast<GraphNode*>(t_state.deferred_nodes);
  t_state.deferred_nodes = node;
  if (t_state.draining) return;
  t_state.draining = true;
  while (auto* next = static_cast<GraphNode*>(t_state.deferred_nodes)) {
    t_state.deferred_nodes = next->next_deferred;
    const uint32_t bytes = next->bytes;
    void* const block = dynamic_cast<void*>(next);
    next->~GraphNode();
    deallocate(block, bytes);
  }
  t_state.draining = false;
}

}  // namespace relume::autograd
