// Compiling modules for inference: which layers are run together, and the weights that they are run with.
#include "relume/nn/inference.h"

#include <mutex>
#include <typeinfo>
#include <unordered_map>
#include <vector>

#include "core/check.h"
#include "core/hidden_layout.h"
#include "core/tensor_impl.h"
#include "nn/inference.h"
#include "ops/constant_weight.h"
#include "relume/autograd.h"
#include "relume/nn/containers.h"
#include "relume/nn/conv.h"
#include "relume/nn/dropout.h"
#include "relume/nn/linear.h"
#include "relume/nn/norm.h"
#include "relume/ops.h"

namespace relume::nn::detail {

constinit thread_local InferenceState t_inference;

namespace {

// What a layer that can be prepared consists of, whatever its class.
struct Layer {
  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;
  int64_t input_rank = 0;    // of a batch
  int64_t channel_dim = 0;   // of the weight, along which outputs lie
  bool convolution = false;  // its weight is packed by convolutions

  explicit operator bool() const { return weight != nullptr; }
};

template <size_t D>
bool find_convolution(const Module& module, Layer& layer) {
  if (const auto* conv = dynamic_cast<const ConvBase<D>*>(&module))
    layer = {&conv->weight, &conv->bias, static_cast<int64_t>(D) + 2, 0, true};
  // In a group of a transposed convolution the weight's outputs are not those of the whole.
  if (const auto* conv = dynamic_cast<const ConvTransposeBase<D>*>(&module); conv && conv->options.groups() == 1)
    layer = {&conv->weight, &conv->bias, static_cast<int64_t>(D) + 2, 1, false};
  return static_cast<bool>(layer);
}

Layer layer_of(const Module& module) {
  Layer layer;
  if (find_convolution<1>(module, layer) || find_convolution<2>(module, layer) || find_convolution<3>(module, layer))
    return layer;
  if (const auto* linear = dynamic_cast<const LinearImpl*>(&module))
    return {&linear->weight, &linear->bias, 2, 0, false};
  return {};
}

// A batch norm that uses its running statistics in evaluation mode.
const NormBase<BatchNormOptions>* batch_norm_of(const Module& module) {
  const auto* norm = dynamic_cast<const NormBase<BatchNormOptions>*>(&module);
  return norm && norm->running_mean.defined() && norm->running_var.defined() ? norm : nullptr;
}

// The rank of what the batch norm takes; BatchNorm1d also takes 3.
int64_t norm_rank(const Module& module) {
  return dynamic_cast<const BatchNorm1dImpl*>(&module) ? 2 : dynamic_cast<const BatchNorm2dImpl*>(&module) ? 4 : 5;
}

bool fits(const Layer& layer, const Module& norm) {
  const int64_t rank = norm_rank(norm);
  return layer.input_rank == rank || (rank == 2 && layer.input_rank == 3);
}

// Modules that return what they are given in evaluation mode.
bool is_identity(const Module& module) {
  for (const std::type_info* type : {&typeid(IdentityImpl), &typeid(DropoutImpl), &typeid(Dropout1dImpl),
                                     &typeid(Dropout2dImpl), &typeid(Dropout3dImpl), &typeid(AlphaDropoutImpl),
                                     &typeid(FeatureAlphaDropoutImpl)})
    if (typeid(module) == *type) return true;
  return false;
}

// The contents of a tensor as they were seen.
struct Seen {
  explicit Seen(const Tensor& tensor)
      : tensor(tensor),
        storage(tensor.defined() ? tensor.impl()->storage : nullptr),
        version(tensor.defined() ? tensor.impl()->current_version() : 0) {}
  bool is_current(const Tensor& now) const {
    return now.is_same(tensor) &&
           (!storage || (now.impl()->storage == storage && now.impl()->current_version() == version));
  }
  Tensor tensor;
  const relume::detail::Storage* storage;
  uint32_t version;
};

// A layer's weights, made again where an op has written what they were made of.
class PreparedLayer {
 public:
  PreparedLayer(const Layer& layer, const NormBase<BatchNormOptions>* norm) : layer_(layer), norm_(norm) {
    sources_ = {layer.weight, layer.bias};
    if (norm) sources_.insert(sources_.end(), {&norm->weight, &norm->bias, &norm->running_mean, &norm->running_var});
  }

