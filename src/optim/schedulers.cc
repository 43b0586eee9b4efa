// Learning-rate schedules.
#include "relume/optim/schedulers.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "core/check.h"
#include "relume/printing.h"

namespace relume::optim {

LRScheduler::LRScheduler(Optimizer& optimizer) : optimizer_(optimizer) { base_lrs_ = get_current_lrs(); }
LRScheduler::~LRScheduler() = default;

void LRScheduler::step() {
  set_optimizer_lrs(get_lrs());
  ++step_count_;
}

std::vector<double> LRScheduler::get_current_lrs() const {
  std::vector<double> rates;
  for (const OptimizerParamGroup& group : std::as_const(optimizer_).param_groups())
    rates.push_back(group.options().get_lr());
  return rates;
}

void LRScheduler::set_optimizer_lrs(const std::vector<double>& rates) {
  auto& groups = optimizer_.param_groups();
  check(rates.size() == groups.size(),
        "Number of learning rates not equal to the number of param groups\nNumber of "
        "learning rates given: {}\nNumber of param groups: {}",
        rates.size(), groups.size());
  for (size_t i = 0; i < groups.size(); ++i) groups[i].options().set_lr(rates[i]);
}

namespace {

std::vector<double> times(std::vector<double> rates, double factor) {
  for (double& rate : rates) rate *= factor;
  return rates;
}

}  // namespace

StepLR::StepLR(Optimizer& optimizer, unsigned step_size, double gamma)
    : LRScheduler(optimizer), step_size_(step_size), gamma_(gamma) {
  check<ValueError>(step_size > 0, "StepLR: expected a step_size above 0, got 0");
}
// As in libtorch, that is one step later than in Python.
std::vector<double> StepLR::get_lrs() {
  return step_count_ == 0 || step_count_ % step_size_ != 0 ? get_current_lrs() : times(get_current_lrs(), gamma_);
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<int64_t> milestones, double gamma)
    : LRScheduler(optimizer), milestones_(std::move(milestones)), gamma_(gamma) {}
std::vector<double> MultiStepLR::get_lrs() {
  const auto hits = std::count(milestones_.begin(), milestones_.end(), steps_after());
  return hits == 0 ? get_current_lrs() : times(get_current_lrs(), std::pow(gamma_, static_cast<double>(hits)));
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma) : LRScheduler(optimizer), gamma_(gamma) {}
std::vector<double> ExponentialLR::get_lrs() { return times(get_current_lrs(), gamma_); }

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, int64_t T_max, double eta_min)
    : LRScheduler(optimizer), t_max_(T_max), eta_min_(eta_min) {
  check<ValueError>(T_max > 0, "CosineAnnealingLR: expected a T_max above 0, got {}", T_max);
}
std::vector<double> CosineAnnealingLR::get_lrs() {
  std::vector<double> rates = get_current_lrs();
  const int64_t steps = steps_after();
  const auto period = static_cast<double>(t_max_);
  // By recursion, so that rates that were changed from outside are followed; it would divide by 0 after each minimum.
  for (size_t i = 0; i < rates.size(); ++i) {
    const double range = base_lrs_[i] - eta_min_;
    if ((steps - 1 - t_max_) % (2 * t_max_) == 0)
      rates[i] += range * (1 - std::cos(M_PI / period)) / 2;
    else
      rates[i] = (1 + std::cos(M_PI * static_cast<double>(steps) / period)) /
                     (1 + std::cos(M_PI * static_cast<double>(steps - 1) / period)) * (rates[i] - eta_min_) +
                 eta_min_;
  }
  return rates;
}

LinearLR::LinearLR(Optimizer& optimizer, double start_factor, double end_factor, int64_t total_iters)
    : LRScheduler(optimizer), start_(start_factor), end_(end_factor), total_(total_iters) {
  check<ValueError>(start_factor > 0 && start_factor <= 1,
                    "Starting multiplicative factor expected to be greater than 0 and less or equal to 1.");
  check<ValueError>(end_factor >= 0 && end_factor <= 1, "Ending multiplicative factor expected to be between 0 and 1.");
  set_optimizer_lrs(times(get_current_lrs(), start_));
}
std::vector<double> LinearLR::get_lrs() {
  const int64_t steps = steps_after();
  if (steps > total_) return get_current_lrs();
  const double slope = end_ - start_, total = static_cast<double>(total_);
  return times(get_current_lrs(), 1 + slope / (total * start_ + static_cast<double>(steps - 1) * slope));
}

