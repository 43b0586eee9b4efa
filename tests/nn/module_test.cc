// Module: registration, traversal, state dicts, clones, conversions, hooks; holders, AnyModule and containers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "message_of.h"
#include "relume/autograd.h"
#include "relume/creation.h"
#include "relume/nn.h"
#include "relume/operators.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct NetImpl : Cloneable<NetImpl> {
  NetImpl() { NetImpl::reset(); }
  void reset() override {
    first = register_module("first", Linear(2, 3));
    second = register_module("second", Sequential(Linear(3, 3), BatchNorm1d(3)));
    scale = register_parameter("scale", ones({1}));
    offset = register_buffer("offset", zeros({1}));
  }
  Tensor forward(const Tensor& x) { return second(first(x)) * scale + offset; }
  Linear first = nullptr;
  Sequential second;
  Tensor scale, offset;
};
RELUME_MODULE(Net);

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Module, NamesParametersBuffersAndModulesByPath) {
  Net net;
  EXPECT_THAT(net->named_parameters().keys(), ElementsAre("scale", "first.weight", "first.bias", "second.0.weight",
                                                          "second.0.bias", "second.1.weight", "second.1.bias"));
  EXPECT_THAT(net->named_parameters(false).keys(), ElementsAre("scale"));
  EXPECT_THAT(net->named_buffers().keys(),
              ElementsAre("offset", "second.1.running_mean", "second.1.running_var", "second.1.num_batches_tracked"));
  EXPECT_THAT(net->named_modules().keys(), ElementsAre("", "first", "second", "second.0", "second.1"));
  EXPECT_THAT(net->named_children().keys(), ElementsAre("first", "second"));
  EXPECT_EQ(net->modules(false).size(), 4u);
}

TEST(Module, RefusesNamesThatAreEmptyDottedOrTaken) {
  Module module;
  EXPECT_EQ(error_of([&] { module.register_parameter("", ones({1})); }), "Parameter name must not be empty");
  EXPECT_EQ(error_of([&] { module.register_buffer("a.b", ones({1})); }),
            "Buffer name must not contain a dot (got 'a.b')");
  module.register_module("fc", Linear(1, 1));
  EXPECT_EQ(error_of([&] { module.register_module("fc", Linear(1, 1)); }), "Submodule 'fc' already defined");
}

TEST(Module, AppliesFunctionsOfEveryForm) {
  Net net;
  std::vector<std::string> names;
  net->apply([&](const std::string& name, Module&) { names.push_back(name); }, "net");
  EXPECT_THAT(names, ElementsAre("net", "net.first", "net.second", "net.second.0", "net.second.1"));
  int linear = 0;
  net->apply([&](Module& module) { linear += module.as<Linear>() != nullptr; });
  net->apply([&](const std::shared_ptr<Module>& module) { linear += module->as<LinearImpl>() != nullptr; });
  EXPECT_EQ(linear, 4);
  EXPECT_THAT(error_of([] { Module().modules(); }), HasSubstr("not stored in a shared_ptr"));
}

TEST(Module, TrainsAndEvaluatesAllBelow) {
  Net net;
  net->eval();
  EXPECT_FALSE(net->second[1]->is_training());
  net->train();
  EXPECT_TRUE(net->second[1]->is_training());
}

TEST(Module, ConvertsFloatingPointAlone) {
  Net net;
  net->to(kDouble);
  EXPECT_EQ(net->first->weight.scalar_type(), kDouble);
  EXPECT_EQ(net->named_buffers()["second.1.num_batches_tracked"].scalar_type(), kLong);
  EXPECT_EQ(net(ones({4, 2}, kDouble)).scalar_type(), kDouble);
  EXPECT_THROW(net->to(kLong), TypeError);
}

TEST(Module, DropsGradients) {
  Net net;
  net(randn({4, 2})).sum().backward();
  net->zero_grad(false);
  EXPECT_TRUE(equal(net->first->weight.grad(), zeros({3, 2})));
  net->zero_grad();
  EXPECT_FALSE(net->first->weight.grad().defined());
}

TEST(StateDict, GoesIntoAnotherModule) {
  Net a, b;
  a->offset.fill_(3);
  b->load_state_dict(a->state_dict());
  const Tensor x = randn({4, 2});
  a->eval();
  b->eval();
  EXPECT_TRUE(equal(a(x), b(x)));
  EXPECT_EQ(b->offset.item<float>(), 3);
}

