// How modules print: as libtorch's do.
#include <gtest/gtest.h>

#include <sstream>

#include "relume/nn.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

template <class M>
std::string text(const M& module) {
  std::ostringstream stream;
  stream << module;
  return stream.str();
}

#define EXPECT_PRINTS(expected, ...) EXPECT_EQ(text(__VA_ARGS__), "torch::nn::" expected)

TEST(ModulePrinting, OfActivations) {
  EXPECT_PRINTS("ReLU()", ReLU());
  EXPECT_PRINTS("ReLU(inplace=true)", ReLU(ReLUOptions().inplace(true)));
  EXPECT_PRINTS("ReLU6(inplace=true)", ReLU6(ReLU6Options().inplace(true)));
  EXPECT_PRINTS("LeakyReLU(negative_slope=0.01)", LeakyReLU());
  EXPECT_PRINTS("LeakyReLU(negative_slope=0.2, inplace=true)",
                LeakyReLU(LeakyReLUOptions().negative_slope(0.2).inplace(true)));
  EXPECT_PRINTS("ELU(alpha=1)", ELU());
  EXPECT_PRINTS("ELU(alpha=0.5, inplace=true)", ELU(ELUOptions().alpha(0.5).inplace(true)));
  EXPECT_PRINTS("SELU()", SELU());
  EXPECT_PRINTS("CELU(alpha=2, inplace=true)", CELU(CELUOptions().alpha(2).inplace(true)));
  EXPECT_PRINTS("GELU()", GELU());
  EXPECT_PRINTS("GELU()", GELU(GELUOptions().approximate("tanh")));
  EXPECT_PRINTS("GLU(dim=-1)", GLU());
  EXPECT_PRINTS("GLU(dim=1)", GLU(1));
  EXPECT_PRINTS("Hardshrink(0.5)", Hardshrink());
  EXPECT_PRINTS("Hardshrink(0.1)", Hardshrink(0.1));
  EXPECT_PRINTS("Hardtanh(min_val=-1, max_val=1)", Hardtanh());
  EXPECT_PRINTS("Hardtanh(min_val=-2, max_val=0.5, inplace=true)",
                Hardtanh(HardtanhOptions().min_val(-2).max_val(0.5).inplace(true)));
  EXPECT_PRINTS("LogSigmoid()", LogSigmoid());
  EXPECT_PRINTS("PReLU(num_parameters=1)", PReLU());
  EXPECT_PRINTS("PReLU(num_parameters=4)", PReLU(PReLUOptions().num_parameters(4)));
  EXPECT_PRINTS("RReLU(lower=0.125, upper=0.333333)", RReLU());
  EXPECT_PRINTS("RReLU(lower=0.125, upper=0.333333, inplace=true)", RReLU(RReLUOptions().inplace(true)));
  EXPECT_PRINTS("Sigmoid()", Sigmoid());
  EXPECT_PRINTS("SiLU()", SiLU());
  EXPECT_PRINTS("Mish()", Mish());
  EXPECT_PRINTS("Softplus(beta=0.5, threshold=10)", Softplus(SoftplusOptions().beta(0.5).threshold(10)));
  EXPECT_PRINTS("Softshrink(0.25)", Softshrink(0.25));
  EXPECT_PRINTS("Softsign()", Softsign());
  EXPECT_PRINTS("Tanh()", Tanh());
  EXPECT_PRINTS("Tanhshrink()", Tanhshrink());
  EXPECT_PRINTS("Threshold(threshold=0.1, value=20)", Threshold(0.1, 20));
  EXPECT_PRINTS("Threshold(threshold=0.1, value=20, inplace=true)", Threshold(ThresholdOptions(0.1, 20).inplace(true)));
  EXPECT_PRINTS("Softmin(dim=1)", Softmin(1));
  EXPECT_PRINTS("Softmax(dim=1)", Softmax(1));
  EXPECT_PRINTS("Softmax2d()", Softmax2d());
  EXPECT_PRINTS("LogSoftmax(dim=1)", LogSoftmax(1));
}

