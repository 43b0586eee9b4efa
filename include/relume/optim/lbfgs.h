// LBFGS: a quasi-Newton method that needs the loss as a function.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "relume/maybe.h"
#include "relume/optim/optimizer.h"

namespace relume {
namespace optim {

struct RELUME_API LBFGSOptions : public OptimizerOptions {
  LBFGSOptions(double lr = 1);  // NOLINT: implicit, as in libtorch
  RELUME_ARG(double, lr);
  RELUME_ARG(int64_t, max_iter) = 20;
  RELUME_ARG(std::optional<int64_t>, max_eval) = {};  // 1.25 max_iter where none is given
  RELUME_ARG(double, tolerance_grad) = 1e-7;
  RELUME_ARG(double, tolerance_change) = 1e-9;
  RELUME_ARG(int64_t, history_size) = 100;
  RELUME_ARG(relume::detail::Maybe<std::string>, line_search_fn) = {};  // "strong_wolfe"
  RELUME_OPTIMIZER_OPTIONS(LBFGSOptions);
};
// Of all parameters together; it stands under the first.
struct RELUME_API LBFGSParamState : public OptimizerParamState {
  RELUME_ARG(int64_t, func_evals) = 0;
  RELUME_ARG(int64_t, n_iter) = 0;
  RELUME_ARG(double, t) = 0;
  RELUME_ARG(double, prev_loss) = 0;
  RELUME_ARG(Tensor, d);
  RELUME_ARG(Tensor, H_diag);
  RELUME_ARG(Tensor, prev_flat_grad);
  RELUME_ARG(std::vector<Tensor>, old_dirs);
  RELUME_ARG(std::vector<Tensor>, old_stps);
  RELUME_ARG(std::vector<Tensor>, ro);
  RELUME_OPTIMIZER_STATE(LBFGSParamState);
  bool has_shape_of_parameter() const override { return false; }
};

// Steps along -H g, with H the inverse Hessian as the last history_size steps show it, at most max_iter of them a call
// of step().  Liu and Nocedal, 1989; line search: Nocedal and Wright, Numerical Optimization, 3.5. Takes one group of
// parameters; throws Error without a closure or with a line search of another name.
class RELUME_API LBFGS : public Optimizer {
 public:
  explicit LBFGS(const std::vector<OptimizerParamGroup>& param_groups, LBFGSOptions defaults = {});
  explicit LBFGS(std::vector<Tensor> params, LBFGSOptions defaults = {});
  Tensor step(LossClosure closure) override;

 protected:
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace optim
}  // namespace relume
