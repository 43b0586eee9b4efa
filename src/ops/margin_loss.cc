// Losses of margins and distances, and of counts.
#include <cmath>

#include "ops/autocast.h"
#include "ops/composed.h"
#include "ops/loss.h"

namespace relume {
namespace {

// [C] as [1, C].
Tensor as_rows(const Tensor& tensor) { return tensor.dim() < 2 ? tensor.reshape({1, -1}) : tensor; }

void check_scores_of_classes(const Tensor& self) {
  check(self.dim() == 0 || (self.dim() <= 2 && self.size(-1) > 0),
        "Expected non-empty vector or matrix with optional 0-dim batch size, but got: {}", self.sizes());
}

void check_classes(const Tensor& target) {
  check(target.scalar_type() == kLong, "expected scalar type Long but found {}", to_string(target.scalar_type()));
}

}  // namespace

// self where target is 1, max(0, margin - self) where it is -1.
Tensor hinge_embedding_loss(const Tensor& self, const Tensor& target, double margin, int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast)
    return hinge_embedding_loss(cast(self), cast(target), margin, reduction);
  check_reduction("hinge_embedding_loss", reduction);
  const Tensor none = zeros_like(self), far = where(target != 1, (margin - self).clamp_min(0), none);
  return reduce(far + where(target != -1, self, none), reduction);
}

// max(0, -target (input1 - input2) + margin): target 1 asks for a larger input1, -1 for a larger input2.
Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target, double margin,
                           int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast)
    return margin_ranking_loss(cast(input1), cast(input2), cast(target), margin, reduction);
  check_reduction("margin_ranking_loss", reduction);
  check(input1.dim() == input2.dim() && input1.dim() == target.dim(),
        "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: {}, input2: {}, "
        "target: {} ",
        input1.sizes(), input2.sizes(), target.sizes());
  return reduce((-target * (input1 - input2) + margin).clamp_min(0), reduction);
}

// 1 - cos where target is 1, max(0, cos - margin) where it is -1: [N, D] or [D] twice, and [N] or [].
Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target, double margin,
                             int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast)
    return cosine_embedding_loss(cast(input1), cast(input2), cast(target), margin, reduction);
  check_reduction("cosine_embedding_loss", reduction);
  const int64_t dim = target.dim();
  check(dim <= 1, "0D or 1D target tensor expected, multi-target not supported");
  check(input1.dim() == dim + 1 && input2.dim() == dim + 1,
        "{}D target tensor expects {}D input tensors, but found inputs with sizes {} and {}.", dim, dim + 1,
        input1.sizes(), input2.sizes());
  constexpr double kTiny = 1e-12;
  const Tensor products = (input1 * input2).sum(dim);
  const Tensor squares = ((input1 * input1).sum(dim) + kTiny) * ((input2 * input2).sum(dim) + kTiny);
  const Tensor cosine = products / squares.sqrt(), none = zeros_like(cosine);
  const Tensor near = where(target == 1, 1 - cosine, none);
  const Tensor far = where(target == -1, (cosine - margin).clamp_min(0), none);
  return reduce(near + far, reduction);
}

// log(1 + exp(-target self)), target 1 or -1.
Tensor soft_margin_loss(const Tensor& self, const Tensor& target, int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast) return soft_margin_loss(cast(self), cast(target), reduction);
  check_reduction("soft_margin_loss", reduction);
  return named("SoftMarginLossBackward0", reduce((-target.to(self.scalar_type()) * self).exp().log1p(), reduction));
}

