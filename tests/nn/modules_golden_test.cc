// Every module against PyTorch: its seeded state, what it computes in training and evaluation, gradients and buffers.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "oracle/golden.h"
#include "relume/autograd.h"
#include "relume/creation.h"
#include "relume/nn.h"
#include "relume/operators.h"

namespace relume::oracle {
namespace {

using namespace relume::nn;

struct Case {
  const char* python;
  std::function<AnyModule()> make;
};
#define RELUME_CASE(python, ...)                  \
  {                                               \
    python, [] { return AnyModule(__VA_ARGS__); } \
  }

const Case kCases[] = {
    RELUME_CASE("Linear(4, 3)", Linear(4, 3)),
    RELUME_CASE("Linear(4, 3, bias=False)", Linear(LinearOptions(4, 3).bias(false))),
    RELUME_CASE("Identity()", Identity()),
    RELUME_CASE("Flatten()", Flatten()),
    RELUME_CASE("Flatten(0, 1)", Flatten(FlattenOptions().start_dim(0).end_dim(1))),
    RELUME_CASE("Conv1d(2, 3, 3)", Conv1d(2, 3, 3)),
    RELUME_CASE("Conv1d(2, 4, 3, stride=2, padding=1, groups=2)",
                Conv1d(Conv1dOptions(2, 4, 3).stride(2).padding(1).groups(2))),
    RELUME_CASE("Conv2d(2, 3, 3)", Conv2d(2, 3, 3)),
    RELUME_CASE(
        "Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2, bias=False)",
        Conv2d(Conv2dOptions(2, 4, {3, 2}).stride({2, 1}).padding({1, 0}).dilation({1, 2}).groups(2).bias(false))),
    RELUME_CASE("Conv2d(2, 2, 3, padding='same', padding_mode='reflect')",
                Conv2d(Conv2dOptions(2, 2, 3).padding(kSame).padding_mode(kReflect))),
    RELUME_CASE("Conv2d(2, 2, 3, padding=1, padding_mode='circular')",
                Conv2d(Conv2dOptions(2, 2, 3).padding(1).padding_mode(kCircular))),
    RELUME_CASE("ConvTranspose2d(2, 3, 2, stride=2)", ConvTranspose2d(ConvTranspose2dOptions(2, 3, 2).stride(2))),
    RELUME_CASE(
        "ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False)",
        ConvTranspose2d(ConvTranspose2dOptions(4, 2, 3).stride(2).padding(1).output_padding(1).groups(2).bias(false))),
    RELUME_CASE("MaxPool2d(2)", MaxPool2d(2)),
    RELUME_CASE("MaxPool2d(3, stride=2, padding=1, ceil_mode=True)",
                MaxPool2d(MaxPool2dOptions(3).stride(2).padding(1).ceil_mode(true))),
    RELUME_CASE("AvgPool2d(2)", AvgPool2d(2)),
    RELUME_CASE("AvgPool2d(3, stride=2, padding=1, count_include_pad=False)",
                AvgPool2d(AvgPool2dOptions(3).stride(2).padding(1).count_include_pad(false))),
    RELUME_CASE("AdaptiveAvgPool2d((1, 1))", AdaptiveAvgPool2d(AdaptiveAvgPool2dOptions({1, 1}))),
    RELUME_CASE("AdaptiveAvgPool2d((None, 2))", AdaptiveAvgPool2d(AdaptiveAvgPool2dOptions({std::nullopt, 2}))),
    RELUME_CASE("BatchNorm1d(3)", BatchNorm1d(3)),
    RELUME_CASE("BatchNorm1d(3, affine=False)", BatchNorm1d(BatchNorm1dOptions(3).affine(false))),
    RELUME_CASE("BatchNorm2d(2)", BatchNorm2d(2)),
    RELUME_CASE("BatchNorm2d(2, momentum=None)", BatchNorm2d(BatchNorm2dOptions(2).momentum(std::nullopt))),
    RELUME_CASE("BatchNorm2d(2, eps=0.01, momentum=0.3)", BatchNorm2d(BatchNorm2dOptions(2).eps(0.01).momentum(0.3))),
    RELUME_CASE("BatchNorm2d(2, track_running_stats=False)",
                BatchNorm2d(BatchNorm2dOptions(2).track_running_stats(false))),
    RELUME_CASE("LayerNorm(4)", LayerNorm(LayerNormOptions({4}))),
    RELUME_CASE("LayerNorm([2, 3], elementwise_affine=False)",
                LayerNorm(LayerNormOptions({2, 3}).elementwise_affine(false))),
    RELUME_CASE("LayerNorm(4, bias=False)", LayerNorm(LayerNormOptions({4}).bias(false))),
    RELUME_CASE("Dropout(0.5)", Dropout(0.5)),
    RELUME_CASE("Dropout(0.3)", Dropout(0.3)),
    RELUME_CASE("Dropout2d(0.5)", Dropout2d(0.5)),
    RELUME_CASE("Dropout(0.0)", Dropout(0.0)),
    RELUME_CASE("Dropout(1.0)", Dropout(1.0)),
    RELUME_CASE("AlphaDropout(0.4)", AlphaDropout(0.4)),
    RELUME_CASE("PReLU()", PReLU()),
    RELUME_CASE("PReLU(3, init=0.1)", PReLU(PReLUOptions(3).init(0.1))),
    RELUME_CASE("RReLU()", RReLU()),
    RELUME_CASE("RReLU(0.1, 0.2)", RReLU(RReLUOptions().lower(0.1).upper(0.2))),
    RELUME_CASE("GLU(1)", GLU(1)),
    RELUME_CASE("Softmax(1)", Softmax(1)),
    RELUME_CASE("LogSoftmax(1)", LogSoftmax(1)),
    RELUME_CASE("Softmin(1)", Softmin(1)),
    RELUME_CASE("Softmax2d()", Softmax2d()),
    RELUME_CASE("Embedding(5, 3)", Embedding(5, 3)),
    RELUME_CASE("Embedding(5, 3, padding_idx=2)", Embedding(EmbeddingOptions(5, 3).padding_idx(2))),
    RELUME_CASE("Embedding(5, 3, max_norm=1.0)", Embedding(EmbeddingOptions(5, 3).max_norm(1.0))),
    RELUME_CASE("ReLU()", ReLU()),
    RELUME_CASE("ReLU6()", ReLU6()),
    RELUME_CASE("LeakyReLU()", LeakyReLU()),
    RELUME_CASE("LeakyReLU(0.2)", LeakyReLU(0.2)),
    RELUME_CASE("ELU()", ELU()),
    RELUME_CASE("ELU(0.5)", ELU(0.5)),
    RELUME_CASE("SELU()", SELU()),
    RELUME_CASE("CELU(0.5)", CELU(0.5)),
    RELUME_CASE("GELU()", GELU()),
    RELUME_CASE("GELU('tanh')", GELU(GELUOptions().approximate("tanh"))),
    RELUME_CASE("SiLU()", SiLU()),
    RELUME_CASE("Mish()", Mish()),
    RELUME_CASE("Sigmoid()", Sigmoid()),
    RELUME_CASE("LogSigmoid()", LogSigmoid()),
    RELUME_CASE("Tanh()", Tanh()),
    RELUME_CASE("Softplus()", Softplus()),
    RELUME_CASE("Softplus(2.0, 1.0)", Softplus(2.0, 1.0)),
    RELUME_CASE("Softsign()", Softsign()),
    RELUME_CASE("Tanhshrink()", Tanhshrink()),
    RELUME_CASE("Hardtanh()", Hardtanh()),
    RELUME_CASE("Hardtanh(-0.5, 0.75)", Hardtanh(-0.5, 0.75)),
    RELUME_CASE("Hardswish()", Hardswish()),
    RELUME_CASE("Hardsigmoid()", Hardsigmoid()),
    RELUME_CASE("Hardshrink()", Hardshrink()),
    RELUME_CASE("Softshrink(0.3)", Softshrink(0.3)),
    RELUME_CASE("Threshold(0.1, 20.0)", Threshold(0.1, 20.0)),
    RELUME_CASE("Sequential(Linear(4, 5), ReLU(), Linear(5, 2))", Sequential(Linear(4, 5), ReLU(), Linear(5, 2))),
    RELUME_CASE("Sequential(Conv2d(1, 2, 3), BatchNorm2d(2), ReLU(), MaxPool2d(2), Flatten(), Linear(4, 3))",
                Sequential(Conv2d(1, 2, 3), BatchNorm2d(2), ReLU(), MaxPool2d(2), Flatten(), Linear(4, 3))),
    RELUME_CASE("MultiheadAttention(4, 2)", MultiheadAttention(4, 2)),
    RELUME_CASE("MultiheadAttention(4, 2, bias=False, batch_first=True)",
                MultiheadAttention(MultiheadAttentionOptions(4, 2).bias(false).batch_first(true))),
    RELUME_CASE("Linear(784, 512)", Linear(784, 512)),
    RELUME_CASE("Conv2d(32, 64, 3)", Conv2d(32, 64, 3)),
    RELUME_CASE("ConvTranspose2d(16, 8, 4)", ConvTranspose2d(16, 8, 4)),
    RELUME_CASE("Embedding(100, 33)", Embedding(100, 33)),
    RELUME_CASE("MultiheadAttention(64, 4)", MultiheadAttention(64, 4)),
    RELUME_CASE("Conv1d(7, 13, 5)", Conv1d(7, 13, 5)),
    RELUME_CASE("Linear(3, 1)", Linear(3, 1)),
};

// Arguments are evaluated from right to left by some compilers: a Sequential draws its layers in its own order.
AnyModule make_seeded(const std::string& python) {
  for (const Case& each : kCases) {
    if (python != each.python) continue;
    manual_seed(0);
    AnyModule module = each.make();
    if (python.rfind("Sequential", 0) != 0) return module;
    manual_seed(0);
    for (const auto& child : module.ptr()->children())
      if (auto* linear = child->as<Linear>())
        linear->reset_parameters();
      else if (auto* conv = child->as<Conv2d>())
        conv->reset_parameters();
    return module;
  }
  return AnyModule();
}

// The input that the golden's script calls pattern(sizes).
Tensor pattern(const std::vector<int64_t>& sizes) {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  const Tensor x = empty(sizes, kFloat);
  for (int64_t i = 0; i < count; ++i)
    x.data_ptr<float>()[i] = static_cast<float>(static_cast<double>((i * 37 + 11) % 101 - 50) / 40);
  return x;
}

std::vector<Tensor> run(AnyModule& module, const std::string& python, const Tensor& x) {
  if (python.rfind("Multihead", 0) != 0) return {module.forward(x)};
  auto [output, weights] = module.get<MultiheadAttention>()(x, x, x);
  return {output, weights};
}

// What cancels to zero, as the gradient of a bias before batch norm, leaves noise.
constexpr double kNothing = 1e-6;

void expect_tensors(const OrderedDict<std::string, Tensor>& got, const json& expected, double ulp) {
  EXPECT_EQ(got.size(), expected.size());
  for (const auto& [name, text] : expected.items()) {
    const Tensor* tensor = got.find(name);
    ASSERT_TRUE(tensor) << name;
    if (tensor->abs().max().item<double>() < kNothing && parse_tensor(text).abs().max().item<double>() < kNothing)
      continue;
    EXPECT_EQ(difference(*tensor, text, ulp, false), "") << name;
  }
}

constexpr double kExact = 0;
constexpr double kUlp = 16;  // sums in another order, and PyTorch's own errors in its activations

TEST(Modules, AreSeededAndComputeAsInPyTorch) {
  const Golden golden("module");
  for (const auto& [line, row] : golden.rows) {
    const std::string python = row["module"];
    SCOPED_TRACE("line " + std::to_string(line) + " " + python);
    AnyModule module = make_seeded(python);
    ASSERT_FALSE(module.is_empty()) << "a case is missing";
    if (!row.contains("state")) continue;
    expect_tensors(module.ptr()->state_dict(), row["state"], kExact);
    const bool indices = row["input"].is_null();
    Tensor x = indices ? tensor({{4, 0, 2}, {2, 1, 1}}) : pattern(row["input"].get<std::vector<int64_t>>());
    if (!indices) x.set_requires_grad(true);
    manual_seed(1);
    const std::vector<Tensor> results = run(module, python, x);
    ASSERT_EQ(results.size(), row["train"].size());
    for (size_t i = 0; i < results.size(); ++i)
      EXPECT_EQ(difference(results[i].detach(), row["train"][i], kUlp, false), "") << "result " << i;
    results[0].backward(weights(results[0]));
    OrderedDict<std::string, Tensor> gradients;
    for (const auto& item : module.ptr()->named_parameters()) gradients.insert(item.key(), item->grad());
    if (!indices) gradients.insert("input", x.grad());
    expect_tensors(gradients, row["grads"], 4 * kUlp);
    expect_tensors(module.ptr()->named_buffers(), row["buffers"], kUlp);
    module.ptr()->eval();
    const std::vector<Tensor> evaluated = run(module, python, x);
    for (size_t i = 0; i < evaluated.size(); ++i)
      EXPECT_EQ(difference(evaluated[i].detach(), row["eval"][i], kUlp, false), "") << "evaluated " << i;
  }
}

uint32_t checksum(const Tensor& tensor) {
  const Tensor dense = tensor.detach().contiguous();
  const auto* bits = reinterpret_cast<const uint32_t*>(dense.data_ptr<float>());
  uint32_t sum = 0;
  for (int64_t i = 0; i < dense.numel(); ++i) sum += bits[i];
  return sum;
}

TEST(Modules, LargeOnesHavePyTorchsWeightsToTheBit) {
  const Golden golden("module");
  for (const auto& [line, row] : golden.rows) {
    if (!row.contains("checksums")) continue;
    const AnyModule module = make_seeded(row["module"]);
    for (const auto& item : module.ptr()->named_parameters())
      EXPECT_EQ(checksum(*item), row["checksums"][item.key()].get<uint32_t>()) << row["module"] << " " << item.key();
  }
}

// nn::init by name; the arguments are the golden's.
Tensor initialise(const std::string& name, Tensor t, const json& a) {
  const auto number = [&](size_t i, double otherwise) { return i < a.size() ? a[i].get<double>() : otherwise; };
  const init::FanModeType mode = a.size() > 1 && a[1] == "fan_out" ? init::FanModeType(kFanOut) : kFanIn;
  const init::NonlinearityType kind = a.size() > 2 && a[2] == "relu" ? init::NonlinearityType(kReLU) : kLeakyReLU;
  if (name == "uniform_") return init::uniform_(t, a[0], a[1]);
  if (name == "normal_") return init::normal_(t, a[0], a[1]);
  if (name == "trunc_normal_") return init::trunc_normal_(t, a[0], a[1], a[2], a[3]);
  if (name == "constant_") return init::constant_(t, a[0].get<double>());
  if (name == "ones_") return init::ones_(t);
  if (name == "zeros_") return init::zeros_(t);
  if (name == "eye_") return init::eye_(t);
  if (name == "dirac_") return init::dirac_(t);
  if (name == "xavier_uniform_") return init::xavier_uniform_(t, number(0, 1));
  if (name == "xavier_normal_") return init::xavier_normal_(t, number(0, 1));
  if (name == "kaiming_uniform_") return init::kaiming_uniform_(t, number(0, 0), mode, kind);
  if (name == "kaiming_normal_") return init::kaiming_normal_(t, number(0, 0), mode, kind);
  if (name == "orthogonal_") return init::orthogonal_(t, number(0, 1));
  return init::sparse_(t, a[0]);
}

TEST(Init, DrawsPyTorchsNumbers) {
  const Golden golden("init");
  for (const auto& [line, row] : golden.rows) {
    if (!row.contains("init")) continue;
    const std::string name = row["init"];
    SCOPED_TRACE("line " + std::to_string(line) + " " + row.dump().substr(0, 120));
    const std::vector<int64_t> sizes = row["sizes"];
    manual_seed(3);
    if (row.contains("error")) {
      try {
        initialise(name, ones(sizes), row["args"]);
        ADD_FAILURE() << "did not throw";
      } catch (const std::exception& error) {
        EXPECT_EQ(difference(error, row["error"]), "");
      }
      continue;
    }
    const Tensor result = initialise(name, full(sizes, 7.0), row["args"]);
    EXPECT_EQ(difference(result, row["out"], name == "orthogonal_" ? 16 : 0, false), "");
  }
}

TEST(Init, KnowsTheGains) {
  EXPECT_EQ(init::calculate_gain(kLinear), 1);
  EXPECT_EQ(init::calculate_gain(kTanh), 5.0 / 3);
  EXPECT_EQ(init::calculate_gain(kReLU), std::sqrt(2.0));
  EXPECT_EQ(init::calculate_gain(kLeakyReLU, 0.2), std::sqrt(2.0 / (1 + 0.2 * 0.2)));
  EXPECT_EQ(init::calculate_gain(kSELU), 0.75);
}

}  // namespace
}  // namespace relume::oracle
