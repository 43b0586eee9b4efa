// Losses of margins and distances, as functions with options and as modules.
#include "relume/nn/margin_loss.h"

#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "nn/reduction.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

using Distance = TripletMarginWithDistanceLossOptions::distance_function_t;

}  // namespace

namespace functional {

Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target, const HingeEmbeddingLossFuncOptions& options) {
  return relume::hinge_embedding_loss(input, target, options.margin(), detail::code(options.reduction()));
}

Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                           const MarginRankingLossFuncOptions& options) {
  return relume::margin_ranking_loss(input1, input2, target, options.margin(), detail::code(options.reduction()));
}

Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                             const CosineEmbeddingLossFuncOptions& options) {
  return relume::cosine_embedding_loss(input1, input2, target, options.margin(), detail::code(options.reduction()));
}

Tensor soft_margin_loss(const Tensor& input, const Tensor& target, const SoftMarginLossFuncOptions& options) {
  return relume::soft_margin_loss(input, target, detail::code(options.reduction()));
}

Tensor multilabel_soft_margin_loss(const Tensor& input, const Tensor& target,
                                   const MultilabelSoftMarginLossFuncOptions& options) {
  Tensor losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input));
  if (options.weight().defined()) losses = losses * options.weight();
  return detail::reduced(losses.sum(-1) / input.size(-1), options.reduction());
}

Tensor multi_margin_loss(const Tensor& input, const Tensor& target, const MultiMarginLossFuncOptions& options) {
  return relume::multi_margin_loss(input, target, options.p(), options.margin(), options.weight(),
                                   detail::code(options.reduction()));
}

Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target,
                              const MultilabelMarginLossFuncOptions& options) {
  return relume::multilabel_margin_loss(input, target, detail::code(options.reduction()));
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletMarginLossFuncOptions& options) {
  return relume::triplet_margin_loss(anchor, positive, negative, options.margin(), options.p(), options.eps(),
                                     options.swap(), detail::code(options.reduction()));
}

Tensor triplet_margin_with_distance_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                                         const TripletMarginWithDistanceLossFuncOptions& options) {
  const Distance euclidean = [](const Tensor& a, const Tensor& b) { return relume::pairwise_distance(a, b); };
  const Distance distance = options.distance_function().value_or(euclidean);
  const Tensor near = distance(anchor, positive);
  Tensor far = distance(anchor, negative);
  if (options.swap()) far = minimum(far, distance(positive, negative));
  return detail::reduced((options.margin() + near - far).clamp_min(0), options.reduction());
}

Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, const PoissonNLLLossFuncOptions& options) {
  return relume::poisson_nll_loss(input, target, options.log_input(), options.full(), options.eps(),
                                  detail::code(options.reduction()));
}

}  // namespace functional

#define RELUME_MODULE_OF(Name, name, inputs, ...)                                                    \
  Name##Impl::Name##Impl() : Name##Impl(Name##Options()) {}                                          \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) { Name##Impl::reset(); } \
  Tensor Name##Impl::forward inputs { return functional::name(__VA_ARGS__, options); }
#define RELUME_OF_TWO(Name, name) \
  RELUME_MODULE_OF(Name, name, (const Tensor& input, const Tensor& target), input, target)
#define RELUME_STATELESS_OF_TWO(Name, name) \
  RELUME_OF_TWO(Name, name)                 \
  void Name##Impl::reset() {}
#define RELUME_STATELESS_OF_THREE(Name, name)                                                \
  RELUME_MODULE_OF(Name, name, (const Tensor& a, const Tensor& b, const Tensor& c), a, b, c) \
  void Name##Impl::reset() {}
RELUME_STATELESS_OF_TWO(HingeEmbeddingLoss, hinge_embedding_loss)
RELUME_STATELESS_OF_TWO(MultiLabelMarginLoss, multilabel_margin_loss)
RELUME_STATELESS_OF_TWO(SoftMarginLoss, soft_margin_loss)
RELUME_STATELESS_OF_TWO(PoissonNLLLoss, poisson_nll_loss)
RELUME_STATELESS_OF_TWO(CosineSimilarity, cosine_similarity)
RELUME_STATELESS_OF_TWO(PairwiseDistance, pairwise_distance)
RELUME_OF_TWO(MultiMarginLoss, multi_margin_loss)
RELUME_OF_TWO(MultiLabelSoftMarginLoss, multilabel_soft_margin_loss)
RELUME_STATELESS_OF_THREE(MarginRankingLoss, margin_ranking_loss)
RELUME_STATELESS_OF_THREE(CosineEmbeddingLoss, cosine_embedding_loss)
RELUME_STATELESS_OF_THREE(TripletMarginLoss, triplet_margin_loss)
RELUME_STATELESS_OF_THREE(TripletMarginWithDistanceLoss, triplet_margin_with_distance_loss)
#undef RELUME_STATELESS_OF_THREE
#undef RELUME_STATELESS_OF_TWO
#undef RELUME_OF_TWO
#undef RELUME_MODULE_OF

void MultiLabelSoftMarginLossImpl::reset() { register_buffer("weight", options.weight()); }
void MultiMarginLossImpl::reset() {
  check<ValueError>(options.p() == 1 || options.p() == 2, "only p == 1 and p == 2 supported");
  check(!options.weight().defined() || options.weight().dim() == 1,
        "MultiMarginLoss: expected a weight of one dimension, got {}", options.weight().sizes());
}

#define RELUME_PRINT(Name, ...) \
  void Name##Impl::pretty_print(std::ostream& stream) const { detail::OptionsPrinter(stream, #Name) __VA_ARGS__; }
RELUME_PRINT(HingeEmbeddingLoss, .add("margin", options.margin()))
RELUME_PRINT(MultiLabelMarginLoss, )
RELUME_PRINT(SoftMarginLoss, )
RELUME_PRINT(MultiMarginLoss, .add("p", options.p())
                                  .add("margin", options.margin())
                                  .add("weight", options.weight())
                                  .add("reduction", enumtype::get_enum_name(options.reduction())))
RELUME_PRINT(MultiLabelSoftMarginLoss, )
RELUME_PRINT(PoissonNLLLoss, )
RELUME_PRINT(CosineSimilarity, .add("dim", options.dim()).add("eps", options.eps()))
RELUME_PRINT(PairwiseDistance, .add("p", options.p()).add("eps", options.eps()).add("keepdim", options.keepdim()))
RELUME_PRINT(MarginRankingLoss, )
RELUME_PRINT(CosineEmbeddingLoss, .add("margin", options.margin()))
RELUME_PRINT(
    TripletMarginLoss,
    .add("margin", options.margin()).add("p", options.p()).add("eps", options.eps()).add("swap", options.swap()))
RELUME_PRINT(TripletMarginWithDistanceLoss, .add("margin", options.margin()).add("swap", options.swap()))
#undef RELUME_PRINT

}  // namespace relume::nn
