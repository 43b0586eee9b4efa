// LBFGS: its direction, its line search, and its state.
#include "relume/optim/lbfgs.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "optim/inherit.h"
#include "relume/autograd.h"
#include "relume/ops.h"

namespace relume::optim {
namespace {

using Numbers = std::vector<std::pair<std::string, double>>;
constexpr const char* kStrongWolfe = "strong_wolfe";

// The loss at a step of length t along the direction: its value, its gradient, and its slope.
struct Point {
  double t = 0, loss = 0;
  Tensor gradient;
  double slope = 0;
};

// All parameters as one vector, and the loss as a function of it.
class Problem {
 public:
  Problem(const std::vector<Tensor>& params, const LossClosure& closure) : params_(params), closure_(closure) {}

  Tensor evaluate() {
    ++evaluations_;
    const EnableGradGuard grad;
    return closure_();
  }
  Tensor gradient() const {
    std::vector<Tensor> parts;
    for (const Tensor& param : params_)
      parts.push_back(param.grad().defined() ? param.grad().reshape({-1}) : zeros({param.numel()}, param.options()));
    return cat(parts);
  }
  void add(double t, const Tensor& direction) const {
    int64_t offset = 0;
    for (const Tensor& param : params_) {
      Tensor(param).add_(direction.narrow(0, offset, param.numel()).view_as(param), t);
      offset += param.numel();
    }
  }
  // The parameters stay where they are.
  Point at(double t, const Tensor& direction) {
    std::vector<Tensor> start;
    for (const Tensor& param : params_) start.push_back(param.clone());
    add(t, direction);
    const double loss = evaluate().item<double>();
    const Tensor gradient = this->gradient();
    for (size_t i = 0; i < params_.size(); ++i) Tensor(params_[i]).copy_(start[i]);
    return {t, loss, gradient, gradient.dot(direction).item<double>()};
  }
  int64_t evaluations() const { return evaluations_; }

 private:
  const std::vector<Tensor>& params_;
  const LossClosure& closure_;
  int64_t evaluations_ = 0;
};

double largest(const Tensor& vector) { return vector.abs().max().item<double>(); }

// Where the cubic through two points, with their slopes, is least between `low` and `high`.
double cubic_minimum(const Point& a, const Point& b, double low, double high) {
  const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t);
  const double square = d1 * d1 - a.slope * b.slope;
  if (square < 0) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  const double place = a.t <= b.t
                           ? b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
                           : a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2));
  return std::min(std::max(place, low), high);
}

// The search for a step that fulfils the strong Wolfe conditions: first a bracket in which there is one, then that made
// smaller.
class StrongWolfe {
 public:
  StrongWolfe(Problem& problem, const Tensor& direction, const Point& start, double tolerance)
      : problem_(problem), direction_(direction), start_(start), tolerance_(tolerance) {}

  Point search(double t) {
    if (!find_bracket(t)) narrow_bracket();
    return low();
  }

 private:
  static constexpr double kDecrease = 1e-4, kCurvature = 0.9;
  static constexpr int kIterations = 25;

  bool falls_enough(const Point& point) const {
    return point.loss <= start_.loss + kDecrease * point.t * start_.slope;
  }
  bool is_flat(const Point& point) const { return std::abs(point.slope) <= -kCurvature * start_.slope; }
  const Point& low() const { return bracket_[0].loss <= bracket_[1].loss ? bracket_[0] : bracket_[1]; }

  // True where a step that will do was found on the way.
  bool find_bracket(double t) {
    Point before = start_, point = problem_.at(t, direction_);
    for (; iteration_ < kIterations; ++iteration_) {
      bracket_[0] = before, bracket_[1] = point;
      if (!falls_enough(point) || (iteration_ > 1 && point.loss >= before.loss)) return false;
      if (is_flat(point)) return bracket_[0] = point, true;
      if (point.slope >= 0) return false;
      t = cubic_minimum(before, point, point.t + 0.01 * (point.t - before.t), point.t * 10);
      before = point;
      point = problem_.at(t, direction_);
    }
    bracket_[0] = start_, bracket_[1] = point;
    return false;
  }

  void narrow_bracket() {
    const double size = largest(direction_);
    // Which end is the lower is remembered: a new low end replaces the old one even where the losses are equal.
    size_t low = bracket_[0].loss <= bracket_[1].loss ? 0 : 1;
    bool slow = false;
    for (; iteration_ < kIterations; ++iteration_) {
      if (std::abs(bracket_[1].t - bracket_[0].t) * size < tolerance_) break;
      const Point point = problem_.at(next_place(slow), direction_);
      Point &lower = bracket_[low], &higher = bracket_[1 - low];
      if (!falls_enough(point) || point.loss >= lower.loss) {
        higher = point;
        low = bracket_[0].loss <= bracket_[1].loss ? 0 : 1;
        continue;
      }
      const bool done = is_flat(point);
      if (!done && point.slope * (higher.t - lower.t) >= 0) higher = lower;
      lower = point;
      if (done) break;
    }
    if (low == 1) std::swap(bracket_[0], bracket_[1]);
    bracket_[1] = bracket_[0];
  }

