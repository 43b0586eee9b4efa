// The optimizers: SGD, Adam, AdamW, RMSprop, Adagrad.
#pragma once

#include <tuple>
#include <vector>

#include "relume/optim/optimizer.h"

namespace relume {
namespace optim {

struct RELUME_API SGDOptions : public OptimizerOptions {
  SGDOptions(double lr);  // NOLINT: implicit, as in libtorch
  RELUME_ARG(double, lr);
  RELUME_ARG(double, momentum) = 0;
  RELUME_ARG(double, dampening) = 0;
  RELUME_ARG(double, weight_decay) = 0;
  RELUME_ARG(bool, nesterov) = false;
  RELUME_ARG(bool, maximize) = false;
  RELUME_OPTIMIZER_OPTIONS(SGDOptions);
};
struct RELUME_API SGDParamState : public OptimizerParamState {
  RELUME_ARG(Tensor, momentum_buffer);
  RELUME_OPTIMIZER_STATE(SGDParamState);
};

struct RELUME_API AdamOptions : public OptimizerOptions {
  AdamOptions(double lr = 1e-3);  // NOLINT
  using betas_t = std::tuple<double, double>;
  RELUME_ARG(double, lr);
  RELUME_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  RELUME_ARG(double, eps) = 1e-8;
  RELUME_ARG(double, weight_decay) = 0;
  RELUME_ARG(bool, amsgrad) = false;
  RELUME_ARG(bool, maximize) = false;
  RELUME_OPTIMIZER_OPTIONS(AdamOptions);
};
struct RELUME_API AdamWOptions : public OptimizerOptions {
  AdamWOptions(double lr = 1e-3);  // NOLINT
  using betas_t = std::tuple<double, double>;
  RELUME_ARG(double, lr);
  RELUME_ARG(betas_t, betas) = betas_t(0.9, 0.999);
  RELUME_ARG(double, eps) = 1e-8;
  RELUME_ARG(double, weight_decay) = 1e-2;
  RELUME_ARG(bool, amsgrad) = false;
  RELUME_ARG(bool, maximize) = false;
  RELUME_OPTIMIZER_OPTIONS(AdamWOptions);
};
struct RELUME_API AdamParamState : public OptimizerParamState {
  RELUME_ARG(int64_t, step) = 0;
  RELUME_ARG(Tensor, exp_avg);
  RELUME_ARG(Tensor, exp_avg_sq);
  RELUME_ARG(Tensor, max_exp_avg_sq);
  RELUME_OPTIMIZER_STATE(AdamParamState);
};
using AdamWParamState = AdamParamState;

struct RELUME_API RMSpropOptions : public OptimizerOptions {
  RMSpropOptions(double lr = 1e-2);  // NOLINT
  RELUME_ARG(double, lr);
  RELUME_ARG(double, alpha) = 0.99;
  RELUME_ARG(double, eps) = 1e-8;
  RELUME_ARG(double, weight_decay) = 0;
  RELUME_ARG(double, momentum) = 0;
  RELUME_ARG(bool, centered) = false;
  RELUME_ARG(bool, maximize) = false;
  RELUME_OPTIMIZER_OPTIONS(RMSpropOptions);
};
struct RELUME_API RMSpropParamState : public OptimizerParamState {
  RELUME_ARG(int64_t, step) = 0;
  RELUME_ARG(Tensor, square_avg);
  RELUME_ARG(Tensor, momentum_buffer);
  RELUME_ARG(Tensor, grad_avg);
  RELUME_OPTIMIZER_STATE(RMSpropParamState);
};

struct RELUME_API AdagradOptions : public OptimizerOptions {
  AdagradOptions(double lr = 1e-2);  // NOLINT
  RELUME_ARG(double, lr);
  RELUME_ARG(double, lr_decay) = 0;
  RELUME_ARG(double, weight_decay) = 0;
  RELUME_ARG(double, initial_accumulator_value) = 0;
  RELUME_ARG(double, eps) = 1e-10;
  RELUME_ARG(bool, maximize) = false;
  RELUME_OPTIMIZER_OPTIONS(AdagradOptions);
};
struct RELUME_API AdagradParamState : public OptimizerParamState {
  RELUME_ARG(Tensor, sum);
  RELUME_ARG(int64_t, step) = 0;
  RELUME_OPTIMIZER_STATE(AdagradParamState);
};

// Each is made from parameters or groups of them, and options; a group's own options stand before these. Throws
// ValueError for options out of range.
#define RELUME_OPTIMIZER(Name, defaults_)                                                                  \
  class RELUME_API Name : public Optimizer {                                                               \
   public:                                                                                                 \
    explicit Name(const std::vector<OptimizerParamGroup>& param_groups, Name##Options defaults defaults_); \
    explicit Name(std::vector<Tensor> params, Name##Options defaults defaults_);                           \
    Tensor step(LossClosure closure = nullptr) override;                                                   \
                                                                                                           \
   protected:                                                                                              \
    std::unique_ptr<OptimizerParamState> make_state() const override;                                      \
  }
// Stochastic gradient descent, with momentum (Polyak, 1964; Nesterov, 1983).
RELUME_OPTIMIZER(SGD, );
// Steps scaled by running means of gradients and of their squares.  Kingma and Ba, 2015; amsgrad: Reddi et al., 2018.
RELUME_OPTIMIZER(Adam, = {});
// Adam with weight decay apart from the gradient.  Loshchilov and Hutter, 2019.
RELUME_OPTIMIZER(AdamW, = {});
// Steps scaled by a running mean of squared gradients.  Tieleman and Hinton, 2012; centered: Graves, 2013.
RELUME_OPTIMIZER(RMSprop, = {});
// Steps scaled by the sum of squared gradients.  Duchi et al., 2011.
RELUME_OPTIMIZER(Adagrad, = {});
#undef RELUME_OPTIMIZER

}  // namespace optim
}  // namespace relume
