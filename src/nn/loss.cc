// Losses as modules and as functions with options.
#include "relume/nn/loss.h"

#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "nn/reduction.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"
#include "relume/warning.h"

namespace relume::nn {
namespace {

using detail::code;
using enumtype::Name;

void warn_of_broadcasting(const Tensor& input, const Tensor& target, SourceLocation where = SourceLocation::current()) {
  if (input.sizes() == target.sizes()) return;
  warn(fmt::format("Using a target size ({}) that is different to the input size ({}). This will likely lead to "
                   "incorrect results due to broadcasting. Please ensure they have the same size.",
                   target.sizes(), input.sizes()),
       where);
}

}  // namespace

Tensor functional::l1_loss(const Tensor& input, const Tensor& target, const L1LossFuncOptions& options) {
  return relume::l1_loss(input, target, code(options.reduction()));
}
Tensor functional::mse_loss(const Tensor& input, const Tensor& target, const MSELossFuncOptions& options) {
  warn_of_broadcasting(input, target);
  return relume::mse_loss(input, target, code(options.reduction()));
}
Tensor functional::smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1LossFuncOptions& options) {
  warn_of_broadcasting(input, target);
  return relume::smooth_l1_loss(input, target, code(options.reduction()), options.beta().value_or(1));
}
Tensor functional::smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1LossFuncOptions& options,
                                  double beta) {
  check(!options.beta(), "expected beta not to be provided in 'options', but got {}", options.beta().value_or(0));
  warn_of_broadcasting(input, target);
  return relume::smooth_l1_loss(input, target, code(options.reduction()), beta);
}
Tensor functional::huber_loss(const Tensor& input, const Tensor& target, const HuberLossFuncOptions& options) {
  warn_of_broadcasting(input, target);
  return relume::huber_loss(input, target, code(options.reduction()), options.delta());
}
Tensor functional::binary_cross_entropy(const Tensor& input, const Tensor& target,
                                        const BinaryCrossEntropyFuncOptions& options) {
  return relume::binary_cross_entropy(input, target, options.weight(), code(options.reduction()));
}
Tensor functional::binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                                    const BinaryCrossEntropyWithLogitsFuncOptions& options) {
  return relume::binary_cross_entropy_with_logits(input, target, options.weight(), options.pos_weight(),
                                                  code(options.reduction()));
}
Tensor functional::nll_loss(const Tensor& input, const Tensor& target, const NLLLossFuncOptions& options) {
  return relume::nll_loss(input, target, options.weight(), code(options.reduction()), options.ignore_index());
}
Tensor functional::cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyFuncOptions& options) {
  return relume::cross_entropy_loss(input, target, options.weight(), code(options.reduction()), options.ignore_index(),
                                    options.label_smoothing());
}
Tensor functional::kl_div(const Tensor& input, const Tensor& target, const KLDivFuncOptions& options) {
  const Name reduction = options.reduction();
  if (reduction == Name::Mean)
    warn(
        "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides only "
        "by the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the same as "
        "'batchmean' in the next major release.");
  const int64_t code = reduction == Name::None ? 0 : reduction == Name::Mean ? 1 : 2;
  const Tensor loss = relume::kl_div(input, target, code, options.log_target());
  return reduction == Name::BatchMean && input.dim() > 0 ? loss / input.size(0) : loss;
}

#define RELUME_LOSS(Name, name, shown)                                                         \
  void Name##Impl::pretty_print(std::ostream& stream) const { stream << "torch::nn::" shown; } \
  Tensor Name##Impl::forward(const Tensor& input, const Tensor& target) {                      \
    return functional::name(input, target, options);                                           \
  }
#define RELUME_PLAIN_LOSS(Name, name, shown)                                   \
  Name##Impl::Name##Impl() : Name##Impl(Name##Options()) {}                    \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) {} \
  void Name##Impl::reset() {}                                                  \
  RELUME_LOSS(Name, name, shown)
RELUME_PLAIN_LOSS(L1Loss, l1_loss, "L1Loss()")
RELUME_PLAIN_LOSS(MSELoss, mse_loss, "MSELoss()")
RELUME_PLAIN_LOSS(SmoothL1Loss, smooth_l1_loss, "SmoothL1Loss")
RELUME_PLAIN_LOSS(HuberLoss, huber_loss, "HuberLoss")
RELUME_PLAIN_LOSS(KLDivLoss, kl_div, "KLDivLoss()")
#undef RELUME_PLAIN_LOSS

// The weight in use is the member, which follows the module to another dtype; the options keep what was given.
#define RELUME_WEIGHTED_LOSS(Name)                                                                   \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) { Name##Impl::reset(); } \
  void Name##Impl::pretty_print(std::ostream& stream) const { stream << "torch::nn::" #Name "()"; }
RELUME_WEIGHTED_LOSS(BCELoss)
RELUME_WEIGHTED_LOSS(BCEWithLogitsLoss)
RELUME_WEIGHTED_LOSS(NLLLoss)
RELUME_WEIGHTED_LOSS(CrossEntropyLoss)
#undef RELUME_WEIGHTED_LOSS

void BCELossImpl::reset() { weight = register_buffer("weight", options.weight()); }
Tensor BCELossImpl::forward(const Tensor& input, const Tensor& target) {
  return relume::binary_cross_entropy(input, target, weight, code(options.reduction()));
}

void BCEWithLogitsLossImpl::reset() {
  weight = register_buffer("weight", options.weight());
  pos_weight = register_buffer("pos_weight", options.pos_weight());
}
Tensor BCEWithLogitsLossImpl::forward(const Tensor& input, const Tensor& target) {
  return relume::binary_cross_entropy_with_logits(input, target, weight, pos_weight, code(options.reduction()));
}

void NLLLossImpl::reset() { weight = register_buffer("weight", options.weight()); }
Tensor NLLLossImpl::forward(const Tensor& input, const Tensor& target) {
  return relume::nll_loss(input, target, weight, code(options.reduction()), options.ignore_index());
}

void CrossEntropyLossImpl::reset() { weight = register_buffer("weight", options.weight()); }
Tensor CrossEntropyLossImpl::forward(const Tensor& input, const Tensor& target) {
  return relume::cross_entropy_loss(input, target, weight, code(options.reduction()), options.ignore_index(),
                                    options.label_smoothing());
}

Tensor functional::ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                            const Tensor& target_lengths, const CTCLossFuncOptions& options) {
  return relume::ctc_loss(log_probs, targets, input_lengths, target_lengths, options.blank(), code(options.reduction()),
                          options.zero_infinity());
}

CTCLossImpl::CTCLossImpl(const CTCLossOptions& options_) : options(options_) {}
void CTCLossImpl::reset() {}
void CTCLossImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::CTCLoss()"; }
Tensor CTCLossImpl::forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                            const Tensor& target_lengths) {
  return functional::ctc_loss(log_probs, targets, input_lengths, target_lengths, options);
}

}  // namespace relume::nn
