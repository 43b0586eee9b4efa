// Names that real programs use beside modules: out= forms, containers printed, dispatch, generators, single headers.
#include <ATen/core/Tensor.h>
#include <c10/macros/Macros.h>
#include <torch/nn/modules/conv.h>
#include <torch/optim/adam.h>

#include <array>
#include <iostream>

#include "cases.h"

namespace {

class EveryOther : public torch::data::samplers::Sampler<> {
 public:
  explicit EveryOther(size_t size) : size_(size) {}
  void reset(std::optional<size_t> new_size = std::nullopt) override {
    if (new_size) size_ = *new_size;
    at_ = 0;
  }
  std::optional<std::vector<size_t>> next(size_t batch_size) override {
    std::vector<size_t> batch;
    for (; at_ < size_ && batch.size() < batch_size; at_ += 2) batch.push_back(at_);
    if (batch.empty()) return std::nullopt;
    return batch;
  }
  void save(torch::serialize::OutputArchive& archive) const override {
    archive.write("at", torch::tensor(static_cast<int64_t>(at_)), true);
  }
  void load(torch::serialize::InputArchive& archive) override {
    torch::Tensor at;
    archive.read("at", at, true);
    at_ = static_cast<size_t>(at.item<int64_t>());
  }

 private:
  size_t size_, at_ = 0;
};

torch::Tensor& cleared(torch::Tensor& tensor) {
  tensor.resize_({0});
  return tensor;
}

}  // namespace

