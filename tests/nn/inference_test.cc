// compile_for_inference: the results of the original, whatever it is made of, and what a compiled module refuses.
#include "relume/nn/inference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <thread>
#include <tuple>
#include <vector>

#include "core/hidden_layout.h"
#include "relume/relume.h"

namespace relume {
namespace {

using testing::HasSubstr;

nn::Conv2d conv(int64_t in, int64_t out, int64_t kernel = 3, int64_t padding = 1) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).padding(padding));
}

// Batch norms with statistics and scales that are not the identity.
void shake(nn::Module& module) {
  const NoGradGuard no_grad;
  for (const auto& buffer : module.named_buffers())
    if (buffer->is_floating_point()) buffer->copy_(rand_like(*buffer) + 0.5);
  for (const auto& parameter : module.named_parameters())
    if (parameter->dim() == 1) parameter->copy_(randn_like(*parameter) * 0.5 + 0.2);
}

// Calls with several batch sizes, twice each, hidden layouts on and off.
template <class Module>
void expect_same_results(Module& module, IntArrayRef sizes, double tolerance = 1e-5) {
  shake(*module);
  module->eval();
  auto compiled = compile_for_inference(module);
  const NoGradGuard no_grad;
  const bool hides = hides_layouts();
  for (const bool hide : {true, false}) {
    set_hides_layouts(hide);
    for (const int64_t batch : {1, 3, 33, 0}) {
      std::vector<int64_t> shape(sizes.begin(), sizes.end());
      shape.insert(shape.begin(), batch);
      const Tensor x = randn(shape);
      const Tensor before = x.clone(), expected = module->forward(x);
      for (int i = 0; i < 2; ++i) {
        const Tensor result = compiled->forward(x);
        ASSERT_EQ(result.sizes(), expected.sizes());
        ASSERT_EQ(result.scalar_type(), expected.scalar_type());
        if (batch == 0) continue;
        EXPECT_LT((result - expected).abs().max().template item<double>(),
                  tolerance * (1 + expected.abs().max().template item<double>()))
            << "batch " << batch;
      }
      EXPECT_TRUE(x.equal(before));
    }
  }
  set_hides_layouts(hides);
}

nn::Sequential convolutions() {
  return nn::Sequential(conv(3, 16), nn::BatchNorm2d(16), nn::ReLU(), nn::MaxPool2d(2), conv(16, 24),
                        nn::Dropout(0.5), nn::BatchNorm2d(24), nn::LeakyReLU(0.1), nn::Identity(), nn::MaxPool2d(2));
}

TEST(CompileForInference, FoldsBatchNormIntoConvolutions) {
  nn::Sequential model = convolutions();
  expect_same_results(model, {3, 12, 12});
}

// Channels enough for Winograd's algorithm, with more weights than are put off, and tiles that do not fit.
TEST(CompileForInference, ComputesLargeConvolutions) {
  manual_seed(0);
  nn::Sequential model(conv(32, 64), nn::BatchNorm2d(64), nn::ReLU(), conv(64, 256, 3, 0), nn::ReLU(), conv(256, 48));
  expect_same_results(model, {32, 11, 14});
}

TEST(CompileForInference, FoldsBatchNormOfEveryRank) {
  nn::Sequential line(nn::Conv1d(3, 8, 3), nn::BatchNorm1d(8), nn::ReLU());
  expect_same_results(line, {3, 9});
  nn::Sequential volume(nn::Conv3d(2, 4, 3), nn::BatchNorm3d(4), nn::GELU());
  expect_same_results(volume, {2, 6, 5, 4});
  nn::Sequential features(nn::Linear(40, 50), nn::BatchNorm1d(50), nn::ReLU(), nn::Linear(50, 7));
  expect_same_results(features, {40});
}

TEST(CompileForInference, FoldsBatchNormIntoTransposedConvolutions) {
  nn::Sequential model(nn::ConvTranspose2d(nn::ConvTranspose2dOptions(6, 8, 4).stride(2).padding(1).bias(false)),
                       nn::BatchNorm2d(8), nn::ReLU(),
                       nn::ConvTranspose2d(nn::ConvTranspose2dOptions(8, 4, 4).stride(2).groups(2)),
                       nn::BatchNorm2d(4), nn::Tanh());
  expect_same_results(model, {6, 4, 5});
}

TEST(CompileForInference, KeepsWhatCannotBeFolded) {
  nn::Sequential without_statistics(conv(3, 4), nn::BatchNorm2d(nn::BatchNormOptions(4).track_running_stats(false)));
  expect_same_results(without_statistics, {3, 6, 6});
  nn::Sequential rows(nn::Linear(5, 6), nn::BatchNorm1d(4));  // of [N, 4, 6], where dimension 1 is another one
  expect_same_results(rows, {4, 5});
  nn::Sequential first(nn::BatchNorm2d(3), conv(3, 4), nn::ReLU(), nn::BatchNorm2d(4));
  expect_same_results(first, {3, 6, 6});
}