  // The cubic's minimum, or a place away from the ends where it has come too close to one twice.
  double next_place(bool& slow) const {
    const auto [first, last] = std::minmax(bracket_[0].t, bracket_[1].t);
    const double t = cubic_minimum(bracket_[0], bracket_[1], first, last), margin = 0.1 * (last - first);
    const bool close = std::min(last - t, t - first) < margin;
    const bool moves = close && (slow || t >= last || t <= first);
    slow = close && !moves;
    if (!moves) return t;
    return std::abs(t - last) < std::abs(t - first) ? last - margin : first + margin;
  }

  Problem& problem_;
  const Tensor& direction_;
  const Point start_;
  const double tolerance_;
  int iteration_ = 0;
  Point bracket_[2];
};

int64_t most_evaluations(const LBFGSOptions& options) {
  return options.max_eval().value_or(options.max_iter() * 5 / 4);
}

// Takes the last step and the change of the gradient into the history, and makes the next direction of it.
void update_direction(LBFGSParamState& state, const Tensor& gradient, int64_t history_size) {
  if (state.n_iter() == 1) {
    state.d(gradient.neg());
    state.H_diag(scalar_tensor(1, gradient.options()));
    return;
  }
  auto &changes = state.old_dirs(), &steps = state.old_stps(), &inverses = state.ro();
  const Tensor change = gradient - state.prev_flat_grad(), step = state.d() * state.t();
  const Tensor product = change.dot(step);
  if (product.item<double>() > 1e-10) {
    if (static_cast<int64_t>(changes.size()) == history_size)
      for (auto* list : {&changes, &steps, &inverses}) list->erase(list->begin());
    changes.push_back(change);
    steps.push_back(step);
    inverses.push_back(product.reciprocal());
    state.H_diag(product / change.dot(change));
  }
  const size_t count = changes.size();
  std::vector<Tensor> factors(count);
  Tensor q = gradient.neg();
  for (size_t i = count; i-- > 0;) {
    factors[i] = steps[i].dot(q) * inverses[i];
    q.add_(changes[i], -factors[i].item<double>());
  }
  Tensor r = q * state.H_diag();
  for (size_t i = 0; i < count; ++i)
    r.add_(steps[i], (factors[i] - changes[i].dot(r) * inverses[i]).item<double>());
  state.d(r);
}

// Goes along state.d() and returns what it found there, with the parameters at that place.
Point advance(Problem& problem, const LBFGSOptions& options, const LBFGSParamState& state, const Point& start,
              bool last) {
  if (!options.line_search_fn()) {
    problem.add(state.t(), state.d());
    Point point = {state.t(), start.loss, {}, 0};
    if (!last) point.loss = problem.evaluate().item<double>();  // the next call of step() evaluates here anyway
    point.gradient = problem.gradient();
    return point;
  }
  check(*options.line_search_fn() == kStrongWolfe, "only 'strong_wolfe' is supported");
  Point point = StrongWolfe(problem, state.d(), start, options.tolerance_change()).search(state.t());
  problem.add(point.t, state.d());
  return point;
}

}  // namespace

LBFGSOptions::LBFGSOptions(double lr) : lr_(lr) {}
std::unique_ptr<OptimizerOptions> LBFGSOptions::clone() const {
  return std::unique_ptr<OptimizerOptions>(new LBFGSOptions(*this));
}
double LBFGSOptions::get_lr() const { return lr(); }
void LBFGSOptions::set_lr(double value) { lr(value); }
// max_eval 0 stands for none; line_search_fn is 1 or 0.
Numbers LBFGSOptions::numbers() const {
  return {{"lr", lr()},
          {"max_iter", static_cast<double>(max_iter())},
          {"max_eval", static_cast<double>(max_eval().value_or(0))},
          {"tolerance_grad", tolerance_grad()},
          {"tolerance_change", tolerance_change()},
          {"history_size", static_cast<double>(history_size())},
          {"line_search_fn", line_search_fn() ? 1.0 : 0.0}};
}
void LBFGSOptions::set_numbers(const Numbers& numbers) {
  for (const auto& [key, value] : numbers) {
    const auto whole = static_cast<int64_t>(value);
    if (key == "lr") lr(value);
    if (key == "max_iter") max_iter(whole);
    if (key == "max_eval") max_eval(whole > 0 ? std::optional<int64_t>(whole) : std::nullopt);
    if (key == "tolerance_grad") tolerance_grad(value);
    if (key == "tolerance_change") tolerance_change(value);
    if (key == "history_size") history_size(whole);
    if (key == "line_search_fn" && (value != 0) != line_search_fn().has_value())
      line_search_fn(value != 0 ? std::optional<std::string>(kStrongWolfe) : std::nullopt);
  }
}
void LBFGSOptions::inherit(const OptimizerOptions& defaults) {
  inherit_numbers(*this, LBFGSOptions(), defaults);
}
bool operator==(const LBFGSOptions& a, const LBFGSOptions& b) {
  return a.numbers() == b.numbers() && a.line_search_fn() == b.line_search_fn();
}