  std::shared_ptr<const FoldedWeights> weights() {
    const std::lock_guard lock(mutex_);
    if (!is_current()) make();
    return weights_;
  }

 private:
  bool is_current() const {
    for (size_t i = 0; i < seen_.size(); ++i)
      if (!seen_[i].is_current(*sources_[i])) return false;
    return weights_ != nullptr;
  }

  void make() {
    const NoGradGuard unrecorded;
    seen_.clear();
    for (const Tensor* source : sources_) seen_.emplace_back(*source);
    FoldedWeights made{layer_.weight->detach().clone(),
                       layer_.bias->defined() ? layer_.bias->detach().clone() : Tensor()};
    if (norm_) fold(made);
    if (layer_.convolution) keep_packed(made.weight);
    weights_ = std::make_shared<const FoldedWeights>(std::move(made));
  }

  // y = (w x + b - mean) * scale + shift, in float64.
  void fold(FoldedWeights& made) const {
    const ScalarType dtype = made.weight.scalar_type();
    const auto wide = [](const Tensor& t, double otherwise) {
      return t.defined() ? t.detach().to(kDouble) : relume::full({}, otherwise, kDouble);
    };
    const Tensor scale =
        wide(norm_->weight, 1) / (norm_->running_var.to(kDouble) + norm_->options.eps()).sqrt();
    DimVector shape(static_cast<size_t>(made.weight.dim()), 1);
    shape[static_cast<size_t>(layer_.channel_dim)] = scale.size(0);
    made.weight = (made.weight.to(kDouble) * scale.view(shape)).to(dtype);
    made.bias = ((wide(made.bias, 0) - norm_->running_mean.to(kDouble)) * scale + wide(norm_->bias, 0)).to(dtype);
  }

  const Layer layer_;
  const NormBase<BatchNormOptions>* const norm_;
  std::vector<const Tensor*> sources_;
  std::mutex mutex_;
  std::vector<Seen> seen_;
  std::shared_ptr<const FoldedWeights> weights_;
};

// Modules of a Sequential that are run as one: from `first` to before `last`. The first computes with `folded`, where
// that is set, and the rest is in its weights; otherwise there is one module, or nothing to be done.
struct Step {
  size_t first = 0, last = 0;
  std::unique_ptr<PreparedLayer> folded;
  int64_t rank = 0;  // of the input for which folding is right
  bool identity = false;
};

}  // namespace

// What was decided for a Sequential.
struct SequentialPlan {
  std::vector<std::shared_ptr<Module>> modules;
  std::vector<Step> steps;

  // A Sequential may have been changed since.
  bool is_current(const SequentialImpl& sequential) const {
    if (sequential.size() != modules.size()) return false;
    for (size_t i = 0; i < modules.size(); ++i)
      if (sequential.begin()[i].ptr() != modules[i] || !sequential.begin()[i].returns_tensor()) return false;
    return true;
  }
};

class InferencePlan {
 public:
  explicit InferencePlan(const Module& module) { add(module); }

  std::shared_ptr<const FoldedWeights> weights(const Module& layer) const {
    const auto found = layers_.find(&layer);
    return found == layers_.end() ? nullptr : found->second->weights();
  }
  const SequentialPlan* sequential(const Module& module) const {
    const auto found = sequentials_.find(&module);
    return found == sequentials_.end() ? nullptr : &found->second;
  }

 private:
  void add(const Module& module) {
    if (const Layer layer = layer_of(module)) layers_.emplace(&module, std::make_unique<PreparedLayer>(layer, nullptr));
    if (const auto* sequential = dynamic_cast<const SequentialImpl*>(&module))
      sequentials_.emplace(&module, plan(*sequential));
    for (const std::shared_ptr<Module>& child : module.children())
      if (child && !layers_.count(child.get()) && !sequentials_.count(child.get())) {
        modules_.push_back(child);
        add(*child);
      }
  }