TEST(ModulePrinting, OfLinearMapsAndShapes) {
  EXPECT_PRINTS("Linear(in_features=3, out_features=4, bias=true)", Linear(3, 4));
  EXPECT_PRINTS("Linear(in_features=3, out_features=4, bias=false)", Linear(LinearOptions(3, 4).bias(false)));
  EXPECT_PRINTS("Bilinear(in1_features=2, in2_features=3, out_features=4, bias=true)", Bilinear(2, 3, 4));
  EXPECT_PRINTS("Identity()", Identity());
  EXPECT_PRINTS("Flatten(start_dim=1, end_dim=-1)", Flatten());
  EXPECT_PRINTS("Flatten(start_dim=2, end_dim=3)", Flatten(FlattenOptions().start_dim(2).end_dim(3)));
  EXPECT_PRINTS("Unflatten(dim=1, unflattened_size={2, 3})", Unflatten(1, std::vector<int64_t>{2, 3}));
  EXPECT_PRINTS("Embedding(num_embeddings=10, embedding_dim=3)", Embedding(10, 3));
  EXPECT_PRINTS("Embedding(num_embeddings=10, embedding_dim=3, padding_idx=0, max_norm=2)",
                Embedding(EmbeddingOptions(10, 3).padding_idx(0).max_norm(2)));
}

TEST(ModulePrinting, OfConvolutions) {
  EXPECT_PRINTS("Conv1d(3, 4, kernel_size=3, stride=1)", Conv1d(3, 4, 3));
  EXPECT_PRINTS("Conv2d(3, 4, kernel_size=[3, 3], stride=[1, 1])", Conv2d(3, 4, 3));
  EXPECT_PRINTS("Conv3d(3, 4, kernel_size=[3, 3, 3], stride=[1, 1, 1])", Conv3d(3, 4, 3));
  EXPECT_PRINTS(
      "Conv2d(4, 8, kernel_size=[3, 5], stride=[2, 2], padding=[1, 1], dilation=[2, 2], groups=2, bias=false, "
      "padding_mode=kReflect)",
      Conv2d(
          Conv2dOptions(4, 8, {3, 5}).stride(2).padding(1).dilation(2).groups(2).bias(false).padding_mode(kReflect)));
  EXPECT_PRINTS("Conv2d(4, 8, kernel_size=[3, 3], stride=[1, 1], padding='same')",
                Conv2d(Conv2dOptions(4, 8, 3).padding(kSame)));
  EXPECT_PRINTS("ConvTranspose1d(3, 4, kernel_size=3, stride=1)", ConvTranspose1d(3, 4, 3));
  EXPECT_PRINTS("ConvTranspose2d(3, 4, kernel_size=[3, 3], stride=[2, 2], output_padding=[1, 1])",
                ConvTranspose2d(ConvTranspose2dOptions(3, 4, 3).stride(2).output_padding(1)));
  EXPECT_PRINTS("ConvTranspose3d(3, 4, kernel_size=[3, 3, 3], stride=[1, 1, 1])", ConvTranspose3d(3, 4, 3));
}

TEST(ModulePrinting, OfNormalisationPoolingAndDropout) {
  EXPECT_PRINTS("BatchNorm1d(4, eps=1e-05, momentum=0.1, affine=true, track_running_stats=true)", BatchNorm1d(4));
  EXPECT_PRINTS("BatchNorm2d(4, eps=0.001, momentum=0.01, affine=false, track_running_stats=false)",
                BatchNorm2d(BatchNorm2dOptions(4).eps(1e-3).momentum(0.01).affine(false).track_running_stats(false)));
  EXPECT_PRINTS("InstanceNorm3d(4, eps=1e-05, momentum=0.1, affine=false, track_running_stats=false)",
                InstanceNorm3d(4));
  EXPECT_PRINTS("LayerNorm([4, 5], eps=1e-05, elementwise_affine=true)", LayerNorm(LayerNormOptions({4, 5})));
  EXPECT_PRINTS("GroupNorm(2, 4, eps=1e-05, affine=true)", GroupNorm(2, 4));
  EXPECT_PRINTS("MaxPool1d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=false)", MaxPool1d(2));
  EXPECT_PRINTS("MaxPool2d(kernel_size=[3, 2], stride=[1, 1], padding=[1, 1], dilation=[2, 2], ceil_mode=true)",
                MaxPool2d(MaxPool2dOptions({3, 2}).stride(1).padding(1).dilation(2).ceil_mode(true)));
  EXPECT_PRINTS("AvgPool2d(kernel_size=[2, 2], stride=[2, 2], padding=[0, 0])", AvgPool2d(2));
  EXPECT_PRINTS("AdaptiveAvgPool1d(output_size=5)", AdaptiveAvgPool1d(5));
  EXPECT_PRINTS("AdaptiveAvgPool2d(output_size=[5, None])",
                AdaptiveAvgPool2d(AdaptiveAvgPool2dOptions({5, std::nullopt})));
  EXPECT_PRINTS("AdaptiveMaxPool2d(output_size=[5, 5])", AdaptiveMaxPool2d(5));
  EXPECT_PRINTS("Dropout(p=0.3, inplace=true)", Dropout(DropoutOptions(0.3).inplace(true)));
  EXPECT_PRINTS("FeatureAlphaDropout(p=0.5, inplace=false)", FeatureAlphaDropout());
  EXPECT_PRINTS("ZeroPad2d(padding=[1, 1, 1, 1])", ZeroPad2d(1));
  EXPECT_PRINTS("ConstantPad3d(padding=[1, 1, 1, 1, 1, 1], value=3.5)", ConstantPad3d(1, 3.5));
  EXPECT_PRINTS("ReflectionPad1d(padding=[1, 1])", ReflectionPad1d(1));
  EXPECT_PRINTS("ReplicationPad3d(padding=[1, 1, 1, 1, 1, 1])", ReplicationPad3d(1));
}

