// AdaptiveLogSoftmaxWithLoss: its head and clusters, and what they make of targets.
#include "relume/nn/adaptive.h"

#include <cmath>
#include <ostream>

#include "core/check.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

void check_cutoffs(const std::vector<int64_t>& cutoffs, int64_t classes) {
  bool rising = !cutoffs.empty() && cutoffs.front() > 0 && cutoffs.back() <= classes - 1;
  for (size_t i = 1; i < cutoffs.size(); ++i) rising = rising && cutoffs[i - 1] < cutoffs[i];
  check(rising,
        "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is "
        "between 1 and n_classes-1");
}

void check_shapes(const Tensor& input, const Tensor& target) {
  check(target.dim() <= 1, "0D or 1D target tensor expected, multi-target not supported");
  check(input.dim() == target.dim() + 1, "{}D target tensor expects {}D input tensors, but found inputs with sizes {}.",
        target.dim(), target.dim() + 1, input.sizes());
  check(target.dim() == 0 || input.size(0) == target.size(0),
        "Input and target should have the same size in the batch dimension.");
}

Tensor cluster_scores(const ModuleList& tail, int64_t cluster, const Tensor& rows) {
  return (*tail)[static_cast<size_t>(cluster)]->as<Sequential>()->forward(rows).log_softmax(1);
}

}  // namespace

AdaptiveLogSoftmaxWithLossImpl::AdaptiveLogSoftmaxWithLossImpl(int64_t in_features, int64_t n_classes,
                                                               std::vector<int64_t> cutoffs)
    : AdaptiveLogSoftmaxWithLossImpl(AdaptiveLogSoftmaxWithLossOptions(in_features, n_classes, std::move(cutoffs))) {}
AdaptiveLogSoftmaxWithLossImpl::AdaptiveLogSoftmaxWithLossImpl(AdaptiveLogSoftmaxWithLossOptions options_)
    : options(std::move(options_)) {
  AdaptiveLogSoftmaxWithLossImpl::reset();
}

void AdaptiveLogSoftmaxWithLossImpl::reset() {
  check_cutoffs(options.cutoffs(), options.n_classes());
  cutoffs = options.cutoffs();
  cutoffs.push_back(options.n_classes());
  shortlist_size = cutoffs[0];
  n_clusters = static_cast<int64_t>(cutoffs.size()) - 1;
  head_size = shortlist_size + n_clusters;
  head = register_module("head", Linear(LinearOptions(options.in_features(), head_size).bias(options.head_bias())));
  tail = register_module("tail", ModuleList());
  for (int64_t i = 0; i < n_clusters; ++i) {
    const auto at = static_cast<size_t>(i);
    const auto width = static_cast<int64_t>(static_cast<double>(options.in_features()) /
                                            std::pow(options.div_value(), static_cast<double>(i + 1)));
    tail->push_back(Sequential(Linear(LinearOptions(options.in_features(), width).bias(false)),
                               Linear(LinearOptions(width, cutoffs[at + 1] - cutoffs[at]).bias(false))));
  }
}

void AdaptiveLogSoftmaxWithLossImpl::reset_parameters() {
  head->reset_parameters();
  for (const auto& cluster : *tail)
    for (const auto& layer : cluster->children()) layer->as<Linear>()->reset_parameters();
}

void AdaptiveLogSoftmaxWithLossImpl::pretty_print(std::ostream& stream) const {
  stream << "torch::nn::AdaptiveLogSoftmaxWithLoss";
}

ASMoutput AdaptiveLogSoftmaxWithLossImpl::forward(const Tensor& input, const Tensor& target) {
  check_shapes(input, target);
  if (target.numel() > 0) {
    const auto lowest = target.min().item<int64_t>(), highest = target.max().item<int64_t>();
    check(lowest >= 0 && highest < options.n_classes(),
          "Target values should be in [0, {}], but values in range [{}, {}] were found. ", options.n_classes() - 1,
          lowest, highest);
  }
  const bool batched = target.dim() > 0;
  const Tensor output = batched ? log_prob_of(input, target) : log_prob_of(input.unsqueeze(0), target.unsqueeze(0));
  return {batched ? output : output.squeeze(0), (-output).mean().item<double>()};
}

// Of each row's target: the head's, plus, in a cluster, the cluster's own.
Tensor AdaptiveLogSoftmaxWithLossImpl::log_prob_of(const Tensor& input, const Tensor& target) {
  Tensor in_head = target, output = zeros({input.size(0)}, input.options().requires_grad(false));
  for (int64_t i = 0; i < n_clusters; ++i) {
    const int64_t low = cutoffs[static_cast<size_t>(i)], high = cutoffs[static_cast<size_t>(i) + 1];
    const Tensor chosen = (target >= low).logical_and(target < high).nonzero().squeeze(1);
    if (chosen.numel() == 0) continue;
    in_head = in_head.index_fill(0, chosen, shortlist_size + i);
    const Tensor own = cluster_scores(tail, i, input.index_select(0, chosen));
    const Tensor place = (target.index_select(0, chosen) - low).unsqueeze(1);
    output = output.index_add(0, chosen, own.gather(1, place).squeeze(1));
  }
  return output + head(input).log_softmax(1).gather(1, in_head.unsqueeze(1)).squeeze(1);
}

Tensor AdaptiveLogSoftmaxWithLossImpl::log_prob(const Tensor& input) {
  const Tensor scores = head(input).log_softmax(1);
  std::vector<Tensor> parts = {scores.narrow(1, 0, shortlist_size)};
  for (int64_t i = 0; i < n_clusters; ++i)
    parts.push_back(cluster_scores(tail, i, input) + scores.narrow(1, shortlist_size + i, 1));
  return cat(parts, 1);
}

Tensor AdaptiveLogSoftmaxWithLossImpl::predict(const Tensor& input) { return log_prob(input).argmax(1); }

}  // namespace relume::nn
