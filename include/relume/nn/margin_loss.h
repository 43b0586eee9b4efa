// Losses of margins and distances as modules, and CosineSimilarity and PairwiseDistance.
#pragma once

#include "relume/any_function.h"
#include "relume/maybe.h"
#include "relume/nn/loss.h"
#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

// Options of a loss with a margin.
template <int Margin>
class MarginLossOptions {
 public:
  using reduction_t = Reduction;
  RELUME_ARG(double, margin) = Margin;
  RELUME_ARG(reduction_t, reduction) = kMean;
};
using HingeEmbeddingLossOptions = MarginLossOptions<1>;
using MarginRankingLossOptions = MarginLossOptions<0>;
using CosineEmbeddingLossOptions = MarginLossOptions<0>;
using MultiLabelMarginLossOptions = ReductionOptions;
using SoftMarginLossOptions = ReductionOptions;
class MultiMarginLossOptions {
 public:
  using reduction_t = Reduction;
  RELUME_ARG(int64_t, p) = 1;
  RELUME_ARG(double, margin) = 1.0;
  RELUME_ARG(Tensor, weight) = Tensor();
  RELUME_ARG(reduction_t, reduction) = kMean;
};
class MultiLabelSoftMarginLossOptions {
 public:
  using reduction_t = Reduction;
  RELUME_ARG(Tensor, weight) = Tensor();
  RELUME_ARG(reduction_t, reduction) = kMean;
};
class TripletMarginLossOptions {
 public:
  using reduction_t = Reduction;
  RELUME_ARG(double, margin) = 1.0;
  RELUME_ARG(double, p) = 2.0;
  RELUME_ARG(double, eps) = 1e-6;
  RELUME_ARG(bool, swap) = false;
  RELUME_ARG(reduction_t, reduction) = kMean;
};
class TripletMarginWithDistanceLossOptions {
 public:
  using reduction_t = Reduction;
  using distance_function_t = relume::detail::AnyFunction<Tensor(const Tensor&, const Tensor&)>;
  RELUME_ARG(relume::detail::Maybe<distance_function_t>, distance_function) = {};
  RELUME_ARG(double, margin) = 1.0;
  RELUME_ARG(bool, swap) = false;
  RELUME_ARG(reduction_t, reduction) = kMean;
};
class PoissonNLLLossOptions {
 public:
  using reduction_t = Reduction;
  RELUME_ARG(bool, log_input) = true;
  RELUME_ARG(bool, full) = false;
  RELUME_ARG(double, eps) = 1e-8;
  RELUME_ARG(reduction_t, reduction) = kMean;
};
class CosineSimilarityOptions {
 public:
  RELUME_ARG(int64_t, dim) = 1;
  RELUME_ARG(double, eps) = 1e-8;
};
class PairwiseDistanceOptions {
 public:
  RELUME_ARG(double, p) = 2.0;
  RELUME_ARG(double, eps) = 1e-6;
  RELUME_ARG(bool, keepdim) = false;
};

// nn/functional.h says what each computes.
RELUME_STATELESS_MODULE(HingeEmbeddingLoss, (const Tensor& input, const Tensor& target), );
RELUME_STATELESS_MODULE(MarginRankingLoss, (const Tensor& input1, const Tensor& input2, const Tensor& target), );
RELUME_STATELESS_MODULE(CosineEmbeddingLoss, (const Tensor& input1, const Tensor& input2, const Tensor& target), );
RELUME_STATELESS_MODULE(MultiLabelMarginLoss, (const Tensor& input, const Tensor& target), );
RELUME_STATELESS_MODULE(SoftMarginLoss, (const Tensor& input, const Tensor& target), );
RELUME_STATELESS_MODULE(MultiMarginLoss, (const Tensor& input, const Tensor& target), );
RELUME_STATELESS_MODULE(MultiLabelSoftMarginLoss, (const Tensor& input, const Tensor& target), );
RELUME_STATELESS_MODULE(TripletMarginLoss, (const Tensor& anchor, const Tensor& positive, const Tensor& negative), );
RELUME_STATELESS_MODULE(TripletMarginWithDistanceLoss,
                        (const Tensor& anchor, const Tensor& positive, const Tensor& negative), );
RELUME_STATELESS_MODULE(PoissonNLLLoss, (const Tensor& log_input, const Tensor& targets), );
RELUME_STATELESS_MODULE(CosineSimilarity, (const Tensor& x1, const Tensor& x2), );
RELUME_STATELESS_MODULE(PairwiseDistance, (const Tensor& x1, const Tensor& x2), );

}  // namespace nn
}  // namespace relume
