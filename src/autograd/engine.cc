// The engine: runs a graph backwards, on the calling thread, in reverse order of creation.
//
// What belongs to one run (how many gradients a node still waits for, the gradients themselves) is kept in the run, not
// in the nodes: a hook may start another run, and two threads may walk graphs that share nodes.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <optional>

#include "autograd/arithmetic.h"
#include "autograd/variable.h"
#include "core/autocast_state.h"
#include "core/check.h"
#include "core/profiler.h"
#include "core/python_object.h"

namespace relume::autograd {
namespace {

std::atomic<bool> g_anomaly{false}, g_check_nan{true};

// A small graph ends sooner than the question whether to go on would be answered.
constexpr size_t kNodesBeforeInterrupts = 8;

void warn_of_error_in(const GraphNode& node);

// Index of each node of a run: open addressing on the node's address.
class NodeIndex {
 public:
  NodeIndex() : slots_(64) {}
  // The index of `node`; `next` where it is new.
  uint32_t find_or_insert(GraphNode* node, uint32_t next) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    Slot& slot = slot_of(node);
    if (slot.node) return slot.index;
    slot = {node, next};
    ++count_;
    return next;
  }
  // UINT32_MAX where it was never inserted.
  uint32_t find(GraphNode* node) { return slot_of(node).node ? slot_of(node).index : UINT32_MAX; }

 private:
  struct Slot {
    GraphNode* node = nullptr;
    uint32_t index = 0;
  };
  Slot& slot_of(GraphNode* node) {
    const size_t mask = slots_.size() - 1;
    size_t at = (reinterpret_cast<uintptr_t>(node) >> 6) * 0x9e3779b97f4a7c15u >> 20 & mask;
    while (slots_[at].node && slots_[at].node != node) at = (at + 1) & mask;
    return slots_[at];
  }
  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.node) slot_of(slot.node) = slot;
  }
  std::vector<Slot> slots_;
  size_t count_ = 0;
};

constexpr uint32_t kNowhere = UINT32_MAX;  // the index of a node that is not there

// A gradient that autograd::grad() or backward(inputs=...) asks for.
struct Capture {
  uint32_t input_nr;
  size_t result;
};

struct State {
  GraphNode* node;
  uint32_t waiting = 0;       // gradients that have not arrived, edges counted
  uint32_t first_grad = 0;    // in Run::grads_
  uint32_t first_target = 0;  // in Run::targets_: where its edges lead
  bool needed = true;         // some capture lies behind it (or there are no captures)
  std::vector<Capture> captures;
};

class Run {
 public:
  Run(bool keep_graph, bool create_graph) : keep_graph_(keep_graph), create_graph_(create_graph) {}

  void add_root(const Edge& edge, Tensor grad) {
    held_.push_back(edge.node);
    const uint32_t root = discover(edge.get());
    add_grad(root, edge.input_nr, std::move(grad));
    roots_.push_back(root);
  }
  // Has the gradient of `edge` stored into results[i] instead of accumulated.
  void capture(const Edge& edge, size_t i) { captures_.push_back({edge.get(), {edge.input_nr, i}}); }
  std::vector<Tensor> results;

  void execute();

 private:
  uint32_t discover(GraphNode* node);
  void count_dependencies();
  void find_needed();
  void add_grad(uint32_t index, uint32_t input_nr, Tensor grad);
  void evaluate(uint32_t index);
  void run_tensor_hooks(GraphNode& node, Tensor* grads);
  void apply(State& state, Tensor* grads);
  void check_results(GraphNode& node, SmallVector<Tensor, 4>& results_of_node);
  const uint32_t* targets(const State& state) const { return targets_.data() + state.first_target; }

  const bool keep_graph_, create_graph_;
  NodeIndex index_;
  std::vector<State> states_;
  std::vector<Tensor> grads_;
  std::vector<uint32_t> targets_;
  std::vector<uint32_t> roots_, ready_;
  std::vector<NodePtr> held_;  // the roots: a hook may drop the tensors that own them
  std::vector<std::pair<GraphNode*, Capture>> captures_;
};

uint32_t Run::discover(GraphNode* node) {
  const uint32_t next = static_cast<uint32_t>(states_.size());
  const uint32_t index = index_.find_or_insert(node, next);
  if (index == next) {
    State& state = states_.emplace_back();
    state.node = node;
    state.first_grad = static_cast<uint32_t>(grads_.size());
    grads_.resize(grads_.size() + node->inputs.size());
  }
  return index;
}