TEST(CompileForInference, HandlesEveryOptionOfConvolutions) {
  nn::Sequential model(
      nn::Conv2d(nn::Conv2dOptions(4, 8, 3).stride(2).padding(2).dilation(2).groups(2).bias(false)),
      nn::BatchNorm2d(nn::BatchNormOptions(8).affine(false)), nn::ReLU6(),
      nn::Conv2d(nn::Conv2dOptions(8, 6, {2, 3}).padding(kSame)), nn::ReLU(nn::ReLUOptions(true)),
      nn::Conv2d(nn::Conv2dOptions(6, 5, 3).padding(1).padding_mode(kReflect)), nn::BatchNorm2d(5), nn::AvgPool2d(2));
  expect_same_results(model, {4, 11, 14});
}

TEST(CompileForInference, KeepsRanksThatHaveNoBatchDimension) {
  nn::Sequential model(conv(3, 4), nn::ReLU(), nn::MaxPool2d(2));
  const NoGradGuard no_grad;
  const Tensor x = randn({3, 8, 8});
  EXPECT_TRUE(allclose(compile_for_inference(model)(x), model(x)));
}

struct ResidualImpl : nn::Module {
  explicit ResidualImpl(int64_t channels)
      : body(register_module("body", nn::Sequential(conv(channels, channels), nn::BatchNorm2d(channels), nn::ReLU(),
                                                    conv(channels, channels), nn::BatchNorm2d(channels)))) {}
  Tensor forward(Tensor x) { return relu(x + body(x)); }
  nn::Sequential body;
};
RELUME_MODULE(Residual);

// Written by a user, not Cloneable, with a parameter of its own and a forward that depends on the data.
struct NetImpl : nn::Module {
  NetImpl()
      : stem(register_module("stem", conv(3, 8))),
        norm(register_module("norm", nn::BatchNorm2d(8))),
        residual(register_module("residual", Residual(8))),
        drop(register_module("drop", nn::Dropout(0.5))),
        fc(register_module("fc", nn::Linear(8, 10))) {
    scale = register_parameter("scale", full({8, 1, 1}, 0.5));
  }
  Tensor forward(Tensor x) {
    const Tensor first = stem(x);
    Tensor y = relu(norm(first)) + first * scale;
    if (y.numel() > 0 && y.mean().item<double>() > -100) y = residual(y);
    y = nn::functional::dropout(y, nn::functional::DropoutFuncOptions().training(is_training()));
    return fc(drop(y.mean({2, 3}))) * factor;
  }
  nn::Conv2d stem;
  nn::BatchNorm2d norm;
  Residual residual;
  nn::Dropout drop;
  nn::Linear fc;
  Tensor scale;
  double factor = 1;
};
RELUME_MODULE(Net);

TEST(CompileForInference, RunsModulesOfUsersAsTheyAreWritten) {
  Net net;
  net->factor = 3;  // what is no parameter is kept too
  expect_same_results(net, {3, 9, 9});
}

TEST(CompileForInference, ComputesAsInEvaluationModeAndLeavesTheOriginalInTraining) {
  Net net;
  shake(*net);
  auto compiled = compile_for_inference(net);
  const Tensor x = randn({2, 3, 8, 8});
  const Tensor mean = net->norm->running_mean.clone();
  const NoGradGuard no_grad;
  const Tensor result = compiled(x);
  EXPECT_FALSE(compiled->is_training());
  EXPECT_TRUE(net->is_training());
  EXPECT_TRUE(net->drop->is_training());
  EXPECT_TRUE(net->norm->running_mean.equal(mean));
  net->eval();
  EXPECT_TRUE(allclose(result, net(x), 1e-5, 1e-5));
}

TEST(CompileForInference, SeesParametersThatOpsWrite) {
  nn::Sequential model = convolutions();
  model->eval();
  auto compiled = compile_for_inference(model);
  const Tensor x = randn({2, 3, 8, 8});
  const NoGradGuard no_grad;
  compiled(x);
  for (const Tensor& tensor : {model->parameters()[0], model->parameters()[2], model->buffers()[1]}) {
    tensor.detach().mul_(2);
    EXPECT_TRUE(allclose(compiled(x), model(x), 1e-5, 1e-5));
  }
  model->parameters()[0].set_data(randn({16, 3, 3, 3}));
  EXPECT_TRUE(allclose(compiled(x), model(x), 1e-5, 1e-5));
  nn::Sequential other = convolutions();
  model->load_state_dict(other->state_dict());
  EXPECT_TRUE(allclose(compiled(x), model(x), 1e-5, 1e-5));
}