  static SequentialPlan plan(const SequentialImpl& sequential) {
    SequentialPlan result;
    for (size_t i = 0; i < sequential.size(); ++i) result.modules.push_back(sequential[i]);
    for (size_t i = 0; i < sequential.size();) {
      result.steps.push_back(step_at(sequential, i));
      i = result.steps.back().last;
    }
    return result;
  }

  static Step step_at(const SequentialImpl& sequential, size_t first) {
    const Module& module = *sequential[first];
    Step step{first, first + 1, nullptr, 0, is_identity(module)};
    const Layer layer = layer_of(module);
    if (!layer) return step;
    size_t next = first + 1;
    while (next < sequential.size() && is_identity(*sequential[next])) ++next;
    if (next == sequential.size() || !fits(layer, *sequential[next])) return step;
    const auto* const norm = batch_norm_of(*sequential[next]);
    if (!norm || norm->running_mean.numel() != layer.weight->size(layer.channel_dim)) return step;
    step.folded = std::make_unique<PreparedLayer>(layer, norm);
    step.rank = layer.input_rank;
    step.last = next + 1;
    return step;
  }

  std::vector<std::shared_ptr<Module>> modules_;  // keeps those alive that the maps know
  std::unordered_map<const Module*, std::unique_ptr<PreparedLayer>> layers_;
  std::unordered_map<const Module*, SequentialPlan> sequentials_;
};

std::shared_ptr<const InferencePlan> plan_inference(const Module& module) {
  return std::make_shared<const InferencePlan>(module);
}

InferenceScope::InferenceScope(const InferencePlan& plan)
    : put_off_(new relume::detail::PutOffScope()),
      previous_(t_inference.plan),
      previous_grad_(GradMode::is_enabled()) {
  t_inference.plan = &plan;
  GradMode::set_enabled(false);
}
InferenceScope::~InferenceScope() {
  t_inference.plan = previous_;
  GradMode::set_enabled(previous_grad_);
}

void fail_training_compiled(const char* what) {
  fail("{}: a module made by compile_for_inference cannot be trained or converted; do it to the original, and compile "
       "that again",
       what);
}

void check_inference_input(const Tensor& input) {
  check(!GradMode::is_enabled() || !input.defined() || !input.requires_grad(),
        "a module made by compile_for_inference records no graph, but its input requires grad: call it inside a "
        "NoGradGuard, or use the original");
}

std::shared_ptr<const FoldedWeights> planned_weights(const Module& layer) {
  if (t_inference.folded_layer == &layer)
    return std::shared_ptr<const FoldedWeights>(std::shared_ptr<void>(), t_inference.folded);
  return t_inference.plan->weights(layer);
}

namespace {

// The first module of a step computes with the weights of the step.
Tensor run_folded(AnyModule& module, const FoldedWeights& weights, Tensor input) {
  const InferenceState before = t_inference;
  struct Restore {
    const InferenceState& state;
    ~Restore() { t_inference = state; }
  } const restore{before};
  t_inference.folded_layer = module.ptr().get();
  t_inference.folded = &weights;
  return module.forward_tensor(std::move(input));
}

bool has_hooks(const SequentialImpl& sequential, const Step& step) {
  for (size_t i = step.first; i < step.last; ++i)
    if (sequential[i]->hooks()) return true;
  return false;
}

}  // namespace

bool run_planned(Module& module, Tensor& x) {
  auto& sequential = static_cast<SequentialImpl&>(module);
  const SequentialPlan* const plan = t_inference.plan->sequential(module);
  if (!plan || !plan->is_current(sequential)) return false;
  for (const Step& step : plan->steps) {
    if (has_hooks(sequential, step) || (step.folded && x.dim() != step.rank)) {
      for (size_t i = step.first; i < step.last; ++i) x = sequential.begin()[i].forward_tensor(std::move(x));
    } else if (step.folded) {
      x = run_folded(sequential.begin()[step.first], *step.folded->weights(), std::move(x));
    } else if (!step.identity) {
      x = sequential.begin()[step.first].forward_tensor(std::move(x));
    }
  }
  return true;
}

}  // namespace relume::nn::detail
