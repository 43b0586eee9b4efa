// The methods of Tensor that belong to autograd, and the guards.
#include "autograd/arithmetic.h"
#include "autograd/record.h"
#include "autograd/variable.h"
#include "core/check.h"

namespace relume {

using autograd::AutogradMeta;
using autograd::make_meta;
using autograd::meta_of;
using autograd::NodeHook;

bool GradMode::is_enabled() { return t_state.grad_mode; }
// Inference mode records nothing, whatever is enabled inside.
void GradMode::set_enabled(bool enabled) { t_state.grad_mode = enabled && !t_state.inference_mode; }

InferenceMode::InferenceMode(bool enabled) : previous_mode_(t_state.inference_mode), previous_grad_(t_state.grad_mode) {
  t_state.inference_mode = enabled;
  t_state.grad_mode = !enabled;
}
InferenceMode::~InferenceMode() {
  t_state.inference_mode = previous_mode_;
  t_state.grad_mode = previous_grad_;
}
bool InferenceMode::is_enabled() { return t_state.inference_mode; }

bool Tensor::requires_grad() const { return autograd::requires_grad(*this); }

const Tensor& Tensor::set_requires_grad(bool requires_grad) const {
  const detail::TensorImpl& impl = impl_of(*this, "set_requires_grad");
  if (requires_grad == autograd::requires_grad(*this)) return *this;
  check(
      is_leaf(),
      "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph "
      "that doesn't require differentiation use var_no_grad = var.detach().");
  if (requires_grad) {
    check(relume::is_floating_point(impl.dtype), "only Tensors of floating point dtype can require gradients");
    check(!impl.inference || t_state.inference_mode,
          "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.");
  }
  make_meta(*this).requires_grad = requires_grad;
  return *this;
}
const Tensor& Tensor::set_requires_grad_in_place(bool requires_grad) const { return set_requires_grad(requires_grad); }

const Tensor& Tensor::grad() const {
  static const Tensor* const none = new Tensor;
  impl_of(*this, "grad");
  const AutogradMeta* meta = meta_of(*this);
  return meta ? meta->grad : *none;
}
Tensor& Tensor::mutable_grad() const {
  impl_of(*this, "mutable_grad");
  return make_meta(*this).grad;
}

autograd::NodePtr Tensor::grad_fn() const {
  impl_of(*this, "grad_fn");
  return autograd::grad_fn_of(*this);
}
bool Tensor::is_leaf() const { return !grad_fn(); }
int64_t Tensor::output_nr() const {
  impl_of(*this, "output_nr");
  const AutogradMeta* meta = meta_of(*this);
  return meta ? meta->output_nr : 0;
}

void Tensor::retain_grad() const {
  impl_of(*this, "retain_grad");
  check(autograd::requires_grad(*this), "can't retain_grad on Tensor that has requires_grad=False");
  if (is_leaf()) return;
  AutogradMeta& meta = make_meta(*this);
  if (meta.retains_grad) return;
  meta.retains_grad = true;
  autograd::keep_grad(meta);
}
bool Tensor::retains_grad() const {
  impl_of(*this, "retains_grad");
  return meta_of(*this) && meta_of(*this)->retains_grad;
}

int64_t Tensor::_version() const {
  const detail::TensorImpl& impl = impl_of(*this, "_version");
  check(!impl.inference, "Inference tensors do not track version counter.");
  return impl.current_version();
}

bool Tensor::is_view() const {
  impl_of(*this, "is_view");
  return meta_of(*this) && meta_of(*this)->base.defined();
}
const Tensor& Tensor::_base() const {
  check(is_view(), "Can't get base of non-view Variable");
  return meta_of(*this)->base;
}
bool Tensor::is_inference() const { return impl_of(*this, "is_inference").inference; }

void Tensor::backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph) const {
  backward(gradient, retain_graph, create_graph, std::nullopt);
}
void Tensor::backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph,
                      std::optional<TensorList> inputs) const {
  impl_of(*this, "backward");
  check(!inputs || inputs->size() > 0, "'inputs' argument to backward cannot be empty");
  autograd::backward(TensorList(*this), gradient.defined() ? TensorList(gradient) : TensorList(), retain_graph,
                     create_graph, inputs.value_or(TensorList()));
}

