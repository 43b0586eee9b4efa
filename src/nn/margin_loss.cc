// Losses of margins and distances, as functions with options and as modules.
#include "relume/nn/margin_loss.h"

#include <cmath>
#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

using enumtype::Name;

Tensor reduced(const Tensor& losses, Reduction reduction) {
  const Name name = reduction;
  return name == Name::None ? losses : name == Name::Mean ? losses.mean() : losses.sum();
}

using Distance = TripletMarginWithDistanceLossOptions::distance_function_t;

Tensor triplet(const Tensor& anchor, const Tensor& positive, const Tensor& negative, const Distance& distance,
               double margin, bool swap, Reduction reduction) {
  const Tensor near = distance(anchor, positive);
  Tensor far = distance(anchor, negative);
  if (swap) far = minimum(far, distance(positive, negative));
  return reduced((margin + near - far).clamp_min(0), reduction);
}

// [C] as [1, C].
Tensor as_rows(const Tensor& tensor) { return tensor.dim() < 2 ? tensor.reshape({1, -1}) : tensor; }

}  // namespace

namespace functional {

Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target, const HingeEmbeddingLossFuncOptions& options) {
  const Tensor none = zeros_like(input);
  const Tensor far = where(target != 1, (options.margin() - input).clamp_min(0), none);
  return reduced(far + where(target != -1, input, none), options.reduction());
}

Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                           const MarginRankingLossFuncOptions& options) {
  check(input1.dim() == input2.dim() && input1.dim() == target.dim(),
        "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: {}, input2: {}, "
        "target: {} ",
        input1.sizes(), input2.sizes(), target.sizes());
  return reduced((-target * (input1 - input2) + options.margin()).clamp_min(0), options.reduction());
}

Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                             const CosineEmbeddingLossFuncOptions& options) {
  const int64_t dim = target.dim();
  check(dim <= 1, "0D or 1D target tensor expected, multi-target not supported");
  check(input1.dim() == dim + 1 && input2.dim() == dim + 1,
        "{}D target tensor expects {}D input tensors, but found inputs with sizes {} and {}.", dim, dim + 1,
        input1.sizes(), input2.sizes());
  constexpr double kTiny = 1e-12;
  const Tensor squares = ((input1 * input1).sum(dim) + kTiny) * ((input2 * input2).sum(dim) + kTiny);
  const Tensor cosine = (input1 * input2).sum(dim) / squares.sqrt(), none = zeros_like(cosine);
  const Tensor near = where(target == 1, 1 - cosine, none);
  const Tensor far = where(target == -1, (cosine - options.margin()).clamp_min(0), none);
  return reduced(near + far, options.reduction());
}

Tensor soft_margin_loss(const Tensor& input, const Tensor& target, const SoftMarginLossFuncOptions& options) {
  return reduced((-target.to(input.scalar_type()) * input).exp().log1p(), options.reduction());
}

Tensor multilabel_soft_margin_loss(const Tensor& input, const Tensor& target,
                                   const MultilabelSoftMarginLossFuncOptions& options) {
  Tensor losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input));
  if (options.weight().defined()) losses = losses * options.weight();
  return reduced(losses.sum(-1) / input.size(-1), options.reduction());
}