TEST(StateDict, ErrorsListKeysAsPythonDoes) {
  Linear linear(2, 3);
  EXPECT_EQ(error_of([&] {
              linear->load_state_dict({{"weight", ones({2, 2})}, {"other", ones({1})}});
            }),
            "Error(s) in loading state_dict for Linear:\n"
            "\tMissing key(s) in state_dict: \"bias\". \n"
            "\tUnexpected key(s) in state_dict: \"other\". \n"
            "\tsize mismatch for weight: copying a param with shape torch.Size([2, 2]) from checkpoint, the shape in "
            "current model is torch.Size([3, 2]).");
  const IncompatibleKeys keys = linear->load_state_dict({{"weight", ones({3, 2})}, {"other", ones({1})}}, false);
  EXPECT_THAT(keys.missing_keys, ElementsAre("bias"));
  EXPECT_THAT(keys.unexpected_keys, ElementsAre("other"));
  EXPECT_TRUE(equal(linear->weight.detach(), ones({3, 2})));
}

TEST(StateDict, ThatDoesNotFitChangesNothing) {
  Linear linear(2, 3);
  const Tensor before = linear->weight.detach().clone();
  EXPECT_THROW(linear->load_state_dict({{"weight", zeros({3, 2})}, {"bias", zeros({4})}}), Error);
  EXPECT_TRUE(equal(linear->weight.detach(), before));
}

TEST(Clone, IsDeepAndKeepsValuesOptionsAndMode) {
  Net net;
  net->first->weight.set_requires_grad(false);
  net->second->eval();
  net->to(kDouble);
  auto copy = std::dynamic_pointer_cast<NetImpl>(net->clone());
  ASSERT_TRUE(copy);
  EXPECT_TRUE(equal(copy->first->weight, net->first->weight));
  EXPECT_FALSE(copy->first->weight.requires_grad());
  EXPECT_TRUE(copy->first->bias.requires_grad());
  EXPECT_FALSE(copy->second[1]->is_training());
  {
    const NoGradGuard no_grad;
    copy->scale.fill_(5);
  }
  EXPECT_EQ(net->scale.item<double>(), 1);
  EXPECT_EQ(copy->named_parameters()["scale"].item<double>(), 5);
  EXPECT_TRUE(copy->scale.is_same(copy->named_parameters()["scale"]));
}

TEST(Clone, NeedsCloneable) {
  EXPECT_THAT(error_of([] { Module("Plain").clone(); }), HasSubstr("clone() has not been implemented for Plain"));
}

TEST(ModuleHolder, ThatIsEmptyRefusesEveryUse) {
  Linear linear = nullptr;
  EXPECT_FALSE(linear);
  EXPECT_TRUE(linear.is_empty());
  EXPECT_EQ(error_of([&] { linear->weight.numel(); }), "Accessing empty ModuleHolder");
}

TEST(AnyModule, CallsAnyForwardWithItsDefaults) {
  struct AddImpl : Module {
    Tensor forward(const Tensor& x, double y = 2) { return x + y; }
    int forward_count = 0;
  };
  AnyModule any(std::make_shared<AddImpl>());
  EXPECT_EQ(any.forward(ones({}), 3.0).item<float>(), 4);
  EXPECT_EQ(any.forward(ones({})).item<float>(), 3);
  EXPECT_THAT(error_of([&] { any.forward(ones({}), 3); }), HasSubstr("Expected argument #1 to be of type double"));
  EXPECT_THAT(error_of([&] { any.any_forward(); }),
              HasSubstr("expects at least 1 argument(s) and at most 2 argument(s), but received 0."));
  EXPECT_THAT(error_of([&] { any.get<LinearImpl>(); }), HasSubstr("Attempted to cast module of type torch::nn::"));
  EXPECT_EQ(error_of([&] { any.forward<int>(ones({}), 3.0); }),
            "Attempted to cast AnyValue to int, but its actual type is at::Tensor");
  EXPECT_EQ(error_of([] { AnyModule().forward(ones({})); }), "Cannot call forward() on an empty AnyModule");
}

TEST(Module, RefusesAParameterOfIntegersThatRequiresGrad) {
  Module module;
  EXPECT_EQ(error_of([&] { module.register_parameter("n", ones({1}, kInt)); }),
            "Only Tensors of floating point and complex dtype can require gradients");
  EXPECT_FALSE(module.register_parameter("n", ones({1}, kInt), false).requires_grad());
  EXPECT_EQ(error_of([] { ModuleDict()->pop("a"); }), "Key 'a' is not defined");
}

