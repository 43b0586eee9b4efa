// AdaptiveLogSoftmaxWithLoss: softmax over many classes, the rare ones in clusters.
#pragma once

#include <utility>
#include <vector>

#include "relume/nn/containers.h"
#include "relume/nn/linear.h"
#include "relume/nn/options.h"

namespace relume {
namespace nn {

class AdaptiveLogSoftmaxWithLossOptions {
 public:
  AdaptiveLogSoftmaxWithLossOptions(int64_t in_features, int64_t n_classes, std::vector<int64_t> cutoffs)
      : in_features_(in_features), n_classes_(n_classes), cutoffs_(std::move(cutoffs)) {}
  RELUME_ARG(int64_t, in_features);
  RELUME_ARG(int64_t, n_classes);
  RELUME_ARG(std::vector<int64_t>, cutoffs);
  RELUME_ARG(double, div_value) = 4.;
  RELUME_ARG(bool, head_bias) = false;
};

// The log-probability of each target, and the mean of their negatives.
struct ASMoutput {
  Tensor output;
  double loss;
};

// The log-probabilities of targets [N] for inputs [N, in_features]. Classes before the first cutoff are in the head;
// those between two cutoffs are a cluster, whose width is in_features / div_value^i.  Grave et al., 2017. Throws Error
// for targets that are no class.
class RELUME_API AdaptiveLogSoftmaxWithLossImpl : public Cloneable<AdaptiveLogSoftmaxWithLossImpl> {
 public:
  AdaptiveLogSoftmaxWithLossImpl(int64_t in_features, int64_t n_classes, std::vector<int64_t> cutoffs);
  explicit AdaptiveLogSoftmaxWithLossImpl(AdaptiveLogSoftmaxWithLossOptions options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  ASMoutput forward(const Tensor& input, const Tensor& target);
  // The log-probabilities of all classes, [N, n_classes].
  Tensor log_prob(const Tensor& input);
  // The most probable class of each row.
  Tensor predict(const Tensor& input);
  AdaptiveLogSoftmaxWithLossOptions options;
  std::vector<int64_t> cutoffs;  // with n_classes as the last
  int64_t shortlist_size = 0, n_clusters = 0, head_size = 0;
  Linear head = nullptr;
  ModuleList tail = nullptr;

 private:
  Tensor log_prob_of(const Tensor& input, const Tensor& target);
};
using AdaptiveLogSoftmaxWithLoss = ModuleHolder<AdaptiveLogSoftmaxWithLossImpl>;

}  // namespace nn
}  // namespace relume
