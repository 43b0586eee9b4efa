// The ops as programs call them: each calls its definition, under the eyes of the profiler where it runs. Why the
// definitions have symbols of their own is said in entry_labels.h.
#include "core/profiler.h"
#include "ops/consuming.h"
#include "ops/methods.h"
#include "relume/activations.h"

namespace relume {

#define RELUME_LIST(...) __VA_ARGS__
#define RELUME_OP(result, name, symbol, parameters, ...)                    \
  namespace op {                                                            \
  result symbol parameters asm("relume.op." #symbol);                       \
  }                                                                         \
  result name parameters {                                                  \
    return profiler::call(#name, op::symbol __VA_OPT__(, ) __VA_ARGS__);     \
  }
#include "ops/entries.inc"
#include "ops/in_place_entries.inc"

// ---- Activations -------------------------------------------------------------------------------------------------

#define RELUME_EACH_TAKEN_A(type, name, value) , detail::ActivationArgument<type> name RELUME_EACH_TAKEN_B
#define RELUME_EACH_TAKEN_B(type, name, value) , detail::ActivationArgument<type> name RELUME_EACH_TAKEN_A
#define RELUME_EACH_TAKEN_A_END
#define RELUME_EACH_TAKEN_B_END
#define RELUME_EACH_OF_METHOD_A(type, name, value) detail::ActivationArgument<type> name RELUME_EACH_TAKEN_A
#define RELUME_EACH_OF_METHOD_A_END
#define RELUME_EACH_PASSED_A(type, name, value) , name RELUME_EACH_PASSED_B
#define RELUME_EACH_PASSED_B(type, name, value) , name RELUME_EACH_PASSED_A
#define RELUME_EACH_PASSED_A_END
#define RELUME_EACH_PASSED_B_END

// clang-format off
#define RELUME_OPTION(type, name, value) (type, name, value)
#define RELUME_ACTIVATION(function, Module, in_place, options)                                                    \
  namespace op {                                                                                                  \
  Tensor function(const Tensor& self RELUME_EACH(TAKEN, options)) asm("relume.op." #function);                    \
  Tensor consuming_##function(Tensor self RELUME_EACH(TAKEN, options)) asm("relume.op.consuming." #function);     \
  RELUME_IF_IN_PLACE_##in_place(                                                                                  \
      Tensor& function##_(Tensor& self RELUME_EACH(TAKEN, options)) asm("relume.op." #function "_");)             \
  }                                                                                                               \
  Tensor function(const Tensor& self RELUME_EACH(TAKEN, options)) {                                               \
    return profiler::call(#function, op::function, self RELUME_EACH(PASSED, options));                            \
  }                                                                                                               \
  Tensor Tensor::function(RELUME_EACH(OF_METHOD, options)) const {                                                \
    return profiler::call(#function, op::function, *this RELUME_EACH(PASSED, options));                           \
  }                                                                                                               \
  Tensor consuming::function(Tensor self RELUME_EACH(TAKEN, options)) {                                           \
    return profiler::call(#function, op::consuming_##function, std::move(self) RELUME_EACH(PASSED, options));     \
  }                                                                                                               \
  RELUME_IF_IN_PLACE_##in_place(                                                                                  \
      Tensor& function##_(Tensor& self RELUME_EACH(TAKEN, options)) {                                             \
        return profiler::call(#function "_", op::function##_, self RELUME_EACH(PASSED, options));                 \
      }                                                                                                           \
      Tensor& Tensor::function##_(RELUME_EACH(OF_METHOD, options)) const {                                        \
        return relume::function##_(const_cast<Tensor&>(*this) RELUME_EACH(PASSED, options));                      \
      })
// clang-format on
#include "relume/activations.inc"
#include "relume/special.h"

}  // namespace relume
