// Hooks of modules: called before and after forward, and when the gradients of a call are there.
#include "nn/hooks.h"

#include "autograd/record.h"
#include "core/check.h"
#include "core/tensor_impl.h"
#include "relume/autograd.h"
#include "relume/ops.h"

namespace relume::nn {

HookHandle Module::add_hook(detail::HookKind kind, detail::CallHook* hook) {
  std::shared_ptr<detail::CallHook> owner(hook);
  if (!hooks_) hooks_ = std::make_shared<detail::ModuleHooks>();
  const uint64_t id = hooks_->next_id++;
  hooks_->entries.push_back({id, kind, std::move(owner)});
  return HookHandle(hooks_, id);
}

void HookHandle::remove() {
  const auto hooks = hooks_.lock();
  if (!hooks) return;
  auto& entries = hooks->entries;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].id == id_) {
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }
}

namespace detail {
namespace {

// What the nodes around a call share: the gradients of its outputs wait here for those of its inputs.
struct BackwardState {
  Module* module;
  std::shared_ptr<ModuleHooks> hooks;
  std::shared_ptr<Module> owner;  // keeps the module alive while the graph does
  TensorVector grad_outputs;
  bool inputs_have_grad = false;
};

bool wants_grad(const TensorVector& tensors) {
  for (const Tensor& tensor : tensors)
    if (tensor.defined() && tensor.requires_grad()) return true;
  return false;
}

// Passes the tensors through one node, whose backward is `backward(Backward&)`.
template <class F>
void pass_through_node(TensorVector& tensors, F backward) {
  auto* node = autograd::make_node<autograd::FunctionNode<F>>("BackwardHookFunctionBackward", std::move(backward));
  const autograd::NodePtr handle = autograd::NodePtr::adopt(node);
  for (const Tensor& tensor : tensors) node->edges.emplace_back(autograd::gradient_edge(tensor));
  for (Tensor& tensor : tensors) {
    Tensor same = make_alias(tensor);
    if (is_floating_point(same.scalar_type())) {
      autograd::set_history(same, node);
    } else {
      node->add_input(same);
    }
    tensor = same;
  }
}

void run_backward_hooks(BackwardState& state, TensorVector& grad_inputs) {
  state.hooks->run(HookKind::FullBackward, *state.module, grad_inputs, state.grad_outputs);
}

}  // namespace

HookedCall::HookedCall(Module& module) : module_(module) {
  // A copy: a hook may take the module's hooks away.
  hooks_ = std::make_shared<ModuleHooks>(*module.hooks());
}
HookedCall::~HookedCall() = default;

void HookedCall::before() {
  hooks_->run(HookKind::ForwardPre, module_, inputs_, inputs_);
  if (!hooks_->has(HookKind::FullBackward) || !GradMode::is_enabled()) return;
  auto state = std::make_shared<BackwardState>();
  state->module = &module_;
  state->owner = module_.weak_from_this().lock();
  state->hooks = hooks_;
  backward_ = state;
  if (!wants_grad(inputs_)) return;
  state->inputs_have_grad = true;
  const size_t count = inputs_.size();
  pass_through_node(inputs_, [state, count](Backward& run) {
    TensorVector grad_inputs;
    for (size_t i = 0; i < count; ++i) grad_inputs.push_back(run.grad(i));
    run_backward_hooks(*state, grad_inputs);
    for (size_t i = 0; i < count; ++i)
      if (run.needs(i)) run.set(i, grad_inputs.at(i));
  });
}

void HookedCall::add(const Tensor& input) { inputs_.push_back(input); }
Tensor HookedCall::input(const Tensor&) { return inputs_.at(next_++); }
void HookedCall::add_output(const Tensor& output) { outputs_.push_back(output); }
void HookedCall::take_output(Tensor& output) { output = outputs_.at(next_++); }

Tensor HookedCall::output(Tensor result) {
  outputs_.push_back(std::move(result));
  after();
  return outputs_.at(0);
}

void HookedCall::after() {
  hooks_->run(HookKind::Forward, module_, inputs_, outputs_);
  if (!backward_ || !wants_grad(outputs_)) return;
  const auto state = std::static_pointer_cast<BackwardState>(backward_);
  const size_t count = outputs_.size(), inputs = inputs_.size();
  pass_through_node(outputs_, [state, count, inputs](Backward& run) {
    state->grad_outputs.clear();
    for (size_t i = 0; i < count; ++i) state->grad_outputs.push_back(run.grad(i));
    for (size_t i = 0; i < count; ++i)
      if (run.needs(i)) run.set(i, state->grad_outputs[i]);
    if (state->inputs_have_grad) return;
    TensorVector grad_inputs(inputs);  // nobody asks for these
    run_backward_hooks(*state, grad_inputs);
  });
}

Tensor call_with_hooks(Module& module, Tensor (*forward)(Module& module, Tensor input), const Tensor& input) {
  HookedCall call(module);
  call.add(input);
  call.before();
  return call.output(forward(module, call.input(input)));
}

}  // namespace detail
}  // namespace relume::nn