ConstantLR::ConstantLR(Optimizer& optimizer, double factor, int64_t total_iters)
    : LRScheduler(optimizer), factor_(factor), total_(total_iters) {
  check<ValueError>(factor >= 0 && factor <= 1, "Constant multiplicative factor expected to be between 0 and 1.");
  set_optimizer_lrs(times(get_current_lrs(), factor_));
}
std::vector<double> ConstantLR::get_lrs() {
  return steps_after() == total_ ? times(get_current_lrs(), 1 / factor_) : get_current_lrs();
}

PolynomialLR::PolynomialLR(Optimizer& optimizer, int64_t total_iters, double power)
    : LRScheduler(optimizer), total_(total_iters), power_(power) {}
std::vector<double> PolynomialLR::get_lrs() {
  const int64_t steps = steps_after();
  if (steps > total_) return get_current_lrs();
  const auto total = static_cast<double>(total_), now = static_cast<double>(steps);
  return times(get_current_lrs(), std::pow((1 - now / total) / (1 - (now - 1) / total), power_));
}

LambdaLR::LambdaLR(Optimizer& optimizer, relume::detail::Owned<Rule> rule)
    : LRScheduler(optimizer), rule_(std::move(rule)) {
  set_optimizer_lrs(times(base_lrs_, rule_->factor(0)));
}
std::vector<double> LambdaLR::get_lrs() { return times(base_lrs_, rule_->factor(steps_after())); }

// ReduceLROnPlateau.

ReduceLROnPlateauScheduler::ReduceLROnPlateauScheduler(Optimizer& optimizer, SchedulerMode mode, float factor,
                                                       int patience, double threshold, ThresholdMode threshold_mode,
                                                       int cooldown, const std::vector<float>& min_lr, double eps,
                                                       bool verbose)
    : optimizer_(optimizer),
      mode_(mode),
      factor_(factor),
      patience_(patience),
      threshold_(threshold),
      threshold_mode_(threshold_mode),
      cooldown_(cooldown),
      min_lrs_(min_lr),
      eps_(eps),
      verbose_(verbose),
      best_(mode == min ? std::numeric_limits<float>::infinity() : -std::numeric_limits<float>::infinity()) {
  check(factor < 1.0f, "Factor should be < 1.0.");
  const size_t groups = optimizer.param_groups().size();
  if (min_lrs_.empty()) min_lrs_.assign(groups, 0);
  check(min_lrs_.size() == groups,
        "Number of learning rates not equal to the number of param groups\nNumber of learning "
        "rates given: {}\nNumber of param groups: {}",
        min_lrs_.size(), groups);
}
ReduceLROnPlateauScheduler::~ReduceLROnPlateauScheduler() = default;

bool ReduceLROnPlateauScheduler::is_better(float metric) const {
  const double margin = threshold_mode_ == rel ? best_ * threshold_ : threshold_;
  if (std::isinf(best_)) return mode_ == min ? metric < best_ : metric > best_;
  return mode_ == min ? metric < best_ - margin : metric > best_ + margin;
}

void ReduceLROnPlateauScheduler::step(float metric) {
  ++last_epoch_;
  if (is_better(metric)) {
    best_ = metric;
    num_bad_epochs_ = 0;
  } else {
    ++num_bad_epochs_;
  }
  if (cooldown_counter_ > 0) {
    --cooldown_counter_;
    num_bad_epochs_ = 0;
  }
  if (num_bad_epochs_ > patience_) {
    reduce_lr();
    cooldown_counter_ = cooldown_;
    num_bad_epochs_ = 0;
  }
}

void ReduceLROnPlateauScheduler::reduce_lr() {
  auto& groups = optimizer_.param_groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    const double old_rate = groups[i].options().get_lr();
    const double rate = std::max(old_rate * factor_, static_cast<double>(min_lrs_[i]));
    if (old_rate - rate <= eps_) continue;
    groups[i].options().set_lr(rate);
    if (verbose_)
      std::printf("Epoch %d: reducing learning rate of group %zu to %s\n", last_epoch_, i, stream_text(rate).c_str());
  }
}

}  // namespace relume::optim
