// The rules of history: leaves, views, and what an in-place write does to the graph.
#include "autograd/variable.h"

#include <array>
#include <mutex>
#include <type_traits>

#include "autograd/arithmetic.h"
#include "autograd/record.h"
#include "core/check.h"
#include "relume/warning.h"

namespace relume::autograd {
namespace {

// A few locks for short work on a tensor's autograd side, chosen by address. They are never destroyed.
static_assert(std::is_trivially_destructible_v<std::mutex>);
constinit std::array<std::mutex, 16> g_locks;
inline std::mutex& mutex_for(const void* address) { return g_locks[(reinterpret_cast<uintptr_t>(address) >> 6) % 16]; }

// Throws where the view must not be written to while a graph is recorded; `indirectly`: where its memory has been, so
// that its place in the graph is lost.
void check_view(const AutogradMeta& meta, bool indirectly) {
  if (meta.view_kind == ViewKind::Normal) return;
  const char* written = indirectly ? "its base or another view of its base has been" : "is being";
  const bool shared = meta.view_kind == ViewKind::MultiOutput, custom = meta.view_kind == ViewKind::CustomFunction;
  const bool inference = meta.view_kind == ViewKind::Inference;
  std::string text;
  const std::string made = meta.grad_fn ? fmt::format("Output {} of {} is", meta.output_nr,
                                                      static_cast<GraphNode*>(meta.grad_fn.get())->short_name())
                                        : std::string();
  if ((shared || custom) && meta.grad_fn)
    text = fmt::format("{} a view and {} modified inplace.", made, written);
  else
    text = fmt::format("{} created in {} mode and {} modified inplace {}.",
                       meta.grad_fn ? made + " a view of a view which was" : "A view was",
                       inference ? "inference" : "no_grad", written,
                       inference ? "in normal mode" : "with grad mode enabled");
  if (custom)
    fail(
        "{} This view was created inside a custom Function (or because an input was returned as-is) and the autograd "
        "logic to handle view+inplace would override the custom backward associated with the custom Function, leading "
        "to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom "
        "Function.",
        text);
  if (shared)
    fail(
        "{} This view is the output of a function that returns multiple views. Such functions do not allow the output "
        "views to be modified inplace. You should replace the inplace operation by an out-of-place one.",
        text);
  fail(
      "{} Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving "
      "both the view and the inplace either both inside the {} block (if you don't want the inplace to be tracked) or "
      "both outside (if you want the inplace to be tracked).",
      text, inference ? "inference_mode" : "no_grad");
}

// The history of a base, part of which was written to in place through a view: takes the gradient of the base back over
// the write. Edge 0 leads to the base's earlier history; the others are those of the op that wrote.
class CopySlices final : public GraphNode {
 public:
  CopySlices(const Tensor& base, const Tensor& view, GraphNode* inner)
      : GraphNode("torch::autograd::CopySlices"), base_(base), view_(view), inner_(NodePtr::share(inner)) {
    edges.emplace_back(gradient_edge(base));
    for (uint32_t i = 1; i < inner->edges.size(); ++i) {
      GraphEdge& copy = edges.emplace_back();
      copy.node = inner->edges[i].node;
      copy.input_nr = inner->edges[i].input_nr;
    }
  }

  void apply(Backward& run) override {
    auto& inner = static_cast<GraphNode&>(*inner_);
    const size_t count = inner.edges.size();
    std::vector<Tensor> results(count);
    std::vector<char> storage(count);
    bool* needed = reinterpret_cast<bool*>(storage.data());
    for (size_t i = 0; i < count; ++i) needed[i] = run.needs(i);
    struct Slice final : SliceFunction {
      Slice(GraphNode& node, std::vector<Tensor>& results, const bool* needed)
          : node(node), results(results), needed(needed) {}
      Tensor call(const Tensor& grad) override {
        Tensor grads[1] = {grad};
        Backward inner_run(node, grads, results.data(), needed);
        node.apply(inner_run);
        return results[0];
      }
      GraphNode& node;
      std::vector<Tensor>& results;
      const bool* needed;
    } slice(inner, results, needed);
    run.set(0, copy_slices_backward(run.grad(), base_, view_, slice));
    for (size_t i = 1; i < count; ++i) run.set(i, std::move(results[i]));
  }

  void release_saved() override { static_cast<GraphNode&>(*inner_).release_saved(); }

