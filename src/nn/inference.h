// What a module sees of compile_for_inference: whether it is called from a compiled one, and its weights then.
#pragma once

#include <memory>

#include "relume/nn/module.h"
#include "relume/tensor.h"

namespace relume::nn {

namespace detail {

class InferencePlan;

// Copies of a layer's weight and bias, perhaps with a batch norm folded in; convolutions keep them packed.
struct FoldedWeights {
  Tensor weight, bias;
};

// The plan in force on this thread, and the weights of a layer that is called with a batch norm folded in.
struct InferenceState {
  const InferencePlan* plan = nullptr;
  const Module* folded_layer = nullptr;
  const FoldedWeights* folded = nullptr;
};
extern constinit thread_local InferenceState t_inference
    __attribute__((visibility("hidden"), tls_model("initial-exec")));

// The weights that a layer is to compute with; null where its own are to be used.
std::shared_ptr<const FoldedWeights> planned_weights(const Module& layer);
inline std::shared_ptr<const FoldedWeights> inference_weights(const Module& layer) {
  return t_inference.plan ? planned_weights(layer) : nullptr;
}

// Replaces x by the result of a Sequential as it was compiled; returns false, with nothing done, where it has to be run
// as it is.
bool run_planned(Module& sequential, Tensor& x);

}  // namespace detail
}  // namespace relume::nn
