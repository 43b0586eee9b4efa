// The point-wise activations: one path for all rows of relume/activations.inc.
#include "relume/activations.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "autograd/record.h"
#include "core/printing.h"
#include "kernels/activations.h"
#include "kernels/relu_mask.h"
#include "ops/activation_derivatives.h"
#include "ops/consuming.h"
#include "ops/elementwise.h"
#include "ops/spatial.h"
#include "relume/ops.h"

namespace relume {

namespace {

using autograd::Save;
using cpu::ActivationLoops;

struct Row {
  Activation index;
  const char* name;
  const char* in_place;
  const char* backward_grad_fn;
  const char* second_grad_fn;
  const ActivationTraits* traits;

  bool is_any_of(std::initializer_list<Activation> list) const {
    return std::find(list.begin(), list.end(), index) != list.end();
  }
};

// A row with its options: what backward keeps beside tensors.
struct Call {
  const Row* row;
  bool saves_result;  // else backward needs the input
  bool inverts;       // whether that depends on the options
  alignas(double) char options[2 * sizeof(double)];

  const ActivationLoops& loops(ScalarType dtype) const { return cpu::activation_kernels().at(row->index, dtype); }
};

// Whether the formula's options decide what backward keeps. (Apart, because clang-format 14 breaks requires-expressions
// between braces.)
template <class F>
concept Invertible = requires(F formula) {
  formula.invertible();
};

template <class F>
Call make_call(const Row& row, const F& formula) {
  static_assert(std::is_trivially_copyable_v<F> && sizeof(F) <= sizeof(Call::options));
  Call call;
  call.row = &row;
  call.saves_result = saves_result(formula);
  call.inverts = Invertible<F>;
  std::memcpy(call.options, &formula, sizeof formula);
  return call;
}

// ---- Arguments ---------------------------------------------------------------------------------------------------

double option(double value) { return value; }
GeluApproximate option(std::string_view approximate) {
  check(approximate == "none" || approximate == "tanh", "approximate argument must be either none or tanh.");
  return approximate == "none" ? GeluApproximate::None : GeluApproximate::Tanh;
}

template <class F>
void check_options(const F&, ScalarType) {}
// Throws where an integer type has no such number, NaN and infinities among them.
void check_fits(double value, ScalarType dtype) {
  if (!is_floating_point(dtype)) make_scalar(value, dtype);
}
void check_options(const formulas::Threshold& f, ScalarType dtype) {
  for (const double value : {f.threshold, f.value}) check_fits(value, dtype);
}
void check_options(const formulas::Hardtanh& f, ScalarType dtype) {
  check<ValueError>(f.min_val <= f.max_val, "min_val cannot be greater than max_val");
  check(dtype != kByte || !(f.min_val < 0 || f.max_val < 0),
        "cannot do hardtanh on an unsigned type with negative limits");
  for (const double bound : {f.min_val, f.max_val}) check_fits(bound, dtype);
}
void check_options(const formulas::CELU& f, ScalarType) {
  check(f.alpha != 0, "ZeroDivisionError: alpha cannot be 0 for CELU");
}
void check_options(const formulas::Softshrink& f, ScalarType dtype) {
  const double largest = dtype == kDouble     ? std::numeric_limits<double>::max()
                         : dtype == kHalf     ? 65504
                         : dtype == kBFloat16 ? static_cast<double>(0x1.fep127f)
                                              : static_cast<double>(std::numeric_limits<float>::max());
  check(f.lambda >= 0 && f.lambda <= largest, "lambda must be in range [0, {}] for input dtype {}, but found {}",
        stream_text(largest), to_string(dtype), stream_text(f.lambda));
}

// What the kernel of a bool tensor's activation would be is another op's in PyTorch, with that op's words.
void check_not_bool(const Row& row) {
  check(!row.is_any_of({Activation::relu}), "Boolean inputs not supported for relu");
  check(!row.is_any_of({Activation::hardtanh, Activation::relu6}), "Bool inputs not supported for hardtanh");
  check(!row.is_any_of({Activation::tanhshrink}),
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use "
        "the `~` or `logical_not()` operator instead.");
}

ScalarType loop_dtype(ScalarType dtype) { return is_reduced_floating_point(dtype) ? kFloat : dtype; }

// Of a half type without a loop of its own, the kernel of float.
[[gnu::always_inline]] inline ElementwiseKernel make_kernel(const Call& call,
                                                            cpu::ElementwiseLoop ActivationLoops::*loop,
                                                            ScalarType dtype) {
  ElementwiseKernel kernel;
  kernel.dtype = call.loops(dtype).*loop ? dtype : loop_dtype(dtype);
  kernel.loop = call.loops(kernel.dtype).*loop;
  kernel.options = call.options;
  kernel.cost = call.row->traits->max_ulp > 1 ? 4 : 1;  // what is not exact computes an exponential
  return kernel;
}

// The kernel for an input of this dtype, and the dtype of its result.
struct Forward {
  ElementwiseKernel kernel;
  ScalarType dtype;
};
[[gnu::always_inline]] inline Forward forward_of(const Call& call, ScalarType dtype) {
  if (dtype == kBool) check_not_bool(*call.row);
  if (call.row->index == Activation::softsign && (dtype == kBool || dtype == kUInt16))
    fail_not_implemented(call.row->traits->kernel, dtype);
  const bool promotes = !is_floating_point(dtype) && call.row->traits->integers == Integers::Promote;
  const ScalarType result = promotes ? ScalarType(get_default_dtype()) : dtype;
  const Forward forward = {make_kernel(call, &ActivationLoops::forward, result), result};
  if (!forward.kernel.loop) fail_not_implemented(call.row->traits->kernel, dtype);
  return forward;
}

// ---- Backward ----------------------------------------------------------------------------------------------------

Tensor second_derivative(const Call& call, const Tensor& grad, const Tensor& grad_grad, const Tensor& saved);

// What computes grad f' from grad and what was saved.
[[gnu::always_inline]] inline ElementwiseKernel derivative_kernel(const Call& call, ScalarType saved) {
  const bool from_input = call.inverts && !call.saves_result;
  return make_kernel(call, from_input ? &ActivationLoops::backward_from_input : &ActivationLoops::backward, saved);
}

// grad f', written in terms of what was saved.
Tensor derivative(const Call& call, const Tensor& grad, const Tensor& saved) {
  Tensor result = elementwise(derivative_kernel(call, saved.scalar_type()), {&grad, &saved}, saved.scalar_type());
  if (!recording({grad, saved})) return result;
  return record(call.row->backward_grad_fn, std::move(result), {grad, saved}, {grad, saved}, [call](Backward& run) {
    check(call.row->traits->twice_differentiable, "derivative for aten::{}_backward is not implemented",
          call.row->name);
    const Tensor saved = run.saved(1);
    if (run.needs(0)) run.set(0, derivative(call, run.grad(), saved));
    if (run.needs(1)) run.set(1, second_derivative(call, run.saved(0), run.grad(), saved));
  });
}

// grad grad_grad f'', the derivative of f' by what was saved.
Tensor second_derivative(const Call& call, const Tensor& grad, const Tensor& grad_grad, const Tensor& saved) {
  const ScalarType dtype = saved.scalar_type();
  const bool from_input = call.inverts && !call.saves_result;
  const auto loop = from_input ? &ActivationLoops::second_from_input : &ActivationLoops::second;
  Tensor result = elementwise(make_kernel(call, loop, dtype), {&grad, &grad_grad, &saved}, dtype);
  if (!recording({grad, grad_grad, saved})) return result;
  return record(call.row->second_grad_fn, std::move(result), {grad, grad_grad, saved}, {grad, grad_grad, saved},
                [call](Backward& run) {
                  const Tensor saved = run.saved(2);
                  if (run.needs(0)) run.set(0, second_derivative(call, run.grad(), run.saved(1), saved));
                  if (run.needs(1)) run.set(1, second_derivative(call, run.saved(0), run.grad(), saved));
                  if (!run.needs(2)) return;
                  const bool is_quadratic = call.row->traits->masks || call.row->is_any_of({Activation::leaky_relu});
                  if (is_quadratic) return run.set(2, zeros_like(saved));
                  const Tensor third = derivative_of_curvature(call.row->index, call.options, call.saves_result, saved);
                  run.set(2, run.grad() * run.saved(0) * run.saved(1) * third);
                });
}

// The result is saved as an output that must not be written to where PyTorch saves it too; elsewhere lazily.
Save saved_result(const Call& call, const Tensor& result, bool in_place) {
  const bool always = call.row->is_any_of({Activation::relu, Activation::sigmoid, Activation::tanh});
  return always || (in_place && call.row->traits->grad_fn_in_place) ? output(result) : lazy_output(result);
}

// The same for a few elements whose gradient may be replaced: no tensor is made of what was saved.
bool propagate_directly(const Call& call, Backward& run) {
  const Tensor& grad = run.grad();
  const detail::TensorImpl& impl = *grad.impl();
  const autograd::InputMeta& meta = run.node().inputs[0];
  if (impl.numel > kFewElements || impl.dtype != meta.dtype || is_reduced_floating_point(meta.dtype) ||
      impl.sizes != meta.sizes || impl.storage->is_hidden() || !may_overwrite(grad))
    return false;
  const Elements saved = run.take_saved_elements();
  if (!saved) return false;
  const void* const inputs[] = {impl.data(), saved.data(meta.dtype)};
  if (impl.numel > 0) call.loops(meta.dtype).backward(impl.data(), inputs, impl.numel, call.options);
  run.set(0, run.take_grad());
  return true;
}

void propagate(const Call& call, Backward& run) {
  if (call.saves_result && propagate_directly(call, run)) return;
  const Tensor saved = run.take_saved();
  if (GradMode::is_enabled()) return run.set(0, derivative(call, run.grad(), saved));
  Tensor grad = run.take_grad();
  const ScalarType dtype = saved.impl()->dtype;
  if (!may_overwrite(grad) || grad.impl()->dtype != dtype || form_of(grad) != form_of(saved) ||
      !saved.impl()->contiguous)
    return run.set(0, derivative(call, grad, saved));
  elementwise_into(grad, derivative_kernel(call, dtype), {&grad, &saved});
  run.set(0, std::move(grad));
}

[[noreturn]] void fail_in_place(const Call& call) {
  check(!call.row->is_any_of({Activation::leaky_relu}),
        "In-place leakyReLu backward calculation is triggered with a negative slope which is not supported. This is "
        "caused by calling in-place forward function with a negative slope, please call out-of-place version instead. "
        "File an issue at https://github.com/pytorch/pytorch if you do require supporting in-place leakRelu backward "
        "calculation with negative slope");
  fail(
      "In-place elu backward calculation is triggered with a negative slope which is not supported. This is caused by "
      "calling in-place forward function with a negative slope, please call out-of-place version instead.");
}

// ---- ReLU by its mask --------------------------------------------------------------------------------------------
// In place of its result a large ReLU keeps a bit an element for its backward pass: what it took and gave may be freed
// earlier then, and there is less to read.

bool may_keep_mask(const Call& call, const Tensor& self) {
  constexpr int64_t kFewest = 1 << 13;  // elements
  const detail::TensorImpl& impl = *self.impl();
  return call.row->index == Activation::relu && impl.numel >= kFewest && impl.contiguous &&
         is_floating_point(impl.dtype);
}

// Puts a ReLU off until somebody looks at the elements: a pooling that comes next does it on its result, which is
// smaller. False where it has to be done now.
bool defer_relu(const Tensor& self, detail::Storage* mask) {
  const detail::TensorImpl& impl = *self.impl();
  return !is_reduced_floating_point(impl.dtype) && detail::shows_hidden(impl) && impl.storage->defer_relu(mask);
}

// Bits are in the order of the elements in `form`.
void propagate_by_mask(const Call& call, Form form, Backward& run) {
  const Tensor mask = run.saved(0);
  mask.impl()->storage->await_mask();
  const auto* const bits = reinterpret_cast<const uint8_t*>(mask.impl()->data());
  const ScalarType dtype = run.node().inputs[0].dtype;
  const Tensor grad = run.take_grad();
  const auto pass = [&](const Tensor& from, const Tensor& to) {
    const DenseActivation source(from, layout_of(form)), target(to, layout_of(form));
    cpu::relu_backward(dtype, source.data(), bits, to.numel(), target.data());
    return to;
  };
  if (!GradMode::is_enabled() && grad.is_contiguous() && grad.scalar_type() == dtype) {
    const bool replaces = may_overwrite(grad) && form_of(grad) == form;
    return run.set(0, pass(grad, replaces ? grad : make_activation(grad.sizes(), dtype, form)));
  }
  const Tensor ones = make_filled_activation(grad.sizes(), make_scalar(1, dtype), form);
  run.set(0, derivative(call, grad, run.as_output(pass(ones, ones))));  // only their signs matter
}

Tensor relu_with_mask(const Call& call, const Tensor& self, bool overwrite) {
  const detail::TensorImpl& impl = *self.impl();
  const Form form = detail::shows_hidden(impl) ? Form::Hidden : Form::Plain;
  const Tensor mask = make_tensor({(impl.numel + 7) / 8}, kByte);
  const Tensor result = overwrite ? make_alias(self) : make_activation(impl.sizes, impl.dtype, form);
  if (!overwrite || !defer_relu(self, mask.impl()->storage)) {
    const DenseActivation source(self, layout_of(form)), target(result, layout_of(form));
    cpu::relu_forward(impl.dtype, source.data(), impl.numel, target.data(),
                      reinterpret_cast<uint8_t*>(mask.impl()->data()));
  }
  mask.impl()->share_version(*result.impl());  // a write to the result is an error in the backward pass
  record_history(call.row->traits->grad_fn, result, {self}, {Save(mask, Save::Kind::Mask)},
                 [call, form](Backward& run) { propagate_by_mask(call, form, run); });
  return result;
}

// ---- Forward -----------------------------------------------------------------------------------------------------

// With `overwrite` the elements of self, which nobody else sees, may be replaced.
Tensor activation(const Call& call, const Tensor& self, bool overwrite = false) {
  if (may_keep_mask(call, self)) {
    const bool recorded = recording({self});
    // Hooks on what is saved are shown the result, as PyTorch saves it.
    if (recorded && !autograd::saved_tensor_hooks) return relu_with_mask(call, self, overwrite);
    if (!recorded && overwrite && defer_relu(self, nullptr)) return make_alias(self);
  }
  const Forward forward = forward_of(call, self.impl()->dtype);
  Tensor result;
  if (overwrite && forward.dtype == self.scalar_type() && (call.saves_result || !recording({self}))) {
    result = make_alias(self);
    elementwise_into(result, forward.kernel, {&self});
  } else if (call.row->index == Activation::logsigmoid && !self.is_contiguous()) {  // its result is row-major
    result = make_tensor(self.sizes(), forward.dtype);
    elementwise_into(result, forward.kernel, {&self});
  } else {
    result = elementwise(forward.kernel, {&self}, forward.dtype);
  }
  if (!recording({self})) return result;
  const Save saved = call.saves_result ? saved_result(call, result, false) : Save(self);
  record_history(call.row->traits->grad_fn, result, {self}, {saved}, [call](Backward& run) { propagate(call, run); });
  return result;
}

Tensor& activation_into(const Call& call, Tensor& self) {
  const Forward forward = forward_of(call, self.impl()->dtype);
  check_can_cast(forward.dtype, self.impl()->dtype);
  InPlace write(call.row->in_place, self);
  if (!write.recording()) {
    elementwise_into(self, forward.kernel, {&self});
    write.written();
    return self;
  }
  const bool saves_input = !call.saves_result;
  const Tensor before = saves_input ? self.clone() : Tensor();
  elementwise_into(self, forward.kernel, {&self});
  const ActivationTraits& traits = *call.row->traits;
  const char* grad_fn = traits.grad_fn_in_place ? traits.grad_fn_in_place : traits.grad_fn;
  if (saves_input && call.inverts) {
    write.record(grad_fn, {}, [call](Backward&) { fail_in_place(call); });
  } else {
    const Save saved = saves_input ? Save(before) : saved_result(call, self, true);
    write.record(grad_fn, {saved}, [call](Backward& run) { propagate(call, run); });
  }
  return self;
}

template <class F>
Call checked_call(const Row& row, const char* name, const Tensor& self, const F& formula) {
  check_options(formula, impl_of(self, name).dtype);
  return make_call(row, formula);
}

#define RELUME_OPTION(type, name, value)
#define RELUME_ACTIVATION(function, Module, in_place, options)    \
  constexpr Row k##Module = {Activation::function,                \
                             #function,                           \
                             #function "_",                       \
                             #Module "BackwardBackward0",         \
                             #Module "BackwardBackwardBackward0", \
                             &formulas::Module::traits};
#include "relume/activations.inc"

}  // namespace

