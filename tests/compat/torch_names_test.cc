// How programs use libtorch's namespaces: reopened, imported with using, and side by side.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <sstream>
#include <string>
#include <type_traits>

// A program may add modules of its own to torch::nn, and functions to torch.
namespace torch {
namespace nn {
struct TwiceImpl : Module {
  Tensor forward(const Tensor& x) { return x * 2; }
};
TORCH_MODULE(Twice);
}  // namespace nn

inline Tensor relu_twice(const Tensor& x) { return relu(relu(x)); }
}  // namespace torch

namespace {

static_assert(std::is_same_v<at::Tensor, torch::Tensor>);
static_assert(std::is_same_v<c10::IntArrayRef, at::IntArrayRef>);
static_assert(std::is_same_v<torch::autograd::Variable, torch::Tensor>);
static_assert(std::is_same_v<torch::optional<int>, c10::optional<int>>);
static_assert(std::is_same_v<decltype(torch::kMean), const torch::enumtype::kMean>);

struct Options {
  explicit Options(int64_t size) : size_(size) {}
  TORCH_ARG(int64_t, size);
  TORCH_ARG(double, scale) = 0.5;
};

TEST(TorchArg, MakesASetterThatCanBeChainedAndAGetter) {
  Options options = Options(3).size(4).scale(2);
  options.size() = 5;
  EXPECT_EQ(options.size(), 5);
  EXPECT_EQ(options.scale(), 2);
}

TEST(TorchNames, CanBeReopened) {
  torch::nn::Twice twice;
  EXPECT_TRUE(torch::equal(twice(torch::ones({2})), torch::full({2}, 2.0)));
  EXPECT_TRUE(torch::equal(torch::relu_twice(torch::tensor({-1.0, 1.0})), torch::tensor({0.0, 1.0})));
}

TEST(TorchNames, CanBeImportedTogetherWithAt) {
  using namespace torch;
  using namespace at;
  const Tensor x = torch::ones({2, 3});
  nn::Linear linear(3, 1);
  EXPECT_EQ(linear(x).sizes(), IntArrayRef({2, 1}));
  EXPECT_EQ(nn::functional::relu(x).sum().item<double>(), 6);
  const NoGradGuard no_grad;
  optim::SGD optimizer(linear->parameters(), 0.1);
  optimizer.zero_grad();
}

TEST(TorchNames, CanBeImportedFromNn) {
  using namespace torch::nn;
  Sequential model(Linear(2, 4), ReLU(), Linear(4, 1));
  init::ones_(model->parameters()[0]);
  utils::clip_grad_norm_(model->parameters(), 1.0);
  EXPECT_EQ(functional::leaky_relu(torch::full({1}, -1.0)).item<float>(), -0.01f);
}

TEST(TorchNames, IndexWithSlicesAndEllipsis) {
  using namespace torch::indexing;
  const torch::Tensor x = torch::arange(6).view({2, 3});
  EXPECT_TRUE(torch::equal(x.index({Slice(), 1}), torch::tensor({1, 4})));
  EXPECT_EQ(x.index({None, Ellipsis, Slice(None, None, 2)}).sizes(), torch::IntArrayRef({1, 2, 2}));
}

TEST(TorchNames, MakeRangesThatRequireGrad) {
  const torch::Tensor x = torch::range(0, 2, torch::requires_grad());
  EXPECT_TRUE(x.requires_grad() && x.is_leaf() && x.dtype() == torch::kFloat);
  EXPECT_TRUE(torch::equal(x, torch::tensor({0.0, 1.0, 2.0})));
}

TEST(TorchNames, PrintAsLibtorchDoes) {
  std::ostringstream text;
  text << torch::nn::Linear(2, 3) << " " << torch::tensor({1, 2}) << " " << torch::kFloat32 << " "
       << torch::Device("cpu");
  EXPECT_EQ(text.str(),
            "torch::nn::Linear(in_features=2, out_features=3, bias=true)  1\n 2\n[ CPULongType{2} ] Float cpu");
}

TEST(TorchCuda, HasNoDevice) {
  EXPECT_FALSE(torch::cuda::is_available());
  EXPECT_EQ(torch::cuda::device_count(), 0);
  torch::Device device(torch::cuda::is_available() ? torch::kCUDA : torch::kCPU);
  EXPECT_TRUE(device.is_cpu());
}

}  // namespace