// States are appended as nodes are found, so the list itself is the queue of a breadth-first walk.
void Run::count_dependencies() {
  for (uint32_t i = 0; i < states_.size(); ++i) {
    GraphNode* node = states_[i].node;
    states_[i].first_target = static_cast<uint32_t>(targets_.size());
    for (const Edge& edge : node->edges) {
      const uint32_t target = edge.valid() ? discover(edge.get()) : kNowhere;
      targets_.push_back(target);
      if (target != kNowhere) ++states_[target].waiting;
    }
  }
}

// With captures, only nodes from which one can be reached are run.
void Run::find_needed() {
  if (captures_.empty()) return;
  for (const auto& [node, capture] : captures_) {
    const uint32_t at = index_.find(node);
    if (at != kNowhere) states_[at].captures.push_back(capture);
  }
  std::vector<std::vector<uint32_t>> users(states_.size());
  for (uint32_t i = 0; i < states_.size(); ++i)
    for (size_t k = 0; k < states_[i].node->edges.size(); ++k)
      if (const uint32_t target = targets(states_[i])[k]; target != kNowhere) users[target].push_back(i);
  std::vector<uint32_t> stack;
  for (uint32_t i = 0; i < states_.size(); ++i) {
    states_[i].needed = !states_[i].captures.empty();
    if (states_[i].needed) stack.push_back(i);
  }
  while (!stack.empty()) {
    const uint32_t i = stack.back();
    stack.pop_back();
    for (const uint32_t user : users[i]) {
      if (states_[user].needed) continue;
      states_[user].needed = true;
      stack.push_back(user);
    }
  }
}

void Run::add_grad(uint32_t index, uint32_t input_nr, Tensor grad) {
  Tensor& slot = grads_[states_[index].first_grad + input_nr];
  if (!grad.defined()) return;
  if (!slot.defined()) {
    slot = std::move(grad);
    return;
  }
  const detail::TensorImpl& impl = *slot.impl();
  const bool exclusive =
      impl.refs.load(std::memory_order_relaxed) == 1 && impl.storage->owners() == 1 && impl.contiguous;
  if (exclusive && !create_graph_ && impl.dtype == grad.scalar_type() && IntArrayRef(impl.sizes) == grad.sizes())
    add_in_place(slot, grad);
  else
    slot = add(slot, grad);
}

void Run::execute() {
  count_dependencies();
  find_needed();
  const auto later = [this](uint32_t a, uint32_t b) { return states_[a].node->sequence < states_[b].node->sequence; };
  const AutoGradMode mode(create_graph_);
  const AutocastPause pause;  // gradients have the dtypes that the forward pass chose
  std::sort(roots_.begin(), roots_.end());
  roots_.erase(std::unique(roots_.begin(), roots_.end()), roots_.end());
  for (const uint32_t root : roots_)
    if (states_[root].waiting == 0) ready_.push_back(root);
  std::make_heap(ready_.begin(), ready_.end(), later);
  size_t evaluated = 0;
  while (!ready_.empty()) {
    std::pop_heap(ready_.begin(), ready_.end(), later);
    const uint32_t index = ready_.back();
    ready_.pop_back();
    if (++evaluated > kNodesBeforeInterrupts && detail::check_interrupt) detail::check_interrupt();
    evaluate(index);
    for (size_t k = 0; k < states_[index].node->edges.size(); ++k) {
      const uint32_t next = targets(states_[index])[k];
      if (next == kNowhere || --states_[next].waiting > 0) continue;
      ready_.push_back(next);
      std::push_heap(ready_.begin(), ready_.end(), later);
    }
  }
}