TEST(CompileForInference, FollowsAPartThatGrows) {
  nn::Sequential model(nn::Linear(3, 4)), whole;
  whole->push_back(model);
  auto compiled = compile_for_inference(whole);
  model->push_back(nn::ReLU());
  const NoGradGuard no_grad;
  const Tensor x = randn({5, 3});
  EXPECT_TRUE(compiled(x).equal(whole(x)));
}

TEST(CompileForInference, UsesALayerThatIsFoldedOnlyInOnePlace) {
  nn::Conv2d shared = conv(3, 3);
  nn::Sequential model(shared, nn::BatchNorm2d(3), shared, nn::ReLU());
  expect_same_results(model, {3, 5, 5});
}

TEST(CompileForInference, CallsHooks) {
  nn::Sequential model = convolutions();
  model->eval();
  int calls = 0;
  auto handle = model[1]->register_forward_hook(
      [&calls](nn::Module&, const std::vector<Tensor>&, const std::vector<Tensor>&) { ++calls; });
  auto compiled = compile_for_inference(model);
  const NoGradGuard no_grad;
  const Tensor x = randn({2, 3, 8, 8});
  const Tensor hooked = compiled(x);
  EXPECT_EQ(calls, 1);
  handle.remove();
  EXPECT_TRUE(allclose(compiled(x), hooked, 1e-5, 1e-5));
}

struct TwoInputsImpl : nn::Module {
  std::tuple<Tensor, Tensor> forward(const Tensor& a, const Tensor& b, double factor = 2) {
    return {fc(a) + fc(b), a * factor};
  }
  nn::Linear fc = register_module("fc", nn::Linear(3, 2));
};
RELUME_MODULE(TwoInputs);

TEST(CompileForInference, KeepsTheInterface) {
  TwoInputs two;
  auto compiled = compile_for_inference(two);
  const NoGradGuard no_grad;
  const Tensor a = randn({4, 3}), b = randn({4, 3});
  EXPECT_TRUE(std::get<0>(compiled(a, b)).equal(std::get<0>(two(a, b))));
  EXPECT_TRUE(std::get<1>(compiled->forward(a, b, 3)).equal(a * 3));
  EXPECT_EQ(compiled->name(), two->name());
  EXPECT_EQ(compiled->named_parameters().keys(), two->named_parameters().keys());
  std::ostringstream printed, original;
  printed << compiled;
  original << two;
  EXPECT_EQ(printed.str(), original.str());

  nn::Sequential outer(compile_for_inference(nn::Linear(3, 5)), nn::ReLU());
  EXPECT_EQ(outer(a).sizes(), IntArrayRef({4, 5}));
  const auto shared = compile_for_inference(std::make_shared<nn::LinearImpl>(3, 2));
  EXPECT_EQ(shared->forward(a).sizes(), IntArrayRef({4, 2}));
  nn::AnyModule anything(compiled);
  const auto results = anything.forward<std::tuple<Tensor, Tensor>>(a, b, 2.0);
  EXPECT_TRUE(std::get<1>(results).equal(a * 2));
}

// What sees a ReLU's result next, when nobody has looked at it yet.
struct AfterReLUImpl : nn::Module {
  using Use = std::function<Tensor(const Tensor&)>;
  explicit AfterReLUImpl(Use use) : use(std::move(use)) {}
  Tensor forward(const Tensor& x) { return use(relu_(conv_(x))); }
  nn::Conv2d conv_ = register_module("conv", conv(3, 8));
  nn::ReLU relu_ = register_module("relu", nn::ReLU());
  Use use;
};
RELUME_MODULE(AfterReLU);

TEST(CompileForInference, ShowsEveryoneTheResultOfReLU) {
  const nn::Conv2d next = conv(8, 4);
  const std::vector<AfterReLUImpl::Use> uses = {
      [](const Tensor& y) { return y; },
      [](const Tensor& y) { return y + 1; },
      [](const Tensor& y) { return y.clone().neg_(); },
      [](const Tensor& y) { return y.sum({2, 3}); },
      [](const Tensor& y) { return y.flatten(1); },
      [](const Tensor& y) { return y.narrow(1, 2, 3); },
      [](const Tensor& y) { return y[0].unsqueeze(0); },
      [](const Tensor& y) { return y.detach().view({-1}); },
      [](const Tensor& y) { return tensor(y.data_ptr<float>()[5]); },
      [next](const Tensor& y) { return next(y); },
      [](const Tensor& y) { return leaky_relu(-y, 0.5); },
      [](const Tensor& y) { return max_pool2d(y, 2); },
      [](const Tensor& y) { return max_pool2d(y, 2).sum() + max_pool2d(y, 3, 1).sum(); },
      [](const Tensor& y) { return max_pool2d(y, 2).sum() + y.sum(); },
      [](const Tensor& y) { return max_pool2d(y, 2, 2, 1, 8); },  // windows of padding alone
      [](const Tensor& y) { return std::get<0>(max_pool2d_with_indices(y, 2)); },
      [](const Tensor& y) { return avg_pool2d(y, 2); },
      [](const Tensor& y) { return max_pool1d(y[0], 2); },
      [](const Tensor& y) { return cat({y, y}, 1); },
      [](const Tensor& y) { return y.to(kDouble); },
      [](Tensor y) { return y.mul_(-1); },
  };
  for (size_t i = 0; i < uses.size(); ++i) {
    AfterReLU module(uses[i]);
    auto compiled = compile_for_inference(module);
    const NoGradGuard no_grad;
    const Tensor x = randn({2, 3, 8, 8});
    const Tensor result = compiled(x), expected = module(x);
    EXPECT_TRUE(allclose(result, expected, 1e-5, 1e-5)) << "use " << i;
  }
}

