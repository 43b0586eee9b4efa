// Losses as modules: loss(input, target). nn/functional.h says what each computes.
#pragma once

#include <optional>

#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

class ReductionOptions {
 public:
  using reduction_t = Reduction;
  template <class R = reduction_t, class = std::enable_if_t<std::is_convertible_v<R, reduction_t>>>
  ReductionOptions(R reduction = kMean) : reduction_(reduction) {}  // NOLINT: implicit, as in libtorch
  RELUME_ARG(reduction_t, reduction);
};
using L1LossOptions = ReductionOptions;
using MSELossOptions = ReductionOptions;

class SmoothL1LossOptions {
 public:
  using reduction_t = Reduction;
  template <class R = reduction_t, class = std::enable_if_t<std::is_convertible_v<R, reduction_t>>>
  SmoothL1LossOptions(R reduction = kMean) : reduction_(reduction) {}  // NOLINT
  RELUME_ARG(reduction_t, reduction);
  RELUME_ARG(std::optional<double>, beta) = {};
};
class HuberLossOptions {
 public:
  using reduction_t = Reduction;
  template <class R = reduction_t, class = std::enable_if_t<std::is_convertible_v<R, reduction_t>>>
  HuberLossOptions(R reduction = kMean) : reduction_(reduction) {}  // NOLINT
  RELUME_ARG(reduction_t, reduction);
  RELUME_ARG(double, delta) = 1.0;
};
class BCELossOptions {
 public:
  using reduction_t = Reduction;
  RELUME_ARG(Tensor, weight) = {};
  RELUME_ARG(reduction_t, reduction) = kMean;
};
class BCEWithLogitsLossOptions {
 public:
  using reduction_t = Reduction;
  RELUME_ARG(Tensor, weight) = {};
  RELUME_ARG(reduction_t, reduction) = kMean;
  RELUME_ARG(Tensor, pos_weight) = {};
};
class NLLLossOptions {
 public:
  using reduction_t = Reduction;
  RELUME_ARG(Tensor, weight) = {};
  RELUME_ARG(int64_t, ignore_index) = -100;
  RELUME_ARG(reduction_t, reduction) = kMean;
};
class CrossEntropyLossOptions {
 public:
  using reduction_t = Reduction;
  RELUME_ARG(Tensor, weight) = {};
  RELUME_ARG(int64_t, ignore_index) = -100;
  RELUME_ARG(reduction_t, reduction) = kMean;
  RELUME_ARG(double, label_smoothing) = 0.0;
};
class KLDivLossOptions {
 public:
  using reduction_t =
      enumtype::Choice<enumtype::Name::None, enumtype::Name::BatchMean, enumtype::Name::Sum, enumtype::Name::Mean>;
  template <class R = reduction_t, class = std::enable_if_t<std::is_convertible_v<R, reduction_t>>>
  KLDivLossOptions(R reduction = kMean) : reduction_(reduction) {}  // NOLINT
  RELUME_ARG(reduction_t, reduction);
  RELUME_ARG(bool, log_target) = false;
};

class CTCLossOptions {
 public:
  using reduction_t = Reduction;
  RELUME_ARG(int64_t, blank) = 0;
  RELUME_ARG(reduction_t, reduction) = kMean;
  RELUME_ARG(bool, zero_infinity) = false;
};

RELUME_STATELESS_MODULE(L1Loss, (const Tensor& input, const Tensor& target), );
RELUME_STATELESS_MODULE(MSELoss, (const Tensor& input, const Tensor& target), );
RELUME_STATELESS_MODULE(SmoothL1Loss, (const Tensor& input, const Tensor& target), );
RELUME_STATELESS_MODULE(HuberLoss, (const Tensor& input, const Tensor& target), );
RELUME_STATELESS_MODULE(KLDivLoss, (const Tensor& input, const Tensor& target), );

// A loss with a weight, which is a buffer of the module.
#define RELUME_WEIGHTED_LOSS(Name, ...)                        \
  class RELUME_API Name##Impl : public Cloneable<Name##Impl> { \
   public:                                                     \
    explicit Name##Impl(const Name##Options& options_ = {});   \
    void reset() override;                                     \
    void pretty_print(std::ostream& stream) const override;    \
    Tensor forward(const Tensor& input, const Tensor& target); \
    Name##Options options;                                     \
    Tensor __VA_ARGS__;                                        \
  };                                                           \
  using Name = ModuleHolder<Name##Impl>
RELUME_WEIGHTED_LOSS(BCELoss, weight);
RELUME_WEIGHTED_LOSS(BCEWithLogitsLoss, weight, pos_weight);
RELUME_WEIGHTED_LOSS(NLLLoss, weight);
RELUME_WEIGHTED_LOSS(CrossEntropyLoss, weight);
#undef RELUME_WEIGHTED_LOSS

class RELUME_API CTCLossImpl : public Cloneable<CTCLossImpl> {
 public:
  explicit CTCLossImpl(const CTCLossOptions& options_ = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                 const Tensor& target_lengths);
  CTCLossOptions options;
};
using CTCLoss = ModuleHolder<CTCLossImpl>;

}  // namespace nn
}  // namespace relume
