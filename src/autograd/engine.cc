// The engine: runs a graph backwards, on the calling thread, in reverse order of creation.
//
// What belongs to one run (how many gradients a node still waits for, the gradients themselves) is kept in the run, not
// in the nodes: a hook may start another run, and two threads may walk graphs that share nodes.
#include <algorithm>
#include <atomic>
#include <iterator>
#include <optional>

#include "autograd/arithmetic.h"
#include "autograd/node_hook.h"
#include "autograd/variable.h"
#include "core/autocast_state.h"
#include "core/check.h"
#include "core/profiler.h"
#include "core/python_object.h"
#include "core/warn_once.h"

namespace relume::autograd {
namespace {

std::atomic<bool> g_anomaly{false}, g_check_nan{true};
std::atomic<uint64_t> g_runs{0};

// A small graph ends sooner than the question whether to go on would be answered.
constexpr size_t kNodesBeforeInterrupts = 8;

void warn_of_error_in(const GraphNode& node);

// Index of each node of a run: open addressing on the node's address.
class NodeIndex {
 public:
  NodeIndex() = default;
  NodeIndex(const NodeIndex&) = delete;
  NodeIndex& operator=(const NodeIndex&) = delete;
  ~NodeIndex() { release(slots_, capacity_); }
  // The index of `node`; `next` where it is new.
  uint32_t find_or_insert(GraphNode* node, uint32_t next) {
    if (2 * (count_ + 1) > capacity_) grow();
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
    const size_t mask = capacity_ - 1;
    size_t at = (reinterpret_cast<uintptr_t>(node) >> 6) * 0x9e3779b97f4a7c15u >> 20 & mask;
    while (slots_[at].node && slots_[at].node != node) at = (at + 1) & mask;
    return slots_[at];
  }
  void grow() {
    Slot* const old = slots_;
    const size_t old_capacity = capacity_;
    slots_ = new (allocate(2 * capacity_ * sizeof(Slot))) Slot[2 * capacity_];
    capacity_ *= 2;
    for (size_t i = 0; i < old_capacity; ++i)
      if (old[i].node) slot_of(old[i].node) = old[i];
    release(old, old_capacity);
  }
  void release(Slot* slots, size_t capacity) {
    if (slots != few_) deallocate(slots, capacity * sizeof(Slot));
  }
  Slot few_[32];
  Slot* slots_ = few_;
  size_t capacity_ = std::size(few_);
  size_t count_ = 0;
};

constexpr uint32_t kNowhere = UINT32_MAX;  // the index of a node that is not there

// A gradient that autograd::grad() or backward(inputs=...) asks for.
struct Capture {
  GraphNode* node;
  uint32_t input_nr;
  size_t result;
};

struct State {
  GraphNode* node;
  uint32_t waiting = 0;       // gradients that have not arrived, edges counted
  uint32_t first_grad = 0;    // in Run::grads_
  uint32_t first_target = 0;  // in Run::targets_ and Run::wanted_: where its edges lead
  bool needed = true;         // some capture lies behind it (or there are no captures)
  bool captured = false;      // there is a capture of it
};

// Small graphs fit into the lists as they are; larger ones take memory from the pool.
class Run {
 public:
  Run(bool keep_graph, bool create_graph) : keep_graph_(keep_graph), create_graph_(create_graph) {}

  void add_root(GraphEdge edge, Tensor grad) {
    const uint32_t input_nr = edge.input_nr;
    const uint32_t root = discover(held_.emplace_back(std::move(edge)).get());
    add_grad(root, input_nr, std::move(grad));
    roots_.emplace_back(root);
  }
  // Has the gradient of `edge` stored into results[i] instead of accumulated.
  void capture(const GraphEdge& edge, size_t i) { captures_.push_back({edge.get(), edge.input_nr, i}); }
  std::vector<Tensor> results;

  void execute();
  // Given when a hook first asks for it.
  uint64_t number() const {
    if (number_ == 0) number_ = g_runs.fetch_add(1, std::memory_order_relaxed) + 1;
    return number_;
  }
  // Whether a gradient that arrives at the node is of use.
  bool needs(const GraphNode* node) const {
    return std::any_of(states_.begin(), states_.end(),
                       [node](const State& state) { return state.node == node && state.needed; });
  }