TEST(CompileForInference, KeepsNaN) {
  nn::Sequential model(conv(3, 4), nn::ReLU(), nn::MaxPool2d(2));
  Tensor x = randn({2, 3, 8, 8});
  x[0][1][4][4] = NAN;
  const NoGradGuard no_grad;
  const Tensor expected = model(x), result = compile_for_inference(model)(x);
  EXPECT_GT(expected.isnan().sum().item<int64_t>(), 0);
  EXPECT_TRUE(result.isnan().equal(expected.isnan()));
}

TEST(CompileForInference, ComputesInTheDtypeOfTheModule) {
  for (const ScalarType dtype : {kDouble, kBFloat16, kHalf}) {
    nn::Sequential model = convolutions();
    shake(*model);
    model->to(dtype);
    model->eval();
    const NoGradGuard no_grad;
    const Tensor x = randn({2, 3, 8, 8}).to(dtype);
    const Tensor result = compile_for_inference(model)(x), expected = model(x);
    EXPECT_EQ(result.scalar_type(), dtype);
    // Batch norm is rounded into the weights: some units of the last of 8 (bfloat16) or 11 bits (float16).
    const double tolerance = dtype == kDouble ? 1e-12 : dtype == kHalf ? 1e-2 : 8e-2;
    EXPECT_LT((result - expected).abs().max().item<double>(),
              tolerance * (1 + expected.abs().max().item<double>()))
        << dtype;
  }
}

TEST(CompileForInference, MayBeCalledBySeveralThreads) {
  nn::Sequential model = convolutions();
  shake(*model);
  model->eval();
  auto compiled = compile_for_inference(model);
  Tensor expected;
  const Tensor x = randn({4, 3, 8, 8});
  {
    const NoGradGuard no_grad;
    expected = model(x);
  }
  std::vector<std::thread> threads;
  std::vector<int> right(4);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      const NoGradGuard no_grad;
      for (int k = 0; k < 20; ++k) right[i] += allclose(compiled(x), expected, 1e-5, 1e-5);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(right, testing::Each(20));
}

template <class F>
std::string error_of(F action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(CompileForInference, CannotBeTrained) {
  auto compiled = compile_for_inference(nn::Sequential(nn::Linear(3, 2)));
  EXPECT_THAT(error_of([&] { compiled->train(); }), HasSubstr("train(): a module made by compile_for_inference"));
  EXPECT_THAT(error_of([&] { compiled->to(kDouble); }), HasSubstr("to(): a module made by compile_for_inference"));
  compiled->eval();
  const Tensor x = randn({2, 3}).set_requires_grad(true);
  EXPECT_THAT(error_of([&] { compiled(x); }), HasSubstr("records no graph, but its input requires grad"));
  EXPECT_FALSE(compiled(x.detach()).requires_grad());
  EXPECT_TRUE(GradMode::is_enabled());
  const NoGradGuard no_grad;
  EXPECT_EQ(compiled(x).sizes(), IntArrayRef({2, 2}));
}

TEST(CompileForInference, RefusesAnEmptyHolderAndWrongInputs) {
  EXPECT_THROW(compile_for_inference(nn::Linear(nullptr)), Error);
  EXPECT_THROW(compile_for_inference(std::shared_ptr<nn::LinearImpl>()), Error);
  auto compiled = compile_for_inference(convolutions());
  const NoGradGuard no_grad;
  EXPECT_THAT(error_of([&] { compiled(randn({2, 4, 8, 8})); }), HasSubstr("expected input[2, 4, 8, 8] to have 3"));
  EXPECT_THROW(compiled(randn({3, 8, 8})), Error);  // batch norm wants a batch
  EXPECT_EQ(compiled(randn({1, 3, 8, 8})).dim(), 4);
  EXPECT_THROW(compile_for_inference(nn::Sequential())(randn({1})), Error);
}

}  // namespace
}  // namespace relume