void Run::run_tensor_hooks(GraphNode& node, Tensor* grads) {
  const auto call = [grads](const NodeHook& hook) {
    Tensor& grad = grads[hook.input_nr];
    if (!grad.defined()) return;
    Tensor replaced = hook.hook->call(grad);
    if (!replaced.defined()) return;
    check(replaced.sizes() == grad.sizes(), "hook has changed the size of value");
    grad = std::move(replaced);
  };
  if (node.sequence == UINT64_MAX) {
    const AutogradMeta& meta = *meta_of(static_cast<AccumulateGrad&>(node).variable);
    if (meta.leaf_hooks) {
      const std::vector<NodeHook> hooks = *meta.leaf_hooks;  // a hook may remove itself
      for (const NodeHook& hook : hooks) call(hook);
    }
  }
  if (!node.hooks) return;
  const std::vector<NodeHook> hooks = node.hooks->tensor_hooks;
  for (const NodeHook& hook : hooks) call(hook);
  std::vector<std::pair<uint32_t, Tensor>> kept;
  {
    const NodeLock guard(node);
    for (const auto& [input_nr, impl] : node.hooks->retain_grad) {
      uint32_t refs = impl->refs.load(std::memory_order_relaxed);
      while (refs != 0 && !impl->refs.compare_exchange_weak(refs, refs + 1)) {
      }
      if (refs != 0) kept.emplace_back(input_nr, Tensor::adopt(impl));
    }
  }
  for (const auto& [input_nr, tensor] : kept) {
    const Tensor& grad = grads[input_nr];
    if (!grad.defined()) continue;
    Tensor& kept_grad = meta_of(tensor)->grad;
    kept_grad = kept_grad.defined() ? add(kept_grad, grad) : grad;
  }
}

void Run::evaluate(uint32_t index) {
  State& state = states_[index];
  GraphNode& node = *state.node;
  const size_t count = node.inputs.size();
  SmallVector<Tensor, 4> grads(count);
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    grads[i] = std::move(grads_[state.first_grad + i]);
    any |= grads[i].defined();
  }
  if (!any || !state.needed) return;
  run_tensor_hooks(node, grads.begin());
  for (const Capture& capture : state.captures) {
    Tensor& result = results[capture.result];
    result = grads[capture.input_nr];
  }
  const uint32_t* next = targets(state);
  const bool leads_on = captures_.empty() || std::any_of(next, next + node.edges.size(), [this](uint32_t target) {
                          return target != kNowhere && states_[target].needed;
                        });
  if (!leads_on) return;
  apply(state, grads.begin());
}

void Run::apply(State& state, Tensor* grads) {
  GraphNode& node = *state.node;
  const size_t count = node.edges.size();
  SmallVector<Tensor, 4> results_of_node(count);
  SmallVector<bool, 8> needed;
  const uint32_t* next = targets(state);
  for (size_t i = 0; i < count; ++i) needed.emplace_back(next[i] != kNowhere && states_[next[i]].needed);
  Backward backward(node, grads, results_of_node.begin(), needed.begin());
  std::optional<profiler::Scope> scope;
  if (profiler::running()) [[unlikely]]
    scope.emplace(profiler::Kind::Backward, node.name());
  try {
    node.apply(backward);
    check_results(node, results_of_node);
  } catch (...) {
    if (AnomalyMode::is_enabled()) warn_of_error_in(node);
    throw;
  }
  if (!keep_graph_) node.release_saved();
  for (size_t i = 0; i < count; ++i)
    if (needed[i]) add_grad(next[i], node.edges[i].input_nr, std::move(results_of_node[i]));
}

// Sums what was broadcast, casts to the dtype of the forward value, and refuses what fits in neither way.
void Run::check_results(GraphNode& node, SmallVector<Tensor, 4>& results_of_node) {
  for (size_t i = 0; i < results_of_node.size(); ++i) {
    Tensor& grad = results_of_node[i];
    const Edge& edge = node.edges[i];
    if (!edge.valid() || !grad.defined()) continue;
    const InputMeta& meta = edge.get()->inputs[edge.input_nr];
    if (grad.sizes() != IntArrayRef(meta.sizes)) {
      const IntArrayRef from = meta.sizes, to = grad.sizes();
      bool expandable = from.size() <= to.size();
      for (size_t k = 1; expandable && k <= from.size(); ++k)
        expandable = from[from.size() - k] == to[to.size() - k] || from[from.size() - k] == 1;
      check(expandable,
            "Function {} returned an invalid gradient at index {} - got {} but expected shape compatible with {}",
            node.name(), i, to, from);
      grad = sum_to(grad, meta.sizes);
    }
    if (grad.scalar_type() != meta.dtype) grad = cast(grad, meta.dtype);
    if (AnomalyMode::is_enabled() && AnomalyMode::should_check_nan())
      check(!has_nan(grad), "Function '{}' returned nan values in its {}th output.", node.name(), i);
  }
}