 private:
  uint32_t discover(GraphNode* node);
  uint32_t append(GraphNode* node);
  void count_dependencies();
  void find_needed();
  void add_grad(uint32_t index, uint32_t input_nr, Tensor grad);
  void evaluate(const State& state);
  void run_tensor_hooks(GraphNode& node, Tensor* grads);
  void apply(const State& state, Tensor* grads);
  void run_between(const NodeHookList& hooks, const State& state, Tensor* grads);
  void run_node(const State& state, Tensor* grads);
  void check_result(GraphNode& node, size_t i, Tensor& grad);
  const uint32_t* targets(const State& state) const { return targets_.begin() + state.first_target; }

  const bool keep_graph_, create_graph_;
  mutable uint64_t number_ = 0;
  NodeIndex index_;
  SmallVector<State, 16> states_;
  SmallVector<Tensor, 16> grads_;
  SmallVector<uint32_t, 32> targets_;
  SmallVector<bool, 32> wanted_;         // of each target: whether a gradient is wanted there
  SmallVector<Tensor, 4> node_results_;  // of the node that is being applied
  SmallVector<uint32_t, 8> roots_, ready_;
  SmallVector<GraphEdge, 1> held_;  // the roots: a hook may drop the tensors that own them
  std::vector<Capture> captures_;
};

thread_local const Run* tl_run = nullptr;  // the innermost that executes

class Executing {
 public:
  explicit Executing(const Run* run) : before_(tl_run) { tl_run = run; }
  ~Executing() { tl_run = before_; }
  Executing(const Executing&) = delete;
  Executing& operator=(const Executing&) = delete;