std::unique_ptr<OptimizerParamState> LBFGSParamState::clone() const {
  return std::unique_ptr<OptimizerParamState>(new LBFGSParamState(*this));
}
OrderedDict<std::string, Tensor> LBFGSParamState::tensors() const {
  OrderedDict<std::string, Tensor> dict;
  dict.insert("func_evals", full({}, func_evals(), kLong));
  dict.insert("n_iter", full({}, n_iter(), kLong));
  dict.insert("t", full({}, t(), kDouble));
  dict.insert("prev_loss", full({}, prev_loss(), kDouble));
  if (!d().defined()) return dict;
  dict.insert("d", d());
  dict.insert("H_diag", H_diag());
  dict.insert("prev_flat_grad", prev_flat_grad());
  if (ro().empty()) return dict;
  dict.insert("old_dirs", stack(old_dirs()));
  dict.insert("old_stps", stack(old_stps()));
  dict.insert("ro", stack(ro()));
  return dict;
}
void LBFGSParamState::set_tensors(const OrderedDict<std::string, Tensor>& tensors) {
  const auto number = [&](const char* name) {
    const Tensor* value = tensors.find(name);
    return value ? value->item<double>() : 0;
  };
  const auto vector = [&](const char* name) {
    const Tensor* value = tensors.find(name);
    return value ? value->detach().clone() : Tensor();
  };
  const auto list = [&](const char* name) {
    const Tensor* value = tensors.find(name);
    return value ? value->detach().clone().unbind() : std::vector<Tensor>();
  };
  func_evals(static_cast<int64_t>(number("func_evals"))).n_iter(static_cast<int64_t>(number("n_iter")));
  t(number("t")).prev_loss(number("prev_loss"));
  d(vector("d")).H_diag(vector("H_diag")).prev_flat_grad(vector("prev_flat_grad"));
  old_dirs(list("old_dirs")).old_stps(list("old_stps")).ro(list("ro"));
  check<ValueError>(old_dirs().size() == old_stps().size() && old_dirs().size() == ro().size(),
                    "LBFGS: expected as many old_dirs as old_stps and ro in a state, got {}, {} and {}",
                    old_dirs().size(), old_stps().size(), ro().size());
}

LBFGS::LBFGS(const std::vector<OptimizerParamGroup>& param_groups, LBFGSOptions defaults)
    : Optimizer(param_groups, defaults.clone()) {
  check(param_groups_.size() == 1, "LBFGS doesn't support per-parameter options (parameter groups)");
  for (OptimizerOptions* options : {&param_groups_[0].options(), defaults_.get()}) {
    auto& own = static_cast<LBFGSOptions&>(*options);
    if (!own.max_eval()) own.max_eval(most_evaluations(defaults));
  }
}
LBFGS::LBFGS(std::vector<Tensor> params, LBFGSOptions defaults)
    : LBFGS({OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> LBFGS::make_state() const {
  return std::unique_ptr<OptimizerParamState>(new LBFGSParamState());
}

Tensor LBFGS::step(LossClosure closure) {
  check(closure != nullptr, "LBFGS requires a closure function");
  const NoGradGuard no_grad;
  const std::vector<Tensor>& params = param_groups_[0].params();
  const auto& options = static_cast<const LBFGSOptions&>(param_groups_[0].options());
  check(!params.empty(), "LBFGS has no parameters to optimize");
  auto& kept = state_[params[0].unsafeGetTensorImpl()];
  if (!kept) kept = make_state();
  auto& state = static_cast<LBFGSParamState&>(*kept);

  Problem problem(params, closure);
  const Tensor first_loss = problem.evaluate();
  const int64_t evaluations_before = state.func_evals();
  Point point = {0, first_loss.item<double>(), problem.gradient(), 0};
  bool flat = largest(point.gradient) <= options.tolerance_grad();
  for (int64_t iteration = 1; !flat && iteration <= options.max_iter(); ++iteration) {
    state.n_iter(state.n_iter() + 1);
    update_direction(state, point.gradient, options.history_size());
    state.prev_flat_grad(point.gradient.clone());
    state.prev_loss(point.loss);
    const double first = std::min(1.0, 1.0 / point.gradient.abs().sum().item<double>());
    state.t(state.n_iter() == 1 ? first * options.lr() : options.lr());
    const double slope = point.gradient.dot(state.d()).item<double>();
    if (slope > -options.tolerance_change()) break;
    point = advance(problem, options, state, {0, point.loss, point.gradient, slope}, iteration == options.max_iter());
    state.t(point.t);
    flat = largest(point.gradient) <= options.tolerance_grad();
    if (problem.evaluations() >= most_evaluations(options) ||
        largest(state.d() * point.t) <= options.tolerance_change() ||
        std::abs(point.loss - state.prev_loss()) < options.tolerance_change())
      break;
  }
  state.func_evals(evaluations_before + problem.evaluations());
  return first_loss;
}

}  // namespace relume::optim
