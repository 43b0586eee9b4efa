// Optimizers, schedules and clipping against PyTorch's numbers, and their errors, groups and states.
#include <gtest/gtest.h>

#include <memory>

#include "oracle/golden.h"
#include "relume/autograd.h"
#include "relume/creation.h"
#include "relume/nn/utils.h"
#include "relume/operators.h"
#include "relume/optim.h"

namespace relume::oracle {
namespace {

using namespace relume::optim;

// The options of a golden by name, as numbers.
void set_options(OptimizerOptions& options, const json& values) {
  std::vector<std::pair<std::string, double>> numbers;
  for (const auto& [name, value] : values.items()) {
    if (name == "betas") {
      numbers.emplace_back("beta1", value[0].get<double>());
      numbers.emplace_back("beta2", value[1].get<double>());
    } else {
      numbers.emplace_back(name, value.is_boolean() ? value.get<bool>() : value.get<double>());
    }
  }
  options.set_numbers(numbers);
}

template <class O, class Options>
std::unique_ptr<Optimizer> make(const std::vector<Tensor>& parameters, Options options, const json& values) {
  set_options(options, values);
  return std::make_unique<O>(parameters, options);
}

std::unique_ptr<Optimizer> make_optimizer(const std::string& name, const std::vector<Tensor>& parameters,
                                          const json& options) {
  if (name == "SGD") return make<SGD>(parameters, SGDOptions(1e-3), options);
  if (name == "Adam") return make<Adam>(parameters, AdamOptions(), options);
  if (name == "AdamW") return make<AdamW>(parameters, AdamWOptions(), options);
  if (name == "RMSprop") return make<RMSprop>(parameters, RMSpropOptions(), options);
  if (name == "Adagrad") return make<Adagrad>(parameters, AdagradOptions(), options);
  throw std::logic_error(name);
}

std::vector<Tensor> make_parameters() {
  return {tensor({{1.0, -2.0}, {0.5, 3.0}}).set_requires_grad(true), tensor({0.25}).set_requires_grad(true)};
}

void set_gradients(const std::vector<Tensor>& parameters, bool skip_second = false) {
  for (const Tensor& p : parameters) p.mutable_grad() = weights(p) * (p.detach() - 0.5);
  if (skip_second) parameters[1].mutable_grad().reset();
}

// A difference of nearly equal numbers, as of centered RMSprop, shows more of the last bits.
constexpr double kUlp = 8;

TEST(Optimizers, FollowPyTorchForFiveSteps) {
  const Golden golden("optim");
  for (const auto& [line, row] : golden.rows) {
    if (!row.contains("steps")) continue;
    SCOPED_TRACE("line " + std::to_string(line) + " " + row["optimizer"].get<std::string>() + row["options"].dump());
    const std::vector<Tensor> parameters = make_parameters();
    const auto optimizer = make_optimizer(row["optimizer"], parameters, row["options"]);
    for (size_t step = 0; step < row["steps"].size(); ++step) {
      set_gradients(parameters, step == 2);
      optimizer->step();
      for (size_t i = 0; i < parameters.size(); ++i)
        EXPECT_EQ(difference(parameters[i].detach(), row["steps"][step][i], kUlp, false), "") << "step " << step;
    }
  }
}

// C++ writes a whole number without ".0" in a text.
json as_cpp_writes(json error) {
  for (json& part : error)
    if (part.is_string()) {
      auto text = part.get<std::string>();
      if (text.size() > 2 && text.compare(text.size() - 2, 2, ".0") == 0) text.resize(text.size() - 2);
      part = text;
    }
  return error;
}

TEST(Optimizers, RefuseOptionsOutOfRange) {
  const Golden golden("optim");
  for (const auto& [line, row] : golden.rows) {
    if (!row.contains("optimizer") || !row.contains("error")) continue;
    try {
      make_optimizer(row["optimizer"], make_parameters(), row["options"]);
      ADD_FAILURE() << "line " << line << " did not throw";
    } catch (const std::exception& error) {
      EXPECT_EQ(difference(error, as_cpp_writes(row["error"])), "") << "line " << line;
    }
  }
}

std::unique_ptr<LRScheduler> make_scheduler(const std::string& name, Optimizer& o, const json& a) {
  if (name == "StepLR")
    return std::make_unique<StepLR>(o, a[0].get<unsigned>(), a.size() > 1 ? a[1].get<double>() : 0.1);
  if (name == "MultiStepLR") return std::make_unique<MultiStepLR>(o, a[0].get<std::vector<int64_t>>(), a[1]);
  if (name == "ExponentialLR") return std::make_unique<ExponentialLR>(o, a[0]);
  if (name == "CosineAnnealingLR")
    return std::make_unique<CosineAnnealingLR>(o, a[0], a.size() > 1 ? a[1].get<double>() : 0);
  if (name == "LinearLR") return std::make_unique<LinearLR>(o, a[0], a[1], a[2]);
  if (name == "ConstantLR") return std::make_unique<ConstantLR>(o, a[0], a[1]);
  if (name == "PolynomialLR") return std::make_unique<PolynomialLR>(o, a[0], a[1]);
  return nullptr;
}

TEST(Schedulers, FollowPyTorchForTwelveSteps) {
  const Golden golden("optim");
  for (const auto& [line, row] : golden.rows) {
    if (!row.contains("schedule")) continue;
    SGD optimizer(make_parameters(), SGDOptions(0.1));
    const auto scheduler = make_scheduler(row["schedule"], optimizer, row["args"]);
    if (!scheduler) continue;
    for (size_t step = 0; step < row["lr"].size(); ++step) {
      if (step > 0) scheduler->step();
      const double expected = row["lr"][step];
      EXPECT_NEAR(optimizer.param_groups()[0].options().get_lr(), expected, 1e-15)
          << "line " << line << " step " << step;
    }
  }
}

TEST(Clipping, FollowsPyTorch) {
  const Golden golden("optim");
  for (const auto& [line, row] : golden.rows) {
    if (!row.contains("clip") || row.contains("error")) continue;
    SCOPED_TRACE(line);
    const std::vector<Tensor> parameters = make_parameters();
    set_gradients(parameters);
    const auto number = [](const json& v) {
      return v.is_object() ? std::strtod(v["float"].get<std::string>().c_str(), nullptr) : v.get<double>();
    };
    if (row["clip"] == "norm") {
      const double total = nn::utils::clip_grad_norm_(parameters, number(row["args"][0]), number(row["args"][1]));
      EXPECT_EQ(difference(full({}, total, kFloat), row["total"], 2, false), "");
    } else {
      nn::utils::clip_grad_value_(parameters, row["args"][0].get<double>());
    }
    for (size_t i = 0; i < parameters.size(); ++i)
      EXPECT_EQ(difference(parameters[i].grad(), row["grads"][i], 2, false), "");
  }
}

TEST(Clipping, RefusesANormThatIsNotFiniteIfAsked) {
  const std::vector<Tensor> parameters = make_parameters();
  parameters[0].mutable_grad() = full({2, 2}, NAN);
  EXPECT_THROW(nn::utils::clip_grad_norm_(parameters, 1.0, 2.0, true), Error);
  EXPECT_TRUE(std::isnan(nn::utils::clip_grad_norm_(parameters, 1.0)));
}

TEST(Optimizer, UpdatesHalfPrecisionAndStridedParameters) {
  for (const ScalarType dtype : {kHalf, kBFloat16, kDouble}) {
    const Tensor p = arange(6, kFloat).view({2, 3}).to(dtype).t().detach().set_requires_grad(true);
    const Tensor expected = p.detach().to(kFloat) - 0.5;
    p.mutable_grad() = ones({3, 2}, dtype);
    SGD optimizer({p}, SGDOptions(0.5));
    optimizer.step();
    EXPECT_TRUE(equal(p.detach().to(kFloat), expected)) << dtype;
    EXPECT_FALSE(p.is_contiguous());
  }
}

TEST(Optimizer, GroupsKeepTheirOwnOptionsAndInheritTheRest) {
  const std::vector<Tensor> parameters = make_parameters();
  std::vector<OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<Tensor>{parameters[0]});
  groups.emplace_back(std::vector<Tensor>{parameters[1]},
                      std::make_unique<AdamOptions>(AdamOptions().weight_decay(0.25)));
  Adam optimizer(groups, AdamOptions(0.5).eps(1e-4));
  const auto& own = static_cast<AdamOptions&>(optimizer.param_groups()[1].options());
  EXPECT_EQ(own.weight_decay(), 0.25);
  EXPECT_EQ(own.lr(), 0.5);
  EXPECT_EQ(own.eps(), 1e-4);
  EXPECT_EQ(static_cast<AdamOptions&>(optimizer.param_groups()[0].options()).weight_decay(), 0);
}

TEST(Optimizer, GoesOnWithTheSameNumbersFromItsStateDict) {
  for (const char* name : {"SGD", "Adam", "AdamW", "RMSprop", "Adagrad"}) {
    const json options = std::string(name) == "SGD" ? json{{"lr", 0.1}, {"momentum", 0.9}} : json{{"lr", 0.1}};
    const std::vector<Tensor> parameters = make_parameters(), others = make_parameters();
    const auto optimizer = make_optimizer(name, parameters, options);
    for (int i = 0; i < 2; ++i) {
      set_gradients(parameters, i == 0);
      optimizer->step();
    }
    const auto second = make_optimizer(name, others, json{{"lr", 0.7}});
    {
      const NoGradGuard no_grad;
      for (size_t i = 0; i < others.size(); ++i) Tensor(others[i]).copy_(parameters[i]);
    }
    second->load_state_dict(optimizer->state_dict());
    set_gradients(parameters);
    set_gradients(others);
    optimizer->step();
    second->step();
    for (size_t i = 0; i < others.size(); ++i) EXPECT_TRUE(equal(parameters[i], others[i])) << name;
  }
}

// As the gradients of a dead neuron: a mean that stayed subnormal would make each step slow.
TEST(Optimizer, MeansOfGradientsThatStayZeroBecomeZero) {
  const auto expect_faded = [](auto&& make_optimizer, const char* mean, ScalarType dtype) {
    const Tensor p = full({40}, 3, dtype).set_requires_grad(true);
    auto optimizer = make_optimizer(p);
    p.mutable_grad() = full({40}, -1e-3, dtype);
    optimizer.step();
    p.mutable_grad() = zeros({40}, dtype);
    for (int step = 0; step < 1000; ++step) optimizer.step();
    const Tensor faded = optimizer.state_dict()[std::string("state.0.") + mean];
    EXPECT_TRUE(equal(faded, zeros_like(faded))) << mean << ' ' << dtype;
    EXPECT_GT(p.min().item<double>(), 3);
  };
  for (const ScalarType dtype : {kFloat, kBFloat16}) {
    expect_faded([](const Tensor& p) { return SGD({p}, SGDOptions(0.1).momentum(0.9)); }, "momentum_buffer", kFloat);
    expect_faded([](const Tensor& p) { return Adam({p}, AdamOptions(0.1)); }, "exp_avg", dtype);
    const RMSpropOptions centred = RMSpropOptions(0.1).alpha(0.9).momentum(0.9).centered(true);
    expect_faded([&](const Tensor& p) { return RMSprop({p}, centred); }, "momentum_buffer", dtype);
  }
}

TEST(Optimizer, RefusesAStateDictThatDoesNotFit) {
  SGD optimizer(make_parameters(), SGDOptions(0.1));
  OrderedDict<std::string, Tensor> state = optimizer.state_dict();
  state.insert("state.7.momentum_buffer", ones({2}));
  EXPECT_THROW(optimizer.load_state_dict(state), ValueError);
  EXPECT_THROW((optimizer.load_state_dict(OrderedDict<std::string, Tensor>())), ValueError);
  SGD fewer({make_parameters()[0]}, SGDOptions(0.1));
  EXPECT_THROW(fewer.load_state_dict(optimizer.state_dict()), ValueError);
}

TEST(Lbfgs, RefusesAStateWhoseListsDoNotFit) {
  const Tensor p = zeros({2}).set_requires_grad(true);
  LBFGS optimizer({p}, LBFGSOptions(0.5).max_iter(4));
  const auto closure = [&] {
    optimizer.zero_grad();
    const Tensor loss = (p - 3).pow(4).sum();
    loss.backward();
    return loss;
  };
  optimizer.step(closure);
  OrderedDict<std::string, Tensor> state = optimizer.state_dict();
  state["state.0.ro"] = state["state.0.ro"].narrow(0, 0, 1);
  EXPECT_THROW(optimizer.load_state_dict(state), ValueError);
  state = optimizer.state_dict();
  state.erase("state.0.prev_flat_grad");
  optimizer.load_state_dict(state);
  EXPECT_THROW(optimizer.step(closure), Error);
}

TEST(Lbfgs, GoesOnFromAStateWithoutALargestNumberOfEvaluations) {
  const Tensor p = zeros({2}).set_requires_grad(true);
  LBFGS optimizer({p}, LBFGSOptions(0.5).max_iter(4));
  OrderedDict<std::string, Tensor> state = optimizer.state_dict();
  state["group.0.max_eval"] = zeros_like(state["group.0.max_eval"]);
  optimizer.load_state_dict(state);
  int evaluations = 0;
  optimizer.step([&] {
    ++evaluations;
    optimizer.zero_grad();
    const Tensor loss = (p - 3).pow(4).sum();
    loss.backward();
    return loss;
  });
  EXPECT_EQ(evaluations, 4);
}

TEST(Optimizer, RefusesParametersThatAreNoLeavesOrComeTwice) {
  const std::vector<Tensor> parameters = make_parameters();
  EXPECT_THROW(SGD({parameters[0] * 2}, SGDOptions(0.1)), ValueError);
  SGD optimizer(parameters, SGDOptions(0.1));
  EXPECT_THROW(optimizer.add_param_group(std::vector<Tensor>{parameters[1]}), ValueError);
}

TEST(Optimizer, CallsTheClosureWithGradModeOn) {
  const Tensor p = ones({2}).set_requires_grad(true);
  SGD optimizer({p}, SGDOptions(0.5));
  const NoGradGuard no_grad;
  const Tensor loss = optimizer.step([&] {
    optimizer.zero_grad();
    Tensor value = (p * p).sum();
    value.backward();
    return value;
  });
  EXPECT_EQ(loss.item<float>(), 2);
  EXPECT_TRUE(equal(p.detach(), zeros({2})));
}

TEST(Optimizer, ZeroGradDropsOrFills) {
  const std::vector<Tensor> parameters = make_parameters();
  set_gradients(parameters);
  SGD optimizer(parameters, SGDOptions(0.1));
  optimizer.zero_grad(false);
  EXPECT_TRUE(equal(parameters[0].grad(), zeros({2, 2})));
  optimizer.zero_grad();
  EXPECT_FALSE(parameters[0].grad().defined());
}

TEST(ReduceLROnPlateau, WaitsForPatienceThenReduces) {
  SGD optimizer(make_parameters(), SGDOptions(1.0));
  ReduceLROnPlateauScheduler scheduler(optimizer, ReduceLROnPlateauScheduler::min, 0.5f, 1);
  for (const float metric : {1.0f, 1.0f}) scheduler.step(metric);
  EXPECT_EQ(optimizer.param_groups()[0].options().get_lr(), 1.0);
  scheduler.step(1.0f);
  EXPECT_EQ(optimizer.param_groups()[0].options().get_lr(), 0.5);
}

TEST(LambdaLR, MultipliesTheBaseRate) {
  SGD optimizer(make_parameters(), SGDOptions(2.0));
  LambdaLR scheduler(optimizer, [](int64_t step) { return 1.0 / static_cast<double>(1 + step); });
  scheduler.step();
  EXPECT_EQ(scheduler.get_last_lr()[0], 1.0);
}

TEST(Parameters, GoIntoAVectorAndBack) {
  const std::vector<Tensor> parameters = make_parameters();
  const Tensor flat = nn::utils::parameters_to_vector(parameters).detach();
  EXPECT_EQ(flat.numel(), 5);
  nn::utils::vector_to_parameters(flat * 2, parameters);
  EXPECT_TRUE(equal(nn::utils::parameters_to_vector(parameters).detach(), flat * 2));
}

}  // namespace
}  // namespace relume::oracle