TEST(Sequential, PassesResultsOnThroughNestedOnes) {
  struct SplitImpl : Module {
    std::tuple<Tensor, Tensor> forward(const Tensor& x) { return {x, x + 1}; }
  };
  struct JoinImpl : Module {
    Tensor forward(std::tuple<Tensor, Tensor> pair) { return std::get<0>(pair) + std::get<1>(pair); }
  };
  Sequential model(std::make_shared<SplitImpl>(), std::make_shared<JoinImpl>(), Sequential(ReLU(), ReLU()),
                   Functional([](const Tensor& x) { return x * 10; }));
  EXPECT_EQ(model(ones({})).item<float>(), 30);
  EXPECT_EQ(model->size(), 4u);
  EXPECT_TRUE(model->at<SequentialImpl>(2).ptr(0)->as<ReLU>());
  EXPECT_EQ(error_of([] { Sequential()->forward(ones({})); }), "Cannot call forward() on an empty Sequential");
}

TEST(Sequential, TakesConvTransposeWithItsDefaultArgument) {
  Sequential model(ConvTranspose2d(1, 1, 2), ReLU());
  EXPECT_EQ(model->forward(ones({1, 1, 2, 2})).size(2), 3);
}

TEST(Sequential, ClonesDeeply) {
  Sequential model({{"fc", Linear(2, 2)}, {"act", ReLU()}});
  auto copy = std::dynamic_pointer_cast<SequentialImpl>(model->clone());
  EXPECT_THAT(copy->named_parameters().keys(), ElementsAre("fc.weight", "fc.bias"));
  {
    const NoGradGuard no_grad;
    copy->named_parameters()["fc.weight"].fill_(0);
    copy->named_parameters()["fc.bias"].fill_(0);
  }
  EXPECT_TRUE(equal(copy->forward(ones({1, 2})).detach(), zeros({1, 2})));
  EXPECT_FALSE(equal(model->at<LinearImpl>(0).weight.detach(), zeros({2, 2})));
}

TEST(Containers, HoldModulesAndParameters) {
  ModuleList list(Linear(1, 2), ReLU());
  list->insert(0, Identity());
  EXPECT_THAT(list->named_children().keys(), ElementsAre("0", "1", "2"));
  EXPECT_TRUE(list[0]->as<Identity>());
  ModuleDict dict;
  dict->update(std::vector<std::pair<std::string, std::shared_ptr<Module>>>{{"a", list.ptr()}});
  EXPECT_TRUE(dict->contains("a"));
  EXPECT_TRUE(dict->pop("a")->as<ModuleList>());
  EXPECT_TRUE(dict->empty());
  ParameterDict parameters;
  parameters->insert("w", ones({2}));
  EXPECT_THAT(parameters->keys(), ElementsAre("w"));
  ParameterList numbered(ones({1}), ones({2}));
  EXPECT_EQ(numbered->parameters().size(), 2u);
  EXPECT_EQ(numbered[1].numel(), 2);
}

TEST(OrderedDict, RefusesPlacesThatItLacks) {
  OrderedDict<std::string, int> dict;
  dict.insert("a", 1);
  EXPECT_EQ(dict[0].value(), 1);
  EXPECT_THROW(dict[1], IndexError);
  EXPECT_THROW(std::as_const(dict)[5], IndexError);
}

TEST(OrderedDict, FindsKeysInLargeDictionaries) {
  OrderedDict<std::string, int> dict;
  for (int i = 0; i < 1000; ++i) dict.insert(std::to_string(i), i);
  EXPECT_EQ(dict["777"], 777);
  dict.erase("5");
  EXPECT_FALSE(dict.contains("5"));
  EXPECT_EQ(dict["999"], 999);
  EXPECT_EQ(error_of([&] { dict["x"]; }), "Key 'x' is not defined");
  EXPECT_EQ(error_of([&] { dict.insert("7", 7); }), "Key '7' already defined");
}

TEST(Hooks, RunAroundCallsAndReplaceWhatTheyReturn) {
  ReLU relu;
  std::vector<std::string> calls;
  auto before = relu->register_forward_pre_hook([&](Module&, const std::vector<Tensor>& inputs) {
    calls.push_back("before");
    return inputs[0] + 1;
  });
  auto after = relu->register_forward_hook(
      [&](Module& module, const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs) {
        calls.push_back("after " + module.name());
        EXPECT_EQ(inputs[0].item<float>(), 2);
        return outputs[0] * 10;
      });
  EXPECT_EQ(relu(ones({})).item<float>(), 20);
  EXPECT_EQ(relu->forward(ones({})).item<float>(), 1) << "forward() itself runs no hooks";
  EXPECT_EQ(Sequential(relu)->forward(ones({})).item<float>(), 20) << "a Sequential calls its modules";
  before.remove();
  after.remove();
  EXPECT_EQ(relu(ones({})).item<float>(), 1);
  EXPECT_THAT(calls, ElementsAre("before", "after torch::nn::ReLUImpl", "before", "after torch::nn::ReLUImpl"));
}

