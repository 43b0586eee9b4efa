// Learning-rate schedules: each step() sets the learning rates of all groups of an optimizer, which must outlive it.
#pragma once

#include <cstdint>
#include <vector>

#include "relume/export.h"
#include "relume/optim/optimizer.h"
#include "relume/owned.h"

namespace relume {
namespace optim {

class RELUME_API LRScheduler {
 public:
  explicit LRScheduler(Optimizer& optimizer);
  LRScheduler(const LRScheduler&) = delete;
  LRScheduler& operator=(const LRScheduler&) = delete;
  virtual ~LRScheduler();
  // To be called after each epoch (or step) of training.
  void step();
  // The learning rates of the groups.
  std::vector<double> get_last_lr() const { return get_current_lrs(); }
  int64_t last_epoch() const { return step_count_; }
  // Goes on after `epoch` calls of step(), the optimizer's learning rates being those of that moment.
  void set_last_epoch(int64_t epoch) { step_count_ = static_cast<unsigned>(epoch); }

 protected:
  // The learning rates that step() sets; step_count_ is how many calls of it came before this one.
  virtual std::vector<double> get_lrs() = 0;
  int64_t steps_after() const { return static_cast<int64_t>(step_count_) + 1; }
  std::vector<double> get_current_lrs() const;
  void set_optimizer_lrs(const std::vector<double>& rates);

  unsigned step_count_ = 0;
  std::vector<double> base_lrs_;  // at the start

 private:
  Optimizer& optimizer_;
};

// gamma times the rate every step_size steps, for the first time in step number step_size + 1, as in libtorch (in
// Python it is step number step_size).
class RELUME_API StepLR : public LRScheduler {
 public:
  StepLR(Optimizer& optimizer, unsigned step_size, double gamma = 0.1);

 private:
  std::vector<double> get_lrs() override;
  unsigned step_size_;
  double gamma_;
};

// gamma times the rate at each milestone, as often as it is named.
class RELUME_API MultiStepLR : public LRScheduler {
 public:
  MultiStepLR(Optimizer& optimizer, std::vector<int64_t> milestones, double gamma = 0.1);

 private:
  std::vector<double> get_lrs() override;
  std::vector<int64_t> milestones_;
  double gamma_;
};

// gamma times the rate at each step.
class RELUME_API ExponentialLR : public LRScheduler {
 public:
  ExponentialLR(Optimizer& optimizer, double gamma);

 private:
  std::vector<double> get_lrs() override;
  double gamma_;
};

// From the base rate to eta_min and back along a cosine of period 2 T_max.  Loshchilov and Hutter, 2017.
class RELUME_API CosineAnnealingLR : public LRScheduler {
 public:
  CosineAnnealingLR(Optimizer& optimizer, int64_t T_max, double eta_min = 0);

 private:
  std::vector<double> get_lrs() override;
  int64_t t_max_;
  double eta_min_;
};

// From start_factor to end_factor times the base rate in total_iters steps.
class RELUME_API LinearLR : public LRScheduler {
 public:
  LinearLR(Optimizer& optimizer, double start_factor = 1.0 / 3, double end_factor = 1.0, int64_t total_iters = 5);

 private:
  std::vector<double> get_lrs() override;
  double start_, end_;
  int64_t total_;
};

// factor times the base rate for total_iters steps, then the base rate.
class RELUME_API ConstantLR : public LRScheduler {
 public:
  explicit ConstantLR(Optimizer& optimizer, double factor = 1.0 / 3, int64_t total_iters = 5);

 private:
  std::vector<double> get_lrs() override;
  double factor_;
  int64_t total_;
};

// (1 - t / total_iters)^power times the base rate.
class RELUME_API PolynomialLR : public LRScheduler {
 public:
  explicit PolynomialLR(Optimizer& optimizer, int64_t total_iters = 5, double power = 1.0);

 private:
  std::vector<double> get_lrs() override;
  int64_t total_;
  double power_;
};

// The base rate times rule(number of steps).
class RELUME_API LambdaLR : public LRScheduler {
 public:
  struct Rule {
    virtual ~Rule() = default;
    virtual double factor(int64_t step) = 0;
  };
  template <class F, class = std::enable_if_t<std::is_invocable_v<F&, int64_t>>>
  LambdaLR(Optimizer& optimizer, F rule)
      : LambdaLR(optimizer, relume::detail::Owned<Rule>(new RuleOf<F>(std::move(rule)))) {}

 private:
  template <class F>
  struct RuleOf final : Rule {
    explicit RuleOf(F f) : rule(std::move(f)) {}
    double factor(int64_t step) override { return rule(step); }
    F rule;
  };
  LambdaLR(Optimizer& optimizer, relume::detail::Owned<Rule> rule);
  std::vector<double> get_lrs() override;

  relume::detail::Owned<Rule> rule_;
};

// factor times the rate when a metric has not become better for more than `patience` steps.
class RELUME_API ReduceLROnPlateauScheduler {
 public:
  enum SchedulerMode { min, max };
  enum ThresholdMode { rel, abs };
  explicit ReduceLROnPlateauScheduler(Optimizer& optimizer, SchedulerMode mode = min, float factor = 0.1f,
                                      int patience = 10, double threshold = 1e-4, ThresholdMode threshold_mode = rel,
                                      int cooldown = 0, const std::vector<float>& min_lr = std::vector<float>(),
                                      double eps = 1e-8, bool verbose = false);
  virtual ~ReduceLROnPlateauScheduler();
  void step(float metric);

 private:
  bool is_better(float metric) const;
  void reduce_lr();

  Optimizer& optimizer_;
  SchedulerMode mode_;
  float factor_;
  int patience_;
  double threshold_;
  ThresholdMode threshold_mode_;
  int cooldown_;
  std::vector<float> min_lrs_;
  double eps_;
  bool verbose_;
  float best_;
  int cooldown_counter_ = 0;
  int num_bad_epochs_ = 0;
  int last_epoch_ = 0;
};

}  // namespace optim
}  // namespace relume