Tensor multi_margin_loss(const Tensor& input, const Tensor& target, const MultiMarginLossFuncOptions& options) {
  check(options.p() == 1 || options.p() == 2, "only p == 1 and p == 2 supported");
  check(!options.weight().defined() || options.weight().dim() == 1, "weight must be one-dimensional");
  const Tensor rows = as_rows(input), index = target.reshape({-1, 1});
  check(rows.dim() == 2 && index.size(0) == rows.size(0), "inconsistent target size, expected [{}] but got {}",
        rows.size(0), target.sizes());
  check(index.numel() == 0 || (index.min().item<int64_t>() >= 0 && index.max().item<int64_t>() < rows.size(1)),
        "target out of range");
  Tensor shortfall = (options.margin() - rows.gather(1, index) + rows).clamp_min(0);
  if (options.p() == 2) shortfall = shortfall * shortfall;
  if (options.weight().defined())
    shortfall = shortfall * options.weight().index_select(0, index.flatten()).view({-1, 1});
  const Tensor losses = (shortfall * ones_like(rows).scatter(1, index, 0)).sum(1) / rows.size(1);
  return reduced(target.dim() == 0 ? losses.squeeze(0) : losses, options.reduction());
}

Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target,
                              const MultilabelMarginLossFuncOptions& options) {
  check(input.sizes() == target.sizes(), "inconsistent target size: {} for input of size: {}", target.sizes(),
        input.sizes());
  const Tensor rows = as_rows(input), labels = as_rows(target);
  const Tensor listed = ((labels < 0).cumsum(1) == 0).to(rows.scalar_type()), index = labels.clamp_min(0);
  const Tensor right = zeros_like(rows).scatter_add(1, index, listed).clamp_max(1).detach();
  const Tensor shortfall = (1 - rows.gather(1, index).unsqueeze(2) + rows.unsqueeze(1)).clamp_min(0);
  const Tensor losses =
      (shortfall * listed.unsqueeze(2) * (1 - right).unsqueeze(1)).sum(IntArrayRef{1, 2}) / rows.size(1);
  return reduced(target.dim() < 2 ? losses.squeeze(0) : losses, options.reduction());
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletMarginLossFuncOptions& options) {
  check(options.margin() > 0, "margin must be greater than 0, got {}", options.margin());
  check(
      anchor.dim() == positive.dim() && anchor.dim() == negative.dim(),
      "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor "
      "{}D, positive {}D, and negative {}D inputs",
      anchor.dim(), positive.dim(), negative.dim());
  const auto distance = [&](const Tensor& a, const Tensor& b) {
    return relume::pairwise_distance(a, b, options.p(), options.eps());
  };
  return triplet(anchor, positive, negative, distance, options.margin(), options.swap(), options.reduction());
}

Tensor triplet_margin_with_distance_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                                         const TripletMarginWithDistanceLossFuncOptions& options) {
  const Distance euclidean = [](const Tensor& a, const Tensor& b) { return relume::pairwise_distance(a, b); };
  return triplet(anchor, positive, negative, options.distance_function().value_or(euclidean), options.margin(),
                 options.swap(), options.reduction());
}

Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, const PoissonNLLLossFuncOptions& options) {
  Tensor losses = options.log_input() ? input.exp() - target * input : input - target * (input + options.eps()).log();
  if (options.full()) {  // Stirling's approximation of log(target!)
    const Tensor stirling = target * target.log() - target + 0.5 * (target * (2 * M_PI)).log();
    losses = losses + stirling.masked_fill(target <= 1, 0);
  }
  return reduced(losses, options.reduction());
}

}  // namespace functional

#define RELUME_MODULE_OF(Name, name, inputs, ...)                              \
  Name##Impl::Name##Impl() : Name##Impl(Name##Options()) {}                    \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) {} \
  void Name##Impl::reset() {}                                                  \
  Tensor Name##Impl::forward inputs { return functional::name(__VA_ARGS__, options); }
#define RELUME_TWO(Name, name) RELUME_MODULE_OF(Name, name, (const Tensor& input, const Tensor& target), input, target)
#define RELUME_THREE(Name, name) \
  RELUME_MODULE_OF(Name, name, (const Tensor& a, const Tensor& b, const Tensor& c), a, b, c)
RELUME_TWO(HingeEmbeddingLoss, hinge_embedding_loss)
RELUME_TWO(MultiLabelMarginLoss, multilabel_margin_loss)
RELUME_TWO(SoftMarginLoss, soft_margin_loss)
RELUME_TWO(MultiMarginLoss, multi_margin_loss)
RELUME_TWO(MultiLabelSoftMarginLoss, multilabel_soft_margin_loss)
RELUME_TWO(PoissonNLLLoss, poisson_nll_loss)
RELUME_TWO(CosineSimilarity, cosine_similarity)
RELUME_TWO(PairwiseDistance, pairwise_distance)
RELUME_THREE(MarginRankingLoss, margin_ranking_loss)
RELUME_THREE(CosineEmbeddingLoss, cosine_embedding_loss)
RELUME_THREE(TripletMarginLoss, triplet_margin_loss)
RELUME_THREE(TripletMarginWithDistanceLoss, triplet_margin_with_distance_loss)
#undef RELUME_THREE
#undef RELUME_TWO
#undef RELUME_MODULE_OF

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