Tensor Tensor::detach() const {
  impl_of(*this, "detach");
  return make_alias(*this);
}

Tensor& Tensor::detach_() const {
  impl_of(*this, "detach_");
  check(!is_view(), "Can't detach views in-place. Use detach() instead.");
  if (AutogradMeta* meta = meta_of(*this)) {
    if (meta->retains_grad && meta->grad_fn) autograd::drop_kept_grad(*meta);
    meta->retains_grad = false;
    meta->grad_fn = nullptr;
    meta->output_nr = 0;
    meta->requires_grad = false;
  }
  return const_cast<Tensor&>(*this);
}

Tensor Tensor::variable_data() const {
  Tensor result = make_alias(*this);
  if (detail::VersionCounter* shared = result.impl()->version.exchange(nullptr)) shared->release();
  return result;
}

void Tensor::set_data(const Tensor& data) const {
  detail::TensorImpl& impl = impl_of(*this, "set_data");
  detail::TensorImpl& other = impl_of(data, "set_data");
  check(impl.dtype == other.dtype || !autograd::requires_grad(*this) || relume::is_floating_point(other.dtype),
        "data set to a tensor that requires gradients must be floating point or complex dtype");
  impl_of(*this, "set_data");
  if (impl.dtype != other.dtype) autograd::forget_accumulator(*this);
  other.storage->retain();
  impl.storage->release();
  impl.storage = other.storage;
  impl.dtype = other.dtype;
  impl.offset = other.offset;
  impl.set_sizes_and_strides(other.sizes, other.strides);
}

const Tensor& Tensor::set_(const Tensor& source) const {
  check(impl_of(*this, "set_").dtype == impl_of(source, "set_").dtype,
        "Could not set tensor of type {} to a tensor of type {}", source.dtype().name(), dtype().name());
  check(!GradMode::is_enabled() || !autograd::requires_grad(*this),
        "a leaf Variable that requires grad is being used in an in-place operation.");
  set_data(source);
  return *this;
}

unsigned Tensor::add_hook(detail::TensorHook* hook) const {
  std::shared_ptr<detail::TensorHook> owned(hook);
  impl_of(*this, "register_hook");
  check(autograd::requires_grad(*this), "cannot register a hook on a variable that doesn't require gradient");
  const auto add = [&](std::vector<NodeHook>& hooks, uint32_t input_nr) {
    const unsigned handle = hooks.empty() ? 0 : hooks.back().handle + 1;
    hooks.push_back({input_nr, handle, std::move(owned)});
    return handle;
  };
  AutogradMeta& meta = make_meta(*this);
  if (const autograd::NodePtr made = autograd::grad_fn_of(*this))
    return add(static_cast<autograd::GraphNode&>(*made).hooks_for_writing().tensor_hooks, meta.output_nr);
  if (!meta.leaf_hooks) meta.leaf_hooks = std::make_unique<std::vector<NodeHook>>();
  return add(*meta.leaf_hooks, 0);
}

void Tensor::remove_hook(unsigned handle) const {
  impl_of(*this, "remove_hook");
  AutogradMeta& meta = make_meta(*this);
  const autograd::NodePtr made = autograd::grad_fn_of(*this);
  std::vector<NodeHook>* hooks = nullptr;
  if (made)
    hooks = &static_cast<autograd::GraphNode&>(*made).hooks_for_writing().tensor_hooks;
  else if (meta.leaf_hooks)
    hooks = meta.leaf_hooks.get();
  const size_t removed =
      hooks
          ? std::erase_if(
                *hooks, [&](const NodeHook& hook) { return hook.handle == handle && hook.input_nr == meta.output_nr; })
          : 0;
  check(removed > 0, "Invalid index, no hook at position {}", handle);
}

}  // namespace relume