int main() {
  const torch::Tensor x = torch::arange(6.).view({2, 3});
  auto out = torch::empty({0});
  std::cout << torch::add_out(out, x, x) << torch::sum_out(cleared(out), x, {1})
            << torch::cat_out(cleared(out), {x, x}, 1) << torch::matmul_out(cleared(out), x, x.t())
            << torch::zeros_out(cleared(out), {2, 2}) << torch::clamp_out(cleared(out), x, 1, 4)
            << torch::mean_out(cleared(out), x, {0}, true) << "\n";
  auto indices = torch::empty({0}, torch::kLong), whole = torch::empty({0}, torch::kLong);
  torch::max_out(cleared(out), indices, x, 1);
  std::cout << out << indices << torch::arange_out(whole, 4) << "\n";
  torch::topk_out(cleared(out), cleared(indices), x, 2, 1);
  std::cout << out << indices << "\n";
  print_error([&] { torch::add_out(whole, x, x); });
  print_error([&] { torch::matmul_out(whole, x, x.t()); });
  print_error([&] { torch::gather_out(whole, x, 0, torch::zeros({1, 3}, torch::kLong)); });
  print_error([&] { torch::cat_out(whole, {x, x}); });
  print_error([&] { torch::neg_out(whole, x); });
  print_error([&] { torch::topk_out(whole, indices, x, 2); });
  auto line = torch::arange(6.);
  auto later = line.slice(0, 1), one = torch::zeros({1}).expand({3}), chosen = torch::arange(6);
  print_error([&] { torch::add_out(later, line.slice(0, 0, 5), line.slice(0, 1)); });
  print_error([&] { torch::index_select_out(line, line, 0, chosen); });
  print_error([&] { torch::exp_out(one, x[0]); });
  print_error([&] { line.index_put_({chosen}, line); });
  print_error([&] { line.scatter_(0, chosen, line); });
  print_error([&] { later.index_add_(0, chosen.slice(0, 0, 5), line.slice(0, 0, 5)); });
  print_error([&] { line.index_fill_(0, chosen.to(torch::kInt), 1); });
  std::cout << torch::add_out(line, line, 1).sum() << "\n";
  auto recorded = torch::ones({2, 3}, torch::requires_grad());
  print_error([&] { torch::mul_out(recorded, x, x); });

  std::cout << std::vector<int64_t>{1, 2} << "|" << std::vector<std::string>{"a", "b"} << "|" << x.sizes().vec() << "|"
            << at::ArrayRef<int>({1, 2}) << "|" << std::vector<double>{1.5, 2} << "\n";
  std::vector<torch::Tensor> both{torch::ones(2), torch::zeros({1, 2})};
  std::cout << at::TensorList(both) << "\n";
  std::cout << torch::indexing::Slice(1, 5, 2) << " " << torch::indexing::TensorIndex(3) << " "
            << std::vector<torch::indexing::TensorIndex>{1, torch::indexing::None, "...", true} << std::noboolalpha
            << "\n";
  std::cout << at::Half(1.5) << " " << at::BFloat16(2) << " " << x.to(torch::kHalf).data_ptr<at::Half>()[3] << "\n";
  for (const auto& made : {torch::tensor(std::vector<uint8_t>{1, 2}), torch::tensor({int16_t{1}}),
                           torch::tensor(int8_t{3}), torch::tensor(std::vector<int>{1}), torch::tensor(2.f)})
    std::cout << made.dtype() << " ";
  std::cout << x.to(torch::kCPU).device() << x.to(torch::cuda::is_available() ? torch::kCUDA : torch::kCPU).device()
            << "\n";

  // Lists in braces where there may be none.
  std::cout << torch::linalg_norm(x, c10::nullopt, {1}) << torch::linalg_vector_norm(x, 1, {1})
            << torch::std(x, {1}, c10::make_optional<at::Scalar>(1)) << x.var({0, 1}, c10::nullopt) << x.nanmean({1})
            << torch::linalg_norm(x, 1, {0, 1}) << x.var(at::OptionalIntArrayRef({0}), 0)
            << torch::zeros(std::array<int64_t, 2>{1, 2}) << "\n";

  auto y = torch::zeros({3});
  y.index_put_({torch::tensor({1, 1})}, torch::ones(2), /*accumulate=*/true);
  std::cout << y << torch::randint_like(y, 1) << torch::log_sigmoid(y) << "\n";
  std::cout << torch::scaled_dot_product_attention(x.unsqueeze(0), x.unsqueeze(0), x.unsqueeze(0)) << "\n";
  std::cout << torch::scatter_reduce(y, 0, torch::tensor({0, 0, 2}), torch::tensor({2., 3., 4.}), "prod", false)
            << y.put_(torch::tensor({0}), torch::tensor({7.f})) << torch::hann_window(4)
            << torch::hamming_window(3, false) << torch::bartlett_window(4) << "\n";

  AT_DISPATCH_ALL_TYPES_AND2(at::ScalarType::Half, torch::kBool, torch::kBool, "kind",
                             [&] { std::cout << sizeof(scalar_t) << " " << std::is_same_v<scalar_t, bool> << "\n"; });
  AT_DISPATCH_FLOATING_TYPES_AND(torch::kBFloat16, torch::kFloat, "kind",
                                 [&] { std::cout << sizeof(scalar_t) << "\n"; });
  std::cout << torch::elementSize(torch::kDouble) << torch::isFloatingType(torch::kHalf)
            << torch::isIntegralType(torch::kBool, false) << (c10::CppTypeToScalarType<float>::value == torch::kFloat)
            << torch::is_floating_point(x) << torch::dtype<float>().dtype()
            << torch::TensorOptions().dtype<int>().dtype() << "\n";
  print_error([] { TORCH_CHECK(false, "no"); });

  auto generator = at::make_generator<at::CPUGeneratorImpl>(5);
  const auto drawn = torch::rand({2}, generator);
  generator.set_current_seed(5);
  std::cout << drawn << torch::equal(drawn, torch::rand({2}, generator)) << at::globalContext().hasCUDA() << "\n";
  torch::cuda::manual_seed_all(1);
  at::globalContext().setBenchmarkCuDNN(true);

  auto data = torch::data::datasets::TensorDataset(torch::arange(6))
                  .map(torch::data::transforms::Stack<torch::data::TensorExample>());
  auto loader = torch::data::make_data_loader(std::move(data), EveryOther(6), 2);
  for (auto& batch : *loader) std::cout << batch.data;
  torch::nn::BatchNorm2d norm(2);
  norm->running_mean.fill_(3);
  norm->reset_running_stats();
  norm->reset_parameters();
  std::cout << norm->running_mean << "\n";
}