// Names the forward op whose backward failed, by what it made.
void warn_of_error_in(const GraphNode& node) {
  std::string made;
  for (const InputMeta& meta : node.inputs)
    made +=
        fmt::format("{}{}Tensor {}", made.empty() ? "" : ", ", relume::to_string(meta.dtype), IntArrayRef(meta.sizes));
  std::fprintf(stderr, "Warning: Error detected in %s, the backward of the forward op %s that made %s.\n",
               node.name().c_str(), node.short_name().c_str(), made.c_str());
}

// The gradients to start from: those given, or ones for tensors of one element.
std::vector<Tensor> start_grads(TensorList tensors, TensorList given, bool create_graph) {
  check(given.empty() || given.size() == tensors.size(), "got {} tensors and {} gradients", tensors.size(),
        given.size());
  std::vector<Tensor> grads;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& tensor = tensors[i];
    check(tensor.defined() && requires_grad(tensor),
          "element {} of tensors does not require grad and does not have a grad_fn", i);
    if (!given.empty() && given[i].defined()) {
      check(given[i].sizes() == tensor.sizes(),
            "Mismatch in shape: grad_output[{}] has a shape of torch.Size({}) and output[{}] has a shape of "
            "torch.Size({}).",
            i, given[i].sizes(), i, tensor.sizes());
      grads.push_back(create_graph ? given[i] : given[i].detach());
    } else {
      check(tensor.numel() == 1, "grad can be implicitly created only for scalar outputs");
      grads.push_back(ones(tensor.sizes(), tensor.scalar_type()));
    }
  }
  return grads;
}

// Runs the graph behind `outputs`. Returns the gradients of `inputs`; where there are none, leaves accumulate theirs.
variable_list run_graph(TensorList outputs, TensorList grad_outputs, TensorList inputs,
                        std::optional<bool> retain_graph, bool create_graph) {
  const std::vector<Tensor> grads = start_grads(outputs, grad_outputs, create_graph);
  Run run(retain_graph.value_or(create_graph), create_graph);
  for (size_t i = 0; i < outputs.size(); ++i) run.add_root(gradient_edge(outputs[i]), grads[i]);
  std::vector<Edge> wanted;
  for (size_t i = 0; i < inputs.size(); ++i) {
    check(inputs[i].defined() && requires_grad(inputs[i]), "One of the differentiated Tensors does not require grad");
    wanted.push_back(gradient_edge(inputs[i]));
    run.capture(wanted.back(), i);
  }
  run.results.resize(inputs.size());
  run.execute();
  return std::move(run.results);
}

}  // namespace

const Tensor& Backward::grad(size_t i) {
  if (!grads_[i].defined()) {
    const InputMeta& meta = node_.inputs[i];
    grads_[i] = zeros(meta.sizes, meta.dtype);
  }
  return grads_[i];
}

void backward(TensorList tensors, TensorList grad_tensors, std::optional<bool> retain_graph, bool create_graph,
              TensorList inputs) {
  const variable_list results = run_graph(tensors, grad_tensors, inputs, retain_graph, create_graph);
  const AutoGradMode mode(create_graph);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& grad = results[i];
    if (!grad.defined()) continue;
    Tensor& kept = make_meta(inputs[i]).grad;
    kept = kept.defined() ? add(kept, grad) : (create_graph ? grad : copy_like(grad, inputs[i]));
  }
}

variable_list grad(TensorList outputs, TensorList inputs, TensorList grad_outputs, std::optional<bool> retain_graph,
                   bool create_graph, bool allow_unused) {
  check<ValueError>(!inputs.empty(), "grad requires non-empty inputs.");
  variable_list results = run_graph(outputs, grad_outputs, inputs, retain_graph, create_graph);
  for (size_t i = 0; i < inputs.size(); ++i)
    check(allow_unused || results[i].defined(),
          "The differentiated Tensor at index {} appears to not have been used in the graph. Set allow_unused=True if "
          "this is the desired behavior.",
          i);
  return results;
}

bool AnomalyMode::is_enabled() { return g_anomaly.load(std::memory_order_relaxed); }
bool AnomalyMode::should_check_nan() { return g_check_nan.load(std::memory_order_relaxed); }
void AnomalyMode::set_enabled(bool enabled, bool check_nan) {
  g_anomaly.store(enabled);
  g_check_nan.store(check_nan);
}

}  // namespace relume::autograd
