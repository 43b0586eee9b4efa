// The autograd side of a tensor: its place in the graph, its grad, and of which tensor it is a view.
#pragma once

#include <memory>
#include <vector>

#include "autograd/node.h"

namespace relume::autograd {

// How a view came about decides whether it may be written to in place while a graph is recorded.
enum class ViewKind : uint8_t { Normal, NoGrad, MultiOutput, Inference, CustomFunction };

struct AutogradMeta final : detail::AutogradMetaBase {
  explicit AutogradMeta(detail::TensorImpl* self) : self(self) {}
  ~AutogradMeta() override;
  static void* operator new(size_t bytes) { return allocate(bytes); }
  static void operator delete(void* block, size_t bytes) { deallocate(block, bytes); }

  detail::TensorImpl* const self;
  Tensor grad;
  NodePtr grad_fn;
  GraphNode* accumulator = nullptr;  // weak: see gradient_edge
  uint32_t output_nr = 0;
  bool requires_grad = false;  // of a leaf
  // Of a view that can be differentiated: the tensor it shows, which is no view itself.
  Tensor base;
  ViewKind view_kind = ViewKind::Normal;
  uint32_t view_version = 0;  // the version at which grad_fn was right
  std::unique_ptr<std::vector<NodeHook>> leaf_hooks;
  std::unique_ptr<std::vector<NodeHook>> accumulated_hooks;
};

inline AutogradMeta* meta_of(const Tensor& tensor) { return static_cast<AutogradMeta*>(tensor.impl()->autograd); }
AutogradMeta& make_meta(const Tensor& tensor);

bool requires_grad_slow(const Tensor& tensor);
// Whether gradients flow to the tensor (undefined: no).
inline bool requires_grad(const Tensor& tensor) {
  return tensor.defined() && tensor.impl()->autograd && requires_grad_slow(tensor);
}

// The node that made the tensor. A view whose base was written to gets a new one.
NodePtr grad_fn_of(const Tensor& tensor);
// Makes graphs recorded from now on end in a new accumulator: the old one casts to the dtype that the leaf had.
void forget_accumulator(const Tensor& leaf);
// Where a gradient of the tensor goes: to the node that made it, or to a leaf's accumulator, or nowhere.
GraphEdge gradient_edge(const Tensor& tensor);
// Makes `tensor` output of `node` (adding it to the node's inputs), as the result of an op.
void set_history(const Tensor& tensor, NodePtr node);
inline void set_history(const Tensor& tensor, GraphNode* node) { set_history(tensor, NodePtr::share(node)); }
// The same for a tensor that was written to in place: where it is a view, its base gets the history.
void rebase_history(const Tensor& tensor, GraphNode* node);
// Makes `view` a view of `base` (or of what `base` shows) for autograd.
void set_view(const Tensor& view, const Tensor& base, bool multi_output = false);

// Elements that have one place in memory, as those of an expanded tensor.
enum class Shared : bool { Refused, Allowed };
bool shares_elements(const Tensor& tensor);
// Allows an op to write to them, with a warning; `written` is how programs write it by indexing.
Shared warned_of(const char* op, const Tensor& tensor, const char* written);
// Throws Error where `tensor` must not be written to in place, and prepares it for the write. `recording` says that the
// op will be recorded. To be called before the elements are touched.
void check_in_place(const Tensor& tensor, bool recording, Shared elements = Shared::Refused);

// Calls hook(leaf) whenever a gradient has been added into the leaf's grad; returns a handle for the other function.
unsigned add_accumulated_hook(const Tensor& leaf, std::shared_ptr<detail::TensorHook> hook);
void remove_accumulated_hook(const Tensor& leaf, unsigned handle);

// Keeps grad of a tensor that is no leaf, or stops to.
void keep_grad(AutogradMeta& meta);
void drop_kept_grad(AutogradMeta& meta);

}  // namespace relume::autograd
