// Replays PyTorch's goldens of seeded modules and of nn::init: initial state, outputs, gradients, buffers.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "oracle/golden.h"
#include "relume/nn.h"

namespace relume::oracle {
namespace {

using nn::AnyModule;

constexpr double kUlp = 64;  // sums of a few dozen products, and normalisation, in float32

// A Sequential of modules that are built in this order, which the arguments of a call need not be.
nn::Sequential sequence(const std::vector<AnyModule>& modules) {
  nn::Sequential result;
  for (const AnyModule& module : modules) result->push_back(module);
  return result;
}

// The module that each Python expression of the goldens makes.
const std::map<std::string, std::function<AnyModule()>>& factories() {
  using namespace nn;  // NOLINT: a table of modules
#define ROW(text, ...)                          \
  {                                             \
    text, [] { return AnyModule(__VA_ARGS__); } \
  }
  static const std::map<std::string, std::function<AnyModule()>> table = {
      ROW("Linear(4, 3)", Linear(4, 3)),
      ROW("Linear(4, 3, bias=False)", Linear(LinearOptions(4, 3).bias(false))),
      ROW("Linear(3, 1)", Linear(3, 1)),
      ROW("Linear(784, 512)", Linear(784, 512)),
      ROW("Identity()", Identity()),
      ROW("Flatten()", Flatten()),
      ROW("Flatten(0, 1)", Flatten(FlattenOptions().start_dim(0).end_dim(1))),
      ROW("Conv1d(2, 3, 3)", Conv1d(2, 3, 3)),
      ROW("Conv1d(7, 13, 5)", Conv1d(7, 13, 5)),
      ROW("Conv1d(2, 4, 3, stride=2, padding=1, groups=2)",
          Conv1d(Conv1dOptions(2, 4, 3).stride(2).padding(1).groups(2))),
      ROW("Conv2d(1, 2, 3)", Conv2d(1, 2, 3)),
      ROW("Conv2d(2, 3, 3)", Conv2d(2, 3, 3)),
      ROW("Conv2d(32, 64, 3)", Conv2d(32, 64, 3)),
      ROW("Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2, bias=False)",
          Conv2d(Conv2dOptions(2, 4, {3, 2}).stride({2, 1}).padding({1, 0}).dilation({1, 2}).groups(2).bias(false))),
      ROW("Conv2d(2, 2, 3, padding='same', padding_mode='reflect')",
          Conv2d(Conv2dOptions(2, 2, 3).padding(kSame).padding_mode(kReflect))),
      ROW("Conv2d(2, 2, 3, padding=1, padding_mode='circular')",
          Conv2d(Conv2dOptions(2, 2, 3).padding(1).padding_mode(kCircular))),
      ROW("ConvTranspose2d(2, 3, 2, stride=2)", ConvTranspose2d(ConvTranspose2dOptions(2, 3, 2).stride(2))),
      ROW("ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False)",
          ConvTranspose2d(
              ConvTranspose2dOptions(4, 2, 3).stride(2).padding(1).output_padding(1).groups(2).bias(false))),
      ROW("ConvTranspose2d(16, 8, 4)", ConvTranspose2d(16, 8, 4)),
      ROW("MaxPool2d(2)", MaxPool2d(2)),
      ROW("MaxPool2d(3, stride=2, padding=1, ceil_mode=True)",
          MaxPool2d(MaxPool2dOptions(3).stride(2).padding(1).ceil_mode(true))),
      ROW("AvgPool2d(2)", AvgPool2d(2)),
      ROW("AvgPool2d(3, stride=2, padding=1, count_include_pad=False)",
          AvgPool2d(AvgPool2dOptions(3).stride(2).padding(1).count_include_pad(false))),
      ROW("AdaptiveAvgPool2d((1, 1))", AdaptiveAvgPool2d(AdaptiveAvgPool2dOptions({1, 1}))),
      ROW("AdaptiveAvgPool2d((None, 2))", AdaptiveAvgPool2d(AdaptiveAvgPool2dOptions({std::nullopt, 2}))),
      ROW("BatchNorm1d(3)", BatchNorm1d(3)),
      ROW("BatchNorm1d(3, affine=False)", BatchNorm1d(BatchNorm1dOptions(3).affine(false))),
      ROW("BatchNorm2d(2)", BatchNorm2d(2)),
      ROW("BatchNorm2d(2, momentum=None)", BatchNorm2d(BatchNorm2dOptions(2).momentum(std::nullopt))),
      ROW("BatchNorm2d(2, eps=0.01, momentum=0.3)", BatchNorm2d(BatchNorm2dOptions(2).eps(0.01).momentum(0.3))),
      ROW("BatchNorm2d(2, track_running_stats=False)", BatchNorm2d(BatchNorm2dOptions(2).track_running_stats(false))),
      ROW("LayerNorm(4)", LayerNorm(LayerNormOptions({4}))),
      ROW("LayerNorm(4, bias=False)", LayerNorm(LayerNormOptions({4}).bias(false))),
      ROW("LayerNorm([2, 3], elementwise_affine=False)", LayerNorm(LayerNormOptions({2, 3}).elementwise_affine(false))),
      ROW("Dropout(0.5)", Dropout(0.5)),
      ROW("Dropout(0.3)", Dropout(0.3)),
      ROW("Dropout(0.0)", Dropout(0.0)),
      ROW("Dropout(1.0)", Dropout(1.0)),
      ROW("Dropout2d(0.5)", Dropout2d(0.5)),
      ROW("AlphaDropout(0.4)", AlphaDropout(0.4)),
      ROW("PReLU()", PReLU()),
      ROW("PReLU(3, init=0.1)", PReLU(PReLUOptions(3).init(0.1))),
      ROW("RReLU()", RReLU()),
      ROW("RReLU(0.1, 0.2)", RReLU(RReLUOptions().lower(0.1).upper(0.2))),
      ROW("GLU(1)", GLU(1)),
      ROW("Softmax(1)", Softmax(1)),
      ROW("LogSoftmax(1)", LogSoftmax(1)),
      ROW("Softmin(1)", Softmin(1)),
      ROW("Softmax2d()", Softmax2d()),
      ROW("Embedding(5, 3)", Embedding(5, 3)),
      ROW("Embedding(100, 33)", Embedding(100, 33)),
      ROW("Embedding(5, 3, padding_idx=2)", Embedding(EmbeddingOptions(5, 3).padding_idx(2))),
      ROW("Embedding(5, 3, max_norm=1.0)", Embedding(EmbeddingOptions(5, 3).max_norm(1.0))),
      ROW("ReLU()", ReLU()),
      ROW("ReLU6()", ReLU6()),
      ROW("LeakyReLU()", LeakyReLU()),
      ROW("LeakyReLU(0.2)", LeakyReLU(LeakyReLUOptions().negative_slope(0.2))),
      ROW("ELU()", ELU()),
      ROW("ELU(0.5)", ELU(ELUOptions().alpha(0.5))),
      ROW("SELU()", SELU()),
      ROW("CELU(0.5)", CELU(CELUOptions().alpha(0.5))),
      ROW("GELU()", GELU()),
      ROW("GELU('tanh')", GELU(GELUOptions().approximate("tanh"))),
      ROW("SiLU()", SiLU()),
      ROW("Mish()", Mish()),
      ROW("Sigmoid()", Sigmoid()),
      ROW("LogSigmoid()", LogSigmoid()),
      ROW("Tanh()", Tanh()),
      ROW("Softplus()", Softplus()),
      ROW("Softplus(2.0, 1.0)", Softplus(SoftplusOptions().beta(2.0).threshold(1.0))),
      ROW("Softsign()", Softsign()),
      ROW("Tanhshrink()", Tanhshrink()),
      ROW("Hardtanh()", Hardtanh()),
      ROW("Hardtanh(-0.5, 0.75)", Hardtanh(HardtanhOptions().min_val(-0.5).max_val(0.75))),
      ROW("Hardswish()", Hardswish()),
      ROW("Hardsigmoid()", Hardsigmoid()),
      ROW("Hardshrink()", Hardshrink()),
      ROW("Softshrink(0.3)", Softshrink(0.3)),
      ROW("Threshold(0.1, 20.0)", Threshold(0.1, 20.0)),
      ROW("Sequential(Linear(4, 5), ReLU(), Linear(5, 2))",
          sequence({AnyModule(Linear(4, 5)), AnyModule(ReLU()), AnyModule(Linear(5, 2))})),
      ROW("Sequential(Conv2d(1, 2, 3, bias=False), BatchNorm2d(2), ReLU(), MaxPool2d(2), Flatten(), Linear(4, 3))",
          sequence({AnyModule(Conv2d(Conv2dOptions(1, 2, 3).bias(false))), AnyModule(BatchNorm2d(2)), AnyModule(ReLU()),
                    AnyModule(MaxPool2d(2)), AnyModule(Flatten()), AnyModule(Linear(4, 3))})),
      ROW("MultiheadAttention(4, 2)", MultiheadAttention(4, 2)),
      ROW("MultiheadAttention(64, 4)", MultiheadAttention(64, 4)),
      ROW("MultiheadAttention(4, 2, bias=False, batch_first=True)",
          MultiheadAttention(MultiheadAttentionOptions(4, 2).bias(false).batch_first(true))),
  };
#undef ROW
  return table;
}

AnyModule build(const std::string& text) {
  manual_seed(0);
  const auto factory = factories().find(text);
  if (factory == factories().end()) throw std::logic_error("no factory of " + text);
  return factory->second();
}

std::vector<Tensor> run(AnyModule& module, const Tensor& x) {
  if (auto attention = std::dynamic_pointer_cast<nn::MultiheadAttentionImpl>(module.ptr())) {
    const auto [output, weights] = attention->forward(x, x, x);
    return {output, weights};
  }
  return {module.forward(x)};
}

// Numbers that look random, as make_nn.py makes them.
Tensor pattern(const std::vector<int64_t>& sizes) {
  const Tensor x = empty(sizes, kFloat);
  for (int64_t i = 0; i < x.numel(); ++i)
    x.data_ptr<float>()[i] = static_cast<float>((static_cast<double>((i * 37 + 11) % 101) - 50) / 40);
  return x;
}

// Compares tensors by name with the texts of a golden.
template <class Tensors>
void expect_like(const Tensors& got, const json& expected, const std::string& what, double ulp) {
  EXPECT_EQ(got.size(), expected.size()) << what;
  for (const auto& [name, tensor] : got) {
    if (!expected.contains(name)) {
      ADD_FAILURE() << what << ": " << name << " is not expected";
      continue;
    }
    EXPECT_EQ(difference(tensor.contiguous(), expected[name], ulp, false), "") << what << " " << name;
  }
}

std::map<std::string, Tensor> by_name(const OrderedDict<std::string, Tensor>& dict) {
  std::map<std::string, Tensor> tensors;
  for (const auto& item : dict) tensors[item.key()] = item.value();
  return tensors;
}

std::map<std::string, Tensor> numbered(const std::vector<Tensor>& list) {
  std::map<std::string, Tensor> tensors;
  for (const Tensor& tensor : list) tensors[std::to_string(tensors.size())] = tensor;
  return tensors;
}

json numbered(const json& list) {
  json object = json::object();
  for (const json& text : list) object[std::to_string(object.size())] = text;
  return object;
}

// Sum of the bit patterns modulo 2^32: equal only where every number is.
uint32_t checksum(const Tensor& tensor) {
  uint32_t sum = 0;
  for (int64_t i = 0; i < tensor.numel(); ++i) sum += detail::bits_from_float(tensor.data_ptr<float>()[i]);
  return sum;
}

void replay_large(const json& row) {
  for (const auto& [name, tensor] : by_name(build(row["module"]).ptr()->named_parameters())) {
    EXPECT_EQ(
        difference(tensor.flatten().narrow(0, 0, std::min<int64_t>(4, tensor.numel())), row["first"][name], 0, true),
        "")
        << name;
    EXPECT_EQ(checksum(tensor), row["checksums"][name].get<uint32_t>()) << name;
  }
}

void replay_module(const json& row) {
  AnyModule module = build(row["module"]);
  expect_like(by_name(module.ptr()->state_dict()), row["state"], "initial state", 0);
  const bool indices = row["input"].is_null();
  const Tensor x = indices ? parse_tensor("int64[2,3] 4 0 2 2 1 1")
                           : pattern(row["input"].get<std::vector<int64_t>>()).requires_grad_();
  manual_seed(1);
  const std::vector<Tensor> out = run(module, x);
  expect_like(numbered(out), numbered(row["train"]), "output in training", kUlp);
  out[0].backward(weights(out[0]));
  std::map<std::string, Tensor> gradients;
  for (const auto& [name, parameter] : by_name(module.ptr()->named_parameters())) gradients[name] = parameter.grad();
  if (!indices) gradients["input"] = x.grad();
  expect_like(gradients, row["grads"], "gradient", kUlp);
  expect_like(by_name(module.ptr()->named_buffers()), row["buffers"], "buffer afterwards", kUlp);
  module.ptr()->eval();
  expect_like(numbered(run(module, x)), numbered(row["eval"]), "output in evaluation", kUlp);
}

TEST(ModuleGoldens, StateOutputsAndGradientsAreThoseOfTheOracle) {
  const Golden golden("module");
  for (const Golden::Row& row : golden.rows) {
    SCOPED_TRACE("module.jsonl:" + std::to_string(row.line) + ": " + row.data["module"].get<std::string>());
    try {
      row.data.contains("checksums") ? replay_large(row.data) : replay_module(row.data);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

// The functions of nn::init, each with the arguments that a row gives.
Tensor initialise(const std::string& name, const json& args, Tensor t) {
  namespace init = nn::init;
  const auto number = [&](size_t i, double fallback) { return i < args.size() ? args[i].get<double>() : fallback; };
  const nn::init::FanModeType mode = args.size() > 1 && args[1] == "fan_out" ? nn::init::FanModeType(kFanOut) : kFanIn;
  const nn::init::NonlinearityType kind =
      args.size() > 2 && args[2] == "relu" ? nn::init::NonlinearityType(kReLU) : kLeakyReLU;
  if (name == "uniform_") return init::uniform_(t, number(0, 0), number(1, 1));
  if (name == "normal_") return init::normal_(t, number(0, 0), number(1, 1));
  if (name == "trunc_normal_") return init::trunc_normal_(t, number(0, 0), number(1, 1), number(2, -2), number(3, 2));
  if (name == "constant_") return init::constant_(t, number(0, 0));
  if (name == "ones_") return init::ones_(t);
  if (name == "zeros_") return init::zeros_(t);
  if (name == "eye_") return init::eye_(t);
  if (name == "dirac_") return init::dirac_(t);
  if (name == "sparse_") return init::sparse_(t, number(0, 0));
  if (name == "orthogonal_") return init::orthogonal_(t, number(0, 1));
  if (name == "xavier_uniform_") return init::xavier_uniform_(t, number(0, 1));
  if (name == "xavier_normal_") return init::xavier_normal_(t, number(0, 1));
  if (name == "kaiming_uniform_") return init::kaiming_uniform_(t, number(0, 0), mode, kind);
  if (name == "kaiming_normal_") return init::kaiming_normal_(t, number(0, 0), mode, kind);
  throw std::logic_error("no function " + name);
}

void replay_init(const json& row) {
  manual_seed(3);
  const Tensor t = full(row["sizes"].get<std::vector<int64_t>>(), 7.0, kFloat);
  const std::string name = row["init"];
  // A QR decomposition may round otherwise; all other numbers are exact.
  const double ulp = name == "orthogonal_" ? 64 : 0;
  try {
    const Tensor out = initialise(name, row["args"], t);
    ASSERT_FALSE(row.contains("error")) << "no error";
    EXPECT_EQ(difference(out, row["out"], ulp, false), "");
  } catch (const Error& error) {
    ASSERT_TRUE(row.contains("error")) << error.what();
    EXPECT_EQ(difference(error, row["error"]), "");
  }
}

TEST(InitGoldens, ValuesAreThoseOfTheOracle) {
  const Golden golden("init");
  for (const Golden::Row& row : golden.rows) {
    SCOPED_TRACE("init.jsonl:" + std::to_string(row.line) + ": " + row.data.dump().substr(0, 100));
    if (row.data.contains("init")) replay_init(row.data);
  }
}

TEST(InitGoldens, GainsAreThoseOfTheOracle) {
  const std::map<std::string, nn::init::NonlinearityType> kinds = {
      {"linear", kLinear}, {"conv2d", kConv2D},        {"sigmoid", kSigmoid}, {"tanh", kTanh},
      {"relu", kReLU},     {"leaky_relu", kLeakyReLU}, {"selu", kSELU}};
  const Golden golden("init");
  for (const Golden::Row& row : golden.rows) {
    if (!row.data.contains("gain")) continue;
    const std::string name = row.data["gain"];
    const json& args = row.data["args"];
    EXPECT_DOUBLE_EQ(args.empty() ? nn::init::calculate_gain(kinds.at(name))
                                  : nn::init::calculate_gain(kinds.at(name), args[0].get<double>()),
                     row.data["out"].get<double>())
        << name;
  }
}

}  // namespace
}  // namespace relume::oracle