// The sum over the wrong classes j of max(0, margin - self[target] + self[j])^p, over the number of classes; p is 1 or
// 2: [N, C] and [N], or [C] and []. weight has a number a class.
Tensor multi_margin_loss(const Tensor& self, const Tensor& target, const Scalar& p, const Scalar& margin,
                         const Tensor& weight, int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast)
    return multi_margin_loss(cast(self), target, p, margin, weight.defined() ? cast(weight) : weight, reduction);
  check_reduction("multi_margin_loss", reduction);
  const double power = p.toDouble();
  check(power == 1 || power == 2, "only p == 1 and p == 2 supported");
  check_scores_of_classes(self);
  const Tensor rows = as_rows(self), index = target.reshape({-1, 1});
  check(target.dim() <= 1 && index.size(0) == rows.size(0),
        "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). "
        "Expected target size [{}], but got {}. Input has shape {}.",
        rows.size(0), target.sizes(), self.sizes());
  check(!weight.defined() || (weight.dim() <= 1 && weight.numel() == rows.size(1)),
        "inconsistent weight size, expected {} but got {}", rows.size(1),
        weight.defined() ? weight.sizes() : IntArrayRef());
  check_classes(target);
  check(index.numel() == 0 || (index.min().item<int64_t>() >= 0 && index.max().item<int64_t>() < rows.size(1)),
        "target out of range");
  Tensor shortfall = (margin - rows.gather(1, index) + rows).clamp_min(0);
  if (power == 2) shortfall = shortfall * shortfall;
  if (weight.defined()) shortfall = shortfall * weight.index_select(0, index.flatten()).view({-1, 1});
  const Tensor losses = (shortfall * ones_like(rows).scatter(1, index, 0)).sum(1) / rows.size(1);
  return named("MultiMarginLossBackward0", reduce(target.dim() == 0 ? losses.squeeze(0) : losses, reduction));
}

// The sum over right classes i and wrong classes j of max(0, 1 - self[i] + self[j]), over the number of classes. target
// lists the right classes, up to the first -1: [N, C] twice, or [C] twice.
Tensor multilabel_margin_loss(const Tensor& self, const Tensor& target, int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast) return multilabel_margin_loss(cast(self), target, reduction);
  check_reduction("multilabel_margin_loss", reduction);
  check_scores_of_classes(self);
  check(self.sizes() == target.sizes(), "inconsistent target size: {} for input of size: {}", target.sizes(),
        self.sizes());
  check_classes(target);
  const Tensor rows = as_rows(self), labels = as_rows(target);
  check(labels.numel() == 0 || (labels.min().item<int64_t>() >= -1 && labels.max().item<int64_t>() < rows.size(1)),
        "argument #2 'target' is out of range");
  const Tensor listed = ((labels < 0).cumsum(1) == 0).to(rows.scalar_type()), index = labels.clamp_min(0);
  const Tensor right = zeros_like(rows).scatter_add(1, index, listed).clamp_max(1).detach();
  const Tensor shortfall = (1 - rows.gather(1, index).unsqueeze(2) + rows.unsqueeze(1)).clamp_min(0);
  const Tensor losses =
      (shortfall * listed.unsqueeze(2) * (1 - right).unsqueeze(1)).sum(IntArrayRef{1, 2}) / rows.size(1);
  return named("MultilabelMarginLossBackward0", reduce(target.dim() < 2 ? losses.squeeze(0) : losses, reduction));
}

// max(0, ||anchor - positive||_p - ||anchor - negative||_p + margin); swap takes the negative's distance from the
// nearer of anchor and positive.  Balntas et al., 2016.
Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative, double margin,
                           double p, double eps, bool swap, int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast)
    return triplet_margin_loss(cast(anchor), cast(positive), cast(negative), margin, p, eps, swap, reduction);
  check_reduction("triplet_margin_loss", reduction);
  check(margin > 0, "margin must be greater than 0, got {}", margin);
  check(
      anchor.dim() == positive.dim() && anchor.dim() == negative.dim(),
      "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor "
      "{}D, positive {}D, and negative {}D inputs",
      anchor.dim(), positive.dim(), negative.dim());
  const Tensor near = pairwise_distance(anchor, positive, p, eps);
  Tensor far = pairwise_distance(anchor, negative, p, eps);
  if (swap) far = minimum(far, pairwise_distance(positive, negative, p, eps));
  return reduce((margin + near - far).clamp_min(0), reduction);
}

// exp(input) - target input, or input - target log(input + eps) without log_input; full adds Stirling's approximation
// of log(target!).
Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, bool log_input, bool full, double eps,
                        int64_t reduction) {
  if (const Autocast cast(CastTo::Float); cast)
    return poisson_nll_loss(cast(input), cast(target), log_input, full, eps, reduction);
  check_reduction("poisson_nll_loss", reduction);
  Tensor losses = log_input ? input.exp() - target * input : input - target * (input + eps).log();
  if (full) {
    const Tensor stirling = target * target.log() - target + 0.5 * (target * (2 * M_PI)).log();
    losses = losses + stirling.masked_fill(target <= 1, 0);
  }
  return reduce(losses, reduction);
}

}  // namespace relume