 private:
  Geometry base_, view_;
  NodePtr inner_;
};

}  // namespace

AutogradMeta& make_meta(const Tensor& tensor) {
  if (!tensor.impl()->autograd) tensor.impl()->autograd = new AutogradMeta(tensor.impl());
  return *meta_of(tensor);
}

bool requires_grad_slow(const Tensor& tensor) {
  const AutogradMeta& meta = *meta_of(tensor);
  return meta.requires_grad || meta.grad_fn || (meta.base.defined() && requires_grad(meta.base));
}

void keep_grad(AutogradMeta& meta) {
  auto& node = static_cast<GraphNode&>(*meta.grad_fn);
  const NodeLock guard(node);
  node.hooks_for_writing().retain_grad.emplace_back(meta.output_nr, meta.self);
}

void drop_kept_grad(AutogradMeta& meta) {
  auto& node = static_cast<GraphNode&>(*meta.grad_fn);
  const NodeLock guard(node);
  if (node.hooks) std::erase_if(node.hooks->retain_grad, [&](const auto& kept) { return kept.second == meta.self; });
}

AutogradMeta::~AutogradMeta() {
  if (retains_grad && grad_fn) drop_kept_grad(*this);
}

NodePtr grad_fn_of(const Tensor& tensor) {
  AutogradMeta* meta = meta_of(tensor);
  if (!meta) return nullptr;
  if (!meta->base.defined()) return meta->grad_fn;
  if (!meta->grad_fn && !requires_grad(meta->base)) return nullptr;
  const uint32_t now = tensor.impl()->current_version();
  {
    const std::lock_guard lock(mutex_for(meta));
    if (meta->view_version == now) return meta->grad_fn;
  }
  check_view(*meta, true);
  // Neither made nor released under the lock: both may take another tensor's, which may be the same one.
  NodePtr fresh = make_as_strided_node(meta->base, Geometry(tensor));
  const uint32_t output_nr = static_cast<GraphNode*>(fresh.get())->add_input(tensor);
  const std::lock_guard lock(mutex_for(meta));
  if (meta->view_version != now) {
    if (meta->retains_grad && meta->grad_fn) drop_kept_grad(*meta);  // it shall be kept of what the tensor is now
    std::swap(meta->grad_fn, fresh);
    meta->output_nr = output_nr;
    meta->view_version = now;
    if (meta->retains_grad) keep_grad(*meta);
  }
  return meta->grad_fn;
}

GraphEdge gradient_edge(const Tensor& tensor) {
  if (!tensor.defined() || !tensor.impl()->autograd) return GraphEdge();
  if (NodePtr made = grad_fn_of(tensor)) return GraphEdge{std::move(made), meta_of(tensor)->output_nr};
  AutogradMeta* meta = meta_of(tensor);
  if (!meta->requires_grad) return GraphEdge();
  const std::lock_guard lock(mutex_for(meta));
  if (meta->accumulator) {
    uint32_t refs = meta->accumulator->refs.load(std::memory_order_relaxed);
    while (refs != 0 && !meta->accumulator->refs.compare_exchange_weak(refs, refs + 1)) {
    }
    if (refs != 0) return GraphEdge{NodePtr::adopt(meta->accumulator), 0};
  }
  auto* node = make_node<AccumulateGrad>(tensor);
  meta->accumulator = node;
  return GraphEdge{NodePtr::adopt(node), 0};
}

void forget_accumulator(const Tensor& leaf) {
  AutogradMeta* meta = meta_of(leaf);
  if (!meta) return;
  const std::lock_guard lock(mutex_for(meta));
  meta->accumulator = nullptr;
}

AccumulateGrad::AccumulateGrad(const Tensor& leaf) : GraphNode("torch::autograd::AccumulateGrad"), variable(leaf) {
  sequence = UINT64_MAX;
  add_input(leaf);
}

AccumulateGrad::~AccumulateGrad() {
  AutogradMeta* meta = meta_of(variable);
  const std::lock_guard lock(mutex_for(meta));
  if (meta->accumulator == this) meta->accumulator = nullptr;
}

void AccumulateGrad::apply(Backward& run) {
  accumulate(run.take_grad());
  const AutogradMeta& meta = *meta_of(variable);
  if (!meta.accumulated_hooks) return;
  const std::vector<NodeHook> hooks = *meta.accumulated_hooks;  // a hook may remove itself
  for (const NodeHook& hook : hooks) hook.hook->call(variable);
}

void AccumulateGrad::accumulate(Tensor grad) {
  AutogradMeta& meta = *meta_of(variable);
  const std::lock_guard lock(mutex_for(&meta.grad));
  if (!meta.grad.defined()) {
    // Nobody else can see a gradient with one owner: it may be kept as it is.
    const detail::TensorImpl& impl = *grad.impl();
    const bool exclusive = impl.refs.load(std::memory_order_relaxed) == 1 && impl.storage->owners() == 1 &&
                           (!impl.autograd || t_state.grad_mode) && impl.strides == variable.impl()->strides;
    meta.grad = exclusive ? std::move(grad) : copy_like(grad, variable);
  } else if (t_state.grad_mode) {
    meta.grad = add(meta.grad, grad);
  } else {
    add_in_place(meta.grad, grad);
  }
}

unsigned add_accumulated_hook(const Tensor& leaf, std::shared_ptr<detail::TensorHook> hook) {
  check(requires_grad(leaf), "cannot register a hook on a variable that doesn't require gradient");
  check(!grad_fn_of(leaf), "post accumulate grad hooks cannot be registered on non-leaf tensors");
  AutogradMeta& meta = make_meta(leaf);
  if (!meta.accumulated_hooks) meta.accumulated_hooks = std::make_unique<std::vector<NodeHook>>();
  std::vector<NodeHook>& hooks = *meta.accumulated_hooks;
  const unsigned handle = hooks.empty() ? 0 : hooks.back().handle + 1;
  hooks.push_back({0, handle, std::move(hook)});
  return handle;
}

void remove_accumulated_hook(const Tensor& leaf, unsigned handle) {
  AutogradMeta& meta = make_meta(leaf);
  if (meta.accumulated_hooks)
    std::erase_if(*meta.accumulated_hooks, [handle](const NodeHook& hook) { return hook.handle == handle; });
}

void set_history(const Tensor& tensor, NodePtr node) {
  AutogradMeta& meta = make_meta(tensor);
  meta.output_nr = static_cast<GraphNode*>(node.get())->add_input(tensor);
  meta.grad_fn = std::move(node);
}

void rebase_history(const Tensor& tensor, GraphNode* node) {
  AutogradMeta& meta = make_meta(tensor);
  const uint32_t nr = node->add_input(tensor);
  if (meta.base.defined()) {
    check_view(*meta_of(tensor), false);
    auto* slices = make_node<CopySlices>(meta.base, tensor, node);
    const NodePtr handle = NodePtr::adopt(slices);
    rebase_history(meta.base, slices);
    grad_fn_of(tensor);  // takes its place behind the base's new history
    return;
  }
  if (meta.retains_grad && meta.grad_fn) drop_kept_grad(meta);  // it shall be kept of what the tensor is now
  meta.grad_fn = NodePtr::share(node);
  meta.output_nr = nr;
  if (meta.retains_grad) keep_grad(meta);
}

void set_view(const Tensor& view, const Tensor& base, bool multi_output) {
  if (base.impl()->inference) return;
  AutogradMeta& meta = make_meta(view);
  const AutogradMeta* base_meta = meta_of(base);
  const bool nested = base_meta && base_meta->base.defined();
  meta.base = nested ? base_meta->base : base;
  meta.view_version = view.impl()->current_version();
  const bool no_grad = !t_state.grad_mode;
  if (t_state.inference_mode)
    meta.view_kind = ViewKind::Inference;
  else if (no_grad)
    meta.view_kind = ViewKind::NoGrad;
  else if (multi_output)
    meta.view_kind = ViewKind::MultiOutput;
  else if (nested)
    meta.view_kind = base_meta->view_kind;
}

bool shares_elements(const Tensor& tensor) {
  const detail::TensorImpl& impl = *tensor.impl();
  for (size_t i = 0; !impl.contiguous && i < impl.sizes.size(); ++i)
    if (impl.strides[i] == 0 && impl.sizes[i] > 1) return true;
  return false;
}

Shared warned_of(const char* op, const Tensor& tensor, const char* written) {
  if (shares_elements(tensor))
    warn(
        fmt::format("Use of {} on expanded tensors is deprecated. Please clone() the tensor before performing this "
                    "operation. This also applies to advanced indexing e.g. {}",
                    op, written));
  return Shared::Allowed;
}

void check_in_place(const Tensor& tensor, bool recording, Shared elements) {
  const detail::TensorImpl& impl = *tensor.impl();
  check(!impl.inference || t_state.inference_mode,
        "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal "
        "tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details.");
  if (recording) {
    if (const AutogradMeta* meta = meta_of(tensor)) {
      if (meta->base.defined()) {
        check_view(*meta_of(tensor), false);
        const AutogradMeta* base = meta_of(meta->base);
        check(!requires_grad(tensor) || (base && base->grad_fn),
              "a view of a leaf Variable that requires grad is being used in an in-place operation.");
      }
      check(!(meta->requires_grad && !meta->grad_fn),
            "a leaf Variable that requires grad is being used in an in-place operation.");
    }
  }
  check(elements == Shared::Allowed || !shares_elements(tensor),
        "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
        "Please clone() the tensor before performing the operation.");
  before_write(tensor);
}

bool recording(TensorList inputs) {
  if (!t_state.grad_mode) return false;
  for (const Tensor& input : inputs)
    if (requires_grad(input)) return true;
  return false;
}

void InPlace::take_edges(Inputs others) {
  edges_.emplace_back(gradient_edge(self_));
  for (const Input& other : others) edges_.emplace_back(gradient_edge(*other.tensor));
}

void InPlace::finish(GraphNode* node, Saves saves) {
  written();
  for (GraphEdge& edge : edges_) node->edges.emplace_back(std::move(edge));
  rebase_history(self_, node);
  const detail::VersionCounter* written = self_.impl()->version;
  for (const Save& save : saves) {
    node->add_saved(save);
    const bool input = is_input(save.kind) && save.tensor->defined();
    if (input && save.tensor->impl()->version == written) node->saved[node->saved.size() - 1].mark_overwritten();
  }
}

}  // namespace relume::autograd