 private:
  const Run* const before_;
};

uint32_t Run::append(GraphNode* node) {
  State& state = states_.emplace_back();
  state.node = node;
  state.first_grad = grads_.size();
  for (size_t i = 0; i < node->inputs.size(); ++i) grads_.emplace_back();
  return states_.size() - 1;
}

uint32_t Run::discover(GraphNode* node) {
  const uint32_t index = index_.find_or_insert(node, states_.size());
  return index == states_.size() ? append(node) : index;
}

// States are appended as nodes are found, so the list itself is the queue of a breadth-first walk. A node of one owner
// is found only once, by way of the edge that owns it.
void Run::count_dependencies() {
  for (uint32_t i = 0; i < states_.size(); ++i) {
    GraphNode* node = states_[i].node;
    states_[i].first_target = targets_.size();
    for (const GraphEdge& edge : node->edges) {
      uint32_t target = kNowhere;
      if (GraphNode* next = edge.get()) {
        target = next->refs.load(std::memory_order_relaxed) == 1 ? append(next) : discover(next);
        ++states_[target].waiting;
      }
      targets_.emplace_back(target);
      wanted_.emplace_back(target != kNowhere);
    }
    while (node_results_.size() < node->edges.size()) node_results_.emplace_back();
  }
}

// With captures, only nodes from which one can be reached are run.
void Run::find_needed() {
  if (captures_.empty()) return;
  for (const Capture& capture : captures_) {
    const uint32_t at = index_.find(capture.node);
    if (at != kNowhere) states_[at].captured = true;
  }
  std::vector<std::vector<uint32_t>> users(states_.size());
  for (uint32_t i = 0; i < states_.size(); ++i)
    for (size_t k = 0; k < states_[i].node->edges.size(); ++k)
      if (const uint32_t target = targets(states_[i])[k]; target != kNowhere) users[target].push_back(i);
  std::vector<uint32_t> stack;
  for (uint32_t i = 0; i < states_.size(); ++i) {
    states_[i].needed = states_[i].captured;
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
  for (size_t k = 0; k < targets_.size(); ++k) wanted_[k] = targets_[k] != kNowhere && states_[targets_[k]].needed;
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
  const Executing executing(this);
  count_dependencies();
  find_needed();
  const auto later = [this](uint32_t a, uint32_t b) { return states_[a].node->sequence < states_[b].node->sequence; };
  const AutoGradMode mode(create_graph_);
  const AutocastPause pause;  // gradients have the dtypes that the forward pass chose
  std::sort(roots_.begin(), roots_.end());
  const uint32_t* const end = std::unique(roots_.begin(), roots_.end());
  for (const uint32_t* root = roots_.begin(); root != end; ++root)
    if (states_[*root].waiting == 0) ready_.emplace_back(*root);
  std::make_heap(ready_.begin(), ready_.end(), later);
  size_t evaluated = 0;
  while (!ready_.empty()) {
    std::pop_heap(ready_.begin(), ready_.end(), later);
    const State& state = states_[ready_.back()];
    ready_.pop_back();
    if (++evaluated > kNodesBeforeInterrupts && detail::check_interrupt) detail::check_interrupt();
    evaluate(state);
    for (size_t k = 0; k < state.node->edges.size(); ++k) {
      const uint32_t next = targets(state)[k];
      if (next == kNowhere || --states_[next].waiting > 0) continue;
      ready_.emplace_back(next);
      std::push_heap(ready_.begin(), ready_.end(), later);
    }
  }
}

void Run::run_tensor_hooks(GraphNode& node, Tensor* grads) {
  const auto call = [grads](const NodeHook& hook) {
    if (hook.input_nr == kWholeNode || !grads[hook.input_nr].defined()) return;
    Tensor& grad = grads[hook.input_nr];
    Tensor replaced = hook.hook->call(grad);
    if (!replaced.defined()) return;
    check(replaced.scalar_type() == grad.scalar_type(),
          "hook has changed the type of value (was CPU{}Type got CPU{}Type)", to_string(grad.scalar_type()),
          to_string(replaced.scalar_type()));
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

void Run::evaluate(const State& state) {
  GraphNode& node = *state.node;
  Tensor* const grads = grads_.begin() + state.first_grad;
  Tensor* const end = grads + node.inputs.size();
  if (state.needed && std::any_of(grads, end, [](const Tensor& grad) { return grad.defined(); })) {
    if (node.hooks || node.sequence == UINT64_MAX) run_tensor_hooks(node, grads);
    if (state.captured) {
      for (const Capture& capture : captures_)
        if (capture.node == &node) results[capture.result] = grads[capture.input_nr];
    }
    const bool* const wanted = wanted_.begin() + state.first_target;
    if (captures_.empty() || std::find(wanted, wanted + node.edges.size(), true) != wanted + node.edges.size())
      apply(state, grads);
  }
  for (Tensor* grad = grads; grad != end; ++grad)
    if (grad->defined()) *grad = Tensor();
}

void Run::apply(const State& state, Tensor* grads) {
  GraphNode& node = *state.node;
  const NodeHookList hooks = whole_node_hooks(node);
  if (hooks.empty())
    run_node(state, grads);
  else
    run_between(hooks, state, grads);
  const bool* const wanted = wanted_.begin() + state.first_target;
  for (size_t i = 0; i < node.edges.size(); ++i) {
    Tensor result = std::move(node_results_[i]);
    if (wanted[i]) add_grad(targets(state)[i], node.edges[i].input_nr, std::move(result));
  }
}

void Run::run_between(const NodeHookList& hooks, const State& state, Tensor* grads) {
  GraphNode& node = *state.node;
  std::vector<Tensor> outputs(grads, grads + node.inputs.size());
  for (const auto& hook : hooks) hook->before(outputs);
  std::copy(outputs.begin(), outputs.end(), grads);
  if (std::none_of(outputs.begin(), outputs.end(), [](const Tensor& grad) { return grad.defined(); })) return;
  run_node(state, grads);
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < node.edges.size(); ++i) inputs.push_back(std::move(node_results_[i]));
  for (const auto& hook : hooks) hook->after(inputs, outputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    node_results_[i] = std::move(inputs[i]);
    if (node.edges[i].valid() && node_results_[i].defined()) check_result(node, i, node_results_[i]);
  }
}

void Run::run_node(const State& state, Tensor* grads) {
  GraphNode& node = *state.node;
  const size_t count = node.edges.size();
  const bool* const wanted = wanted_.begin() + state.first_target;
  Backward backward(node, grads, node_results_.begin(), wanted, !keep_graph_);
  std::optional<profiler::Scope> scope;
  if (profiler::running()) [[unlikely]]
    scope.emplace(profiler::Kind::Backward, node.name());
  try {
    node.apply(backward);
    for (size_t i = 0; i < count; ++i)
      if (node.edges[i].valid() && node_results_[i].defined()) check_result(node, i, node_results_[i]);
  } catch (...) {
    if (AnomalyMode::is_enabled()) warn_of_error_in(node);
    throw;
  }
  if (!keep_graph_ && !backward.took_saved()) node.release_saved();
}

// Sums what was broadcast, casts to the dtype of the forward value, and refuses what fits in neither way.
void Run::check_result(GraphNode& node, size_t i, Tensor& grad) {
  const GraphEdge& edge = node.edges[i];
  const InputMeta& meta = edge.get()->inputs[edge.input_nr];
  if (grad.impl()->sizes != meta.sizes) {
    const IntArrayRef from = meta.sizes, to = grad.sizes();
    bool expandable = from.size() <= to.size();
    for (size_t k = 1; expandable && k <= from.size(); ++k)
      expandable = from[from.size() - k] == to[to.size() - k] || from[from.size() - k] == 1;
    check(expandable,
          "Function {} returned an invalid gradient at index {} - got {} but expected shape compatible with {}",
          node.name(), i, to, from);
    grad = sum_to(grad, meta.sizes);
  }
  if (grad.impl()->dtype != meta.dtype) grad = cast(grad, meta.dtype);
  if (g_anomaly.load(std::memory_order_relaxed) && AnomalyMode::should_check_nan())
    check(!has_nan(grad), "Function '{}' returned nan values in its {}th output.", python_name(node), i);
}

// Names the forward op whose backward failed, by what it made.
void warn_of_error_in(const GraphNode& node) {
  std::string made;
  for (const InputMeta& meta : node.inputs)
    made +=
        fmt::format("{}{}Tensor {}", made.empty() ? "" : ", ", relume::to_string(meta.dtype), IntArrayRef(meta.sizes));
  warn(fmt::format("Error detected in {}, the backward of the forward op {} that made {}.", python_name(node),
                   node.short_name(), made));
}

// The gradient to start from: the one given, or one for tensors of one element.
Tensor start_grad(TensorList tensors, TensorList given, size_t i, bool create_graph) {
  const Tensor& tensor = tensors[i];
  check(tensor.defined() && requires_grad(tensor),
        "element {} of tensors does not require grad and does not have a grad_fn", i);
  if (given.empty() || !given[i].defined()) {
    check(tensor.impl()->numel == 1, "grad can be implicitly created only for scalar outputs");
    return ones(tensor.impl()->sizes, tensor.impl()->dtype);
  }
  check(given[i].impl()->sizes == tensor.impl()->sizes,
        "Mismatch in shape: grad_output[{}] has a shape of torch.Size({}) and output[{}] has a shape of "
        "torch.Size({}).",
        i, given[i].sizes(), i, tensor.sizes());
  return create_graph ? given[i] : given[i].detach();
}

// Runs the graph behind `outputs`. Returns the gradients of `inputs`; where there are none, leaves accumulate theirs.
variable_list run_graph(TensorList outputs, TensorList grad_outputs, TensorList inputs,
                        std::optional<bool> retain_graph, bool create_graph) {
  check(grad_outputs.empty() || grad_outputs.size() == outputs.size(), "got {} tensors and {} gradients",
        outputs.size(), grad_outputs.size());
  Run run(retain_graph.value_or(create_graph), create_graph);
  for (size_t i = 0; i < outputs.size(); ++i) {
    Tensor grad = start_grad(outputs, grad_outputs, i, create_graph);
    run.add_root(gradient_edge(outputs[i]), std::move(grad));
  }
  std::vector<GraphEdge> wanted;
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

NodeHookList whole_node_hooks(const GraphNode& node) {
  NodeHookList found;
  if (!node.hooks) return found;
  for (const NodeHook& hook : node.hooks->tensor_hooks)
    if (hook.input_nr == kWholeNode) found.push_back(std::static_pointer_cast<WholeNodeHook>(hook.hook));
  return found;
}

uint64_t current_run() { return tl_run ? tl_run->number() : 0; }
bool current_run_needs(const GraphNode* node) { return tl_run && tl_run->needs(node); }
bool current_run_is_partial() { return tl_run && !tl_run->results.empty(); }

void Backward::fill_grad(size_t i) {
  const InputMeta& meta = node_.inputs[i];
  grads_[i] = zeros(meta.sizes, meta.dtype);
}

void backward(TensorList tensors, TensorList grad_tensors, std::optional<bool> retain_graph, bool create_graph,
              TensorList inputs) {
  static std::atomic<bool> warned = false;
  if (create_graph)
    warn_once(
        &warned,
        "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
        "which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you "
        "have to use this function, make sure to reset the .grad fields of your parameters to None after use to break "
        "the cycle and avoid the leak.");
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
