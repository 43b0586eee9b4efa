// compile_for_inference: a module like another one, faster, that cannot be trained.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "relume/nn/any.h"
#include "relume/nn/module.h"
#include "relume/nn/pimpl.h"
#include "relume/owned.h"

namespace relume {

namespace detail {
class PutOffScope;
}

namespace nn {

namespace detail {

class InferencePlan;
RELUME_API std::shared_ptr<const InferencePlan> plan_inference(const Module& module);

// While one of these lives, the modules of the plan compute as they were compiled, on this thread.
class RELUME_API InferenceScope {
 public:
  explicit InferenceScope(const InferencePlan& plan);
  ~InferenceScope();
  InferenceScope(const InferenceScope&) = delete;
  InferenceScope& operator=(const InferenceScope&) = delete;

 private:
  relume::detail::Owned<relume::detail::PutOffScope> put_off_;
  const InferencePlan* previous_;
  bool previous_grad_;
};

[[noreturn]] RELUME_API void fail_training_compiled(const char* what);
RELUME_API void check_inference_input(const Tensor& input);
template <class T>
void check_inference_input(const T&) {}

}  // namespace detail

// What compile_for_inference makes of a module M: an M whose forward computes as it was compiled.
template <class M>
class CompiledImpl final : public M {
 public:
  using ForwardsAnything = void;

  explicit CompiledImpl(const M& module) : M(module), plan_(detail::plan_inference(*this)) {}
  CompiledImpl(const CompiledImpl&) = delete;
  CompiledImpl& operator=(const CompiledImpl&) = delete;

  template <class... Args>
  auto forward(Args&&... args) {
    (detail::check_inference_input(args), ...);
    const detail::InferenceScope scope(*plan_);
    return M::forward(std::forward<Args>(args)...);
  }
  static Tensor forward_tensor(Module& self, Tensor input) {
    if (const auto call = detail::any_module_type<M>()->forward_tensor) {
      detail::check_inference_input(input);
      const detail::InferenceScope scope(*static_cast<CompiledImpl&>(self).plan_);
      return call(self, std::move(input));
    }
    AnyValue value(std::move(input));
    return forward_any(self, &value, 1).template get<Tensor>();
  }
  static AnyValue forward_any(Module& self, AnyValue* args, size_t count) {
    for (size_t i = 0; i < count; ++i)
      if (const Tensor* const input = args[i].template try_get<Tensor>()) detail::check_inference_input(*input);
    const detail::InferenceScope scope(*static_cast<CompiledImpl&>(self).plan_);
    if (const auto call = detail::any_module_type<M>()->forward) return call(self, args, count);
    if (count != 1) detail::fail_argument_count(typeid(M), 1, 1, count);
    return AnyValue(forward_tensor(self, detail::take<Tensor>(args, 0)));
  }

  bool is_training() const noexcept override { return false; }
  void train(bool on = true) override {
    if (on) detail::fail_training_compiled("train()");
  }
  void to(Device, ScalarType, bool = false) override { detail::fail_training_compiled("to()"); }
  void to(ScalarType, bool = false) override { detail::fail_training_compiled("to()"); }
  void to(Device, bool = false) override { detail::fail_training_compiled("to()"); }

 private:
  const std::shared_ptr<const detail::InferencePlan> plan_;
};

}  // namespace nn

// A module that computes what `module` computes in evaluation mode, to 1e-5, and is called in the same ways:
//   auto fast = relume::compile_for_inference(model);
//   Tensor y = fast(x);
// Convolutions keep their weights in the order that the processor likes best. In a Sequential, at any depth, batch norm
// is folded into the convolution, transposed convolution or linear layer before it, and dropout and identity are left
// out. The module ReLU that stands between a convolution and max pooling is done inside the pooling. The forward of a
// module of one's own is run as it is written, and its layers compute as compiled: nobody can know what stands between
// them, so batch norm is not folded across its statements.
//
// The compiled module shares its parts and parameters with `module`, which is not changed: what ops write to the
// parameters (an optimizer's step, load_state_dict) is seen by the next call; what a program writes through data_ptr()
// or .data() later may not be. A module with hooks is called as it is, with its hooks. Several threads may call it at
// once. Nothing is recorded: it throws Error where an input requires grad while grad mode is on, and train() and to()
// throw Error. Throws Error for an empty holder. M needs a copy constructor.
template <class M>
std::shared_ptr<nn::CompiledImpl<M>> compile_for_inference(const std::shared_ptr<M>& module) {
  static_assert(std::is_base_of_v<nn::Module, M>, "compile_for_inference: expected a module");
  static_assert(std::is_copy_constructible_v<M> && !std::is_final_v<M>,
                "compile_for_inference: expected a module with a copy constructor whose class is not final");
  if (!module) nn::detail::fail_empty_holder();
  module->name();  // of the original's class, which the copy takes over
  return std::make_shared<nn::CompiledImpl<M>>(*module);
}
template <class M>
nn::ModuleHolder<nn::CompiledImpl<M>> compile_for_inference(const nn::ModuleHolder<M>& module) {
  if (module.is_empty()) nn::detail::fail_empty_holder();
  return nn::ModuleHolder<nn::CompiledImpl<M>>(compile_for_inference(module.ptr()));
}

}  // namespace relume
