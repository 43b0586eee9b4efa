// Read by the compiler before each file that defines ops (CMakeLists.txt says so): gives the definitions symbols of
// their own. The symbols that programs link against are those of entries.cc, which call the ops here by way of the
// profiler. Ops that call each other as functions call the definitions: that is part of the op that calls.
#pragma once

#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "ops/consuming.h"
#include "relume/creation.h"
#include "relume/indexing.h"
#include "relume/operators.h"
#include "relume/tensor.h"

namespace relume {

#define RELUME_LIST(...) __VA_ARGS__
#define RELUME_OP(result, name, symbol, parameters, ...) result name parameters asm("relume.op." #symbol);
#include "ops/entries.inc"
#include "ops/in_place_entries.inc"
#undef RELUME_OP

#define RELUME_OPTION(type, name, value) (type, name, value)
#define RELUME_EACH_LABELLED_A(type, name, value) , detail::ActivationArgument<type> name RELUME_EACH_LABELLED_B
#define RELUME_EACH_LABELLED_B(type, name, value) , detail::ActivationArgument<type> name RELUME_EACH_LABELLED_A
#define RELUME_EACH_LABELLED_A_END
#define RELUME_EACH_LABELLED_B_END
#define RELUME_ACTIVATION(function, Module, in_place, options)                                                  \
  Tensor function(const Tensor& self RELUME_EACH(LABELLED, options)) asm("relume.op." #function);               \
  namespace consuming {                                                                                         \
  Tensor function(Tensor self RELUME_EACH(LABELLED, options)) asm("relume.op.consuming." #function);            \
  }                                                                                                             \
  RELUME_IF_IN_PLACE_##in_place(                                                                                \
      Tensor& function##_(Tensor& self RELUME_EACH(LABELLED, options)) asm("relume.op." #function "_");)
#include "relume/activations.inc"
#undef RELUME_EACH_LABELLED_A
#undef RELUME_EACH_LABELLED_B
#undef RELUME_EACH_LABELLED_A_END
#undef RELUME_EACH_LABELLED_B_END

}  // namespace relume