TEST(Hooks, SeeTheGradientsOfACall) {
  Linear linear(2, 1);
  std::vector<std::vector<int64_t>> sizes;
  linear->register_full_backward_hook(
      [&](Module&, const std::vector<Tensor>& grad_inputs, const std::vector<Tensor>& grad_outputs) {
        sizes.push_back(grad_inputs[0].sizes().vec());
        sizes.push_back(grad_outputs[0].sizes().vec());
        return grad_inputs[0] * 0 + 7;
      });
  const Tensor x = ones({3, 2}).set_requires_grad(true);
  linear(x).sum().backward();
  EXPECT_THAT(sizes, ElementsAre(ElementsAre(3, 2), ElementsAre(3, 1)));
  EXPECT_TRUE(equal(x.grad(), full({3, 2}, 7.0)));
}

TEST(Hooks, SeeGradientsWhereNoInputNeedsThem) {
  Linear linear(2, 1);
  int calls = 0;
  linear->register_full_backward_hook(
      [&](Module&, const std::vector<Tensor>& grad_inputs, const std::vector<Tensor>& grad_outputs) {
        ++calls;
        EXPECT_FALSE(grad_inputs[0].defined());
        EXPECT_TRUE(grad_outputs[0].defined());
      });
  linear(ones({3, 2})).sum().backward();
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(linear->weight.grad().defined());
}

TEST(Options, RefuseListsOfAnotherLength) {
  EXPECT_EQ(error_of([] { MaxPool2d(MaxPool2dOptions({1, 2, 3})); }), "Expected 2 values, but instead got 3");
}

TEST(Hardtanh, RefusesLimitsInTheWrongOrderWhenItIsMade) {
  const std::string text = "max_val must be greater than min_val";
  EXPECT_EQ(message_of([] { Hardtanh(2, 1); }), text);
  EXPECT_EQ(message_of([] { Hardtanh(HardtanhOptions().min_val(1).max_val(1)); }), text);
}

TEST(Convolution, RefusesChannelsThatGroupsDoNotDivide) {
  EXPECT_EQ(error_of([] { Conv2d(Conv2dOptions(3, 4, 3).groups(2)); }), "in_channels must be divisible by groups");
  EXPECT_EQ(error_of([] { Conv2d(Conv2dOptions(4, 4, 3).stride(2).padding(kSame)); }),
            "padding='same' is not supported for strided convolutions");
}

TEST(ConvTranspose, ReachesAnyOutputSizeThatTheStrideAllows) {
  ConvTranspose2d up(ConvTranspose2dOptions(1, 1, 3).stride(2).padding(1));
  EXPECT_THAT(up->forward(ones({1, 1, 4, 4}), IntArrayRef({8, 7})).sizes().vec(), ElementsAre(1, 1, 8, 7));
  EXPECT_THAT(error_of([&] {
                up->forward(ones({1, 1, 4, 4}), IntArrayRef({9, 7}));
              }),
              HasSubstr("valid sizes range from [7, 7] to [8, 8]"));
}

TEST(BatchNorm, NeedsSeveralValuesAChannelToTrain) {
  const std::string text = "Expected more than 1 value per channel when training, got input size [1, 3]";
  EXPECT_EQ(error_of([] { BatchNorm1d(3)(ones({1, 3})); }), text);
  const auto options = functional::BatchNormFuncOptions().training(true);
  EXPECT_EQ(error_of([&] { functional::batch_norm(ones({1, 3}), Tensor(), Tensor(), options); }), text);
  BatchNorm1d evaluated(3);
  evaluated->eval();
  EXPECT_EQ(evaluated(ones({1, 3})).sizes(), IntArrayRef({1, 3}));
}

TEST(BatchNorm, RefusesInputsOfAnotherRank) {
  EXPECT_EQ(error_of([] { BatchNorm2d(3)(ones({2, 3})); }), "expected 4D input (got 2D input)");
  EXPECT_EQ(error_of([] { BatchNorm1d(3)(ones({2, 3, 1, 1})); }), "expected 2D or 3D input (got 4D input)");
}

}  // namespace
}  // namespace relume::nn