TEST(ModulePrinting, OfLosses) {
  EXPECT_PRINTS("L1Loss()", L1Loss());
  EXPECT_PRINTS("MSELoss()", MSELoss());
  EXPECT_PRINTS("BCELoss()", BCELoss());
  EXPECT_PRINTS("BCEWithLogitsLoss()", BCEWithLogitsLoss());
  EXPECT_PRINTS("CrossEntropyLoss()", CrossEntropyLoss());
  EXPECT_PRINTS("NLLLoss()", NLLLoss());
  EXPECT_PRINTS("KLDivLoss()", KLDivLoss());
  EXPECT_PRINTS("SmoothL1Loss", SmoothL1Loss());
  EXPECT_PRINTS("HuberLoss", HuberLoss());
}

struct NetImpl : Module {
  NetImpl() {
    register_module("conv1", Conv2d(1, 10, 5));
    register_module("fc", Linear(10, 3));
    register_parameter("p", ones({2}));
  }
};
RELUME_MODULE(Net);

TEST(ModulePrinting, OfContainersIsIndented) {
  EXPECT_PRINTS("Sequential", Sequential());
  EXPECT_PRINTS("ModuleList", ModuleList());
  EXPECT_PRINTS("Functional()", Functional([](Tensor x) { return x; }));
  EXPECT_PRINTS(
      "MultiheadAttention(\n"
      "  (out_proj): torch::nn::Linear(in_features=8, out_features=8, bias=true)\n"
      ")",
      MultiheadAttention(8, 2));
  EXPECT_PRINTS(
      "Sequential(\n"
      "  (0): torch::nn::Linear(in_features=3, out_features=4, bias=true)\n"
      "  (1): torch::nn::Sequential(\n"
      "    (act): torch::nn::ReLU()\n"
      "  )\n"
      ")",
      Sequential(Linear(3, 4), Sequential({{"act", ReLU()}})));
  EXPECT_PRINTS(
      "ParameterList(\n"
      "(0): Parameter containing: [Float of size [2, 3]]\n"
      "(1): Parameter containing: [Float of size [4]]\n"
      ")",
      ParameterList(ones({2, 3}), ones({4})));
  EXPECT_NE(text(Net()).find("NetImpl(\n"
                             "  (conv1): torch::nn::Conv2d(1, 10, kernel_size=[5, 5], stride=[1, 1])\n"
                             "  (fc): torch::nn::Linear(in_features=10, out_features=3, bias=true)\n"
                             ")"),
            std::string::npos);
}

TEST(ModuleName, IsThatOfTheClassInTorchsNamespaceOrTheOneGiven) {
  EXPECT_EQ(Linear(1, 1)->name(), "torch::nn::LinearImpl");
  EXPECT_EQ(Module("MyName").name(), "MyName");
}

}  // namespace
}  // namespace relume::nn