#define RELUME_EACH_TAKEN_A(type, name, value) , detail::ActivationArgument<type> name RELUME_EACH_TAKEN_B
#define RELUME_EACH_TAKEN_B(type, name, value) , detail::ActivationArgument<type> name RELUME_EACH_TAKEN_A
#define RELUME_EACH_TAKEN_A_END
#define RELUME_EACH_TAKEN_B_END
#define RELUME_EACH_GIVEN_A(type, name, value) option(name), RELUME_EACH_GIVEN_B
#define RELUME_EACH_GIVEN_B(type, name, value) option(name), RELUME_EACH_GIVEN_A
#define RELUME_EACH_GIVEN_A_END
#define RELUME_EACH_GIVEN_B_END

// clang-format off
#define RELUME_OPTION(type, name, value) (type, name, value)
#define RELUME_ACTIVATION(function, Module, in_place, options)                                                   \
  Tensor function(const Tensor& self RELUME_EACH(TAKEN, options)) {                                              \
    return activation(checked_call(k##Module, #function, self, formulas::Module{RELUME_EACH(GIVEN, options)}),   \
                      self);                                                                                     \
  }                                                                                                              \
  Tensor consuming::function(Tensor self RELUME_EACH(TAKEN, options)) {                                          \
    return activation(checked_call(k##Module, #function, self, formulas::Module{RELUME_EACH(GIVEN, options)}),   \
                      self, may_overwrite(self));                                                                \
  }                                                                                                              \
  RELUME_IF_IN_PLACE_##in_place(                                                                                 \
      Tensor& function##_(Tensor& self RELUME_EACH(TAKEN, options)) {                                            \
        return activation_into(                                                                                  \
            checked_call(k##Module, #function "_", self, formulas::Module{RELUME_EACH(GIVEN, options)}), self);  \
      })
// clang-format on
#include "relume/activations.inc"

}  // namespace relume
