// The activation kernels of the CPU: every formula of relume/activations.inc over every dtype, for each SIMD target.
#include "kernels/activations.h"

#include <cstring>
#include <type_traits>

#include "cpu/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/activations.cc"
#include "cpu/simd/targets.h"
#include "hwy/foreach_target.h"
//
#include "cpu/simd/dual-inl.h"
#include "cpu/simd/loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

// Compiled anew for this target, so that they are inlined into its loops.
namespace formulas {
#define RELUME_ACTIVATION_FORMULAS
#include "relume/activations.inc"
}  // namespace formulas

template <class F, class V>
concept HasDerivative = requires {
  &F::template derivative<V>;
};
template <class F, class V>
concept HasDerivativeFromResult = requires {
  &F::template derivative_from_result<V>;
};

// What the backward pass is given beside the gradient.
enum class From { Input, Result };

template <From kFrom, class F, class V>
RELUME_INLINE V slope(const F& f, V saved) {
  if constexpr (kFrom == From::Result) {
    return f.derivative_from_result(saved);
  } else if constexpr (HasDerivative<F, V>) {
    return f.derivative(saved);
  } else {
    return f.forward(Dual<V>(saved, V(1.0))).d;
  }
}

// grad * factor, but 0 wherever the factor of a masking activation is.
template <class F, class V>
RELUME_INLINE V gradient(V grad, V factor) {
  if constexpr (F::traits.masks) return select(factor == V(0.0), V(0.0), grad * factor);
  return grad * factor;
}

template <class F>
struct Forward {
  static constexpr int kInputs = 1;
  F f;
  template <class V>
  RELUME_INLINE V operator()(V x) const {
    return f.forward(x);
  }
};

template <class F, From kFrom>
struct Backward {
  static constexpr int kInputs = 2;
  F f;
  template <class V>
  RELUME_INLINE V operator()(V grad, V saved) const {
    return gradient<F>(grad, slope<kFrom>(f, saved));
  }
};

template <class F, From kFrom>
struct Second {
  static constexpr int kInputs = 3;
  F f;
  template <class V>
  RELUME_INLINE V operator()(V grad, V grad_grad, V saved) const {
    return gradient<F>(grad * grad_grad, slope<kFrom>(f, Dual<V>(saved, V(1.0))).d);
  }
};

// The ElementwiseLoop of a pass, whose only member is the formula: its options are copied from the caller's struct.
template <class T, class Pass>
void run(void* out, const void* const* inputs, int64_t n, [[maybe_unused]] const void* options) {
  Pass pass;
  static_assert(std::is_trivially_copyable_v<Pass>);
  if constexpr (!std::is_empty_v<decltype(pass.f)>) std::memcpy(&pass.f, options, sizeof pass.f);
  loop<T, Pass::kInputs>(out, inputs, n, pass);
}

template <class F, class T>
constexpr ActivationLoops make_loops() {
  constexpr bool kInteger = std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, uint16_t>;
  // Beside ReLU and its like conversions would take most of the time: half types have loops of their own.
  constexpr bool kCheap = F::traits.max_ulp <= 1 && HasDerivativeFromResult<F, double>;
  constexpr bool kHalf = kHasHalfLoops && is_half_type<T> && kCheap;
  if constexpr (kInteger && F::traits.integers == Integers::Keep) {
    return {.forward = run<T, Forward<F>>};
  } else if constexpr (!std::is_floating_point_v<T> && !kHalf) {
    return {};
  } else {
    constexpr From kSaved = HasDerivativeFromResult<F, double> ? From::Result : From::Input;
    ActivationLoops loops = {.forward = run<T, Forward<F>>, .backward = run<T, Backward<F, kSaved>>};
    if constexpr (F::traits.twice_differentiable && !kHalf) loops.second = run<T, Second<F, kSaved>>;
    if constexpr (requires(F f) { f.invertible(); } && !kHalf) {
      loops.backward_from_input = run<T, Backward<F, From::Input>>;
      loops.second_from_input = run<T, Second<F, From::Input>>;
    }
    return loops;
  }
}

template <class F>
constexpr void fill_row(ActivationLoops (&row)[kNumDtypes]) {
#define RELUME_LOOPS(type, name, python) row[static_cast<int>(ScalarType::name)] = make_loops<F, type>();
  RELUME_FORALL_DTYPES(RELUME_LOOPS)
#undef RELUME_LOOPS
}

constexpr ActivationKernels make_kernels() {
  ActivationKernels kernels{};
#define RELUME_OPTION(type, name, default)
#define RELUME_ACTIVATION(function, Module, in_place, options) \
  fill_row<formulas::Module>(kernels.loops[static_cast<int>(Activation::function)]);
#include "relume/activations.inc"
  return kernels;
}

constexpr ActivationKernels kActivations = make_kernels();

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {

const ActivationKernels& activation_kernels(Target target) { RELUME_DISPATCH(target, kActivations); }

const ActivationKernels& activation_kernels() {
  static const ActivationKernels& kernels = activation_kernels(target());
  return kernels;
}

}  // namespace relume::cpu
#endif
